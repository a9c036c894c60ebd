package openaichat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// sse makes an event stream of chunks.
func sseOf(chunks ...string) string {
	var b strings.Builder
	for _, c := range chunks {
		b.WriteString("data: " + c + "\n\n")
	}
	return b.String()
}

// delta is a chunk with the members of one delta.
func delta(members string) string {
	return `{"id":"x","model":"m","choices":[{"index":0,"delta":{` + members + `}}]}`
}

const (
	finishStop  = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`
	finishCalls = `{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}`
	someUsage   = `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14}}`
)

func text(s string) reprise.Parts { return reprise.Parts{reprise.Text{Text: s}} }

func calls(c ...reprise.ToolCall) reprise.Parts {
	var parts reprise.Parts
	for _, c := range c {
		parts = append(parts, c)
	}
	return parts
}

func ptr[T any](v T) *T { return &v }

var quirks = []struct {
	name   string
	stream string
	parts  reprise.Parts
	reason reprise.FinishReason // empty: stop
	usage  reprise.Usage        // zero: that of someUsage
}{
	{
		name:   "two calls under one index",
		stream: sseOf(delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]`), delta(`"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{\"y\":2}"}}]`), finishCalls, someUsage, "[DONE]"),
		parts:  calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "b", Name: "f", Args: `{"y":2}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "two calls under one index, interleaved by id",
		stream: sseOf(delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]`), delta(`"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]`), delta(`"tool_calls":[{"index":0,"id":"a","function":{"arguments":":1}"}}]`), delta(`"tool_calls":[{"index":0,"id":"b","function":{"arguments":":2}"}}]`), finishCalls, someUsage),
		parts:  calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "b", Name: "g", Args: `{"y":2}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "parallel calls whose deltas are interleaved by index",
		stream: sseOf(delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]`), delta(`"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":":2}"}}]`), finishCalls, someUsage),
		parts:  calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "b", Name: "g", Args: `{"y":2}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "name in the first delta only, and index after the function",
		stream: sseOf(delta(`"tool_calls":[{"id":"a","function":{"name":"f","arguments":""},"index":0,"type":"function"}]`), delta(`"tool_calls":[{"function":{"arguments":"{\"x\":"},"index":0}]`), delta(`"tool_calls":[{"function":{"arguments":"1}"},"index":0}]`), finishCalls, someUsage),
		parts:  calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "name and id in every delta",
		stream: sseOf(delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]`), delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"1}"}}]`), finishCalls, someUsage),
		parts:  calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "no id: made from turn and place",
		stream: sseOf(delta(`"content":"so"`), delta(`"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}},{"index":1,"function":{"name":"g","arguments":"{}"}}]`), finishCalls, someUsage),
		parts:  append(text("so"), calls(reprise.ToolCall{ID: "call_0_1", Name: "f", Args: `{}`}, reprise.ToolCall{ID: "call_0_2", Name: "g", Args: `{}`})...),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "neither id nor index, whole arguments",
		stream: sseOf(delta(`"tool_calls":[{"function":{"name":"f","arguments":"{\"x\":1}"}},{"function":{"name":"f","arguments":"{\"x\":2}"}}]`), finishCalls, someUsage),
		parts:  calls(reprise.ToolCall{ID: "call_0_0", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "call_0_1", Name: "f", Args: `{"x":2}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "neither id nor index, arguments in pieces",
		stream: sseOf(delta(`"tool_calls":[{"function":{"name":"f","arguments":"{\"x\""}}]`), delta(`"tool_calls":[{"function":{"arguments":":1}"}}]`), finishCalls, someUsage),
		parts:  calls(reprise.ToolCall{ID: "call_0_0", Name: "f", Args: `{"x":1}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "arguments that are an object, and a stop",
		stream: sseOf(delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1}}}]`), finishStop, someUsage),
		parts:  calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "reasoning_content, with null content",
		stream: sseOf(delta(`"role":"assistant","content":null,"reasoning_content":"hm"`), delta(`"reasoning_content":"m","content":""`), delta(`"reasoning_content":null,"content":"Hi"`), delta(`"reasoning_content":"","content":"!"`), finishStop, someUsage),
		parts:  reprise.Parts{reprise.Reasoning{Text: "hmm"}, reprise.Text{Text: "Hi!"}},
	},
	{
		name:   "reasoning under both names at once",
		stream: sseOf(delta(`"reasoning":"hm","reasoning_content":"hm"`), delta(`"content":"Hi"`), finishStop, someUsage),
		parts:  reprise.Parts{reprise.Reasoning{Text: "hm"}, reprise.Text{Text: "Hi"}},
	},
	{
		name:   "content and tools in one delta",
		stream: sseOf(delta(`"content":"I call","tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]`), finishCalls, someUsage),
		parts:  append(text("I call"), reprise.ToolCall{ID: "a", Name: "f", Args: `{}`}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "content as pieces",
		stream: sseOf(delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]`), delta(`"content":[{"type":"text","text":"Hi"}]`), finishStop, someUsage),
		parts:  reprise.Parts{reprise.Reasoning{Text: "hm"}, reprise.Text{Text: "Hi"}},
	},
	{
		name:   "usage on every chunk, without a total, and zeros at the end",
		stream: sseOf(`{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}`, `{"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`, `{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}`, `{"choices":[],"usage":null}`),
		parts:  text("ab"),
		usage:  reprise.Usage{Input: 5, Output: 2},
	},
	{
		name:   "a chunk after the usage, and the finish reason twice",
		stream: sseOf(delta(`"content":"a"`), finishStop, someUsage, `{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"length"}]}`, "[DONE]"),
		parts:  text("a"),
	},
	{
		name:   "comments, CRLF, names, a byte order mark, and no space",
		stream: "\xef\xbb\xbf: hello\r\n\r\nevent: message\r\nid: 7\r\ndata:" + delta(`"content":"a"`) + "\r\n\r\n: ping\r\n\r\ndata: " + finishStop + "\r\n\r\ndata: " + someUsage + "\r\n\r\ndata: [DONE]\r\n\r\n",
		parts:  text("a"),
	},
	{
		name:   "data over several lines, and no blank line at the end",
		stream: "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"a\"},\ndata: \"finish_reason\":\"stop\"}]}\n\ndata: " + someUsage,
		parts:  text("a"),
	},
	{
		name:   "a whole answer",
		stream: `{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","reasoning_content":"hm","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14}}`,
		parts:  reprise.Parts{reprise.Reasoning{Text: "hm"}, reprise.Text{Text: "Hi"}, reprise.ToolCall{ID: "a", Name: "f", Args: "{}"}, reprise.ToolCall{ID: "b", Name: "f", Args: `{"x":1}`}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "a refusal",
		stream: sseOf(delta(`"refusal":"I can"`), delta(`"refusal":"not"`), finishStop, someUsage),
		parts:  reprise.Parts{reprise.Text{Text: "I cannot", Refusal: true}},
		reason: reprise.ReasonRefusal,
	},
	{
		name:   "escapes and surrogates",
		stream: sseOf(delta(`"content":"\u00e9\ud83d\ude00\n\"\\\/"`), finishStop, someUsage),
		parts:  text("é😀\n\"\\/"),
	},
	{
		name:   "reasoning tokens inside, by the total",
		stream: sseOf(delta(`"content":"a"`), finishStop, `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":9,"total_tokens":19,"completion_tokens_details":{"reasoning_tokens":5},"prompt_tokens_details":{"cached_tokens":3}}}`),
		parts:  text("a"),
		usage:  reprise.Usage{Input: 10, Output: 9, Reasoning: ptr(int64(5)), CacheRead: 3},
	},
	{
		name:   "reasoning tokens apart, by the total",
		stream: sseOf(delta(`"content":"a"`), finishStop, `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":19,"completion_tokens_details":{"reasoning_tokens":5}}}`),
		parts:  text("a"),
		usage:  reprise.Usage{Input: 10, Output: 9, Reasoning: ptr(int64(5))},
	},
}

func TestQuirks(t *testing.T) {
	for _, q := range quirks {
		t.Run(q.name, func(t *testing.T) {
			if q.reason == "" {
				q.reason = reprise.ReasonStop
			}
			if q.usage == (reprise.Usage{}) {
				q.usage = reprise.Usage{Input: 10, Output: 4}
			}
			got, err := reprise.Collect(ReadResponse(strings.NewReader(q.stream), &Dialect{}, nil))
			if err != nil {
				t.Fatal(err)
			}
			want := &reprise.Response{
				ID: got.ID, Provider: API, Model: got.Model, Reason: q.reason, Usage: q.usage,
				Message: reprise.Message{Role: reprise.RoleAssistant, Parts: q.parts},
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(q.stream)), &Dialect{}, nil))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(got, slow); d != "" {
				t.Errorf("one byte a read (-whole +slow):\n%s", d)
			}
			deltas(t, q.stream, q.parts)
		})
	}
}

// deltas checks that the deltas add up to the parts.
func deltas(t *testing.T, stream string, want reprise.Parts) {
	t.Helper()
	var acc reprise.Accumulator
	for ev, err := range ReadResponse(strings.NewReader(stream), &Dialect{}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ev.(reprise.PartDone); !ok {
			acc.Add(ev)
		}
	}
	got := acc.Response().Message.Parts
	for i, p := range want {
		if w, ok := p.(reprise.Text); ok && w.Refusal {
			want[i] = reprise.Text{Text: w.Text}
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("deltas (-parts +deltas):\n%s", d)
	}
}

func TestBroken(t *testing.T) {
	half := delta(`"content":"so far"`)
	for _, c := range []struct {
		name, stream string
		kind         reprise.Kind
		text         string // in the error
		partial      string
	}{
		{"nothing", "", reprise.KindBadResponse, "the answer is empty", ""},
		{"only a comment", ": ping\n\n", reprise.KindBadResponse, "the answer is empty", ""},
		{"no finish reason", sseOf(half), reprise.KindCut, "before its finish reason", "so far"},
		{"no finish reason but the end mark", sseOf(half, "[DONE]"), reprise.KindCut, "before its finish reason", "so far"},
		{"cut inside a chunk", sseOf(half) + `data: {"choices":[{"delta":{"con`, reprise.KindCut, "in the middle of a chunk", "so far"},
		{"cut after the finish reason", sseOf(half, finishStop) + `data: {"choices":[],"usa`, reprise.KindCut, "in the middle of a chunk", "so far"},
		{"an error in mid-stream", sseOf(half, `{"error":{"message":"the engine fell over","type":"server_error","code":null}}`), reprise.KindServer, "the engine fell over", "so far"},
		{"an error beside a choice", sseOf(half, `{"choices":[{"delta":{},"finish_reason":"error"}],"error":{"code":429,"message":"slow down","metadata":{}}}`), reprise.KindRateLimit, "slow down", "so far"},
		{"an error before a choice", sseOf(half, `{"error":{"code":"server_error","message":"it left"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}`), reprise.KindServer, "it left", "so far"},
		{"an error in a choice", `{"choices":[{"message":{"content":"so far"},"finish_reason":"stop","error":{"code":429,"message":"slow down"}}]}`, reprise.KindRateLimit, "slow down", "so far"},
		{"a finish reason that is an error", sseOf(half, `{"choices":[{"delta":{},"finish_reason":"error"}]}`), reprise.KindServer, `"error"`, "so far"},
		{"DeepSeek without resources", sseOf(half, `{"choices":[{"delta":{},"finish_reason":"insufficient_system_resource"}]}`), reprise.KindOverloaded, "insufficient_system_resource", "so far"},
		{"a whole answer that is cut", `{"choices":[{"message":{"content":"so far"},"finish_reason":"stop"}],"usa`, reprise.KindCut, "cut off", "so far"},
		{"a whole answer without choices", `{"choices":[],"x":"y"}`, reprise.KindBadResponse, `\"x\":\"y\"`, ""},
		{"a whole msg", `{"code":401,"msg":"token expired or incorrect","success":false}`, reprise.KindAuth, "token expired", ""},
		{"an overload in mid-stream", sseOf(half, `{"error":{"message":"busy","type":"overloaded_error"}}`), reprise.KindOverloaded, "busy", "so far"},
		{"an error as text", sseOf(`{"code":"invalid_api_key","error":"the key is wrong"}`), reprise.KindAuth, "the key is wrong", ""},
		{"an error event", "event: error\ndata: {\"object\":\"error\",\"message\":\"bad weights\"}\n\n", reprise.KindServer, "bad weights", ""},
		{"an error line", sseOf(half) + `error: {"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}` + "\n\n", reprise.KindContextLength, "context size", "so far"},
		{"a whole error", `{"error":{"message":"This model's maximum context length is 8192 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}`, reprise.KindContextLength, "8192", ""},
		{"a whole detail", `{"detail":"Not Found"}`, reprise.KindServer, "Not Found", ""},
		{"HTML", "\n<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>", reprise.KindBadResponse, `an HTML page ("502 Bad Gateway")`, ""},
		{"text", "upstream connect error", reprise.KindBadResponse, "the answer is empty", ""},
		{"data that is not JSON", sseOf(half, "oops"), reprise.KindBadResponse, `"oops"`, "so far"},
		{"a damaged chunk", sseOf(half, `{"choices":[{"delta":{"content":"a}}]}`), reprise.KindBadResponse, "JSON at byte", "so far"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := reprise.Collect(ReadResponse(strings.NewReader(c.stream), &Dialect{Provider: "p"}, nil))
			var e *reprise.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *reprise.Error", err)
			}
			if e.Kind != c.kind || e.Provider != "p" || !strings.Contains(e.Error(), c.text) {
				t.Errorf("got %s error %q, want %s with %q", e.Kind, e, c.kind, c.text)
			}
			if got.Text() != c.partial {
				t.Errorf("got partial text %q, want %q", got.Text(), c.partial)
			}
		})
	}
}

// TestCutAnywhere ends a stream after each of its bytes, cleanly and not: it
// is whole only where a finish reason was read and no chunk is half there.
func TestCutAnywhere(t *testing.T) {
	stream := sseOf(delta(`"content":"Hi"`), finishStop, someUsage, "[DONE]")
	finished := strings.Index(stream, finishStop) + len(finishStop)
	for n := range len(stream) + 1 {
		_, err := reprise.Collect(ReadResponse(io.MultiReader(strings.NewReader(stream[:n]), iotest.ErrReader(io.ErrUnexpectedEOF)), &Dialect{}, nil))
		if mark := strings.Index(stream, "[DONE]") + len("[DONE]\n\n"); n < mark && err == nil {
			t.Errorf("a broken connection after %d bytes gave an answer", n)
		}
		got, err := reprise.Collect(ReadResponse(strings.NewReader(stream[:n]), &Dialect{}, nil))
		tail := stream[:n][strings.LastIndex(stream[:n], "\n")+1:]
		atLine := strings.HasPrefix("data: ", tail) || tail == "data: "+someUsage || tail == "data: [DONE]" || tail == "data: "+finishStop
		if want := n >= finished && atLine; (err == nil) != want {
			t.Errorf("a clean end after %d bytes (%q): got error %v, want an answer: %v", n, tail, err, want)
		}
		if err == nil && got.Text() != "Hi" {
			t.Errorf("after %d bytes: got %q", n, got.Text())
		}
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 1<<17) // 2 MiB
	stream := sseOf(delta(`"content":"`+long+`"`), delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"`+long+`\"}"}}]`), finishCalls, someUsage)
	got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), &Dialect{}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.Text() != long || got.Calls()[0].Args != `{"x":"`+long+`"}` {
		t.Error("the long text or arguments came out changed")
	}
}

func TestMissingUsageWarns(t *testing.T) {
	got, err := reprise.Collect(ReadResponse(strings.NewReader(sseOf(delta(`"content":"a"`), finishStop)), &Dialect{}, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []reprise.Warning{{Provider: API, Code: reprise.WarnUsage, Message: "the provider did not report the tokens used"}}
	if d := cmp.Diff(want, got.Warnings); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// FuzzStream checks that any bytes give events and then one Finish or one
// error, and the same however they are split, and whether or not chunks are
// decoded by the mold of the one before.
func FuzzStream(f *testing.F) {
	for _, q := range quirks {
		f.Add([]byte(q.stream))
	}
	f.Add([]byte(sseOf(delta(`"content":"a"`), `{"error":{"message":"x"}}`)))
	f.Add([]byte(alike))
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole := transcribe(t, bytes.NewReader(stream))
		if split := transcribe(t, iotest.OneByteReader(bytes.NewReader(stream))); split != whole {
			t.Errorf("one byte a read differs:\n%s\nwhole:\n%s", split, whole)
		}
		if half := transcribe(t, iotest.HalfReader(bytes.NewReader(stream))); half != whole {
			t.Errorf("half reads differ:\n%s\nwhole:\n%s", half, whole)
		}
		if each := eventsOf(t, withoutMolds(bytes.NewReader(stream), &xai)); each != whole {
			t.Errorf("each chunk by itself differs:\n%s\nwhole:\n%s", each, whole)
		}
	})
}

func transcribe(t *testing.T, r io.Reader) string { return eventsOf(t, ReadResponse(r, &xai, nil)) }

// eventsOf writes down all that a stream yields, and checks its order.
func eventsOf(t *testing.T, events iter.Seq2[reprise.Event, error]) string {
	var b strings.Builder
	ended := false
	for ev, err := range events {
		if ended {
			t.Fatalf("yielded %v, %v after the end", ev, err)
		}
		_, finished := ev.(reprise.Finish)
		ended = finished || err != nil
		if err != nil && ev != nil {
			t.Fatalf("yielded an event beside the error %v", err)
		}
		fmt.Fprintf(&b, "%T %+v %v\n", ev, strip(ev), err)
	}
	if !ended {
		t.Fatal("ended without a Finish and without an error")
	}
	return b.String()
}

// strip replaces pointers by what they point to.
func strip(ev reprise.Event) any {
	if f, ok := ev.(reprise.Finish); ok {
		if f.Usage.Reasoning != nil {
			return fmt.Sprint(f.ID, f.Model, f.Reason, f.Usage.Total(), *f.Usage.Reasoning)
		}
		return fmt.Sprint(f.ID, f.Model, f.Reason, f.Usage)
	}
	if p, ok := ev.(reprise.PartDone); ok {
		b, err := reprise.Parts{p.Part}[0].(interface{ MarshalJSON() ([]byte, error) }).MarshalJSON()
		return fmt.Sprint(string(b), err)
	}
	return ev
}
