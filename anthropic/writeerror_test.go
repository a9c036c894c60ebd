package anthropic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
)

// TestWriteBrokenOff: an error of the events ends the answer: in a stream as
// a server's error, if it is one, and else as a stream that ends too early.
func TestWriteBrokenOff(t *testing.T) {
	half := reprise.TextDelta{Text: "so far"}
	for kind, want := range map[reprise.Kind]reprise.Kind{
		reprise.KindOverloaded: reprise.KindOverloaded, reprise.KindRateLimit: reprise.KindRateLimit, reprise.KindServer: reprise.KindServer,
		reprise.KindQuota: reprise.KindQuota, reprise.KindTimeout: reprise.KindTimeout, reprise.KindInvalid: reprise.KindInvalid,
		reprise.KindCut: reprise.KindCut, reprise.KindNetwork: reprise.KindCut, reprise.KindCanceled: reprise.KindCut, reprise.KindBadResponse: reprise.KindCut,
	} {
		for _, as := range forms {
			fault := &reprise.Error{Kind: kind, Err: errors.New("broke")}
			as.Stream = true
			var b bytes.Buffer
			if _, err := WriteResponse(&b, dice.Stream(fault, half), as); err != fault {
				t.Errorf("%s: got error %v", kind, err)
			}
			got, err := reprise.Collect(ReadResponse(&b, as.Provider, nil))
			if reprise.KindOf(err) != want || got.Text() != "so far" || want != reprise.KindCut && !strings.Contains(err.Error(), "broke") {
				t.Errorf("%s from %s: read as %q and %v", kind, as.Provider, got.Text(), err)
			}
			b.Reset()
			if _, err := WriteResponse(&b, dice.Stream(fault), as); err != fault || b.Len() > 0 {
				t.Errorf("%s: wrote %q, error %v", kind, b.String(), err)
			}
			as.Stream = false
			if _, err := WriteResponse(&b, dice.Stream(fault, half), as); err != fault || b.Len() > 0 {
				t.Errorf("%s: wrote %q, error %v", kind, b.String(), err)
			}
		}
	}
}

func TestWriteReset(t *testing.T) {
	again := []reprise.Event{reprise.Reset{Reason: "retry"}, reprise.TextDelta{Text: "good"}, reprise.Finish{Reason: reprise.ReasonStop}}
	for _, stream := range []bool{true, false} {
		events := slices.Concat([]reprise.Event{reprise.ArgsDelta{Part: 0, ID: "held back"}}, again)
		if !stream {
			events = slices.Concat([]reprise.Event{reprise.PartDone{Part: reprise.Text{Text: "void", Refusal: true}}}, again)
		}
		body, warnings := written(t, Answer{Stream: stream}, events...)
		got, err := reprise.Collect(ReadResponse(strings.NewReader(body), "", nil))
		if err != nil || warnings != nil || got.Text() != "good" || len(got.Calls()) > 0 {
			t.Errorf("stream %v: got %+v, %v, warnings %q", stream, got.Message, err, warnings)
		}
	}
	var b bytes.Buffer
	_, err := WriteResponse(&b, dice.Stream(nil, append([]reprise.Event{reprise.TextDelta{Text: "void"}}, again...)...), Answer{Stream: true})
	if err == nil || !strings.Contains(err.Error(), "began again") {
		t.Errorf("got %v", err)
	}
	if _, err := reprise.Collect(ReadResponse(&b, "", nil)); reprise.KindOf(err) != reprise.KindServer {
		t.Errorf("the client sees %v", err)
	}
}

// gone is a client that leaves after some writes.
type gone struct{ after int }

func (g *gone) Write(b []byte) (int, error) {
	if g.after--; g.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

// TestWriteClientGone: the events are not asked for any longer than there is
// someone to write them to.
func TestWriteClientGone(t *testing.T) {
	for after := range 6 {
		asked := 0
		events := func(yield func(reprise.Event, error) bool) {
			for range 10 {
				asked++
				if !yield(reprise.TextDelta{Text: "a"}, nil) {
					return
				}
			}
		}
		client := &gone{after: after}
		want := max(1, after-1) // the message, its block, and then a delta each
		if _, err := WriteResponse(client, events, Answer{Stream: true}); err != io.ErrClosedPipe || asked != want || client.after != -1 {
			t.Errorf("after %d writes: got %v after %d events and %d writes too many", after, err, asked, -1-client.after)
		}
	}
}

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
