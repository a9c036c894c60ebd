package anthropic

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/eventstream"
)

const (
	msgStart = `{"type":"message_start","message":{"id":"msg","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1}}}`
	msgStop  = `{"type":"message_stop"}`
)

func start(index, block string) string {
	return `{"type":"content_block_start","index":` + index + `,"content_block":` + block + `}`
}

func delta(index, members string) string {
	return `{"type":"content_block_delta","index":` + index + `,"delta":{` + members + `}}`
}

func stop(index string) string { return `{"type":"content_block_stop","index":` + index + `}` }

func msgDelta(reason string) string {
	return `{"type":"message_delta","delta":{"stop_reason":"` + reason + `","stop_sequence":null},"usage":{"output_tokens":4}}`
}

// sseOf writes events as the API does.
func sseOf(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		var head struct{ Type string }
		_ = json.Unmarshal([]byte(e), &head)
		b.WriteString("event: " + head.Type + "\ndata: " + e + "  \n\n")
	}
	return b.String()
}

// answer is a whole stream around events.
func answer(reason string, events ...string) string {
	return sseOf(append(append([]string{msgStart}, events...), msgDelta(reason), msgStop)...)
}

func textBlock(index, text string) string {
	return sseOf(start(index, `{"type":"text","text":""}`), delta(index, `"type":"text_delta","text":"`+text+`"`), stop(index))
}

var quirks = []struct {
	name   string
	stream string
	req    *reprise.Request
	parts  reprise.Parts
	reason reprise.FinishReason // empty: stop
	usage  reprise.Usage        // zero: 10 and 4
	extra  map[string]json.RawMessage
	warns  int
}{
	{
		name: "thinking, redacted thinking, text and tools, interleaved",
		stream: answer("tool_use",
			start("0", `{"type":"thinking","thinking":"","signature":""}`), delta("0", `"type":"thinking_delta","thinking":"h"`), delta("0", `"type":"thinking_delta","thinking":"m"`), delta("0", `"type":"signature_delta","signature":"s1"`), stop("0"),
			start("1", `{"type":"redacted_thinking","data":"xx"}`), stop("1"),
			start("2", `{"type":"text","text":""}`), delta("2", `"type":"text_delta","text":"I call"`), stop("2"),
			start("3", `{"type":"tool_use","id":"a","name":"f","input":{},"caller":{"type":"direct"}}`), delta("3", `"type":"input_json_delta","partial_json":""`), delta("3", `"type":"input_json_delta","partial_json":"{\"x\":"`), delta("3", `"type":"input_json_delta","partial_json":" 1.0}"`), stop("3"),
			start("4", `{"type":"thinking","thinking":""}`), delta("4", `"type":"signature_delta","signature":"s2"`), stop("4"),
			start("5", `{"type":"tool_use","id":"b","name":"g","input":{},"caller":{"type":"code_execution_20250825","tool_id":"t"}}`), delta("5", `"type":"input_json_delta","partial_json":""`), stop("5")),
		parts: reprise.Parts{
			reprise.Reasoning{Text: "hm", Echo: echo(`{"type":"thinking","signature":"s1"}`)},
			reprise.Reasoning{Echo: echo(`{"type":"redacted_thinking","data":"xx"}`)},
			reprise.Text{Text: "I call"},
			reprise.ToolCall{ID: "a", Name: "f", Args: `{"x": 1.0}`},
			reprise.Reasoning{Echo: echo(`{"type":"thinking","signature":"s2"}`)},
			reprise.ToolCall{ID: "b", Name: "g", Args: `{}`, Echo: echo(`{"caller":{"type":"code_execution_20250825","tool_id":"t"}}`)},
		},
		reason: reprise.ReasonToolCalls,
	},
	{
		name: "blocks whose events are interleaved",
		stream: answer("tool_use",
			start("0", `{"type":"tool_use","id":"a","name":"f","input":{}}`), start("1", `{"type":"tool_use","id":"b","name":"g","input":{}}`),
			delta("0", `"partial_json":"{\"x\""`), delta("1", `"partial_json":"{\"y\""`), delta("0", `"partial_json":":1}"`), delta("1", `"partial_json":":2}"`), stop("1"), stop("0")),
		parts:  reprise.Parts{reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "b", Name: "g", Args: `{"y":2}`}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name: "a tool of the API's own, its error, and a block of tomorrow, with all that deltas add",
		stream: answer("end_turn",
			start("0", `{"type":"server_tool_use","id":"s","name":"web_search","input":{}}`), delta("0", `"type":"input_json_delta","partial_json":"{\"q\": "`), delta("0", `"type":"input_json_delta","partial_json":"1.0}"`), stop("0"),
			start("1", `{"type":"web_search_tool_result","tool_use_id":"s","content":{"type":"web_search_tool_result_error","error_code":"unavailable"}}`), stop("1"),
			start("2", `{"type":"of_tomorrow","text":"a","citations":[{"n":1}],"n":1,"z":{}}`), delta("2", `"type":"text_delta","text":"b\n"`), delta("2", `"type":"x","citation":{"n":2}`), delta("2", `"type":"y","n":2,"new":"c"`), delta("2", `"type":"y","new":"d"`), stop("2")),
		parts: reprise.Parts{
			opaque("server_tool_use", `{"type":"server_tool_use","id":"s","name":"web_search","input":{"q": 1.0}}`),
			opaque("web_search_tool_result", `{"type":"web_search_tool_result","tool_use_id":"s","content":{"type":"web_search_tool_result_error","error_code":"unavailable"}}`),
			opaque("of_tomorrow", `{"type":"of_tomorrow","text":"ab\n","citations":[{"n":1},{"n":2}],"n":2,"z":{},"new":"cd"}`),
		},
	},
	{
		name: "citations",
		stream: answer("end_turn", start("0", `{"type":"text","text":"","citations":[]}`),
			delta("0", `"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a","title":"T","cited_text":"Q","encrypted_index":"e"}`),
			delta("0", `"type":"text_delta","text":"x"`),
			delta("0", `"type":"citations_delta","citation":{"type":"char_location","document_title":"D","document_index":0,"cited_text":"R"}`), stop("0")),
		parts: reprise.Parts{reprise.Text{Text: "x", Citations: []reprise.Citation{
			{URL: "https://a", Title: "T", Quote: "Q", Raw: json.RawMessage(`{"type":"web_search_result_location","url":"https://a","title":"T","cited_text":"Q","encrypted_index":"e"}`)},
			{Title: "D", Quote: "R", Raw: json.RawMessage(`{"type":"char_location","document_title":"D","document_index":0,"cited_text":"R"}`)},
		}}},
	},
	{
		name: "an answer that came whole",
		stream: ` {"model":"m","id":"msg","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"citations":[{"type":"char_location","cited_text":"Q"}],"type":"text","text":"Hi"},{"type":"tool_use","id":"a","name":"f","input":{"x": 1.0}},{"type":"tool_use","id":"b","name":"g","input":{}},{"type":"of_tomorrow"}],
			"stop_reason":"tool_use","stop_sequence":null,"container":{"id":"c"},"usage":{"input_tokens":10,"output_tokens":4,"service_tier":"standard"}}`,
		parts: reprise.Parts{
			reprise.Reasoning{Text: "hm", Echo: echo(`{"type":"thinking","signature":"s"}`)},
			reprise.Text{Text: "Hi", Citations: []reprise.Citation{{Quote: "Q", Raw: json.RawMessage(`{"type":"char_location","cited_text":"Q"}`)}}},
			reprise.ToolCall{ID: "a", Name: "f", Args: `{"x": 1.0}`}, reprise.ToolCall{ID: "b", Name: "g", Args: `{}`},
			opaque("of_tomorrow", `{"type":"of_tomorrow"}`),
		},
		reason: reprise.ReasonToolCalls,
		extra:  map[string]json.RawMessage{"container": json.RawMessage(`{"id":"c"}`), "service_tier": json.RawMessage(`"standard"`)},
	},
	{name: "a token limit", stream: answer("max_tokens"), reason: reprise.ReasonLength},
	{name: "the end of the context window", stream: answer("model_context_window_exceeded"), reason: reprise.ReasonLength},
	{name: "a pause", stream: answer("pause_turn"), reason: reprise.ReasonPause},
	{name: "a compaction to go on from", stream: answer("compaction"), reason: reprise.ReasonPause},
	{name: "a guardrail", stream: answer("guardrail_intervened"), reason: reprise.ReasonContentFilter},
	{name: "a reason of tomorrow", stream: answer("bored"), reason: reprise.ReasonOther},
	{
		name:   "a stop sequence",
		stream: sseOf(msgStart, `{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"output_tokens":4}}`, msgStop),
		extra:  map[string]json.RawMessage{"stop_sequence": json.RawMessage(`"END"`)},
	},
	{
		name:   "what was taken out of the context",
		stream: sseOf(msgStart, `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4},"context_management":{"applied_edits":[]}}`, msgStop),
		extra:  map[string]json.RawMessage{"context_management": json.RawMessage(`{"applied_edits":[]}`)},
	},
	{
		name:   "a refusal, and why",
		stream: sseOf(msgStart) + textBlock("0", "I") + sseOf(`{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber"}},"usage":{"output_tokens":4}}`, msgStop),
		parts:  said("I"), reason: reprise.ReasonRefusal,
		extra: map[string]json.RawMessage{"stop_details": json.RawMessage(`{"type":"refusal","category":"cyber"}`)},
	},
	{
		name: "blocks in message_start, and no message_delta",
		stream: sseOf(`{"type":"message_start","message":{"id":"msg","type":"message","role":"assistant","model":"m","content":[{"type":"code_execution_tool_result","tool_use_id":"s"},{"type":"tool_use","id":"a","name":"f","input":{"x":1},"caller":{"type":"code_execution_20250825","tool_id":"s"}}],"container":{"id":"c"},"stop_reason":"tool_use","usage":{"input_tokens":10,"output_tokens":4}}}`,
			msgStop),
		parts: reprise.Parts{opaque("code_execution_tool_result", `{"type":"code_execution_tool_result","tool_use_id":"s"}`),
			reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`, Echo: echo(`{"caller":{"type":"code_execution_20250825","tool_id":"s"}}`)}},
		reason: reprise.ReasonToolCalls,
		extra:  map[string]json.RawMessage{"container": json.RawMessage(`{"id":"c"}`)},
	},
	{
		name: "usage that message_start guessed, and message_delta leaves out in part",
		stream: sseOf(`{"type":"message_start","message":{"id":"msg","model":"m","usage":{"input_tokens":30,"cache_creation_input_tokens":5,"cache_read_input_tokens":0,"output_tokens":1}}}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":9,"output_tokens":7}}`, msgStop),
		usage: reprise.Usage{Input: 34, Output: 7, CacheRead: 9, CacheWrite: 5},
	},
	{
		name: "usage that is cumulative, with both caches, and reasoning",
		stream: sseOf(`{"type":"message_start","message":{"id":"msg","model":"m","usage":{"input_tokens":10,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40},"output_tokens":1,"server_tool_use":null}}}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":30,"cache_creation_input_tokens":100,"cache_read_input_tokens":1200,"output_tokens":7,"output_tokens_details":{"thinking_tokens":5},"server_tool_use":{"web_search_requests":1}}}`, msgStop),
		usage: reprise.Usage{Input: 1330, Output: 7, Reasoning: ptr(int64(5)), CacheRead: 1200, CacheWrite: 100, CacheWrite1h: 40},
		extra: map[string]json.RawMessage{"server_tool_use": json.RawMessage(`{"web_search_requests":1}`)},
	},
	{
		name:   "no usage",
		stream: sseOf(`{"type":"message_start","message":{"id":"msg","model":"m"}}`) + textBlock("0", "a") + sseOf(`{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`, msgStop),
		parts:  said("a"), usage: reprise.Usage{Output: -1}, warns: 1,
	},
	{
		name:   "pings, comments, events and fields of tomorrow, CRLF, and members in another order",
		stream: strings.ReplaceAll(": hi\n\n"+sseOf(`{"type": "ping"}`, msgStart, `{"type":"of_tomorrow","x":[1]}`, `{"content_block":{"text":"","type":"text"},"index":0,"new":1,"type":"content_block_start"}`, `{"delta":{"text":"a","type":"text_delta"},"index":0,"type":"content_block_delta"}`, `{"delta":{"type":"of_tomorrow","x":"y"},"index":0,"type":"content_block_delta"}`, `{"index":0,"type":"content_block_stop"}`, `{"usage":{"output_tokens":4},"delta":{"stop_reason":"end_turn"},"type":"message_delta"}`, msgStop), "\n", "\r\n"),
		parts:  said("a"),
	},
	{
		name:   "blocks that are not stopped",
		stream: answer("end_turn", start("0", `{"type":"text","text":"a"}`), start("0", `{"type":"text","text":"b"}`), delta("0", `"text":"c"`)),
		parts:  reprise.Parts{reprise.Text{Text: "a"}, reprise.Text{Text: "bc"}},
	},
	{
		name:   "a call without an id, and a stop although it waits",
		stream: answer("end_turn", start("0", `{"type":"tool_use","name":"f","input":{"x":1}}`), stop("0")),
		req:    &reprise.Request{Messages: []reprise.Message{{Role: reprise.RoleAssistant}}},
		parts:  reprise.Parts{reprise.ToolCall{ID: "call_1_0", Name: "f", Args: `{"x":1}`}}, reason: reprise.ReasonToolCalls,
	},
	{
		name:   "arguments that were cut off",
		stream: answer("max_tokens", start("0", `{"type":"tool_use","id":"a","name":"f","input":{}}`), delta("0", `"partial_json":"{\"x"`), stop("0")),
		parts:  reprise.Parts{reprise.ToolCall{ID: "a", Name: "f", Args: `{"x`}}, reason: reprise.ReasonLength,
	},
	{
		name:   "output by a tool is text",
		stream: answer("tool_use", start("0", `{"type":"tool_use","id":"a","name":"output","input":{}}`), delta("0", `"partial_json":"{\"x\":"`), delta("0", `"partial_json":"1}"`), stop("0")),
		req:    &reprise.Request{Output: &reprise.Schema{}},
		parts:  said(`{"x":1}`),
	},
	{
		name:   "output by a tool, whole, beside another call",
		stream: `{"type":"message","id":"msg","model":"m","content":[{"type":"tool_use","id":"a","name":"output","input":{"x":1}},{"type":"tool_use","id":"b","name":"f","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":10,"output_tokens":4}}`,
		req:    &reprise.Request{Output: &reprise.Schema{}},
		parts:  reprise.Parts{reprise.Text{Text: `{"x":1}`}, reprise.ToolCall{ID: "b", Name: "f", Args: "{}"}}, reason: reprise.ReasonToolCalls,
	},
	{
		name:   "escapes and surrogates",
		stream: answer("end_turn", start("0", `{"type":"text","text":""}`), delta("0", `"text":"\u00e9\ud83d\ude00\n\"\\\/"`), stop("0")),
		parts:  said("é😀\n\"\\/"),
	},
	{
		name:   "the frames of Bedrock",
		stream: frames(msgStart, start("0", `{"type":"text","text":""}`), delta("0", `"text":"a"`), stop("0"), msgDelta("end_turn"), `{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":10}}`),
		parts:  said("a"),
		extra:  map[string]json.RawMessage{"amazon-bedrock-invocationMetrics": json.RawMessage(`{"inputTokenCount":10}`)},
	},
}

// frames writes events as Bedrock does, with a frame of another kind before.
func frames(events ...string) string {
	b := eventstream.Append(nil, []byte(`{}`), ":event-type", "initial-response", ":message-type", "event")
	for _, e := range events {
		payload, _ := json.Marshal(map[string]any{"bytes": []byte(e), "p": "abcd"})
		b = eventstream.Append(b, payload, ":event-type", "chunk", ":content-type", "application/json", ":message-type", "event")
	}
	return string(b)
}

func TestQuirks(t *testing.T) {
	for _, q := range quirks {
		t.Run(q.name, func(t *testing.T) {
			want := &reprise.Response{ID: "msg", Provider: API, Model: "m", Message: reprise.Message{Role: reprise.RoleAssistant, Parts: q.parts}, Reason: q.reason, Usage: q.usage, Extra: q.extra}
			if q.reason == "" {
				want.Reason = reprise.ReasonStop
			}
			switch q.usage {
			case reprise.Usage{}:
				want.Usage = reprise.Usage{Input: 10, Output: 4}
			case reprise.Usage{Output: -1}:
				want.Usage = reprise.Usage{}
			}
			if q.parts == nil {
				want.Message.Parts = reprise.Parts{}
			}
			want.Message.Paused = want.Reason == reprise.ReasonPause
			events, err := script(ReadResponse(strings.NewReader(q.stream), "", q.req))
			if err != nil {
				t.Fatal(err)
			}
			var acc reprise.Accumulator
			for _, ev := range events {
				acc.Add(ev)
			}
			got := acc.Response()
			if len(got.Warnings) != q.warns {
				t.Errorf("warnings %v, want %d", got.Warnings, q.warns)
			}
			got.Warnings = nil
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			checkOrder(t, events)
			split, err := script(ReadResponse(iotest.OneByteReader(strings.NewReader(q.stream)), "", q.req))
			if d := cmp.Diff(events, split); d != "" || err != nil {
				t.Errorf("one byte a read: %v (-whole +split):\n%s", err, d)
			}
			cuts(t, q.stream)
		})
	}
}

// cuts checks that a body that ends early is an error, wherever that is.
func cuts(t *testing.T, body string) {
	t.Helper()
	end := len(strings.TrimRight(body, " \r\n"))
	if body[0] == 0 {
		end = len(body)
	}
	for n := range end {
		got, err := script(ReadResponse(strings.NewReader(body[:n]), "", nil))
		if reprise.KindOf(err) != reprise.KindCut {
			t.Fatalf("cut at byte %d of %d: %d events, then %v, want a cut", n, end, len(got), err)
		}
	}
}

// checkOrder checks what events promise: a part's deltas are its text and
// come before it is done, once; Finish is last.
func checkOrder(t *testing.T, events []reprise.Event) {
	t.Helper()
	text, done := map[int]string{}, map[int]bool{}
	for i, ev := range events {
		part := -1
		switch ev := ev.(type) {
		case reprise.TextDelta:
			part = ev.Part
			text[part] += ev.Text
		case reprise.ReasoningDelta:
			part = ev.Part
			text[part] += ev.Text
		case reprise.ArgsDelta:
			part = ev.Part
			text[part] += ev.Args
		case reprise.PartDone:
			var whole string
			switch p := ev.Part.(type) {
			case reprise.Text:
				whole = p.Text
			case reprise.Reasoning:
				whole = p.Text
			case reprise.ToolCall:
				whole = p.Args
			}
			if text[ev.Index] != whole || done[ev.Index] {
				t.Errorf("part %d: the deltas are %q, the part is %+v, done before: %v", ev.Index, text[ev.Index], ev.Part, done[ev.Index])
			}
			done[ev.Index] = true
		case reprise.Finish:
			if i != len(events)-1 {
				t.Error("Finish is not last")
			}
		}
		if done[part] {
			t.Errorf("a delta for part %d, which is done", part)
		}
	}
}

func TestPartsAreDoneWhenTheirBlockStops(t *testing.T) {
	stream := answer("tool_use", start("0", `{"type":"tool_use","id":"a","name":"f","input":{}}`), delta("0", `"partial_json":"{\"x\":"`), delta("0", `"partial_json":"1}"`), stop("0"),
		start("1", `{"type":"text","text":""}`), delta("1", `"text":"b"`), stop("1"))
	got, err := script(ReadResponse(strings.NewReader(stream), "vertex", nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []reprise.Event{
		reprise.ArgsDelta{Part: 0, ID: "a", Name: "f"},
		reprise.ArgsDelta{Part: 0, ID: "a", Name: "f", Args: `{"x":`},
		reprise.ArgsDelta{Part: 0, ID: "a", Name: "f", Args: `1}`},
		reprise.PartDone{Index: 0, Part: reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}},
		reprise.TextDelta{Part: 1, Text: "b"},
		reprise.PartDone{Index: 1, Part: reprise.Text{Text: "b"}},
		reprise.Finish{ID: "msg", Provider: "vertex", Model: "m", Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 10, Output: 4}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestManyOfEverything reads blocks that are never stopped and members that
// no block of today has, many of each: 20,000 took minutes when each cost as
// much as all before it.
func TestManyOfEverything(t *testing.T) {
	const n = 20_000
	var stream, members strings.Builder
	stream.WriteString(sseOf(msgStart, start("0", `{"type":"new"}`)))
	for i := range n {
		stream.WriteString(sseOf(delta("0", fmt.Sprintf(`"k%d":"a"`, i))))
		fmt.Fprintf(&members, `,"k%d":"a"`, i)
	}
	stream.WriteString(sseOf(stop("0")))
	want := reprise.Parts{opaque("new", `{"type":"new"`+members.String()+`}`)}
	for i := range n {
		stream.WriteString(sseOf(start(fmt.Sprint(i), fmt.Sprintf(`{"type":"text","text":"%d"}`, i))))
		want = append(want, reprise.Text{Text: fmt.Sprint(i)})
	}
	got, err := reprise.Collect(ReadResponse(strings.NewReader(stream.String()+sseOf(msgDelta("end_turn"), msgStop)), "", nil))
	if err != nil || !reflect.DeepEqual(want, got.Message.Parts) {
		t.Errorf("%d parts, %v, want %d that are the same", len(got.Message.Parts), err, len(want))
	}
}

func TestLeavingEarlyStopsTheDecoder(t *testing.T) {
	for _, q := range quirks {
		events, _ := script(ReadResponse(strings.NewReader(q.stream), "", q.req))
		for n := range events {
			seen := 0
			for range ReadResponse(strings.NewReader(q.stream), "", q.req) {
				if seen++; seen > n {
					break
				}
			}
			if seen != n+1 {
				t.Errorf("%s: %d events after leaving at %d", q.name, seen, n)
			}
		}
	}
}

func TestDeltasCostFewAllocations(t *testing.T) {
	const n = 20_000
	chunk := sseOf(delta("0", `"type":"text_delta","text":"0123456789"`))
	stream := sseOf(msgStart, start("0", `{"type":"text","text":""}`)) + strings.Repeat(chunk, n) + sseOf(stop("0"), msgDelta("end_turn"), msgStop)
	allocs := testing.AllocsPerRun(1, func() {
		events := 0
		for _, err := range ReadResponse(strings.NewReader(stream), "", nil) {
			if err != nil {
				t.Fatal(err)
			}
			events++
		}
		if events != n+2 {
			t.Errorf("got %d events, want %d", events, n+2)
		}
	})
	if allocs > 1.1*n { // one for the event itself
		t.Errorf("%v allocations for %d deltas", allocs, n)
	}
}
