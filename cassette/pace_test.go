package cassette_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/repriselabs/reprise/cassette"
)

// slowBody is a body whose pieces come with waits.
type slowBody struct {
	pieces []string
	wait   time.Duration
}

func (b *slowBody) Read(p []byte) (int, error) {
	time.Sleep(b.wait)
	if len(b.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.pieces[0])
	b.pieces = b.pieces[1:]
	return n, nil
}

func (b *slowBody) Close() error { return nil }

// reads returns what each Read of the body gives, with the time it took.
func reads(t *testing.T, body io.ReadCloser) (got []string) {
	t.Helper()
	defer body.Close()
	buf := make([]byte, 1000)
	for {
		start := time.Now()
		n, err := body.Read(buf)
		took := time.Since(start)
		if err == io.EOF {
			return append(got, fmt.Sprint("EOF ", took))
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(string(buf[:n]), " ", took))
	}
}

func slowTransport() roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		time.Sleep(3 * time.Second)
		return &http.Response{StatusCode: 200, Body: &slowBody{[]string{"one", "two", "three"}, 20 * time.Second}}, nil
	}
}

func get(t *testing.T, c *cassette.Cassette, ctx context.Context) (*http.Response, time.Duration) {
	t.Helper()
	start := time.Now()
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://x/", nil)
	resp, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp, time.Since(start)
}

// TestPace records a stream of a minute and replays it with every interval,
// in a bubble where that takes no time.
func TestPace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	synctest.Test(t, func(t *testing.T) {
		c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: slowTransport()}
		resp, took := get(t, c, t.Context())
		want := []string{"one 20s", "two 20s", "three 20s", "EOF 20s"}
		if d := cmp.Diff(want, reads(t, resp.Body)); d != "" || took != 3*time.Second {
			t.Errorf("recorded in %v:\n%s", took, d)
		}
		closed(t, c)
		r := load(t, file).Interactions[0].Response
		if d, ok := r.Elapsed(); d != 83*time.Second || !ok || r.Duration != 3*time.Second {
			t.Errorf("the response took %v, %v to its end, %v to its headers", d, ok, r.Duration)
		}
	})
	for _, test := range []struct {
		pace  float64
		first time.Duration
		want  []string
	}{
		{0, 0, []string{"one 0s", "two 0s", "three 0s", "EOF 0s"}},
		{1, 3 * time.Second, []string{"one 20s", "two 20s", "three 20s", "EOF 20s"}},
		{0.5, 1500 * time.Millisecond, []string{"one 10s", "two 10s", "three 10s", "EOF 10s"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &cassette.Cassette{File: file, Pace: test.pace}
			resp, took := get(t, c, t.Context())
			if d := cmp.Diff(test.want, reads(t, resp.Body)); d != "" || took != test.first {
				t.Errorf("at pace %v, headers after %v:\n%s", test.pace, took, d)
			}
			closed(t, c)
		})
	}
}

func TestPaceObeysTheContext(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	synctest.Test(t, func(t *testing.T) {
		c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: slowTransport()}
		resp, _ := get(t, c, t.Context())
		reads(t, resp.Body)
		closed(t, c)
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		start := time.Now()
		resp, _ := get(t, &cassette.Cassette{File: file, Pace: 1}, ctx)
		got, err := io.ReadAll(resp.Body)
		if string(got) != "one" || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 25*time.Second {
			t.Errorf("read %q, %v after %v", got, err, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		req, _ := http.NewRequestWithContext(ctx, "GET", "http://x/", nil)
		_, err := (&cassette.Cassette{File: file, Pace: 1}).RoundTrip(req)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("the headers give %v after %v", err, time.Since(start))
		}
	})
}

// TestStopBeforeTheEnd: an event stream's client stops at the last event. If
// the end follows at once the exchange is whole, else it was cancelled.
func TestStopBeforeTheEnd(t *testing.T) {
	for _, test := range []struct {
		name string
		wait time.Duration
		want cassette.Outcome
		body string
	}{
		{"the end is there", time.Millisecond, cassette.Complete, "onetwothree"},
		{"the end is far", time.Hour, cassette.Cancelled, "one"},
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		synctest.Test(t, func(t *testing.T) {
			c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				body := &pipeBody{piece: make(chan string), done: make(chan struct{})}
				go body.send([]string{"one", "two", "three"}, test.wait)
				return &http.Response{StatusCode: 200, Body: body}, nil
			})}
			resp, _ := get(t, c, t.Context())
			resp.Body.Read(make([]byte, 10))
			start := time.Now()
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > 50*time.Millisecond {
				t.Errorf("%s: Close took %v", test.name, took)
			}
			closed(t, c)
		})
		i := load(t, file).Interactions[0]
		if i.Outcome != test.want || i.Response.Body != test.body {
			t.Errorf("%s: recorded as %q with %q", test.name, i.Outcome, i.Response.Body)
		}
	}
}

// pipeBody is a body that blocks until its next piece comes or it is closed.
type pipeBody struct {
	piece chan string
	done  chan struct{}
	shut  bool
}

func (b *pipeBody) send(pieces []string, wait time.Duration) {
	defer close(b.piece)
	for n, p := range pieces {
		if n > 0 {
			select {
			case <-time.After(wait):
			case <-b.done:
				return
			}
		}
		select {
		case b.piece <- p:
		case <-b.done:
			return
		}
	}
}

func (b *pipeBody) Read(p []byte) (int, error) {
	select {
	case piece, ok := <-b.piece:
		if !ok {
			return 0, io.EOF
		}
		return copy(p, piece), nil
	case <-b.done:
		return 0, http.ErrBodyReadAfterClose
	}
}

func (b *pipeBody) Close() error {
	if !b.shut {
		b.shut = true
		close(b.done)
	}
	return nil
}

// TestCancelRecorded cancels the request in the middle of the body.
func TestCancelRecorded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	synctest.Test(t, func(t *testing.T) {
		c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			body := &pipeBody{piece: make(chan string), done: make(chan struct{})}
			go body.send([]string{"one", "two"}, time.Hour)
			context.AfterFunc(req.Context(), func() { body.Close() })
			return &http.Response{StatusCode: 200, Body: body}, nil
		})}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		resp, _ := get(t, c, ctx)
		if got, err := io.ReadAll(resp.Body); string(got) != "one" || err == nil {
			t.Errorf("read %q, %v", got, err)
		}
		resp.Body.Close()
		closed(t, c)
	})
	i := load(t, file).Interactions[0]
	if i.Outcome != cassette.Cancelled || i.Response.Body != "one" {
		t.Errorf("recorded as %q with %q", i.Outcome, i.Response.Body)
	}
	resp, _ := get(t, &cassette.Cassette{File: file}, t.Context())
	if got, err := io.ReadAll(resp.Body); string(got) != "one" || !errors.Is(err, context.Canceled) {
		t.Errorf("replayed %q, %v", got, err)
	}
}

// TestCloseWithRequestsGoingOn ends them as cancelled, and leaves the caller
// its body.
func TestCloseWithRequestsGoingOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	synctest.Test(t, func(t *testing.T) {
		c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: slowTransport()}
		resp, _ := get(t, c, t.Context())
		resp.Body.Read(make([]byte, 10))
		closed(t, c)
		if rest, err := io.ReadAll(resp.Body); string(rest) != "twothree" || err != nil {
			t.Errorf("after Close the caller reads %q, %v", rest, err)
		}
		resp.Body.Close()
		if _, err := try(c, "GET", "http://x/", ""); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("a request after Close gets %v", err)
		}
	})
	if i := load(t, file).Interactions[0]; i.Outcome != cassette.Cancelled || i.Response.Body != "one" {
		t.Errorf("recorded as %q with %q", i.Outcome, i.Response.Body)
	}
}

func TestSplit(t *testing.T) {
	rec := &cassette.Recording{Interactions: []cassette.Interaction{{
		Request:  cassette.Request{Method: "GET", URL: "http://x/"},
		Response: cassette.Response{Code: 200, Body: "data: é\n\ndata: 2\n\n", Chunks: []cassette.Chunk{{Size: 19}, {}}},
	}}}
	body := rec.Interactions[0].Response.Body
	for name, test := range map[string]struct {
		split func(string, []cassette.Chunk) []cassette.Chunk
		want  []string
	}{
		"recorded": {nil, []string{body}},
		"one byte": {cassette.OneByte, bytesOf(body)},
		"at 7":     {cassette.SplitAt(7), []string{"data: \xc3", "\xa9\n\ndata: 2\n\n"}},
		"at 0":     {cassette.SplitAt(0), []string{body}},
		"past end": {cassette.SplitAt(100), []string{body}},
		"events":   {func(b string, _ []cassette.Chunk) []cassette.Chunk { return cassette.Events(b, nil) }, []string{"data: é\n\n", "data: 2\n\n"}},
		"wrong":    {func(string, []cassette.Chunk) []cassette.Chunk { return []cassette.Chunk{{Size: 5}} }, []string{body}},
	} {
		resp, _ := get(t, &cassette.Cassette{Recording: rec, Split: test.split}, t.Context())
		var got []string
		buf := make([]byte, 100)
		for {
			n, err := resp.Body.Read(buf)
			if err == io.EOF {
				break
			}
			got = append(got, string(buf[:n]))
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
		resp, _ = get(t, &cassette.Cassette{Recording: rec, Split: test.split}, t.Context())
		var written pieces
		n, err := io.Copy(&written, resp.Body)
		if d := cmp.Diff(test.want, []string(written)); d != "" || n != int64(len(body)) || err != nil {
			t.Errorf("%s, copied: %d bytes, %v\n%s", name, n, err, d)
		}
	}
}

// pieces are what was written to it, each Write by itself.
type pieces []string

func (p *pieces) Write(b []byte) (int, error) {
	*p = append(*p, string(b))
	return len(b), nil
}

func bytesOf(s string) (all []string) {
	for n := range len(s) {
		all = append(all, s[n:n+1])
	}
	return all
}
