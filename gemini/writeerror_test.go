package gemini

import (
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
)

func TestWriteError(t *testing.T) {
	for _, kind := range []reprise.Kind{
		reprise.KindAuth, reprise.KindRateLimit, reprise.KindQuota, reprise.KindOverloaded, reprise.KindServer, reprise.KindNotFound,
		reprise.KindContextLength, reprise.KindInvalid, reprise.KindTimeout,
	} {
		for _, as := range forms(Answer{}) {
			rec := httptest.NewRecorder()
			if err := WriteError(rec, fmt.Errorf("wrapped: %w", &reprise.Error{Provider: "anthropic", Kind: kind, Code: "its own word", Err: errors.New(`say "why"`)}), as); err != nil {
				t.Fatal(err)
			}
			got := ReadError(rec.Body.Bytes(), rec.Code, Google)
			if got.Kind != kind || !strings.HasSuffix(got.Err.Error(), `say "why"`) || got.Status < 400 || rec.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s: read as %s: %v", kind, got.Kind, got)
			}
		}
	}
	for want, err := range map[string]error{
		`429 [{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}]`: &reprise.Error{Provider: Google, Kind: reprise.KindRateLimit, RetryAfter: 1500 * time.Millisecond, Err: errors.New("slow")},
		`500 [{"error":{"code":500,"message":"unexpected EOF","status":"INTERNAL"}}]`:                                                                                      io.ErrUnexpectedEOF,
		`502 [{"error":{"code":502,"message":"network","status":"UNKNOWN"}}]`:                                                                                              &reprise.Error{Kind: reprise.KindNetwork},
		`400 [{"error":{"code":400,"message":"The input token count (9) is too high","status":"INVALID_ARGUMENT"}}]`:                                                       &reprise.Error{Kind: reprise.KindContextLength, Err: errors.New("The input token count (9) is too high")},
	} {
		rec := httptest.NewRecorder()
		if err := WriteError(rec, err, Answer{Stream: true, List: true}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, fmt.Sprint(rec.Code, " ", rec.Body)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

// TestWriteErrorBack: an error of the API's own is read as it was.
func TestWriteErrorBack(t *testing.T) {
	for _, want := range []*reprise.Error{
		{Kind: reprise.KindAuth, Status: 400, Code: "INVALID_ARGUMENT", Err: errors.New("API key not valid.")},
		{Kind: reprise.KindAuth, Status: 400, Code: "INVALID_ARGUMENT", Err: errors.New("the key is wrong")},
		{Kind: reprise.KindAuth, Status: 403, Code: "PERMISSION_DENIED", Err: errors.New("no")},
		{Kind: reprise.KindQuota, Status: 429, Code: "RESOURCE_EXHAUSTED", RetryAfter: 40 * time.Second, Err: errors.New("no more today")},
		{Kind: reprise.KindServer, Status: 500, Code: "UNKNOWN", Err: errors.New("broke")},
	} {
		want.Provider = Google
		rec := httptest.NewRecorder()
		if err := WriteError(rec, want, Answer{}); err != nil {
			t.Fatal(err)
		}
		got := ReadError(rec.Body.Bytes(), rec.Code, Google)
		if d := cmp.Diff(want, got, cmpopts.IgnoreFields(reprise.Error{}, "Err")); d != "" || got.Error() != want.Error() {
			t.Errorf("%s: %v (-want +got):\n%s", rec.Body, got, d)
		}
	}
	rec := httptest.NewRecorder()
	if err := WriteError(rec, &reprise.Error{Kind: reprise.KindServer, RequestID: "q1", RetryAfter: 1500 * time.Millisecond}, Answer{}); err != nil {
		t.Fatal(err)
	}
	if h := rec.Header(); h.Get("Retry-After") != "2" || h.Get("X-Goog-Request-Id") != "q1" {
		t.Errorf("got %v", h)
	}
}

// TestWriteBlocked: a prompt that was not taken has an answer that says so.
func TestWriteBlocked(t *testing.T) {
	for body, e := range map[string]*reprise.Error{
		`{"promptFeedback":{"blockReason":"BLOCKLIST","blockReasonMessage":"a word"},"modelVersion":"m"}`: {Provider: Google, Code: "BLOCKLIST", Err: errors.New(blockedText("BLOCKLIST", "a word"))},
		`{"promptFeedback":{"blockReason":"OTHER"},"modelVersion":"m"}`:                                   {Provider: Google, Code: "OTHER", Err: errors.New(blockedText("OTHER", ""))},
		`{"promptFeedback":{"blockReason":"SAFETY","blockReasonMessage":"not that"},"modelVersion":"m"}`:  {Provider: "azure", Code: "content_filter", Status: 400, Err: errors.New("not that")},
	} {
		e.Kind = reprise.KindContentFilter
		for _, as := range forms(Answer{Known: &reprise.Response{Model: "m"}}) {
			rec := httptest.NewRecorder()
			if err := WriteError(rec, e, as); err != nil {
				t.Fatal(err)
			}
			want := map[bool]string{true: "[" + body + "]", false: body}[as.List]
			if as.Stream && !as.List {
				want = "data: " + body + "\n\n"
			}
			if got := rec.Body.String(); rec.Code != 200 || got != want {
				t.Errorf("got %d %s, want %s", rec.Code, got, want)
			}
			_, err := reprise.Collect(ReadResponse(rec.Body, Google, nil))
			if reprise.KindOf(err) != reprise.KindContentFilter || e.Provider == Google && err.Error() != e.Error() {
				t.Errorf("read as %v, want %v", err, e)
			}
		}
	}
}
