package cassette

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// echo answers with the request's body.
func echo(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: r.Body}, nil
}

func post(t *testing.T, c *Cassette, body string) error {
	t.Helper()
	req, err := http.NewRequest("POST", "http://x/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return err
	}
	if got, err := io.ReadAll(resp.Body); string(got) != body || err != nil {
		t.Errorf("read %q, %v, want %q", got, err, body)
	}
	return resp.Body.Close()
}

// TestFailedWrite has the disk fail after the first exchange: the file keeps
// what it had, and the answer reaches the program.
func TestFailedWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	c := &Cassette{File: file, Mode: Record, Transport: transport(echo)}
	if err := post(t, c, "one"); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(file)
	real := c.log.out
	c.log.out, _ = os.Open(file) // cannot be written to
	if err := post(t, c, "two"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the body's Close gives %v", err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Errorf("the file was changed to\n%s", after)
	}
	c.Transport = transport(func(*http.Request) (*http.Response, error) {
		t.Error("the network is asked although nothing can be written")
		return nil, errors.New("no")
	})
	if post(t, c, "three") == nil || c.Err() == nil || c.Close() == nil {
		t.Error("a later request, Err or Close says nothing")
	}
	real.Close()
	if rec, err := Load(file); err != nil || len(rec.Interactions) != 1 {
		t.Errorf("the file has %+v, %v", rec, err)
	}
}

// TestTornWrite cuts the file at each byte of what was being added: the list
// is as it was before, for us and for a YAML reader.
func TestTornWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	c := &Cassette{File: file, Mode: Record, Transport: transport(echo)}
	if err := post(t, c, "one"); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(file)
	if err := post(t, c, "two"); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(file)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	copy(after[len(before)-len(endLine):], endLine) // not yet passed
	for n := len(before); n <= len(after); n++ {
		for _, read := range []func([]byte) (*Recording, error){
			func(b []byte) (*Recording, error) { return readPlain(bytes.NewReader(b)) }, readYAML,
		} {
			rec, err := read(after[:n])
			if err != nil || len(rec.Interactions) != 1 || rec.Interactions[0].Response.Body != "one" || !rec.Interrupted {
				t.Fatalf("cut at %d of %d: %+v, %v", n, len(after), rec, err)
			}
		}
	}
}

// TestFolderThatCannotBeWritten: the network is not asked.
func TestFolderThatCannotBeWritten(t *testing.T) {
	block := filepath.Join(t.TempDir(), "file")
	os.WriteFile(block, nil, 0o600)
	c := &Cassette{File: filepath.Join(block, "c.yaml"), Mode: Record, Transport: transport(func(*http.Request) (*http.Response, error) {
		t.Error("the network is asked")
		return nil, errors.New("no")
	})}
	if err := post(t, c, "one"); err == nil || !strings.Contains(err.Error(), c.File) {
		t.Errorf("got %v", err)
	}
}

// TestKilledStream has a program killed in the middle of a stream: what came
// so far is kept as cut, and taken out when the same is asked again.
func TestKilledStream(t *testing.T) {
	for _, again := range []bool{true, false} {
		dir := t.TempDir()
		file := filepath.Join(dir, "c.yaml")
		hang := make(chan struct{})
		c := &Cassette{File: filepath.Join(dir, "killed.yaml"), Mode: Record, Transport: transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/first" {
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("whole"))}, nil
			}
			return &http.Response{StatusCode: 200, Header: http.Header{"X": {"y"}}, Body: &hanging{"data: 1\n\ndata: 2\n\ndata: ", hang}}, nil
		})}
		if resp, err := c.Client().Get("http://x/first"); err == nil {
			io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		resp, err := c.Client().Get("http://x/second")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Read(make([]byte, 100))
		for _, name := range []string{"", ".part"} { // what the program leaves
			data, err := os.ReadFile(c.File + name)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(file+name, append(data, map[string]string{".part": `{"id":1,"da`}[name]...), 0o600)
		}
		close(hang)
		resp.Body.Close()
		c.Close()

		a := &Cassette{File: file, Mode: Append, Transport: transport(echo)}
		url := "http://x/third"
		if again {
			url = "http://x/second"
			a.Transport = transport(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("at last"))}, nil
			})
		} else {
			a.Transport = transport(func(r *http.Request) (*http.Response, error) { return nil, errors.New("refused") })
		}
		if resp, err := a.Client().Get(url); err == nil {
			io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		rec, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		second := rec.Interactions[1]
		switch {
		case again && (len(rec.Interactions) != 2 || second.Response.Body != "at last"):
			t.Errorf("asked again, the file has %+v", rec.Interactions)
		case !again && (len(rec.Interactions) != 3 || second.Outcome != Cut || second.Response.Body != "data: 1\n\ndata: 2\n\n" || second.Response.Header.Get("X") != "y" || second.Request.URL != "http://x/second"):
			t.Errorf("the file has %+v", rec.Interactions)
		}
		if _, err := os.Stat(file + ".part"); err == nil {
			t.Error("the part is still there")
		}
	}
}

// leftBy returns a copy of what the cassette has on the disk, as a kill would
// leave it now.
func leftBy(t *testing.T, c *Cassette) (file string) {
	file = filepath.Join(t.TempDir(), "left.yaml")
	for _, name := range []string{"", ".part"} {
		if data, err := os.ReadFile(c.File + name); err == nil {
			if err := os.WriteFile(file+name, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return file
}

// begin asks and does not read the answer to its end.
func begin(t *testing.T, c *Cassette, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequest("POST", "http://x/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// TestPartIsNotLost: what a killed program left comes into the file also when
// the next one records nothing of its own, but not into a new recording.
func TestPartIsNotLost(t *testing.T) {
	c := &Cassette{File: filepath.Join(t.TempDir(), "c.yaml"), Mode: Record, Transport: transport(echo)}
	begin(t, c, "killed")
	for mode, want := range map[Mode]int{Append: 1, Record: 0} {
		next := &Cassette{File: leftBy(t, c), Mode: mode, Transport: transport(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: r.Body}, nil
		})}
		begin(t, next, "upgrade")
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
		rec, err := Load(next.File)
		if errors.Is(err, fs.ErrNotExist) {
			rec, err = &Recording{}, nil
		}
		if err != nil || len(rec.Interactions) != want {
			t.Errorf("%v: the file has %+v, %v, want %d", mode, rec, err, want)
		}
	}
	c.Close()
}

// TestSavedAfterAKill saves what a killed program left, as a program does that
// changes it: it is as Close would have left it.
func TestSavedAfterAKill(t *testing.T) {
	fails := true
	c := &Cassette{File: filepath.Join(t.TempDir(), "c.yaml"), Mode: Record, Transport: transport(func(r *http.Request) (*http.Response, error) {
		if fails {
			return &http.Response{StatusCode: 503, Body: r.Body}, nil
		}
		return echo(r)
	})}
	post(t, c, "again")
	c.Close()
	c = &Cassette{File: c.File, Mode: Append, Transport: c.Transport}
	fails = false
	first := begin(t, c, "first")
	post(t, c, "again")
	if _, err := c.Once(t.Context(), "pay", nil, func(context.Context) ([]byte, error) { return []byte("paid"), nil }); err != nil {
		t.Fatal(err)
	}
	io.ReadAll(first.Body)
	left := leftBy(t, c)
	rec, err := Load(left)
	if err != nil || !rec.Interrupted {
		t.Fatal(rec, err)
	}
	if err := rec.Save(left); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	want, _ := Load(c.File)
	for n := range want.Interactions {
		want.Interactions[n].ID = n + 1 // Save keeps them
	}
	got, err := Load(left)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-closed +saved):\n%s", err, d)
	}
}

// TestKilledTwice has two programs killed, one after the other, in their
// first stream; the second finds a part that ends in the middle of a line,
// and whose exchange has a higher id than its own would have.
func TestKilledTwice(t *testing.T) {
	answer := transport(func(r *http.Request) (*http.Response, error) {
		resp, err := echo(r)
		if r.ContentLength == int64(len("upgrade")) {
			resp.StatusCode = http.StatusSwitchingProtocols // takes an id and is not recorded
		}
		return resp, err
	})
	file := filepath.Join(t.TempDir(), "c.yaml")
	for _, request := range []string{"first", "second"} {
		c := &Cassette{File: file, Mode: Append, Transport: answer}
		begin(t, c, "upgrade")
		begin(t, c, request)
		file = leftBy(t, c)
		part, err := os.ReadFile(file + ".part")
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(file+".part", append(part, `{"id":1,"da`...), 0o600)
		c.Close()
	}
	c := &Cassette{File: file, Mode: Append, Transport: answer}
	if err := errors.Join(post(t, c, "third"), c.Close()); err != nil {
		t.Fatal(err)
	}
	rec, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range rec.Interactions {
		got = append(got, i.Request.Body+" "+string(i.Outcome))
	}
	if want := []string{"first cut", "second cut", "third "}; !slices.Equal(got, want) {
		t.Errorf("the file has %q, want %q", got, want)
	}
}

// TestKilledTwins has a program killed when one of two equal requests, made
// at the same moment, was answered: the other is not taken for that one.
func TestKilledTwins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Cassette{File: filepath.Join(t.TempDir(), "c.yaml"), Mode: Record, Transport: transport(echo)}
		other := begin(t, c, "twin")
		if err := post(t, c, "twin"); err != nil {
			t.Fatal(err)
		}
		next := &Cassette{File: leftBy(t, c), Mode: Append, Transport: transport(echo)}
		if err := post(t, next, "new"); err != nil {
			t.Fatal(err)
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
		rec, err := Load(next.File)
		if err != nil || len(rec.Interactions) != 3 || rec.Interactions[1].Outcome != Cut {
			t.Errorf("the file has %+v, %v", rec, err)
		}
		other.Body.Close()
		c.Close()
	})
}

// hanging gives its text, and no more until it is let go.
type hanging struct {
	text string
	hang chan struct{}
}

func (h *hanging) Read(p []byte) (int, error) {
	if h.text == "" {
		<-h.hang
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, h.text)
	h.text = h.text[n:]
	return n, nil
}

func (h *hanging) Close() error { return nil }
