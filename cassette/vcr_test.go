package cassette_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/repriselabs/reprise/cassette"
	"go.yaml.in/yaml/v4"
	vcr "gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"
)

// matchVCR is the matcher with which stock go-vcr replays our recordings.
func matchVCR(r *http.Request, i vcr.Request) bool {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	return r.Method == i.Method && r.URL.String() == i.URL && string(body) == i.Body
}

// newVCR returns stock go-vcr on file, which ends in ".yaml".
func newVCR(t *testing.T, file string, mode recorder.Mode) *recorder.Recorder {
	t.Helper()
	rec, err := recorder.New(strings.TrimSuffix(file, ".yaml"), recorder.WithMode(mode), recorder.WithMatcher(matchVCR), recorder.WithSkipRequestLatency(true))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// An answer is what a client sees of an exchange.
type answer struct {
	Code   int
	Body   string
	Header http.Header
}

func ask(t *testing.T, rt http.RoundTripper, method, url, body string) answer {
	t.Helper()
	a, err := try(rt, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func try(rt http.RoundTripper, method, url, body string) (answer, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	data, err := io.ReadAll(resp.Body)
	if err2 := resp.Body.Close(); err == nil {
		err = err2
	}
	return answer{resp.StatusCode, string(data), resp.Header}, err
}

// bodies are answers that are hard to keep.
var bodies = []string{
	"", "{\"a\":1}", "data: {}\n\ndata: [DONE]\n\n", "\ttab first", "\n leading", " space\nx", "a\r\n\r\nb\r", "nul\x00", "\xff\xfe\x00binary", "😀\né\u2028",
	"'quotes' \"both\"", strings.Repeat("x", 1<<20), strings.Repeat("line\n", 50000), "...\n---\n", "a: b\n# c\n",
}

func bodyServer(t *testing.T) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // else go-vcr reads what is still being sent
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, bodies[n])
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestWeReplayWhatVCRWrites(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vcr.yaml")
	srv := bodyServer(t)
	rec := newVCR(t, file, recorder.ModeRecordOnly)
	for n, body := range bodies {
		ask(t, rec, "POST", fmt.Sprintf("%s/%d", srv.URL, n), body)
	}
	if err := rec.Stop(); err != nil {
		t.Fatal(err)
	}
	c := &cassette.Cassette{File: file}
	for n, body := range bodies {
		if got := ask(t, c, "POST", fmt.Sprintf("%s/%d", srv.URL, n), body); got.Code != 200 || got.Body != body {
			t.Errorf("answer %d is %d %.80q", n, got.Code, got.Body)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestVCRReplaysWhatWeWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ours.yaml")
	srv := bodyServer(t)
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Comment: "for humans"}
	for n, body := range bodies {
		ask(t, c, "POST", fmt.Sprintf("%s/%d", srv.URL, n), body)
		// The file is whole after each exchange.
		if saved, err := vcr.Load(strings.TrimSuffix(file, ".yaml")); err != nil || len(saved.Interactions) != n+1 {
			t.Fatalf("after exchange %d go-vcr cannot load the file: %v", n, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	rec := newVCR(t, file, recorder.ModeReplayOnly)
	for n, body := range bodies {
		if got := ask(t, rec, "POST", fmt.Sprintf("%s/%d", srv.URL, n), body); got.Code != 200 || got.Body != body {
			t.Errorf("answer %d is %d %.80q", n, got.Code, got.Body)
		}
	}
}

// TestSamplesBothWays saves every sample recording, and lets go-vcr replay
// what was saved and us replay what go-vcr saves.
func TestSamplesBothWays(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(os.Getenv("REPRISE_CASSETTES"), "*", "*", "*.yaml"))
	files = append(files, seedFile)
	for _, file := range files {
		rec, err := cassette.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		saved := filepath.Join(t.TempDir(), "saved.yaml")
		if err := rec.Save(saved); err != nil {
			t.Fatal(err)
		}
		theirs := newVCR(t, saved, recorder.ModeReplayOnly)
		ours := &cassette.Cassette{File: file}
		for _, i := range rec.Interactions {
			req := func(rt http.RoundTripper) answer { return ask(t, rt, i.Request.Method, i.Request.URL, i.Request.Body) }
			want := answer{i.Response.Code, i.Response.Body, i.Response.Header}
			if d := cmp.Diff(want, req(theirs)); d != "" {
				t.Errorf("%s: go-vcr replays exchange %d otherwise:\n%s", file, i.ID, d)
			}
			if d := cmp.Diff(want, req(ours)); d != "" {
				t.Errorf("%s: we replay exchange %d otherwise:\n%s", file, i.ID, d)
			}
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSavedByVCR has go-vcr load and save a file of ours. It drops what it
// does not know: failures become empty exchanges, and chunks are gone.
func TestSavedByVCR(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/bad" {
			return nil, io.ErrUnexpectedEOF
		}
		return &http.Response{StatusCode: 200, Status: "200 OK", Body: io.NopCloser(&eventReader{[]string{"one", "two"}})}, nil
	})}
	ask(t, c, "GET", "http://x/good", "")
	try(c, "GET", "http://x/bad", "")
	closed(t, c)
	if chunks := load(t, file).Interactions[0].Response.Chunks; len(chunks) != 3 {
		t.Errorf("the chunks are %v", chunks)
	}
	saved, err := vcr.Load(strings.TrimSuffix(file, ".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	saved.MarshalFunc = yaml.Marshal
	if err := saved.Save(); err != nil {
		t.Fatal(err)
	}
	r := &cassette.Cassette{File: file}
	if got := ask(t, r, "GET", "http://x/good", ""); got.Body != "onetwo" {
		t.Errorf("replayed %v", got)
	}
	if _, err := try(r, "GET", "http://x/bad", ""); err == nil {
		t.Error("the failure is replayed as an answer")
	}
	if err := r.Close(); err != nil {
		t.Errorf("what go-vcr emptied is missed: %v", err)
	}

	// Somebody edits a body and leaves the chunks: they are not believed.
	rec := &cassette.Recording{Interactions: []cassette.Interaction{{
		Request:  cassette.Request{Method: "GET", URL: "http://x/"},
		Response: cassette.Response{Code: 200, Body: "edited", Chunks: []cassette.Chunk{{Size: 3}, {Size: 4}, {}}},
	}}}
	if got := ask(t, &cassette.Cassette{Recording: rec}, "GET", "http://x/", ""); got.Body != "edited" {
		t.Errorf("replayed %q", got.Body)
	}
}
