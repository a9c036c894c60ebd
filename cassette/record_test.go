package cassette_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/repriselabs/reprise/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"
)

// seedFile is a recording that go-vcr made.
const seedFile = "../internal/demo/multi_tool_streaming.yaml"

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering returns a transport that answers each request with what f says.
func answering(f func(body string) (int, string)) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		code, body := f(string(data))
		return &http.Response{StatusCode: code, Status: fmt.Sprint(code, " ", http.StatusText(code)), ContentLength: -1,
			Header: http.Header{"Content-Type": {"text/plain"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// noNetwork fails the test when it is reached.
func noNetwork(t *testing.T) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		t.Errorf("the network was asked for %s", req.URL)
		return nil, errors.New("no network")
	}
}

func closed(t *testing.T, c *cassette.Cassette) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, file string) *cassette.Recording {
	t.Helper()
	rec, err := cassette.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestStreamPassesAsItComes has a server that sends a chunk only after the
// client has read the one before.
func TestStreamPassesAsItComes(t *testing.T) {
	next := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for n := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", n)
			w.(http.Flusher).Flush()
			<-next
		}
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "c.yaml")
	c := &cassette.Cassette{File: file, Mode: cassette.Record}
	resp, err := c.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	for n := range 3 {
		got, err := resp.Body.Read(buf)
		if err != nil || string(buf[:got]) != fmt.Sprintf("data: %d\n\n", n) {
			t.Fatalf("read %q, %v", buf[:got], err)
		}
		next <- struct{}{}
	}
	if n, err := resp.Body.Read(buf); n != 0 || err != io.EOF {
		t.Fatalf("read %d, %v at the end", n, err)
	}
	resp.Body.Close()
	closed(t, c)

	r := &cassette.Cassette{File: file, Transport: noNetwork(t)}
	resp, err = r.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		got, err := resp.Body.Read(buf)
		if err != nil || string(buf[:got]) != fmt.Sprintf("data: %d\n\n", n) {
			t.Fatalf("replayed %q, %v", buf[:got], err)
		}
	}
	if n, err := resp.Body.Read(buf); n != 0 || err != io.EOF {
		t.Fatalf("replayed %d, %v at the end", n, err)
	}
	closed(t, r)
}

func TestSameRequestTwiceIsInOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	n := 0
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: answering(func(string) (int, string) {
		n++
		return 200, fmt.Sprint(n)
	})}
	ask(t, c, "POST", "http://x/", `{"a":1,"b":[1.0]}`)
	ask(t, c, "POST", "http://x/", `{ "b":[1], "a":1 }`)
	closed(t, c)
	r := &cassette.Cassette{File: file, Transport: noNetwork(t)}
	for _, want := range []string{"1", "2"} {
		if got := ask(t, r, "POST", "http://x/", `{"b":[10e-1],"\u0061":1}`); got.Body != want {
			t.Errorf("got answer %s, want %s", got.Body, want)
		}
	}
	_, err := try(r, "POST", "http://x/", `{"b":[1],"a":1}`)
	var miss *cassette.MissError
	if !errors.As(err, &miss) || !miss.Used || len(miss.Changes) != 0 || miss.Nearest.ID != 1 {
		t.Errorf("the third is %v, want a miss that says it was used", err)
	}
	closed(t, r)
}

func TestMissSaysWhatDiffers(t *testing.T) {
	c := &cassette.Cassette{File: seedFile, Transport: noNetwork(t), Rerecord: "say please"}
	rec := load(t, c.File)
	q := rec.Interactions[1].Request
	body := strings.Replace(q.Body, `Add two numbers`, `Sum two numbers`, 1)
	_, err := try(c, q.Method, q.URL, body)
	want := `cassette ` + seedFile + `: no recording for POST https://api.x.ai/v1/chat/completions
  nearest is exchange 1
    tools[0].function.description: recorded "Add two numbers", now "Sum two numbers"
  to record again, say please`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	err = c.Close()
	var left *cassette.LeftoverError
	if !errors.As(err, &left) || len(left.Unused) != 2 {
		t.Errorf("Close returns %v, want two leftovers", err)
	}
}

func TestBadFiles(t *testing.T) {
	seed, err := os.ReadFile(seedFile)
	if err != nil {
		t.Fatal(err)
	}
	cut := func(after string) string { return string(seed[:bytes.Index(seed, []byte(after))+len(after)]) }
	for name, test := range map[string]struct{ content, want string }{
		"empty":           {"", "the file is empty"},
		"blank":           {"\n\n", "the file is empty"},
		"not YAML":        {"<html>\n<b>\n\tx: y: z", "this is not a whole YAML file"},
		"prose":           {"hello", "this is not a whole YAML file"},
		"list":            {"- a\n- b\n", "this is not a whole YAML file"},
		"HAR":             {`{"log":{"version":"1.2"}}`, "there is no version key"},
		"version 1":       {"---\nversion: 1\ninteractions: []\n", "found version 1, only version 2"},
		"cut in a string": {cut(`"Add two num`), "if it was cut short"},
		"cut in a body":   {cut("data: {"), "cut short"},
		"cut in the code": {cut("\n    code: 20"), "cut short"},
		"cut in a key":    {cut("\n    cod"), "line"},
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		os.WriteFile(file, []byte(test.content), 0o600)
		for _, mode := range []cassette.Mode{cassette.Replay, cassette.Append} {
			c := &cassette.Cassette{File: file, Mode: mode, Transport: noNetwork(t)}
			_, err := try(c, "GET", "http://x/", "")
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: the error is %v, want one with the file and %q", name, err, test.want)
			}
			if err := c.Close(); err == nil {
				t.Errorf("%s: Close says nothing", name)
			}
		}
		if got, _ := os.ReadFile(file); string(got) != test.content {
			t.Errorf("%s: the file was changed", name)
		}
	}
	c := &cassette.Cassette{File: filepath.Join(t.TempDir(), "none.yaml"), Rerecord: "run REPRISE_RECORD=1 go test"}
	_, err = try(c, "GET", "http://x/", "")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), c.File) || !strings.Contains(err.Error(), "REPRISE_RECORD=1") {
		t.Errorf("a missing file gives %v", err)
	}
}

// failing is a body that ends in an error.
type failing struct {
	io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func (failing) Close() error { return nil }

func TestFailuresAreKept(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		switch req.URL.Path {
		case "/dial":
			return nil, errors.New("connection refused")
		case "/cut":
			return &http.Response{StatusCode: 200, Body: failing{strings.NewReader("half"), io.ErrUnexpectedEOF}}, nil
		case "/cancel":
			ctx, cancel := context.WithCancel(req.Context())
			cancel()
			return &http.Response{StatusCode: 200, Body: failing{strings.NewReader("part"), ctx.Err()}}, nil
		}
		return &http.Response{StatusCode: 503, Status: "503 Service Unavailable", Body: io.NopCloser(strings.NewReader("busy"))}, nil
	})}
	type result struct {
		Code int
		Body string
		Err  string
	}
	run := func(rt http.RoundTripper) (results []result) {
		for _, path := range []string{"dial", "cut", "busy"} {
			req, _ := http.NewRequest("GET", "http://x/"+path, nil)
			resp, err := rt.RoundTrip(req)
			if err != nil {
				results = append(results, result{Err: err.Error()})
				continue
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			results = append(results, result{resp.StatusCode, string(body), fmt.Sprint(err)})
		}
		return results
	}
	live := run(c)
	closed(t, c)
	want := []result{{Err: "connection refused"}, {200, "half", "unexpected EOF"}, {503, "busy", "<nil>"}}
	if d := cmp.Diff(want, live); d != "" {
		t.Fatal(d)
	}
	r := &cassette.Cassette{File: file, Transport: noNetwork(t)}
	if d := cmp.Diff(live, run(r)); d != "" {
		t.Errorf("replayed otherwise (-live +replayed):\n%s", d)
	}
	closed(t, r)

	// go-vcr must not take a failure for an answer.
	theirs := newVCR(t, file, recorder.ModeReplayOnly)
	for _, path := range []string{"/dial", "/cut"} {
		if a, err := try(theirs, "GET", "http://x"+path, ""); err == nil {
			t.Errorf("go-vcr replays the failed %s as %v", path, a)
		}
	}
	if got := ask(t, theirs, "GET", "http://x/busy", ""); got.Code != 503 {
		t.Errorf("go-vcr replays %v", got)
	}

	// Append asks again, and Close then drops the failures.
	a := &cassette.Cassette{File: file, Mode: cassette.Append, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("well"))}, nil
	})}
	for _, got := range run(a) {
		if got.Body != "well" {
			t.Errorf("Append answers %v", got)
		}
	}
	closed(t, a)
	rec := load(t, file)
	for n, i := range rec.Interactions {
		if i.ID != n || i.Response.Body != "well" {
			t.Errorf("interaction %d is %+v", n, i)
		}
	}
	if len(rec.Interactions) != 3 {
		t.Errorf("there are %d interactions, want 3", len(rec.Interactions))
	}
}

// TestErrorsAreTheSame: errors.Is says of a replayed failure what it said when
// it was recorded, and the text is the same.
func TestErrorsAreTheSame(t *testing.T) {
	for _, live := range []error{
		context.Canceled, context.DeadlineExceeded, fmt.Errorf("net/http: %w", context.DeadlineExceeded), io.EOF, io.ErrUnexpectedEOF,
		&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}, errors.New("no such host"),
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, live })}
		try(c, "GET", "http://x/", "")
		closed(t, c)
		_, err := try(&cassette.Cassette{File: file}, "GET", "http://x/", "")
		if err == nil || err.Error() != live.Error() {
			t.Errorf("%q is replayed as %v", live, err)
		}
		for _, cause := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, syscall.ECONNREFUSED, syscall.ECONNRESET} {
			if errors.Is(err, cause) != errors.Is(live, cause) {
				t.Errorf("%q is replayed as %v: whether it is %v changed", live, err, cause)
			}
		}
	}
}

func TestStartOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	first := make(chan struct{})
	started := make(chan struct{})
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: answering(func(body string) (int, string) {
		if body == "slow" {
			close(started)
			<-first
		}
		return 200, body
	})}
	var wg sync.WaitGroup
	wg.Go(func() { ask(t, c, "POST", "http://x/", "slow") })
	<-started
	ask(t, c, "POST", "http://x/", "quick")
	during := load(t, file)
	if len(during.Interactions) != 1 || !during.Interrupted || during.Interactions[0].Request.Body != "quick" {
		t.Errorf("while recording the file has %+v", during)
	}
	close(first)
	wg.Wait()
	closed(t, c)
	after := load(t, file)
	if len(after.Interactions) != 2 || after.Interrupted || after.Interactions[0].Request.Body != "slow" || after.Interactions[1].ID != 1 {
		t.Errorf("after recording the file has %+v", after)
	}
	entries, _ := os.ReadDir(filepath.Dir(file))
	info, _ := os.Stat(file)
	if len(entries) != 1 || info.Mode().Perm() != 0o600 {
		t.Errorf("recording leaves %v, mode %v", entries, info.Mode())
	}
}

func TestOneRecorderAtATime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	a := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: answering(func(b string) (int, string) { return 200, b })}
	ask(t, a, "POST", "http://x/", "1")
	b := &cassette.Cassette{File: file, Mode: cassette.Append, Transport: noNetwork(t)}
	if _, err := try(b, "POST", "http://x/", "2"); err == nil || !strings.Contains(err.Error(), "another cassette is recording") {
		t.Errorf("the second recorder gets %v", err)
	}
	if b.Close() == nil || b.Err() == nil {
		t.Error("the second recorder's Close and Err say nothing")
	}
	if err := load(t, file).Save(file); err == nil || !strings.Contains(err.Error(), "another cassette is recording") {
		t.Errorf("to save a file that is being recorded gives %v", err)
	}
	closed(t, a)
	late := &cassette.Cassette{File: file, Mode: cassette.Append, Transport: noNetwork(t)}
	ask(t, late, "POST", "http://x/", "1") // has read the file
	c := &cassette.Cassette{File: file, Mode: cassette.Append, Transport: a.Transport}
	ask(t, c, "POST", "http://x/", "3")
	closed(t, c)
	if _, err := try(late, "POST", "http://x/", "4"); err == nil || !strings.Contains(err.Error(), "another program changed the file") {
		t.Errorf("a recorder whose file was changed gets %v", err)
	}
	if got := len(load(t, file).Interactions); got != 2 {
		t.Errorf("the file has %d interactions, want 2", got)
	}
}

func TestNothingRecordedLeavesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	for _, mode := range []cassette.Mode{cassette.Record, cassette.Append} {
		closed(t, &cassette.Cassette{File: file, Mode: mode})
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%v leaves a file without exchanges", mode)
		}
	}
	seed, _ := os.ReadFile(seedFile)
	os.WriteFile(file, seed, 0o644)
	c := &cassette.Cassette{File: file, Mode: cassette.Append, Transport: noNetwork(t)}
	for _, i := range load(t, file).Interactions {
		ask(t, c, i.Request.Method, i.Request.URL, i.Request.Body)
	}
	closed(t, c)
	if got, _ := os.ReadFile(file); !bytes.Equal(got, seed) {
		t.Error("Append changed a file to which nothing was added")
	}
}

// TestDiskFull: the answer reaches the program, and the next request does not
// reach the network.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: answering(func(b string) (int, string) {
		os.RemoveAll(dir) // now the file cannot be made
		return 200, b
	})}
	req, _ := http.NewRequest("POST", "http://x/", strings.NewReader("1"))
	resp, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if string(body) != "1" || err != nil {
		t.Errorf("the program reads %q, %v", body, err)
	}
	if resp.Body.Close() == nil {
		t.Error("Close of the body says nothing")
	}
	c.Transport = noNetwork(t)
	if _, err := try(c, "POST", "http://x/", "2"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the next request gets %v", err)
	}
	if c.Err() == nil || c.Close() == nil {
		t.Error("Err and Close say nothing")
	}
}

func TestCallerIsUntouched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	var seen *http.Request
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		seen = req
		req.Header.Set("Authorization", "changed by the transport")
		return &http.Response{StatusCode: 200, Header: http.Header{"X-A": {"1"}, "Set-Cookie": {"session=1"}}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	})}
	body := strings.NewReader("{}")
	req, _ := http.NewRequest("POST", "http://u:p@x/?key=AIzaSecret&alt=sse", body)
	req.Header.Set("Authorization", "Bearer sk-secret")
	req.Header.Set("X-Api-Key", "sk-secret")
	req.Header.Set("Content-Type", "application/json")
	before := req.Clone(context.Background())
	resp, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before.Header, req.Header); d != "" || seen == req || resp.Request != req {
		t.Errorf("the caller's request was changed:\n%s", d)
	}
	if resp.Header.Get("Set-Cookie") == "" {
		t.Error("the caller does not see the cookie")
	}
	io.ReadAll(resp.Body)
	resp.Body.Close()
	closed(t, c)
	data, _ := os.ReadFile(file)
	for _, secret := range []string{"secret", "session=1", "u:p", "Secret"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("%q is in the file:\n%s", secret, data)
		}
	}
	// It replays with the key, with another, and each time with headers of its own.
	r := &cassette.Cassette{File: file, Transport: noNetwork(t)}
	got := ask(t, r, "POST", "http://x@x/?key=other&alt=sse", "{}")
	got.Header.Set("X-A", "2")
	if load(t, file).Interactions[0].Response.Header.Get("X-A") != "1" {
		t.Error("headers are shared")
	}
	closed(t, r)
}

func TestManyAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	const goroutines, each = 64, 4
	all := func(c *cassette.Cassette) {
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for n := range each {
					body := fmt.Sprintf(`{"g":%d,"n":%d}`, g, n)
					got, err := try(c, "POST", "http://x/", body)
					if err != nil || got.Body != body {
						t.Errorf("%s gets %v, %v", body, got.Body, err)
					}
					got.Header.Set("X", "mine")
				}
			})
		}
		wg.Wait()
		closed(t, c)
	}
	all(&cassette.Cassette{File: file, Mode: cassette.Record, Transport: answering(func(b string) (int, string) { return 200, b })})
	rec := load(t, file)
	if len(rec.Interactions) != goroutines*each {
		t.Errorf("%d interactions were recorded", len(rec.Interactions))
	}
	for n := 1; n < len(rec.Interactions); n++ {
		if rec.Interactions[n].Started.Before(rec.Interactions[n-1].Started) {
			t.Errorf("interaction %d began before the one before it", n)
		}
	}
	all(&cassette.Cassette{File: file, Transport: noNetwork(t)})
	all(&cassette.Cassette{File: file, Mode: cassette.Append, Transport: noNetwork(t)})
}

// TestUpgradeIsPassedOn: what is no longer HTTP is not recorded.
func TestUpgradeIsPassedOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	conn := &failing{strings.NewReader("frames"), io.EOF}
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: conn}, nil
	})}
	req, _ := http.NewRequest("GET", "http://x/", nil)
	resp, err := c.RoundTrip(req)
	if err != nil || resp.Body != conn {
		t.Errorf("the connection is not passed on as it is: %v, %v", resp, err)
	}
	closed(t, c)
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file")
	}
}

// TestTrailers: they are there after the body, recording and replayed.
func TestTrailers(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "body")
		w.Header().Set("X-Sum", "4")
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "c.yaml")
	for _, c := range []*cassette.Cassette{{File: file, Mode: cassette.Record}, {File: file, Transport: noNetwork(t)}} {
		resp, err := c.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Trailer.Get("X-Sum"); got != "" || len(resp.Trailer) != 1 {
			t.Errorf("%v: before the body the trailer is %v", c.Mode, resp.Trailer)
		}
		io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := resp.Trailer.Get("X-Sum"); got != "4" {
			t.Errorf("%v: after the body the trailer is %v", c.Mode, resp.Trailer)
		}
		closed(t, c)
	}
}

// TestTLSState: while recording the caller sees the connection's.
func TestTLSState(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer srv.Close()
	c := &cassette.Cassette{File: filepath.Join(t.TempDir(), "c.yaml"), Mode: cassette.Record, Transport: srv.Client().Transport}
	resp, err := c.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if resp.TLS == nil || resp.Close {
		t.Errorf("TLS is %v, Close %v", resp.TLS, resp.Close)
	}
	resp.Body.Close()
	closed(t, c)
}

// TestZeroRecording: a recording that was made by hand can be saved.
func TestZeroRecording(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := new(cassette.Recording).Save(file); err != nil {
		t.Fatal(err)
	}
	if rec := load(t, file); rec.Version != 2 || len(rec.Interactions) != 0 {
		t.Errorf("loaded %+v", rec)
	}
	newVCR(t, file, recorder.ModeReplayOnly)
}
