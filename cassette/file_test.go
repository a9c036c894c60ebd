package cassette

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seedFile is a recording that go-vcr made.
const seedFile = "../internal/demo/multi_tool_streaming.yaml"

// samples returns the seed and, when REPRISE_CASSETTES names a folder, every
// cassette in it.
func samples(t testing.TB) []string {
	files := []string{seedFile}
	if dir := os.Getenv("REPRISE_CASSETTES"); dir != "" {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if strings.HasSuffix(path, ".yaml") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestReadersAgree(t *testing.T) {
	for _, file := range samples(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := readPlain(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: the plain reader gave up: %v", file, err)
			continue
		}
		full, err := readYAML(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(full, plain); d != "" {
			t.Errorf("%s (-yaml +plain):\n%s", file, d)
		}
		var buf bytes.Buffer
		if _, err := plain.WriteTo(&buf); err != nil {
			t.Fatal(err)
		}
		if file == seedFile && !bytes.Equal(buf.Bytes(), data) {
			t.Errorf("the seed is written with other bytes than it has:\n%s", cmp.Diff(string(data), buf.String()))
		}
		again, err := readYAML(buf.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(full, again); d != "" {
			t.Errorf("%s changed by saving (-before +after):\n%s", file, d)
		}
	}
}

// TestDockerAgent reads what docker's agent writes: no status, no headers.
func TestDockerAgent(t *testing.T) {
	const file = `---
version: 2
interactions:
    - id: 0
      request:
        proto: HTTP/1.1
        proto_major: 1
        proto_minor: 1
        content_length: 0
        host: api.openai.com
        body: '{"a":1}'
        url: https://api.openai.com/v1/responses
        method: POST
      response:
        proto: HTTP/2.0
        proto_major: 2
        proto_minor: 0
        content_length: -1
        body: |+
            data: {}

        headers: {}
        status: ""
        code: 200
        duration: 1.5s
`
	rec, err := readPlain(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("data: {}\n\n", rec.Interactions[0].Response.Body); d != "" {
		t.Error(d)
	}
	resp, err := (&Cassette{Recording: rec}).Client().Post("https://api.openai.com/v1/responses", "application/json", strings.NewReader(`{"a":1}`))
	if err != nil || resp.Status != "200 OK" || resp.Header == nil {
		t.Errorf("replayed %+v, %v", resp, err)
	}
}

// TestOtherShapes reads YAML that only a whole reader reads.
func TestOtherShapes(t *testing.T) {
	want := &Recording{Version: 2, Interactions: []Interaction{{
		Request:  Request{URL: "http://x/", Method: "GET", Body: "123"},
		Response: Response{Code: 200, Body: "folded text", Header: map[string][]string{"A": {"b"}}, Duration: time.Second},
	}}}
	for _, text := range []string{
		"interactions: [{response: {code: 200, body: folded text, headers: {A: [b]}, duration: 1s}, request: {url: http://x/, method: GET, body: 123}}]\nversion: 2\n",
		"version: 2\r\nother: [1]\r\ninteractions:\r\n- request:\r\n    url: &u http://x/\r\n    method: GET\r\n    body: 123\r\n    x: *u\r\n  response:\r\n    code: 200\r\n    body: >-\r\n      folded\r\n      text\r\n    headers:\r\n      A: [b]\r\n    duration: 1s\r\n",
	} {
		if _, err := readPlain(strings.NewReader(text)); err == nil {
			t.Error("the plain reader reads what it does not know")
		}
		got, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

// TestForeignText reads a file as editors and version control may leave it.
func TestForeignText(t *testing.T) {
	want := &Recording{Comment: "for\nhumans", Version: 2, Interrupted: true, Interactions: []Interaction{{
		Request:  Request{URL: "http://x/", Method: "GET", Body: "two\nlines"},
		Response: Response{Code: 200, Body: "\r\n", Header: map[string][]string{"A": {"b"}}},
	}}}
	var b strings.Builder
	want.WriteTo(&b)
	text := b.String() + "...\n- id: 1\n  req"
	for _, text := range []string{text, "\ufeff" + text, strings.ReplaceAll(text, "\n", "\r\n")} {
		got, err := Read(strings.NewReader(text))
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%v:\n%s", err, d)
		}
	}
}

// TestBomb has aliases that would expand to gigabytes.
func TestBomb(t *testing.T) {
	text := "version: 2\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		text += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), c-1)
	}
	for _, more := range []string{"interactions: *j\n", "interactions: []\n"} {
		rec, err := Read(strings.NewReader(text + more))
		if err == nil && len(rec.Interactions) > 0 {
			t.Errorf("the bomb gives %d interactions", len(rec.Interactions))
		}
	}
}
