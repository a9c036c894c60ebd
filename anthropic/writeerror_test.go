package anthropic

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func TestWriteError(t *testing.T) {
	for kind, want := range map[reprise.Kind]reprise.Kind{
		reprise.KindAuth: reprise.KindAuth, reprise.KindRateLimit: reprise.KindRateLimit, reprise.KindQuota: reprise.KindQuota,
		reprise.KindOverloaded: reprise.KindOverloaded, reprise.KindServer: reprise.KindServer, reprise.KindNotFound: reprise.KindNotFound,
		reprise.KindContextLength: reprise.KindContextLength, reprise.KindInvalid: reprise.KindInvalid, reprise.KindTimeout: reprise.KindTimeout,
		reprise.KindContentFilter: reprise.KindInvalid, reprise.KindNetwork: reprise.KindServer,
	} {
		for _, as := range forms {
			want := want
			if as.Bedrock && kind == reprise.KindContextLength {
				want = reprise.KindInvalid // only the words of its message tell
			}
			rec := httptest.NewRecorder()
			if err := WriteError(rec, fmt.Errorf("wrapped: %w", &reprise.Error{Provider: "openai", Kind: kind, Code: "its own word", Err: errors.New(`say "why"`)}), as); err != nil {
				t.Fatal(err)
			}
			got := ReadError(rec.Body.Bytes(), rec.Code, as.Provider)
			if got.Kind != want || got.Err.Error() != `say "why"` || got.Status < 400 || rec.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s from %s: read as %s: %v", kind, as.Provider, got.Kind, got)
			}
		}
	}
}

// TestWriteErrorAsTheServer: the status, the headers and the body of each
// server, and the words that were its own.
func TestWriteErrorAsTheServer(t *testing.T) {
	e := reprise.Error{Kind: reprise.KindOverloaded, Status: 520, RetryAfter: 1500 * time.Millisecond, RequestID: "q1", Err: errors.New("busy")}
	retry := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"2"}, "Retry-After-Ms": {"1500"}}
	for _, c := range []struct {
		as     Answer
		said   reprise.Error // Provider and Code
		header http.Header
		body   string
	}{
		{forms[0], reprise.Error{Provider: API, Code: "its_own"}, http.Header{"Request-Id": {"q1"}}, `{"type":"error","error":{"type":"its_own","message":"busy"},"request_id":"q1"}`},
		{forms[2], reprise.Error{Provider: "openai", Code: "another's"}, http.Header{"Request-Id": {"q1"}}, `{"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":"q1"}`},
		{forms[1], reprise.Error{Provider: "bedrock", Code: "ItsOwnException"}, http.Header{"X-Amzn-Requestid": {"q1"}, "X-Amzn-Errortype": {"ItsOwnException"}}, `{"__type":"ItsOwnException","message":"busy"}`},
		{forms[1], reprise.Error{Provider: "bedrock", Code: "overloaded_error"}, http.Header{"X-Amzn-Requestid": {"q1"}, "X-Amzn-Errortype": {"ServiceUnavailableException"}}, `{"__type":"ServiceUnavailableException","message":"busy"}`},
	} {
		e := e
		e.Provider, e.Code = c.said.Provider, c.said.Code
		for name, v := range retry {
			c.header[name] = v
		}
		rec := httptest.NewRecorder()
		if err := WriteError(rec, &e, c.as); err != nil || rec.Code != 520 || rec.Body.String() != c.body {
			t.Errorf("%s: %v, %d %s", c.as.Provider, err, rec.Code, rec.Body)
		}
		if d := cmp.Diff(c.header, rec.Header()); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.as.Provider, d)
		}
	}
	rec := httptest.NewRecorder()
	if err := WriteError(rec, io.ErrUnexpectedEOF, Answer{}); err != nil || rec.Code != 500 {
		t.Errorf("got %d, %v", rec.Code, err)
	}
}
