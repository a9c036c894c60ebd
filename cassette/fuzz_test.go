package cassette

import (
	"bytes"
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nasty are bodies that writers and readers of YAML have lost bytes of.
var nasty = []string{
	"", " ", "\n", "\n\n", "\t", "\tx\ny", "\n x", "\n\tx\n", " x\ny\n", "x\n\n y", "x \ny \n", "x\n\t\ny", "x\n \n",
	"x\r\ny\r\n", "\r", "a\x00b", "\xff\xfe", "é\xc3", "\u0085", "a\u2028b\nc", "\ufeffx", "\ufffd", "\uffff", "\U0001F600\nq\n",
	"'", "''", `"`, `\`, "#x", "a #b", "a: b", "a:", "- a", "? a", "---", "...", "x\n...\ny\n", "x\n---\n", "!!binary x", "&a", "*a", "|", ">", "%", "@", "`",
	"null", "~", "true", "yes", "0", "0x1F", "1e3", "1_000", ".inf", "2026-01-02", "12:30:45", "=", "<<", "{}", "[]", "{\"a\":1}", "x\x7fy",
	"data: {}\n\ndata: [DONE]\n\n", "200 OK", "200 #x", "100 a: b", "q\n  indented\n\tand tab\n\n\n",
}

func TestNastyBodies(t *testing.T) {
	for _, s := range nasty {
		rec := &Recording{Version: 2, Interactions: []Interaction{{
			Request:  Request{URL: "http://x/", Method: "POST", Body: s, Header: http.Header{"X-Y": {s, s}}, Form: map[string][]string{s: {s}}},
			Response: Response{Code: 200, Body: s, Status: s, Header: http.Header{"A": {s}}},
		}, {
			Outcome: Cut, Error: s + "!", Lane: s, Supersedes: []int{1, 20},
			Request: Request{URL: "u", Body: s},
		}, {
			Started: time.UnixMicro(1).UTC(), Effect: &Effect{Name: "n" + s, Input: s, Output: s, Once: true},
		}}}
		identical(t, rec)
	}
}

// identical fails the test unless rec survives being saved, in both readers.
func identical(t *testing.T, rec *Recording) {
	t.Helper()
	rec.Interrupted = false // it is not written
	var buf bytes.Buffer
	if _, err := rec.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	full, err := readYAML(buf.Bytes())
	if err != nil {
		t.Fatalf("%v in:\n%s", err, buf.Bytes())
	}
	if d := cmp.Diff(rec, full); d != "" {
		t.Fatalf("changed by saving (-before +after):\n%s\n%s", d, buf.Bytes())
	}
	got, err := Read(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rec, got); d != "" {
		t.Fatalf("changed by saving (-before +after):\n%s\n%s", d, buf.Bytes())
	}
}

// FuzzRead checks that the two readers never read a file differently, and
// that what can be read survives being saved.
func FuzzRead(f *testing.F) {
	seed, err := os.ReadFile(seedFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed[:5000])
	for _, s := range nasty {
		rec := &Recording{Comment: "c", Interactions: []Interaction{{
			Request:  Request{URL: "http://x/", Method: "POST", Body: s, Header: http.Header{"X-Y": {s}}},
			Response: Response{Code: 200, Body: s, Chunks: []Chunk{{1, time.Second}}},
		}, {Outcome: Failed, Error: "x", Request: Request{URL: s + "u"}}, {Effect: &Effect{Name: "n", Input: s}}}}
		var buf bytes.Buffer
		rec.WriteTo(&buf)
		f.Add(buf.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		full, fullErr := readYAML(data)
		plain, err := readPlain(bytes.NewReader(data))
		if err == nil {
			if fullErr != nil {
				t.Fatalf("only the plain reader reads it: %v", fullErr)
			}
			if !reflect.DeepEqual(plain, full) {
				t.Fatalf("the readers differ (-yaml +plain):\n%s", cmp.Diff(full, plain))
			}
		}
		if fullErr == nil {
			identical(t, full)
		}
	})
}

// FuzzBodies checks that any bytes survive in any place.
func FuzzBodies(f *testing.F) {
	for _, s := range nasty {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		identical(t, &Recording{Version: 2, Interactions: []Interaction{{
			Request:  Request{URL: "http://x/" + a, Method: b, Body: a, Header: http.Header{a: {b}}},
			Response: Response{Code: 200, Body: b, Status: a, Header: http.Header{b: {a, b}}},
		}}})
	})
}
