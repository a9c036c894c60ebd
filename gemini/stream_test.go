package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
)

// sseOf makes a stream as the API ends its lines.
func sseOf(chunks ...string) string {
	var b strings.Builder
	for _, c := range chunks {
		b.WriteString("data: " + c + "\r\n\r\n")
	}
	return b.String()
}

// parts is a chunk of parts.
func parts(parts ...string) string {
	return `{"candidates":[{"content":{"parts":[` + strings.Join(parts, ",") + `],"role":"model"},"index":0}],"modelVersion":"gemini-x","responseId":"r1"}`
}

// last is a chunk of parts, and the end.
func last(reason string, parts ...string) string {
	return `{"candidates":[{"content":{"parts":[` + strings.Join(parts, ",") + `],"role":"model"},"finishReason":"` + reason + `","index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4,"totalTokenCount":14}}`
}

func echo(data string) *reprise.Echo {
	return &reprise.Echo{Provider: Google, Data: json.RawMessage(data)}
}

func opaque(kind, data string) reprise.Opaque {
	return reprise.Opaque{Provider: Google, Kind: kind, Data: json.RawMessage(data)}
}

func ptr[T any](v T) *T { return &v }

// quirks are answers and what they are.
var quirks = []struct {
	name   string
	stream string
	req    *reprise.Request // nil: an empty one
	parts  reprise.Parts
	reason reprise.FinishReason // empty: stop
	usage  *reprise.Usage       // nil: that of last
}{
	{
		name:   "text in pieces, and an empty one",
		stream: sseOf(parts(`{"text":"He"}`), parts(`{"text":"llo"}`), last("STOP", `{"text":""}`)),
		parts:  reprise.Parts{reprise.Text{Text: "Hello"}},
	},
	{
		name:   "no parts at the end, nor content",
		stream: sseOf(parts(`{"text":"Hello"}`), `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4}}`),
		parts:  reprise.Parts{reprise.Text{Text: "Hello"}},
	},
	{
		name:   "a finish reason in every chunk, and chunks after the last",
		stream: sseOf(last("STOP", `{"text":"He"}`), last("STOP", `{"text":"llo"}`), `{"usageMetadata":{"trafficType":"ON_DEMAND"}}`, `{"candidates":[{"content":{},"index":0}]}`),
		parts:  reprise.Parts{reprise.Text{Text: "Hello"}},
	},
	{
		name:   "a finish reason before the text, and another at the end",
		stream: sseOf(last("STOP"), parts(`{"text":"Hello"}`), last("MAX_TOKENS")),
		parts:  reprise.Parts{reprise.Text{Text: "Hello"}},
		reason: reprise.ReasonLength,
	},
	{
		name:   "thought marked before or behind its text",
		stream: sseOf(parts(`{"text":"hm","thought":true}`), parts(`{"thought":true,"text":"m"}`), last("STOP", `{"thought":false,"text":"Hi"}`)),
		parts:  reprise.Parts{reprise.Reasoning{Text: "hmm"}, reprise.Text{Text: "Hi"}},
	},
	{
		name:   "signatures stay on the parts that have them",
		stream: sseOf(parts(`{"text":"hm","thought":true,"thoughtSignature":"AA=="}`), parts(`{"text":"m","thought":true}`), parts(`{"text":"a"}`), parts(`{"text":"b","thoughtSignature":"BB=="}`), parts(`{"text":"c"}`), parts(`{"functionCall":{"name":"f","args":{}},"thoughtSignature":"CC=="}`), last("STOP", `{"text":"","thoughtSignature":"DD=="}`)),
		parts: reprise.Parts{
			reprise.Reasoning{Text: "hm", Echo: echo(`{"thoughtSignature":"AA=="}`)}, reprise.Reasoning{Text: "m"},
			reprise.Text{Text: "a"}, reprise.Text{Text: "b", Echo: echo(`{"thoughtSignature":"BB=="}`)}, reprise.Text{Text: "c"},
			reprise.ToolCall{ID: "call_0_5", Name: "f", Args: "{}", Echo: echo(`{"thoughtSignature":"CC=="}`)},
			opaque("thoughtSignature", `{"text":"","thoughtSignature":"DD=="}`),
		},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "a thought that is only a signature",
		stream: sseOf(parts(`{"thought":true,"thoughtSignature":"AA=="}`), last("STOP", `{"text":"Hi"}`)),
		parts:  reprise.Parts{reprise.Reasoning{Echo: echo(`{"thoughtSignature":"AA=="}`)}, reprise.Text{Text: "Hi"}},
	},
	{
		name:   "calls with and without ids, by turn and place",
		stream: sseOf(parts(`{"text":"so"}`), last("STOP", `{"functionCall":{"name":"f","args":{"x":1.50,"a":"<é>"}}}`, `{"functionCall":{"id":"k9","name":"g"}}`)),
		req:    &reprise.Request{Messages: []reprise.Message{reprise.User("a"), {Role: reprise.RoleAssistant}, reprise.User("b")}},
		parts:  reprise.Parts{reprise.Text{Text: "so"}, reprise.ToolCall{ID: "call_1_1", Name: "f", Args: `{"x":1.50,"a":"<é>"}`}, reprise.ToolCall{ID: "k9", Name: "g", Args: "{}"}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "a whole answer, with two texts",
		stream: "\n" + `{ "candidates": [ { "content": { "parts": [ { "text": "a" }, { "text": "b" }, { "functionCall": { "name": "f", "args": { "x": [ 1, 2 ] } } } ] }, "finishReason": "STOP" } ], "usageMetadata": { "promptTokenCount": 10, "candidatesTokenCount": 4 } }`,
		parts:  reprise.Parts{reprise.Text{Text: "a"}, reprise.Text{Text: "b"}, reprise.ToolCall{ID: "call_0_2", Name: "f", Args: `{"x":[1,2]}`}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "a whole answer without a finish reason",
		stream: `{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4}}`,
		parts:  reprise.Parts{reprise.Text{Text: "a"}},
		reason: reprise.ReasonOther,
	},
	{
		name:   "a list of chunks",
		stream: "[" + parts(`{"text":"He"}`) + "\n,\r\n" + last("STOP", `{"text":"llo"}`) + "\n]\n",
		parts:  reprise.Parts{reprise.Text{Text: "Hello"}},
	},
	{
		name: "arguments in pieces, of which the last ends the call and is signed",
		stream: sseOf(parts(`{"functionCall":{"name":"f","willContinue":true}}`), parts(`{"functionCall":{"willContinue":true}}`),
			parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.a","numberValue":0.3}]},"thoughtSignature":"AA=="}`), last("STOP", `{"text":""}`)),
		parts:  reprise.Parts{reprise.ToolCall{ID: "call_0_0", Name: "f", Args: `{"a":0.3}`, Echo: echo(`{"thoughtSignature":"AA=="}`)}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name: "arguments in pieces that do not end, although the answer does",
		stream: sseOf(parts(`{"functionCall":{"name":"f","willContinue":true}}`),
			parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.a","numberValue":1}],"willContinue":true}}`), last("STOP", `{"text":""}`)),
		parts:  reprise.Parts{reprise.ToolCall{ID: "call_0_0", Name: "f", Args: `{"a":1}`}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name: "arguments in pieces that the token limit cut off",
		stream: sseOf(parts(`{"functionCall":{"name":"f","willContinue":true}}`),
			parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x","willContinue":true}],"willContinue":true}}`), last("MAX_TOKENS")),
		parts:  reprise.Parts{reprise.ToolCall{ID: "call_0_0", Name: "f", Args: `{"a":"x"`}},
		reason: reprise.ReasonLength,
	},
	{
		name:   "another candidate, whose index stands last",
		stream: sseOf(`{"candidates":[{"content":{"parts":[{"text":"other"}]},"finishReason":"STOP","index":1},{"content":{"parts":[{"text":"a"}]},"index":0}]}`, last("STOP")),
		req:    &reprise.Request{Extra: map[string]json.RawMessage{API: json.RawMessage(`{"generationConfig":{"candidateCount":2}}`)}},
		parts:  reprise.Parts{reprise.Text{Text: "a"}},
	},
	{
		name:   "code that the provider ran",
		stream: sseOf(parts(`{"text":"I run:"}`), parts(`{"executableCode":{"language":"PYTHON","code":"print(1)"},"thoughtSignature":"AA=="}`, `{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}}`), last("STOP", `{"text":"1"}`)),
		parts: reprise.Parts{
			reprise.Text{Text: "I run:"},
			opaque("executableCode", `{"executableCode":{"language":"PYTHON","code":"print(1)"},"thoughtSignature":"AA=="}`),
			opaque("codeExecutionResult", `{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}}`),
			reprise.Text{Text: "1"},
		},
	},
	{
		name:   "a block that is not known yet",
		stream: sseOf(last("STOP", `{"toolCall":{"toolType":"X","id":"1"}}`, `{"partMetadata":{"a":1},"hologram":[1]}`)),
		parts:  reprise.Parts{opaque("toolCall", `{"toolCall":{"toolType":"X","id":"1"}}`), opaque("hologram", `{"partMetadata":{"a":1},"hologram":[1]}`)},
	},
	{
		name:   "pictures, and one among the thoughts",
		stream: sseOf(last("STOP", `{"inlineData":{"mimeType":"image/png","data":"AQI="},"thought":true}`, `{"inlineData":{"mimeType":"image/png","data":"AQI="},"thoughtSignature":"AA=="}`, `{"fileData":{"mimeType":"video/mp4","fileUri":"gs://b/v"}}`)),
		parts: reprise.Parts{
			opaque("inlineData", `{"thought":true,"inlineData":{"mimeType":"image/png","data":"AQI="}}`),
			reprise.Media{Type: "image/png", Data: []byte{1, 2}, Echo: echo(`{"thoughtSignature":"AA=="}`)},
			reprise.Media{Type: "video/mp4", URL: "gs://b/v"},
		},
	},
	{
		name: "arguments in pieces",
		stream: sseOf(parts(`{"functionCall":{"name":"f","willContinue":true},"thoughtSignature":"AA=="}`), parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.city","stringValue":"Flo","willContinue":true}],"willContinue":true}}`),
			parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.city","stringValue":"rence"},{"jsonPath":"$.at[0].x","numberValue":1.5},{"jsonPath":"$.at[1]['b c']","boolValue":true},{"jsonPath":"$.n","nullValue":"NULL_VALUE"}],"willContinue":true}}`), parts(`{"functionCall":{}}`), parts(`{"functionCall":{"name":"h","willContinue":true}}`), last("STOP", `{"functionCall":{"name":"g","args":{}}}`)),
		parts: reprise.Parts{
			reprise.ToolCall{ID: "call_0_0", Name: "f", Args: `{"city":"Florence","at":[{"x":1.5},{"b c":true}],"n":null}`, Echo: echo(`{"thoughtSignature":"AA=="}`)},
			reprise.ToolCall{ID: "call_0_1", Name: "h", Args: `{}`},
			reprise.ToolCall{ID: "call_0_2", Name: "g", Args: `{}`},
		},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "usage that grows, and is taken once",
		stream: sseOf(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":800,"candidatesTokenCount":16,"totalTokenCount":1016}}`, `{"candidates":[{"content":{"parts":[{"text":"b"}]}}],"usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":800,"candidatesTokenCount":32,"thoughtsTokenCount":7,"totalTokenCount":1039}}`, `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":800,"candidatesTokenCount":32,"thoughtsTokenCount":7,"totalTokenCount":1039}}`, `{"usageMetadata":{"trafficType":"ON_DEMAND"}}`),
		parts:  reprise.Parts{reprise.Text{Text: "ab"}},
		usage:  &reprise.Usage{Input: 1000, CacheRead: 800, Output: 39, Reasoning: ptr(int64(7))},
	},
	{
		name:   "usage of tools is input",
		stream: sseOf(last("STOP", `{"text":"a"}`), `{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4,"toolUsePromptTokenCount":100,"thoughtsTokenCount":3,"totalTokenCount":117}}`),
		parts:  reprise.Parts{reprise.Text{Text: "a"}},
		usage:  &reprise.Usage{Input: 110, Output: 7, Reasoning: ptr(int64(3))},
	},
	{
		name:   "thoughts among the candidates' tokens, by the total",
		stream: sseOf(last("STOP", `{"text":"a"}`), `{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":9,"thoughtsTokenCount":5,"totalTokenCount":19}}`),
		parts:  reprise.Parts{reprise.Text{Text: "a"}},
		usage:  &reprise.Usage{Input: 10, Output: 9, Reasoning: ptr(int64(5))},
	},
	{
		name:   "stopped for safety, with what it said",
		stream: sseOf(parts(`{"text":"Mix "}`), `{"candidates":[{"finishReason":"SAFETY","finishMessage":"Dangerous content.","safetyRatings":[{"category":"C","blocked":true}]}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4}}`),
		parts:  reprise.Parts{reprise.Text{Text: "Mix "}, reprise.Text{Text: "The provider stopped the answer: SAFETY: Dangerous content.", Refusal: true}},
		reason: reprise.ReasonContentFilter,
	},
	{
		name:   "prohibited",
		stream: sseOf(last("PROHIBITED_CONTENT")),
		parts:  reprise.Parts{reprise.Text{Text: "The provider stopped the answer: PROHIBITED_CONTENT", Refusal: true}},
		reason: reprise.ReasonContentFilter,
	},
	{
		name:   "cut by length in a thought",
		stream: sseOf(last("MAX_TOKENS", `{"text":"hm","thought":true}`)),
		parts:  reprise.Parts{reprise.Reasoning{Text: "hm"}},
		reason: reprise.ReasonLength,
	},
	{
		name:   "a reason of its own",
		stream: sseOf(last("NO_IMAGE", `{"text":"I tried"}`)),
		parts:  reprise.Parts{reprise.Text{Text: "I tried"}},
		reason: reprise.ReasonOther,
	},
	{
		name:   "to be continued",
		stream: sseOf(parts(`{"text":"a"}`), `{"candidates":[{"finishReason":"CONTINUATION","continuationToken":"dG9r"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4}}`),
		parts:  reprise.Parts{reprise.Text{Text: "a"}, opaque("continuationToken", `"dG9r"`)},
		reason: reprise.ReasonPause,
	},
	{
		name:   "nulls, unknown fields, comments and a byte order mark",
		stream: "\xef\xbb\xbf: hello\n\n" + sseOf(`{"candidates":null,"usageMetadata":null,"promptFeedback":{},"error":null,"future":{"a":[1]}}`, `{"candidates":[{"content":null,"finishReason":null,"finishMessage":null}]}`, last("STOP", `{"text":"a","thought":null,"thoughtSignature":null}`)),
		parts:  reprise.Parts{reprise.Text{Text: "a"}},
	},
	{
		name:   "escapes and surrogates",
		stream: sseOf(last("STOP", `{"text":"\u00e9\ud83d\ude00\n\"\\\/"}`)),
		parts:  reprise.Parts{reprise.Text{Text: "é😀\n\"\\/"}},
	},
}

func TestQuirks(t *testing.T) {
	for _, q := range quirks {
		t.Run(q.name, func(t *testing.T) {
			if q.req == nil {
				q.req = &reprise.Request{}
			}
			if q.reason == "" {
				q.reason = reprise.ReasonStop
			}
			if q.usage == nil {
				q.usage = &reprise.Usage{Input: 10, Output: 4}
			}
			got, err := reprise.Collect(ReadResponse(strings.NewReader(q.stream), "", q.req))
			if err != nil {
				t.Fatal(err)
			}
			want := &reprise.Response{
				ID: got.ID, Provider: Google, Model: got.Model, Reason: q.reason, Usage: *q.usage,
				Message: reprise.Message{Role: reprise.RoleAssistant, Parts: q.parts, Paused: q.reason == reprise.ReasonPause},
			}
			if d := cmp.Diff(want, got, cmpopts.IgnoreFields(reprise.Response{}, "Extra")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			for _, req := range []*reprise.Request{q.req, nil} {
				fast, err := reprise.Collect(ReadResponse(strings.NewReader(q.stream), "", req))
				if err != nil {
					t.Fatal(err)
				}
				slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(q.stream)), "", req))
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(fast, slow); d != "" {
					t.Errorf("one byte a read (-whole +slow):\n%s", d)
				}
			}
			deltas(t, q.stream, "", q.req, q.parts)
		})
	}
}

// TestCallsBeforeTheEnd reads half a stream: the parts that are whole were
// yielded, so that tools can start.
func TestCallsBeforeTheEnd(t *testing.T) {
	thought := sseOf(parts(`{"text":"hm","thought":true}`), parts(`{"text":"I look"}`))
	half := thought + sseOf(parts(`{"functionCall":{"name":"f","args":{}}}`))
	search := &reprise.Request{Tools: []reprise.ToolSpec{GoogleSearch()}}
	for _, c := range []struct {
		stream string
		req    *reprise.Request
		want   []int
	}{
		{thought, &reprise.Request{}, []int{0}},
		{half, &reprise.Request{}, []int{0, 1, 2}},
		{half, search, []int{0}}, // the text may still get citations
		{half, &reprise.Request{Extra: map[string]json.RawMessage{API: raw(`{"cachedContent":"c"}`)}}, []int{0}},
	} {
		var got []int
		for ev := range ReadResponse(strings.NewReader(c.stream), "", c.req) {
			if done, ok := ev.(reprise.PartDone); ok {
				got = append(got, done.Index)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("with tools %v (-want +got):\n%s", c.req.Tools, d)
		}
	}
}

func TestExtraOfFinish(t *testing.T) {
	stream := sseOf(`{"candidates":[{"content":{"parts":[{"text":"a"}]},"safetyRatings":[1]},{"index":1,"content":{"parts":[{"text":"b"}]}}],"createTime":"t1"}`, `{"candidates":[{"finishReason": "STOP", "index":1},{"finishReason":"SAFETY","finishMessage":"why","avgLogprobs":-0.5,"safetyRatings":[2]}],"createTime":"t2","usageMetadata":{"promptTokenCount":1,"trafficType":"ON_DEMAND"}}`)
	got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), "", nil))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]json.RawMessage{
		"safetyRatings": json.RawMessage(`[2]`), "avgLogprobs": json.RawMessage(`-0.5`), "createTime": json.RawMessage(`"t2"`),
		"finishReason": json.RawMessage(`"SAFETY"`), "finishMessage": json.RawMessage(`"why"`),
		"usageMetadata": json.RawMessage(`{"promptTokenCount":1,"trafficType":"ON_DEMAND"}`),
		"candidates":    json.RawMessage(`[{"index":1,"content":{"parts":[{"text":"b"}]}},{"finishReason":"STOP","index":1}]`),
	}
	if d := cmp.Diff(want, got.Extra); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMissingUsageWarns(t *testing.T) {
	for _, stream := range []string{
		sseOf(`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`),
		`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`,
		sseOf(`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":"many"}}`),
	} {
		got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), "", nil))
		if err != nil {
			t.Fatal(err)
		}
		want := []reprise.Warning{{Provider: Google, Code: reprise.WarnUsage, Message: "the provider did not report the tokens used"}}
		if d := cmp.Diff(want, got.Warnings); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if got.Usage != (reprise.Usage{}) {
			t.Errorf("usage %+v", got.Usage)
		}
	}
}

func TestBroken(t *testing.T) {
	half := parts(`{"text":"so far"}`)
	for _, c := range []struct {
		name, stream string
		kind         reprise.Kind
		code         string
		text         string // in the error
		partial      string
	}{
		{"nothing", "", reprise.KindBadResponse, "", "the answer is empty", ""},
		{"only a comment", ": ping\n\n", reprise.KindBadResponse, "", "the answer is empty", ""},
		{"only usage", sseOf(`{"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}`), reprise.KindCut, "", "before its finish reason", ""},
		{"a whole without candidates", `{"usageMetadata":{"promptTokenCount":5},"modelVersion":"m"}`, reprise.KindBadResponse, "", "no candidate", ""},
		{"no finish reason", sseOf(half), reprise.KindCut, "", "before its finish reason", "so far"},
		{"an unspecified finish reason", sseOf(half, `{"candidates":[{"finishReason":""},{"finishReason":"FINISH_REASON_UNSPECIFIED"}]}`), reprise.KindCut, "", "before its finish reason", "so far"},
		{"cut inside a chunk", sseOf(half) + `data: {"candidates":[{"conte`, reprise.KindCut, "", "in the middle of a chunk", "so far"},
		{"cut after the finish reason", sseOf(half, last("STOP")) + `data: {"usageM`, reprise.KindCut, "", "in the middle of a chunk", "so far"},
		{"a whole that is cut", `{"candidates":[{"content":{"parts":[{"text":"so`, reprise.KindCut, "", "in the middle of a chunk", ""},
		{"a list that is cut", "[" + half + ",\n" + last("STOP"), reprise.KindCut, "", "in the middle of a chunk", "so far"},
		{"an error in mid-stream", sseOf(half, `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`), reprise.KindOverloaded, "UNAVAILABLE", "overloaded", "so far"},
		{"an error that is no event", sseOf(half) + "{\n  \"error\": {\n    \"code\": 500,\n    \"message\": \"An internal error has occurred\",\n    \"status\": \"INTERNAL\"\n  }\n}\n", reprise.KindServer, "INTERNAL", "internal error", "so far"},
		{"an error that is no event, after the finish reason", sseOf(half, last("STOP")) + `{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`, reprise.KindOverloaded, "UNAVAILABLE", "busy", "so far"},
		{"an error that is no event, cut", sseOf(half) + "{\n  \"error\": {\n    \"code\": 5", reprise.KindCut, "", "in the middle of an error", "so far"},
		{"an error in mid-stream by its number", sseOf(half, `{"error":{"code":429,"message":"slow down"}}`), reprise.KindRateLimit, "", "slow down", "so far"},
		{"an argument that is wrong, in mid-stream", sseOf(`{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}`), reprise.KindInvalid, "INVALID_ARGUMENT", "bad", ""},
		{"a whole error", `{"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`, reprise.KindContextLength, "INVALID_ARGUMENT", "1048576", ""},
		{"a list of one error", `[{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}]`, reprise.KindOverloaded, "UNAVAILABLE", "busy", ""},
		{"a blocked prompt", sseOf(`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT","safetyRatings":[]},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5},"modelVersion":"m"}`), reprise.KindContentFilter, "PROHIBITED_CONTENT", "the prompt was blocked: PROHIBITED_CONTENT", ""},
		{"a blocked prompt, whole, with words", `{"promptFeedback":{"blockReason":"MODEL_ARMOR","blockReasonMessage":"Blocked by policy."}}`, reprise.KindContentFilter, "MODEL_ARMOR", "MODEL_ARMOR: Blocked by policy.", ""},
		{"a malformed call", sseOf(half, `{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed function call: print(f(","index":0}]}`), reprise.KindBadResponse, "MALFORMED_FUNCTION_CALL", "print(f(", "so far"},
		{"an unexpected call", sseOf(last("UNEXPECTED_TOOL_CALL")), reprise.KindBadResponse, "UNEXPECTED_TOOL_CALL", "not offered", ""},
		{"a signature that is missing", sseOf(last("MISSING_THOUGHT_SIGNATURE")), reprise.KindInvalid, "MISSING_THOUGHT_SIGNATURE", "missing in the request", ""},
		{"pieces of arguments that make no sense", sseOf(parts(`{"functionCall":{"name":"f","willContinue":true}}`, `{"functionCall":{"partialArgs":[{"jsonPath":"$.a[7]","stringValue":"x"}]}}`)), reprise.KindBadResponse, "", "$.a[7]", ""},
		{"a call whose name is no text", sseOf(last("STOP", `{"functionCall":{"name":7}}`)), reprise.KindBadResponse, "", "cannot be read", ""},
		{"HTML", "\n<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>", reprise.KindBadResponse, "", `an HTML page ("502 Bad Gateway")`, ""},
		{"text", "upstream connect error", reprise.KindBadResponse, "", "the answer is empty", ""},
		{"data that is not JSON", sseOf(half, "oops"), reprise.KindBadResponse, "", `"oops"`, "so far"},
		{"a damaged chunk", sseOf(half, `{"candidates":[{"content":{"parts":[{"text":"a}]}}]}`), reprise.KindBadResponse, "", "JSON at byte", "so far"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.stream), iotest.OneByteReader(strings.NewReader(c.stream))} {
				got, err := reprise.Collect(ReadResponse(r, "p", nil))
				var e *reprise.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want a *reprise.Error", err)
				}
				if e.Kind != c.kind || e.Code != c.code || e.Provider != "p" || e.Status != 0 || !strings.Contains(e.Error(), c.text) {
					t.Errorf("got %s error %q (%s), want %s with %q (%s)", e.Kind, e, e.Code, c.kind, c.text, c.code)
				}
				if got.Text() != c.partial {
					t.Errorf("got partial text %q, want %q", got.Text(), c.partial)
				}
			}
		})
	}
}

// TestCutAnywhere ends a stream after each of its bytes, cleanly and not: it
// is whole only where a finish reason was read and no chunk is half there.
func TestCutAnywhere(t *testing.T) {
	end := last("STOP", `{"text":"!"}`)
	stream := sseOf(parts(`{"text":"Hi"}`), end)
	finished := strings.Index(stream, end) + len(end)
	for n := range len(stream) + 1 {
		_, err := reprise.Collect(ReadResponse(io.MultiReader(strings.NewReader(stream[:n]), iotest.ErrReader(io.ErrUnexpectedEOF)), "", nil))
		if reprise.KindOf(err) != reprise.KindCut {
			t.Errorf("a broken connection after %d bytes: got %v", n, err)
		}
		got, err := reprise.Collect(ReadResponse(strings.NewReader(stream[:n]), "", nil))
		if (err == nil) != (n >= finished) {
			t.Errorf("a clean end after %d bytes: got error %v", n, err)
		}
		if err == nil && got.Text() != "Hi!" {
			t.Errorf("after %d bytes: got %q", n, got.Text())
		}
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	stream := sseOf(parts(`{"text":"`+long+`"}`), parts(`{"functionCall":{"name":"f","args":{"x":"`+long+`"}},"thoughtSignature":"`+long+`"}`), last("STOP"))
	got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), "", nil))
	if err != nil {
		t.Fatal(err)
	}
	want := reprise.Parts{
		reprise.Text{Text: long},
		reprise.ToolCall{ID: "call_0_1", Name: "f", Args: `{"x":"` + long + `"}`, Echo: echo(`{"thoughtSignature":"` + long + `"}`)},
	}
	if !reflect.DeepEqual(want, got.Message.Parts) { // cmp is slow with long bytes
		t.Error("the long text, arguments or signature came out changed")
	}
	broken := sseOf(parts(`{"text":"`+long+`"}`)) + `{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`
	_, err = reprise.Collect(ReadResponse(strings.NewReader(broken), "", nil))
	if reprise.KindOf(err) != reprise.KindOverloaded {
		t.Errorf("an error after a long line: got %v", err)
	}
}

// TestAllocations: a chunk is one allocation, the event, although each counts
// the tokens so far; room for the text grows by doubling.
func TestAllocations(t *testing.T) {
	allocs := func(n int) float64 {
		chunk := `data: {"candidates":[{"content":{"parts":[{"text":"some more words "}]}}],"usageMetadata":{"promptTokenCount":9,"thoughtsTokenCount":4},"modelVersion":"m"}` + "\n\n"
		stream := strings.Repeat(chunk, n) + sseOf(last("STOP"))
		return testing.AllocsPerRun(3, func() {
			for _, err := range ReadResponse(strings.NewReader(stream), "", &reprise.Request{}) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	few, many := allocs(100), allocs(10000)
	if per := (many - few) / 9900; per > 1.01 {
		t.Errorf("a chunk allocates %.2f times, want 1", per)
	}
	if rest := few - 100; rest > 60 {
		t.Errorf("a stream allocates %v times beside its chunks, want at most 60", rest)
	}
}

func TestBreak(t *testing.T) {
	stream := sseOf(parts(`{"text":"a"}`, `{"functionCall":{"name":"f","args":{}}}`), last("SAFETY", `{"text":"b"}`))
	all := 0
	for range ReadResponse(strings.NewReader(stream), "", nil) {
		all++
	}
	for n := 1; n <= all; n++ {
		got := 0
		for range ReadResponse(strings.NewReader(stream), "", nil) {
			if got++; got == n {
				break
			}
		}
	}
}

// FuzzStream checks that any bytes give events and then one Finish or one
// error, and the same however they are split.
func FuzzStream(f *testing.F) {
	for _, q := range quirks {
		f.Add([]byte(q.stream))
	}
	f.Add([]byte(sseOf(parts(`{"text":"a"}`)) + `{"error":{"message":"x"}}`))
	f.Add([]byte(sseOf(last("STOP", `{"text":"abc"}`), grounding)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		for _, req := range []*reprise.Request{nil, {}} {
			whole := transcribe(t, bytes.NewReader(stream), req)
			if split := transcribe(t, iotest.OneByteReader(bytes.NewReader(stream)), req); split != whole {
				t.Errorf("one byte a read differs:\n%s\nwhole:\n%s", split, whole)
			}
			if half := transcribe(t, iotest.HalfReader(bytes.NewReader(stream)), req); half != whole {
				t.Errorf("half reads differ:\n%s\nwhole:\n%s", half, whole)
			}
		}
	})
}

// transcribe writes down all that a stream yields, and checks its order.
func transcribe(t *testing.T, r io.Reader, req *reprise.Request) string {
	var b strings.Builder
	ended, next := false, 0
	for ev, err := range ReadResponse(r, "", req) {
		if ended {
			t.Fatalf("yielded %v, %v after the end", ev, err)
		}
		_, finished := ev.(reprise.Finish)
		ended = finished || err != nil
		if err != nil && ev != nil {
			t.Fatalf("yielded an event beside the error %v", err)
		}
		if done, ok := ev.(reprise.PartDone); ok {
			if done.Index != next {
				t.Fatalf("part %d is done, want %d", done.Index, next)
			}
			next++
		}
		text, jsonErr := json.Marshal(ev)
		if jsonErr != nil {
			t.Fatalf("%#v: %v", ev, jsonErr)
		}
		fmt.Fprintf(&b, "%s %v\n", text, err)
	}
	if !ended {
		t.Fatal("ended without a Finish and without an error")
	}
	return b.String()
}

// deltas checks that the deltas add up to the parts, but for what comes only
// whole.
func deltas(t *testing.T, stream, provider string, req *reprise.Request, want reprise.Parts) {
	t.Helper()
	var acc reprise.Accumulator
	for ev, err := range ReadResponse(strings.NewReader(stream), provider, req) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ev.(reprise.PartDone); !ok {
			acc.Add(ev)
		}
	}
	var expect reprise.Parts
	for _, p := range want {
		switch p := p.(type) {
		case reprise.Text:
			expect = append(expect, reprise.Text{Text: p.Text})
		case reprise.Reasoning:
			if p.Text != "" {
				expect = append(expect, reprise.Reasoning{Text: p.Text})
			}
		case reprise.ToolCall:
			p.Echo = nil
			expect = append(expect, p)
		}
	}
	got := acc.Response().Message.Parts
	if len(got) == 0 {
		got = nil
	}
	if d := cmp.Diff(expect, got); d != "" {
		t.Errorf("deltas (-parts +deltas):\n%s", d)
	}
}
