package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func TestBroken(t *testing.T) {
	failed := func(failure string) string {
		return `{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":` + failure + `}}`
	}
	for _, c := range []struct {
		name, stream string
		kind         reprise.Kind
		text         string // in the error
		partial      string
		retry        time.Duration
	}{
		{name: "nothing", kind: reprise.KindBadResponse, text: "no event of this API"},
		{name: "only a comment", stream: ": ping\n\n", kind: reprise.KindBadResponse, text: "no event of this API"},
		{name: "another API's events", stream: sseOf(`{"choices":[]}`, "[DONE]"), kind: reprise.KindBadResponse, text: "no event of this API"},
		{name: "no last event", stream: hiAnd(), kind: reprise.KindCut, text: "before its last event", partial: "Hi"},
		{name: "no last event but an end mark", stream: hiAnd("[DONE]"), kind: reprise.KindCut, text: "before its last event", partial: "Hi"},
		{name: "cut inside an event", stream: hiAnd() + `data: {"type":"response.comp`, kind: reprise.KindCut, text: "in the middle of an event", partial: "Hi"},
		{name: "cut inside a whole answer", stream: `{"id":"resp_1","output":[{"type":"mess`, kind: reprise.KindCut, text: "in the middle"},
		{name: "a failure of the server", stream: hiAnd(failed(`{"code":"server_error","message":"The server had an error."}`)), kind: reprise.KindServer, text: "had an error", partial: "Hi"},
		{name: "a rate limit in mid-stream", stream: sseOf(created, failed(`{"code":"rate_limit_exceeded","message":"Rate limit reached for gpt-5. Please try again in 11.054s. Visit x."}`)), kind: reprise.KindRateLimit, text: "Rate limit", retry: 11054 * time.Millisecond},
		{name: "a short rate limit", stream: sseOf(created, failed(`{"code":"rate_limit_exceeded","message":"try again in 28ms."}`)), kind: reprise.KindRateLimit, retry: 28 * time.Millisecond},
		{name: "a prompt that was flagged", stream: sseOf(failed(`{"code":"invalid_prompt","message":"Invalid prompt: your prompt was flagged"}`)), kind: reprise.KindContentFilter},
		{name: "a wrong image", stream: sseOf(failed(`{"code":"invalid_image_format","message":"no"}`)), kind: reprise.KindInvalid},
		{name: "an image against the policy", stream: sseOf(failed(`{"code":"image_content_policy_violation","message":"no"}`)), kind: reprise.KindContentFilter},
		{name: "an image that is not there", stream: sseOf(failed(`{"code":"image_file_not_found","message":"no"}`)), kind: reprise.KindInvalid},
		{name: "a slow vector store", stream: sseOf(failed(`{"code":"vector_store_timeout","message":"no"}`)), kind: reprise.KindTimeout},
		{name: "no quota", stream: sseOf(failed(`{"code":"insufficient_quota","message":"no"}`)), kind: reprise.KindQuota},
		{name: "a failure without words", stream: sseOf(failed(`null`)), kind: reprise.KindServer, text: "does not say why"},
		{name: "an error event", stream: hiAnd(`{"type":"error","code":"server_error","message":"the engine fell over","param":null,"sequence_number":1}`), kind: reprise.KindServer, text: "fell over", partial: "Hi"},
		{name: "an error event without a code", stream: hiAnd(`{"type":"error","code":null,"message":"oops","param":null}`), kind: reprise.KindServer, text: "oops", partial: "Hi"},
		{name: "an error event with an error inside", stream: hiAnd(`{"type":"error","error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"Your input exceeds the context window of this model."}}`), kind: reprise.KindContextLength, partial: "Hi"},
		{name: "an error that only says it is wrong", stream: sseOf(`{"type":"error","error":{"type":"invalid_request_error","message":"bad tool"}}`), kind: reprise.KindInvalid, text: "bad tool"},
		{name: "an overload", stream: sseOf(`{"type":"error","error":{"type":"service_unavailable_error","code":"server_is_overloaded","message":"busy"}}`), kind: reprise.KindOverloaded},
		{name: "an error without a type", stream: hiAnd(`{"error":{"code":"rate_limit_exceeded","message":"slow down"}}`), kind: reprise.KindRateLimit, text: "slow down", partial: "Hi"},
		{name: "an answer that was cancelled", stream: hiAnd(`{"type":"response.cancelled","response":{"status":"cancelled"}}`), kind: reprise.KindCut, text: "cancelled", partial: "Hi"},
		{name: "an answer made in the background", stream: `{"id":"resp_1","status":"queued","output":[]}`, kind: reprise.KindBadResponse, text: "resp_1 is only queued"},
		{name: "a whole failure, with what there was", stream: `{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"no"},"output":[` + msg(outputText("so far")) + `]}`, kind: reprise.KindServer, partial: "so far"},
		{name: "a whole error", stream: `{"error":{"message":"The server is overloaded","type":"server_error","code":"overloaded"}}`, kind: reprise.KindOverloaded, text: "overloaded"},
		{name: "a whole detail", stream: `{"detail":"Not Found"}`, kind: reprise.KindServer, text: "Not Found"},
		{name: "another API's whole answer", stream: `{"choices":[]}`, kind: reprise.KindBadResponse, text: "no output"},
		{name: "HTML", stream: "\n<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>", kind: reprise.KindBadResponse, text: `an HTML page ("502 Bad Gateway")`},
		{name: "text", stream: "upstream connect error", kind: reprise.KindBadResponse, text: "no event of this API"},
		{name: "data that is not JSON", stream: hiAnd("oops"), kind: reprise.KindBadResponse, text: `"oops"`, partial: "Hi"},
		{name: "a damaged event", stream: hiAnd(`{"type":"response.output_text.delta","delta":"a}`), kind: reprise.KindBadResponse, text: "JSON at byte", partial: "Hi"},
		{name: "an end that is no answer", stream: hiAnd(`{"type":"response.completed","response":5}`), kind: reprise.KindBadResponse, text: "the end of the answer", partial: "Hi"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := reprise.Collect(ReadResponse(strings.NewReader(c.stream), &Dialect{Provider: "p"}, nil))
			var e *reprise.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *reprise.Error", err)
			}
			if e.Kind != c.kind || e.Provider != "p" || !strings.Contains(e.Error(), c.text) || e.RetryAfter != c.retry {
				t.Errorf("got %s error %q (retry after %v), want %s with %q", e.Kind, e, e.RetryAfter, c.kind, c.text)
			}
			if e.Code == "error" {
				t.Error("the event's type was taken for the error's code")
			}
			if got.Text() != c.partial {
				t.Errorf("got partial text %q, want %q", got.Text(), c.partial)
			}
		})
	}
}

// TestCutAnywhere ends a stream after each of its bytes, cleanly and not: it
// is whole only where the last event is.
func TestCutAnywhere(t *testing.T) {
	for _, stream := range []string{hiAnd(completed), hiAnd(end("incomplete", `,"incomplete_details":{"reason":"max_output_tokens"}`))} {
		whole := strings.LastIndex(stream, "}") + 1
		for n := range len(stream) + 1 {
			_, err := reprise.Collect(ReadResponse(io.MultiReader(strings.NewReader(stream[:n]), iotest.ErrReader(io.ErrUnexpectedEOF)), nil, nil))
			if n < len(stream) && reprise.KindOf(err) != reprise.KindCut {
				t.Errorf("a broken connection after %d bytes: got %v", n, err)
			}
			got, err := reprise.Collect(ReadResponse(strings.NewReader(stream[:n]), nil, nil))
			if (err == nil) != (n >= whole) {
				t.Errorf("a clean end after %d of %d bytes: got error %v", n, whole, err)
			}
			if begun := strings.Index(stream, `"item"`); n > begun && err != nil && reprise.KindOf(err) != reprise.KindCut {
				t.Errorf("a clean end after %d bytes: got %v", n, err)
			}
			if err == nil && got.Text() != "Hi" {
				t.Errorf("after %d bytes: got %q", n, got.Text())
			}
		}
	}
	body := `{"id":"resp_1","status":"completed","output":[` + msg(outputText("Hi")) + `],"usage":{"input_tokens":1,"output_tokens":1}}`
	for n := 1; n < len(body); n++ {
		if _, err := reprise.Collect(ReadResponse(strings.NewReader(body[:n]), nil, nil)); reprise.KindOf(err) != reprise.KindCut {
			t.Errorf("a whole answer cut after %d bytes: got %v", n, err)
		}
	}
}

// TestToolsCanStartEarly shows that a call is there as soon as its item is
// done, and not only at the end.
func TestToolsCanStartEarly(t *testing.T) {
	first := sseOf(added(0, callAdded), done(0, `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}`))
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, first) // the reader closes when it has enough
		_, _ = io.WriteString(w, ": ping\n\n")
	}()
	defer r.Close()
	timer := time.AfterFunc(10*time.Second, func() { r.CloseWithError(io.ErrNoProgress) })
	defer timer.Stop()
	for ev := range ReadResponse(r, nil, nil) {
		if p, ok := ev.(reprise.PartDone); ok {
			want := reprise.PartDone{Part: reprise.ToolCall{ID: "call_1", Name: "f", Args: "{}"}}
			if d := cmp.Diff(want, p); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			return
		}
	}
	t.Error("the stream ended without the call")
}

// TestIDsAreMadeFromTheTurn shows that ids which a server omits differ from
// turn to turn, and not from replay to replay.
func TestIDsAreMadeFromTheTurn(t *testing.T) {
	req := &reprise.Request{Messages: []reprise.Message{reprise.User("a"), assistant(add), toolMessage(sum), assistant(add), toolMessage(sum)}}
	stream := sseOf(done(0, `{"type":"function_call","name":"f","arguments":"{}"}`), completed)
	for range 2 {
		got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), nil, req))
		if err != nil {
			t.Fatal(err)
		}
		if id := got.Calls()[0].ID; id != "call_2_0" {
			t.Errorf("got id %q", id)
		}
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 1<<17) // 2 MiB
	stream := sseOf(textDelta(0, 0, long), done(0, msg(outputText(long))), done(1, `{"type":"function_call","call_id":"a","name":"f","arguments":"{\"x\":\"`+long+`\"}"}`), completed)
	got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.Text() != long || got.Calls()[0].Args != `{"x":"`+long+`"}` {
		t.Error("the long text or arguments came out changed")
	}
}

func TestMissingUsageWarns(t *testing.T) {
	for _, usage := range []string{``, `,"usage":null`, `,"usage":{"input_tokens":"many"}`, `,"usage":[]`} {
		got, err := reprise.Collect(ReadResponse(strings.NewReader(hiAnd(`{"type":"response.completed","response":{"status":"completed"`+usage+`}}`)), nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		want := []reprise.Warning{{Provider: "openai", Code: reprise.WarnUsage, Message: "the provider did not report the tokens used"}}
		if d := cmp.Diff(want, got.Warnings); d != "" || got.Usage != (reprise.Usage{}) {
			t.Errorf("%s: %+v (-want +got):\n%s", usage, got.Usage, d)
		}
	}
}

func TestCostAsBilled(t *testing.T) {
	for _, c := range []struct {
		dialect     Dialect
		usage, want string
	}{
		{xai, `"cost_in_usd_ticks":5596400`, "0.00055964"},
		{openrouter, `"cost":0.00012,"cost_details":{}`, "0.00012"},
		{openrouter, `"cost":"1e-3"`, "0.001"},
	} {
		stream := hiAnd(`{"type":"response.completed","response":{"usage":{"input_tokens":1,"output_tokens":1,` + c.usage + `}}}`)
		got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), &c.dialect, nil))
		if err != nil {
			t.Fatal(err)
		}
		if got.Cost == nil || got.Cost.String() != c.want {
			t.Errorf("%s: got %v, want %s", c.usage, got.Cost, c.want)
		}
	}
}

// TestNotQuiteJSON shows that data which only a lenient reader takes is used
// but does not go back.
func TestNotQuiteJSON(t *testing.T) {
	item := "{\"type\":\"reasoning\",\"encrypted_content\":\"a\tb\",\"summary\":[{\"text\":\"c\td\"}]}"
	got, err := reprise.Collect(ReadResponse(strings.NewReader(sseOf(done(0, item), completed)), nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := reprise.Parts{reprise.Reasoning{Text: "c\td"}}
	if d := cmp.Diff(want, got.Message.Parts); d != "" || len(got.Warnings) != 1 || got.Warnings[0].Code != reprise.WarnData {
		t.Errorf("%v (-want +got):\n%s", got.Warnings, d)
	}
}

// FuzzStream checks that any bytes give events and then one Finish or one
// error, and the same however they are split; and that what comes out can be
// stored and sent back.
func FuzzStream(f *testing.F) {
	for _, q := range quirks {
		f.Add([]byte(q.stream))
	}
	f.Add([]byte(hiAnd(`{"type":"error","message":"x"}`)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole := transcribe(t, bytes.NewReader(stream))
		if split := transcribe(t, iotest.OneByteReader(bytes.NewReader(stream))); split != whole {
			t.Errorf("one byte a read differs:\n%s\nwhole:\n%s", split, whole)
		}
		if half := transcribe(t, iotest.HalfReader(bytes.NewReader(stream))); half != whole {
			t.Errorf("half reads differ:\n%s\nwhole:\n%s", half, whole)
		}
		got, _ := reprise.Collect(ReadResponse(bytes.NewReader(stream), nil, nil))
		stored, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("cannot be stored: %v", err)
		}
		var back reprise.Response
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatalf("cannot be read again: %v\n%s", err, stored)
		}
		if body, _, err := encode(t.Context(), New("gpt-5", ""), &reprise.Request{Messages: []reprise.Message{got.Message}}); err == nil && !json.Valid(body) {
			t.Errorf("sent back as %s", body)
		}
	})
}

// transcribe writes down all that a stream yields, and checks its order.
func transcribe(t *testing.T, r io.Reader) string {
	var b strings.Builder
	ended := false
	for ev, err := range ReadResponse(r, &xai, nil) {
		if ended {
			t.Fatalf("yielded %v, %v after the end", ev, err)
		}
		_, finished := ev.(reprise.Finish)
		ended = finished || err != nil
		if err != nil && ev != nil {
			t.Fatalf("yielded an event beside the error %v", err)
		}
		data, jsonErr := json.Marshal(ev)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		fmt.Fprintf(&b, "%T %s %v\n", ev, data, err)
	}
	if !ended {
		t.Fatal("ended without a Finish and without an error")
	}
	return b.String()
}
