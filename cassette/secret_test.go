package cassette_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/cassette"
)

// TestSecretEverywhere plants two secrets, one named and one known by its
// look, in every place at once, and looks for any part of them in every file
// that is there at any moment, and in every message.
func TestSecretEverywhere(t *testing.T) {
	const named, known = "correct-horse-battery-staple", "sk-proj-abcdEFGH0123ijklMNOP4567"
	both := named + " " + known
	for split := range both {
		dir := t.TempDir()
		file := filepath.Join(dir, "c.yaml")
		clean := func(where, text string) {
			t.Helper()
			for _, part := range []string{"orrect-h", "ttery-sta", "-abcdEFG", "ijklMNOP"} {
				if strings.Contains(text, part) {
					t.Fatalf("split at %d: %s holds %q:\n%s", split, where, part, text)
				}
			}
		}
		files := func(when string) {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				data, _ := os.ReadFile(filepath.Join(dir, e.Name()))
				clean(when+" "+e.Name(), string(data))
			}
		}
		event := func(s string) string { return fmt.Sprintf("data: {\"d\":{\"content\":%q}}\n\n", s) }
		transport := roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/error" {
				return nil, errors.New("dial with " + both)
			}
			events := []string{event(both[:split]), event(both[split:]), event(" end")}
			return &http.Response{StatusCode: 200, Header: http.Header{"X-Echo": {both}, "Set-Cookie": {both}, "Location": {"http://y/?token=" + known}},
				Trailer: http.Header{"X-Trailer": {both}}, Body: io.NopCloser(&eventReader{events})}, nil
		})
		request := func(path, more string) *http.Request {
			req, _ := http.NewRequest("POST", "http://u:"+named+"@x"+path+"?key="+known+"&q="+named, strings.NewReader(fmt.Sprintf(`{"prompt":%q,"api_key":%q}`, both+more, both)))
			for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Cookie", "Proxy-Authorization", "User-Agent", "X-Other"} {
				req.Header.Set(name, "Bearer "+both)
			}
			return req
		}
		secrets := func() cassette.Redact { return cassette.Redact{Strings: []string{named}} }
		c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: transport, Redact: secrets()}
		resp, err := c.RoundTrip(request("/", ""))
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1000)
		for err == nil {
			_, err = resp.Body.Read(buf)
			files("while recording,")
		}
		resp.Body.Close()
		c.RoundTrip(request("/error", ""))
		c.Do(t.Context(), "tool", []byte(both), func(ctx ctx) ([]byte, error) { return []byte(both), errors.New("no: " + both) })
		files("after the exchanges,")
		closed(t, c)
		files("after Close,")

		r := &cassette.Cassette{File: file, Redact: secrets(), Transport: noNetwork(t)}
		_, err = r.RoundTrip(request("/", " more"))
		clean("the miss", fmt.Sprintf("%v %+v", err, err))
		if _, err = r.RoundTrip(request("/error", "")); err == nil {
			t.Error("the error is not replayed")
		}
		clean("the error", err.Error())
		clean("what is left over", r.Close().Error())
		if split%16 == 0 { // it replays, with the secrets in the request
			again := &cassette.Cassette{File: file, Redact: secrets(), Transport: noNetwork(t)}
			resp, err := again.RoundTrip(request("/", ""))
			if err != nil {
				t.Fatal(err)
			}
			if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), " end") {
				t.Errorf("replayed %q", body)
			}
		}
	}
}

// eventReader gives an event a Read.
type eventReader struct{ events []string }

func (r *eventReader) Read(p []byte) (int, error) {
	if len(r.events) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.events[0])
	r.events = r.events[1:]
	return n, nil
}
