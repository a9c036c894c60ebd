package cassette

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	question = `{"model":"m","n":1}`
	answer   = "data: {\"a\":\"é😀\"}\n\ndata: [DONE]\n\n"
)

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// indented returns s as a YAML block.
func indented(s string) string {
	return "|+\n" + strings.ReplaceAll("\n"+strings.TrimSuffix(s, "\n"), "\n", "\n        ")[1:]
}

func trace(body, encoding string) string {
	req := "POST https://api.example.com/v1/chat HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer sk-123\r\nAccept: a\r\nAccept: b\r\nContent-Length: 19\r\n\r\n" + question
	resp := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%sContent-Length: %d\r\n\r\n%s", encoding, len(body), body)
	return fmt.Sprintf("httprr trace v1\n%d %d\n%s%s", len(req), len(resp), req, resp)
}

// files are the same exchange as each tool records it.
var files = []struct {
	format  Format
	content string
}{
	{HAR, `{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-01-02T03:04:05.678Z","time":99,
		"request":{"method":"POST","url":"https://api.example.com/v1/chat","httpVersion":"h2","headers":[{"name":":method","value":"POST"},{"name":"authorization","value":"Bearer sk-123"},{"name":"accept","value":"a"},{"name":"accept","value":"b"}],"postData":{"mimeType":"application/json","text":"{\"model\":\"m\",\"n\":1}"}},
		"response":{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","headers":[{"name":"content-type","value":"text/event-stream"},{"name":"content-encoding","value":"br"}],"content":{"size":1,"text":"` + b64(answer) + `","encoding":"base64"}},
		"timings":{"blocked":-1,"send":1,"wait":1.5,"receive":90}}]}}`},
	{HAR, "\ufeff" + `{"log":{"version":"1.2","version":"1.2","entries":[{"startedDateTime":"2026-01-02T03:04:05.678Z","comment":"half a pair: \ud83d",
		"request":{"method":"POST","url":"https:\/\/api.example.com\/v1\/chat","headers":[{"name":"authorization","value":"Bearer sk-123"},{"name":"accept","value":"a"},{"name":"accept","value":"b"}],"postData":{"text":"{\"model\":\"m\",\"n\":1}"}},
		"response":{"status":200,"statusText":"OK","headers":[{"name":"content-type","value":"text/event-stream"}],"content":{"text":"data: {\"a\":\"\u00e9\ud83d\ude00\"}\n\ndata: [DONE]\n\n"}},
		"timings":{"wait":2.5}}]}}`},
	{VCRPy, "interactions:\n- request:\n    body: '" + question + "'\n    headers:\n      authorization:\n      - Bearer sk-123\n      accept:\n      - a\n      - b\n    method: POST\n    uri: https://api.example.com/v1/chat\n" +
		"  response:\n    body:\n      string: " + indented(answer) + "\n    headers:\n      content-type:\n      - text/event-stream\n    status:\n      code: 200\n      message: OK\nversion: 1\n"},
	{VCRPy, "interactions:\n- request:\n    body: !!binary " + b64(question) + "\n    headers:\n      authorization:\n      - Bearer sk-123\n      accept:\n      - a\n      - b\n    method: POST\n    uri: https://api.example.com/v1/chat\n" +
		"  response:\n    body:\n      string: !!binary " + b64(gzipped(answer)) + "\n    headers:\n      content-type:\n      - text/event-stream\n      content-encoding:\n      - gzip\n    status:\n      code: 200\n      message: OK\nversion: 1\n"},
	{VCRPy, `{"version": 1, "interactions": [{"request": {"method": "POST", "uri": "https://api.example.com/v1/chat", "body": "{\"model\":\"m\",\"n\":1}", "headers": {"authorization": ["Bearer sk-123"], "accept": ["a", "b"]}},
		"response": {"status": {"code": 200, "message": "OK"}, "headers": {"content-type": ["text/event-stream"]}, "body": {"string": "data: {\"a\":\"é\ud83d\ude00\"}\n\ndata: [DONE]\n\n"}}}]}`},
	{RubyVCR, "---\nhttp_interactions:\n- request:\n    method: post\n    uri: https://api.example.com/v1/chat\n    body:\n      encoding: UTF-8\n      string: '" + question + "'\n    headers:\n      Authorization:\n      - Bearer sk-123\n      Accept:\n      - a\n      - b\n" +
		"  response:\n    status:\n      code: 200\n      message: OK\n    headers:\n      Content-Type:\n      - text/event-stream\n    body:\n      encoding: ASCII-8BIT\n      base64_string: " + b64(answer) + "\n    http_version:\n  recorded_at: Fri, 02 Jan 2026 03:04:05 GMT\nrecorded_with: VCR 6.1.0\n"},
	{GoVCR1, "---\nversion: 1\ninteractions:\n- request:\n    body: '" + question + "'\n    form: {}\n    headers:\n      Authorization:\n      - Bearer sk-123\n      Accept:\n      - a\n      - b\n    url: https://api.example.com/v1/chat\n    method: POST\n" +
		"  response:\n    body: " + indented(answer) + "\n    headers:\n      Content-Type:\n      - text/event-stream\n    status: 200 OK\n    code: 200\n    duration: 2.5ms\n"},
	{RubyVCR, "---\nhttp_interactions:\n- request:\n    method: post\n    uri: https://api.example.com/v1/chat\n    body:\n      encoding: UTF-8\n      string: '" + question + "'\n    headers:\n      Authorization:\n      - Bearer sk-123\n      Accept:\n      - a\n      - b\n" +
		"  response:\n    status:\n      code: 200\n      message: OK\n    headers:\n      Content-Type:\n      - text/event-stream\n    body:\n      encoding: ASCII-8BIT\n      string: !binary |-\n        " + b64(answer) + "\n  recorded_at: Fri, 02 Jan 2026 03:04:05 GMT\nrecorded_with: VCR 6.1.0\n"},
	{RubyVCR, `{"http_interactions":[{"request":{"method":"post","uri":"https://api.example.com/v1/chat","body":{"encoding":"UTF-8","string":"{\"model\":\"m\",\"n\":1}"},"headers":{"Authorization":["Bearer sk-123"],"Accept":["a","b"]}},
		"response":{"status":{"code":200,"message":"OK"},"headers":{"Content-Type":["text/event-stream"]},"body":{"encoding":"ASCII-8BIT","base64_string":"` + b64(answer) + `"},"http_version":null},"recorded_at":"Fri, 02 Jan 2026 03:04:05 GMT"}],"recorded_with":"VCR 6.1.0"}`},
	{HTTPRR, trace(answer, "")},
	{HTTPRR, trace(gzipped(answer), "Content-Encoding: gzip\r\n")},
	{HTTPRR, gzipped(trace(answer, ""))},
}

func TestImport(t *testing.T) {
	for n, file := range files {
		rec, format, err := Import(strings.NewReader(file.content))
		if err != nil || format != file.format {
			t.Errorf("file %d: %v, %q, want %q", n, err, format, file.format)
			continue
		}
		got := rec.Interactions[0]
		want := Interaction{
			Request: Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Method: "POST", URL: "https://api.example.com/v1/chat", ContentLength: 19, Body: question,
				Header: http.Header{"Authorization": {Redacted}, "Accept": {"a", "b"}}},
			Response: Response{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Code: 200, Status: "200 OK", ContentLength: -1, Body: answer,
				Header: http.Header{"Content-Type": {"text/event-stream"}}},
		}
		switch file.format {
		case HAR:
			want.Started, want.Response.Duration = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), 2500*time.Microsecond
		case RubyVCR:
			want.Started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		case GoVCR1:
			want.Response.Duration = 2500 * time.Microsecond
		case HTTPRR:
			want.Request.Header.Set("Content-Length", "19")
		}
		want.Response.Uncompressed = got.Response.Uncompressed
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("file %d, %s (-want +got):\n%s", n, format, d)
		}
		replays(t, rec)
	}
}

// replays checks that the recording is one that a Cassette plays.
func replays(t *testing.T, rec *Recording) {
	t.Helper()
	resp, err := (&Cassette{Recording: rec}).Client().Post("https://api.example.com/v1/chat", "application/json", strings.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != answer || err != nil {
		t.Errorf("replayed %q, %v", body, err)
	}
}

func TestImportOurOwn(t *testing.T) {
	data, err := os.ReadFile(seedFile)
	if err != nil {
		t.Fatal(err)
	}
	rec, format, err := Import(bytes.NewReader(data))
	if err != nil || format != GoVCR2 || len(rec.Interactions) != 2 {
		t.Errorf("got %q, %v", format, err)
	}
}

func TestImportBad(t *testing.T) {
	for _, content := range []string{
		"", "hello", "{}", "version: 1\ninteractions: []\n", "httprr trace v1\n", "httprr trace v1\n1 2\n", "httprr trace v1\n-1 -2\nxx", "httprr trace v1\n3 3\nabcdef",
		`{"log":{"entries":[{"response":{"status":200,"content":{"text":"!","encoding":"base64"}}}]}}`, `{"log":{"entries":"x"}}`,
		"version: 1\ninteractions:\n- request: {uri: x}\n", "version: 1\ninteractions:\n- request: {uri: x, body: [1]}\n  response: {status: {code: 200}}\n",
		"version: 3\ninteractions:\n- request: {url: \"http://x\", method: GET}\n  response: {code: 200}\n", "http_interactions: 3", gzipped("x")[:10], files[0].content[:300],
	} {
		if rec, format, err := Import(strings.NewReader(content)); err == nil {
			t.Errorf("%q is read as %s: %+v", content, format, rec)
		}
	}
}

// FuzzImport checks that whatever is read can be saved and loaded.
func FuzzImport(f *testing.F) {
	for _, file := range files {
		f.Add([]byte(file.content))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, _, err := Import(bytes.NewReader(data))
		if err != nil {
			return
		}
		var buf bytes.Buffer
		if _, err := rec.WriteTo(&buf); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(&buf); err != nil {
			t.Fatalf("what was converted cannot be loaded: %v", err)
		}
	})
}
