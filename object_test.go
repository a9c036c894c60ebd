package reprise_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

type city struct {
	Name  string `json:"name"`
	Size  int    `json:"size"`
	River string `json:"river,omitempty"`
}

type pair struct {
	A int    `json:"a"`
	B string `json:"b" enum:"x,y"`
}

// calls is the script of an answer that calls a tool.
func calls(id, name, args string) []any {
	c := reprise.ToolCall{ID: id, Name: name, Args: args}
	return script(reprise.ArgsDelta{ID: id, Name: name, Args: args}, reprise.PartDone{Part: c}, reprise.Finish{Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 9, Output: 1}})
}

// generate asks for a T and compares it, and what was sent.
func generate[T any](t *testing.T, o *reprise.Object[T], scripts [][]any, want T, wantReqs ...*reprise.Request) *reprise.Response {
	t.Helper()
	m := newFake(scripts...)
	o.Model = m
	got, resp, err := o.Generate(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("value (-want +got):\n%s", d)
	}
	if d := cmp.Diff(wantReqs, m.reqs); d != "" {
		t.Errorf("requests (-want +got):\n%s", d)
	}
	return resp
}

const pairSchema = `{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string","enum":["x","y"]}},"required":["a","b"],"additionalProperties":false}`

func outputOf(schema string, strict bool) *reprise.Request {
	return &reprise.Request{Messages: ask.Messages, Output: &reprise.Schema{Name: "output", JSON: json.RawMessage(schema), Strict: strict}}
}

func TestGenerateAsSchema(t *testing.T) {
	wrapped := func(value string) string {
		return `{"type":"object","properties":{"value":` + value + `},"required":["value"],"additionalProperties":false}`
	}
	generate(t, new(reprise.Object[pair]), [][]any{says(`{"a":1,"b":"x"}`)}, pair{1, "x"}, outputOf(pairSchema, true))
	generate(t, new(reprise.Object[city]), [][]any{says(`{"name":"Faro","size":2}`)}, city{Name: "Faro", Size: 2},
		outputOf(`{"type":"object","properties":{"name":{"type":"string"},"size":{"type":"integer"},"river":{"type":"string"}},"required":["name","size"],"additionalProperties":false}`, false))
	generate(t, new(reprise.Object[[]pair]), [][]any{says(`{"value":[{"a":1,"b":"x"}]}`)}, []pair{{1, "x"}},
		outputOf(wrapped(`{"type":"array","items":`+pairSchema+`}`), true))
	generate(t, new(reprise.Object[string]), [][]any{says(`{"value":"hi"}`)}, "hi", outputOf(wrapped(`{"type":"string"}`), true))
	generate(t, new(reprise.Object[int]), [][]any{says(`{"value":3.0}`)}, 3, outputOf(wrapped(`{"type":"integer"}`), true))
	generate(t, new(reprise.Object[*bool]), [][]any{says(`{"value":null}`)}, nil, outputOf(wrapped(`{"type":["null","boolean"]}`), true))
	generate(t, new(reprise.Object[any]), [][]any{says(`{"value":[1]}`)}, any([]any{1.0}), outputOf(wrapped(`true`), false))
	generate(t, new(reprise.Object[json.RawMessage]), [][]any{says(`{"value": {"x" : 1}}`)}, json.RawMessage(`{"x" : 1}`), outputOf(wrapped(`true`), false))
	generate(t, new(reprise.Object[map[string]int]), [][]any{says(`{"k":1}`)}, map[string]int{"k": 1},
		outputOf(`{"type":"object","additionalProperties":{"type":"integer"}}`, false))
	generate(t, new(reprise.Object[[]byte]), [][]any{says(`{"value":"aGk="}`)}, []byte("hi"),
		outputOf(wrapped(`{"type":"string","contentEncoding":"base64"}`), false))
	generate(t, new(reprise.Object[[]time.Time]), [][]any{says(`{"value":["2025-11-23T15:00:00Z"]}`)}, []time.Time{time.Date(2025, 11, 23, 15, 0, 0, 0, time.UTC)},
		outputOf(wrapped(`{"type":"array","items":{"type":"string","format":"date-time"}}`), true))
}

func TestGenerateAsRecursiveType(t *testing.T) {
	m := newFake(says(`{"value":1,"children":[{"value":2}]}`), says(`{"value":[{"value":2,"children":[{"value":3}]}]}`))
	got, _, err := reprise.GenerateAs[tree](t.Context(), m, ask)
	if d := cmp.Diff(tree{Value: 1, Children: []*tree{{Value: 2}}}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	list, _, err := reprise.GenerateAs[[]tree](t.Context(), m, ask)
	if d := cmp.Diff([]tree{{Value: 2, Children: []*tree{{Value: 3}}}}, list); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	const body = `"type":"object","required":["value"],"additionalProperties":false,"properties":{"value":{"type":"integer"},
			"children":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},
			"parent":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}}`
	equalJSON(t, `{`+body+`,"$defs":{"tree":{`+body+`}}}`, m.reqs[0].Output.JSON)
	if m.reqs[0].Output.Strict {
		t.Error("a schema with references is strict")
	}
}

func TestGenerateAsByTool(t *testing.T) {
	req := &reprise.Request{
		Messages: ask.Messages, SerialTools: true, Choice: reprise.ToolChoice{Name: "output"},
		Tools: []reprise.ToolSpec{{Name: "output", Description: "Give the answer", Schema: json.RawMessage(pairSchema), Strict: true}},
	}
	o := &reprise.Object[pair]{Mode: reprise.OutputTool}
	generate(t, o, [][]any{calls("1", "output", `{"a":1,"b":"x"}`)}, pair{1, "x"}, req)
	// A model that writes instead of calling may be right all the same.
	generate(t, o, [][]any{says(`{"a":1,"b":"x"}`)}, pair{1, "x"}, req)
	// A wrong call gets a result, as every call must.
	again := *req
	again.Messages = append(ask.Messages[:1:1],
		reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.ToolCall{ID: "1", Name: "output", Args: `{"a":"1","b":"x"}`}}},
		reprise.Message{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "1", Name: "output", IsError: true, Parts: reprise.Parts{reprise.Text{
			Text: `That is not valid: validating root: validating /properties/a: type: 1 has type "string", want "integer". Give the whole answer again, put right.`,
		}}}}})
	generate(t, o, [][]any{calls("1", "output", `{"a":"1","b":"x"}`), calls("2", "output", `{"a":1,"b":"x"}`)}, pair{1, "x"}, req, &again)

	o.Model = newFake(answer)
	taken := &reprise.Request{Tools: []reprise.ToolSpec{{Name: "output"}}}
	if _, _, err := o.Generate(t.Context(), taken); err == nil || !strings.Contains(err.Error(), `"output"`) {
		t.Errorf("got %v, want an error that names the tool", err)
	}
	taken.Output = &reprise.Schema{Name: "reply", Description: "the pair"}
	sent, err := o.Request(taken)
	if err != nil || len(sent.Tools) != 2 || sent.Tools[1].Name != "reply" || sent.Tools[1].Description != "the pair" || sent.Output != nil {
		t.Errorf("got %+v, %v", sent, err)
	}
}

func TestGenerateAsByInstructions(t *testing.T) {
	o := &reprise.Object[pair]{Mode: reprise.OutputText}
	for _, answer := range []string{`{"a":1,"b":"x"}`, "```json\n{\"a\":1,\"b\":\"x\"}\n```\n", `Here you are: {"a":1,"b":"x"} Anything else?`} {
		generate(t, o, [][]any{says(answer)}, pair{1, "x"}, &reprise.Request{Messages: ask.Messages, System: reprise.Parts{reprise.Text{
			Text: "Answer with one JSON object and nothing else: no code fence, no words before or after it. It must be valid by this JSON Schema:\n" + pairSchema,
		}}})
	}
	system := reprise.Parts{reprise.Text{Text: "Be brief."}, reprise.CachePoint{}}
	sent, err := o.Request(&reprise.Request{System: system, Output: &reprise.Schema{Description: "a pair"}})
	if err != nil || len(sent.System) != 3 || sent.Output != nil || !strings.HasSuffix(sent.System.Text(), "\nIt is: a pair") || !strings.HasPrefix(sent.System.Text(), "Be brief.") {
		t.Errorf("got %v, %v", sent, err)
	}
}

// moder is a model that wants a mode.
type moder struct {
	*fake
	mode reprise.OutputMode
}

func (m moder) OutputMode(*reprise.Request) reprise.OutputMode { return m.mode }

func TestGenerateAsAsTheModelWants(t *testing.T) {
	m := moder{newFake(calls("1", "output", `{"a":1,"b":"y"}`)), reprise.OutputTool}
	got, _, err := reprise.GenerateAs[pair](t.Context(), &reprise.Retry{Model: m}, ask) // found through a wrapper
	if err != nil || got != (pair{1, "y"}) || m.reqs[0].Choice.Name != "output" {
		t.Errorf("got %v, %v by %+v", got, err, m.reqs[0])
	}
	o := &reprise.Object[pair]{Model: m, Mode: reprise.OutputSchema} // the field goes first
	if _, _, err := o.Generate(t.Context(), ask); err == nil || m.reqs[1].Output == nil {
		t.Errorf("got %v by %+v", err, m.reqs[1])
	}
	m.mode = "telepathy"
	if _, _, err := reprise.GenerateAs[pair](t.Context(), m, ask); reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), `no mode "telepathy"`) {
		t.Errorf("got %v", err)
	}
}

// Choices that are known only at run time are a schema in the request.
func TestGenerateAsOfAGivenSchema(t *testing.T) {
	m := newFake(says(`{"value":"green"}`), says(`{"value":"red"}`), says(`{"value":["red","green"]}`), says(`{"n":3}`))
	given := func(s string) *reprise.Request {
		return &reprise.Request{Messages: ask.Messages, Output: &reprise.Schema{Name: "color", JSON: json.RawMessage(s), Strict: true}}
	}
	got, _, err := reprise.GenerateAs[string](t.Context(), m, given(`{"type":"string","enum":["red","blue"]}`))
	if got != "red" || err != nil || len(m.asked) != 2 {
		t.Errorf("got %q, %v, after asking %d times", got, err, len(m.asked))
	}
	equalJSON(t, `{"type":"object","properties":{"value":{"type":"string","enum":["red","blue"]}},"required":["value"],"additionalProperties":false}`, m.reqs[0].Output.JSON)
	list, _, err := reprise.GenerateAs[[]string](t.Context(), m, given(`{"type":"array","minItems":2,"items":{"$ref":"#/$defs/c"},"$defs":{"c":{"enum":["red","green"]}}}`))
	if d := cmp.Diff([]string{"red", "green"}, list); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	object := `{ "type": "object", "properties": {"n": {"minimum": 3}} }`
	n, _, err := reprise.GenerateAs[map[string]int](t.Context(), m, given(object))
	if err != nil || n["n"] != 3 || string(m.reqs[3].Output.JSON) != object {
		t.Errorf("got %v, %v by %s", n, err, m.reqs[3].Output.JSON)
	}
	if _, _, err := reprise.GenerateAs[string](t.Context(), m, given(`{`)); reprise.KindOf(err) != reprise.KindInvalid {
		t.Errorf("got %v, want the schema refused", err)
	}
	if _, _, err := reprise.GenerateAs[func()](t.Context(), m, ask); reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), "func()") {
		t.Errorf("got %v, want the type refused", err)
	}
}

func TestWrongAnswersGoBack(t *testing.T) {
	cost := reprise.USD(3)
	paid := func(s string) []any {
		return script(reprise.Warning{Code: "w"}, textDone(s), reprise.Finish{Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 9, Output: 1}, Cost: &cost})
	}
	reply := func(s string) reprise.Message {
		return reprise.User("That is not valid: " + s + ". Give the whole answer again, put right.")
	}
	said := func(s string) reprise.Message {
		return reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Text{Text: s}}}
	}
	first := outputOf(pairSchema, true)
	second, third := *first, *first
	enum := `validating root: validating /properties/b: enum: z does not equal any of: [x y]`
	second.Messages = append(ask.Messages[:1:1], said(`{"a":1,"b":"z"}`), reply(enum))
	third.Messages = append(second.Messages[:3:3], said(`no`), reply(`want a JSON object, got "no"`))
	resp := generate(t, new(reprise.Object[pair]), [][]any{paid(`{"a":1,"b":"z"}`), paid(`no`), paid(`{"a":1,"b":"y"}`)}, pair{1, "y"}, first, &second, &third)

	spent := reprise.USD(9)
	want := &reprise.Response{
		Message: said(`{"a":1,"b":"y"}`), Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 27, Output: 3}, Cost: &spent,
		Warnings: []reprise.Warning{
			{Code: "w"}, warning(reprise.WarnOutput, "try 1: the answer is not what was asked for: "+enum+"; the model is asked again"),
			{Code: "w"}, warning(reprise.WarnOutput, `try 2: the answer is not what was asked for: want a JSON object, got "no"; the model is asked again`),
			{Code: "w"},
		},
	}
	if d := cmp.Diff(want, resp); d != "" {
		t.Errorf("response (-want +got):\n%s", d)
	}
	// A cost that is unknown once is unknown; an empty answer is not sent back.
	one := outputOf(`{"type":"object","properties":{"value":{"type":"string"}},"required":["value"],"additionalProperties":false}`, true)
	two, last := *one, *one
	two.Messages = append(ask.Messages[:1:1], said("{}"), reply(`validating root: required: missing properties: ["value"]`))
	last.Messages = append(two.Messages[:3:3], reply(`want a JSON object, got ""`))
	resp = generate(t, new(reprise.Object[string]), [][]any{paid(`{}`), script(stop(5)), paid(`{"value":"v"}`)}, "v", one, &two, &last)
	if resp.Cost != nil || resp.Usage.Total() != 25 {
		t.Errorf("got cost %v and usage %v", resp.Cost, resp.Usage)
	}
}

func TestOutputError(t *testing.T) {
	text := func(s string, reason reprise.FinishReason) []any {
		return script(textDone(s), reprise.Finish{Reason: reason, Usage: reprise.Usage{Input: 9, Output: 1}})
	}
	for name, test := range map[string]struct {
		mode   reprise.OutputMode
		script []any
		text   string
		reason reprise.FinishReason
		tries  int
		err    string
		helps  bool // to try again
	}{
		"not valid": {
			script: text(`{"a":1}`, reprise.ReasonStop), text: `{"a":1}`, reason: reprise.ReasonStop, tries: 3, helps: true,
			err: `after 3 tries the answer is not what was asked for: validating root: required: missing properties: ["b"]`,
		},
		"not JSON": {
			script: text(`{"a":1,}`, reprise.ReasonStop), text: `{"a":1,}`, reason: reprise.ReasonStop, tries: 3, helps: true,
			err: `after 3 tries the answer is not what was asked for: not JSON: invalid character '}' looking for beginning of object key string`,
		},
		"half": {
			mode: reprise.OutputText, script: text(`{"a":1`, reprise.ReasonStop), text: `{"a":1`, reason: reprise.ReasonStop, tries: 3, helps: true,
			err: `after 3 tries the answer is not what was asked for: not JSON: it ends in the middle`,
		},
		"two": {
			script: text(`{"a":1,"b":"x"}{"a":2,"b":"y"}`, reprise.ReasonStop), text: `{"a":1,"b":"x"}{"a":2,"b":"y"}`, reason: reprise.ReasonStop, tries: 3, helps: true,
			err: `after 3 tries the answer is not what was asked for: more than one JSON object`,
		},
		"does not fit the Go type": {
			script: text(`{"a":1e99,"b":"x"}`, reprise.ReasonStop), text: `{"a":1e99,"b":"x"}`, reason: reprise.ReasonStop, tries: 3, helps: true,
			err: `after 3 tries the answer is not what was asked for: json: cannot unmarshal number 1e99 into Go struct field pair.a of type int`,
		},
		"a wrong call": {
			mode: reprise.OutputTool, script: calls("1", "output", `{"a":1}`), text: `{"a":1}`, reason: reprise.ReasonToolCalls, tries: 3, helps: true,
			err: `after 3 tries the answer is not what was asked for: validating root: required: missing properties: ["b"]`,
		},
		"cut off": {
			script: text(`{"a":1,"b":"`, reprise.ReasonLength), text: `{"a":1,"b":"`, reason: reprise.ReasonLength, tries: 1,
			err: `the answer is not what was asked for: it was cut off at a token limit`,
		},
		"refused": {
			script: script(reprise.PartDone{Part: reprise.Text{Text: "I will not", Refusal: true}}, reprise.Finish{Reason: reprise.ReasonRefusal, Usage: reprise.Usage{Input: 9, Output: 1}}),
			text:   "I will not", reason: reprise.ReasonRefusal, tries: 1, err: `the answer is not what was asked for: the model refused`,
		},
		"filtered": {
			script: text("", reprise.ReasonContentFilter), reason: reprise.ReasonContentFilter, tries: 1,
			err: `the answer is not what was asked for: the provider filtered it`,
		},
		"paused": {
			script: text("", reprise.ReasonPause), reason: reprise.ReasonPause, tries: 1, err: `the answer is not what was asked for: the provider paused it`,
		},
		"another tool": {
			script: calls("1", "search", `{}`), reason: reprise.ReasonToolCalls, tries: 1, err: `the answer is not what was asked for: it calls the tool search`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newFake(test.script)
			got, resp, err := (&reprise.Object[pair]{Model: m, Mode: test.mode}).Generate(t.Context(), ask)
			var bad *reprise.OutputError
			if !errors.As(err, &bad) || reprise.KindOf(err) != reprise.KindBadResponse || err.Error() != test.err || got != (pair{}) {
				t.Fatalf("got %+v, %v (%T)\nwant %s", got, err, err, test.err)
			}
			want := &reprise.OutputError{Text: test.text, Reason: test.reason, Usage: reprise.Usage{Input: 9 * int64(test.tries), Output: int64(test.tries)}, Tries: test.tries}
			if (bad.Reply != nil) != test.helps || len(m.asked) != test.tries {
				t.Errorf("asked %d times, and the reply is %v", len(m.asked), bad.Reply)
			}
			seen := *bad
			seen.Err, seen.Reply = nil, nil
			if d := cmp.Diff(want, &seen); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff(want.Usage, resp.Usage); d != "" || resp.Reason != test.reason {
				t.Errorf("response %+v, usage (-want +got):\n%s", resp, d)
			}
		})
	}
}

// What the caller's slices have room for is not written to.
func TestObjectLeavesTheRequestAlone(t *testing.T) {
	for mode, wrong := range map[reprise.OutputMode][]any{
		reprise.OutputSchema: says("{}"), reprise.OutputTool: calls("1", "output", "{}"), reprise.OutputText: says("{}"),
	} {
		messages := []reprise.Message{reprise.User("a"), reprise.User("b"), reprise.User("c")}
		system := reprise.Parts{reprise.Text{Text: "a"}, reprise.Text{Text: "b"}}
		tools := []reprise.ToolSpec{{Name: "a"}, {Name: "b"}}
		req := &reprise.Request{Messages: messages[:1], System: system[:1], Tools: tools[:1]}
		_, _, err := (&reprise.Object[pair]{Model: newFake(wrong), Mode: mode}).Generate(t.Context(), req)
		if err == nil || messages[1].Text() != "b" || messages[2].Text() != "c" || system[1:].Text() != "b" || tools[1].Name != "b" {
			t.Errorf("%s: %v, and left are %v, %v and %v", mode, err, messages, system, tools)
		}
		if d := cmp.Diff(&reprise.Request{Messages: messages[:1], System: system[:1], Tools: tools[:1]}, req); d != "" {
			t.Errorf("%s (-want +got):\n%s", mode, d)
		}
	}
}

func TestObjectTries(t *testing.T) {
	m := newFake(says(`{}`))
	o := &reprise.Object[pair]{Model: m, Tries: 1}
	_, _, err := o.Generate(t.Context(), ask)
	if err == nil || len(m.asked) != 1 || strings.HasPrefix(err.Error(), "after") {
		t.Errorf("got %v after asking %d times", err, len(m.asked))
	}
	o.Tries = -1
	if _, resp, err := o.Generate(t.Context(), ask); resp == nil || err == nil || err.Error() != "Object.Tries is -1" {
		t.Errorf("got %v", err)
	}
	if _, resp, err := new(reprise.Object[pair]).Generate(t.Context(), ask); resp == nil || err == nil || err.Error() != "Object.Model is not set" {
		t.Errorf("got %v", err)
	}
}

// What was spent and said before a model's own error is there beside it.
func TestGenerateAsModelError(t *testing.T) {
	down := fails(reprise.KindServer)
	m := newFake(says(`{}`), script(delta(`{"a":`), down))
	_, resp, err := reprise.GenerateAs[pair](t.Context(), m, ask)
	if err != error(down) || resp.Text() != `{"a":` || resp.Usage.Total() != 10 || len(resp.Warnings) != 1 {
		t.Errorf("got %+v, %v", resp, err)
	}
}

func TestObjectRead(t *testing.T) {
	var o reprise.Object[pair]
	resp := &reprise.Response{Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: `{"a":1,"b":"x"}`}}}, Reason: reprise.ReasonStop}
	if got, err := o.Read(ask, resp); got != (pair{1, "x"}) || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	var bad *reprise.OutputError
	if _, err := o.Read(ask, &reprise.Response{}); !errors.As(err, &bad) || bad.Reply == nil || bad.Tries != 1 {
		t.Errorf("got %+v", err)
	}
}

// chunks is the script of a whole answer in pieces.
func chunks(pieces ...string) []any {
	var out []any
	for _, p := range pieces {
		out = append(out, delta(p))
	}
	return append(out, textDone(strings.Join(pieces, "")), stop(10))
}

// shown is what a Partial says, but for its response.
type shown[T any] struct {
	Value T
	Try   int
	Done  bool
}

// collect reads partial values, as far as they are values of their own.
func collect[T any](t *testing.T, stream iter.Seq2[reprise.Partial[T], error]) (out []shown[T], last reprise.Partial[T], err error) {
	t.Helper()
	for p, e := range stream {
		if err != nil || last.Done {
			t.Error("something came after the end")
		}
		if (p.Response != nil) != (p.Done || e != nil) {
			t.Errorf("%+v has a response at the wrong time", p)
		}
		if last, err = p, e; e == nil {
			out = append(out, shown[T]{p.Value, p.Try, p.Done})
		}
	}
	return out, last, err
}

func TestStreamAs(t *testing.T) {
	for name, test := range map[string]struct {
		script []any
		want   []shown[city]
	}{
		"in pieces": {
			chunks("Sure:\n", `here: {"na`, `me":"Fa`, "ro", `","si`, `ze":`, "6", "7}", "\n"),
			[]shown[city]{{city{}, 1, false}, {city{Name: "Fa"}, 1, false}, {city{Name: "Faro"}, 1, false}, {city{Name: "Faro", Size: 67}, 1, false}, {city{Name: "Faro", Size: 67}, 1, true}},
		},
		"at once": {
			script(textDone(`{"name":"Faro","size":67}`), stop(10)),
			[]shown[city]{{city{Name: "Faro", Size: 67}, 1, false}, {city{Name: "Faro", Size: 67}, 1, true}},
		},
		"in two parts": {
			script(delta(`{"name":"Fa`), textDone(`{"name":"Fa`), reprise.TextDelta{Part: 1, Text: `ro","size":67}`},
				reprise.PartDone{Index: 1, Part: reprise.Text{Text: `ro","size":67}`}}, stop(10)),
			[]shown[city]{{city{Name: "Fa"}, 1, false}, {city{Name: "Faro", Size: 67}, 1, false}, {city{Name: "Faro", Size: 67}, 1, true}},
		},
		"begun again by the model": {
			append(script(delta(`{"name":"Porto"`), reprise.Reset{Reason: "r"}), chunks(`{"name":"Faro",`, `"size":67}`)...),
			[]shown[city]{{city{Name: "Porto"}, 1, false}, {city{Name: "Faro"}, 2, false}, {city{Name: "Faro", Size: 67}, 2, false}, {city{Name: "Faro", Size: 67}, 2, true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, last, err := collect(t, reprise.StreamAs[city](t.Context(), newFake(test.script), ask))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if last.Response.Usage.Total() != 10 || last.Response.Reason != reprise.ReasonStop {
				t.Errorf("got response %+v", last.Response)
			}
		})
	}
}

func TestStreamAsText(t *testing.T) {
	got, _, err := collect(t, reprise.StreamAs[string](t.Context(), newFake(chunks(`{"value":"`, "He", `llo`, `"}`)), ask))
	want := []shown[string]{{"", 1, false}, {"He", 1, false}, {"Hello", 1, false}, {"Hello", 1, true}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestStreamAsByTool(t *testing.T) {
	args := func(s string) reprise.ArgsDelta {
		return reprise.ArgsDelta{Part: 1, ID: "1", Name: "output", Args: s}
	}
	done := reprise.PartDone{Index: 1, Part: reprise.ToolCall{ID: "1", Name: "output", Args: `{"a":1,"b":"x"}`}}
	want := []shown[pair]{{pair{A: 1}, 1, false}, {pair{1, "x"}, 1, false}, {pair{1, "x"}, 1, true}}
	other := reprise.ToolCall{ID: "2", Name: "other", Args: `{"a":3}`}
	m := newFake(script(delta(`Not this: {"a":2}`), reprise.ArgsDelta{Part: 2, ID: "2", Name: "other", Args: `{"a":3}`},
		args(`{"a":1,`), args(`"b":"x"}`), done, reprise.PartDone{Index: 2, Part: other}, stop(10)))
	got, _, err := collect(t, (&reprise.Object[pair]{Model: m, Mode: reprise.OutputTool}).Stream(t.Context(), ask))
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	m = newFake(script(textDone(`{"a":2}`), reprise.PartDone{Index: 2, Part: other}, done, stop(10)))
	got, _, err = collect(t, (&reprise.Object[pair]{Model: m, Mode: reprise.OutputTool}).Stream(t.Context(), ask))
	if d := cmp.Diff(want[1:], got); d != "" || err != nil {
		t.Errorf("at once: %v (-want +got):\n%s", err, d)
	}
}

// The elements of a list come one by one, whole and valid, and may be kept.
func TestStreamAsList(t *testing.T) {
	m := newFake(
		chunks(`{"value":[{"a":1,`, `"b":"x"},{"a":2,"b":"y"},{"a"`, `:3,"b":"wrong"}`, `,{"a":4,"b":"x"}]}`),
		chunks(`{"value":[`, `{"a":5,"b":"x"}`, `]}`),
	)
	got, _, err := collect(t, reprise.StreamAs[[]pair](t.Context(), m, ask))
	want := []shown[[]pair]{
		{[]pair{{1, "x"}}, 1, false}, {[]pair{{1, "x"}, {2, "y"}}, 1, false},
		{[]pair{{5, "x"}}, 2, false}, {[]pair{{5, "x"}}, 2, true},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	empty, _, err := collect(t, reprise.StreamAs[[]int](t.Context(), newFake(chunks(`{"value":[]}`)), ask))
	if d := cmp.Diff([]shown[[]int]{{[]int{}, 1, true}}, empty); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	given := &reprise.Request{Output: &reprise.Schema{JSON: json.RawMessage(`{"type":"array","minItems":2}`)}}
	two, _, err := collect(t, reprise.StreamAs[[]int](t.Context(), newFake(chunks(`{"value":[1.0,`, `2]}`)), given))
	if d := cmp.Diff([]shown[[]int]{{[]int{1}, 1, false}, {[]int{1, 2}, 1, false}, {[]int{1, 2}, 1, true}}, two); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestStreamAsAsItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(time.Second, delta(`{"value":[1,`), time.Second, delta(`2,`), time.Second, delta(`3]}`), textDone(`{"value":[1,2,3]}`), time.Second, stop(10)))
		start, n := time.Now(), 0
		for p, err := range reprise.StreamAs[[]int](t.Context(), m, ask) {
			n++
			if got := time.Since(start); err != nil || got != time.Duration(n)*time.Second {
				t.Errorf("%v, %v came after %v", p.Value, err, got)
			}
		}
		if n != 4 {
			t.Errorf("%d values came, want 4", n)
		}
	})
}

func TestStreamAsLeftAtEveryValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for leaveAt := range 3 {
			m := newFake(chunks(`{"name":"Fa`, `ro","size":1}`))
			n := 0
			for range reprise.StreamAs[city](t.Context(), m, ask) {
				if n == leaveAt {
					break
				}
				n++
			}
			m.at(t, 0)
		}
	})
}

func TestStreamAsErrors(t *testing.T) {
	down := fails(reprise.KindCut)
	_, last, err := collect(t, reprise.StreamAs[city](t.Context(), newFake(script(delta(`{"name":"Fa`), down)), ask))
	if err != error(down) || last.Value.Name != "Fa" || last.Response.Text() != `{"name":"Fa` {
		t.Errorf("got %+v, %v", last, err)
	}
	_, last, err = collect(t, (&reprise.Object[city]{Model: newFake(chunks(`{"name":"Faro"}`)), Tries: 1}).Stream(t.Context(), ask))
	var bad *reprise.OutputError
	if !errors.As(err, &bad) || bad.Text != `{"name":"Faro"}` || last.Value.Name != "Faro" || last.Done {
		t.Errorf("got %+v, %v", last, err)
	}
	_, _, err = collect(t, reprise.StreamAs[city](t.Context(), nil, ask))
	if reprise.KindOf(err) != reprise.KindInvalid {
		t.Errorf("got %v", err)
	}
}

// A chunk costs the same however many there are.
func TestStreamAsLinear(t *testing.T) {
	list := func(n int) []any {
		var out []any
		for i := range n {
			open := ","
			if i == 0 {
				open = `{"value":[`
			}
			out = append(out, delta(fmt.Sprintf(`%s{"a":%d,"b":"x"}`, open, i%10)))
		}
		return append(out, delta("]}"), stop(10))
	}
	text := func(n int) []any {
		out := []any{delta(`{"name":"`)}
		for range n {
			out = append(out, delta("eight by"))
		}
		return append(out, delta(`","size":1}`), stop(10))
	}
	for name, test := range map[string]struct {
		script func(n int) []any
		read   func(m reprise.Model) (n int, err error)
	}{
		"a list": {list, func(m reprise.Model) (int, error) { return count(reprise.StreamAs[[]pair](t.Context(), m, ask)) }},
		"a text": {text, func(m reprise.Model) (int, error) { return count(reprise.StreamAs[city](t.Context(), m, ask)) }},
	} {
		var per [2]float64
		for i, n := range []int{1000, 32000} {
			m := newFake(test.script(n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := test.read(m)
			runtime.ReadMemStats(&after)
			if err != nil || got < n {
				t.Fatalf("%s: got %d values, %v", name, got, err)
			}
			per[i] = float64(after.Mallocs-before.Mallocs) / float64(n)
			t.Logf("%s: %d chunks: %.3f allocations and %.0f bytes a chunk", name, n, per[i], float64(after.TotalAlloc-before.TotalAlloc)/float64(n))
		}
		if per[1] > 1.1*per[0] {
			t.Errorf("%s: a chunk of 1,000 takes %.2f allocations, one of 32,000 %.2f", name, per[0], per[1])
		}
	}
}

func count[T any](stream iter.Seq2[reprise.Partial[T], error]) (n int, err error) {
	for _, e := range stream {
		n++
		err = e
	}
	return n, err
}

// One Object is shared by many; the race detector looks on.
func TestObjectIsForConcurrentUse(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		o := &reprise.Object[pair]{Model: wrap(newFake(chunks(`{"a":1,`, `"b":"x"}`)))}
		done := make(chan bool)
		for range 20 {
			go func() {
				got, _, err := o.Generate(t.Context(), ask)
				if err != nil || got != (pair{1, "x"}) {
					t.Errorf("got %v, %v", got, err)
				}
				done <- true
			}()
		}
		for range 20 {
			<-done
		}
	})
}

// saying is a model that answers with the texts, one after the other, in
// pieces.
func saying(texts ...string) reprise.Model {
	return reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
		text := texts[0]
		texts = texts[1:]
		return func(yield func(reprise.Event, error) bool) {
			for i := 0; i < len(text); i += 8 {
				if !yield(reprise.TextDelta{Text: text[i:min(i+8, len(text))]}, nil) {
					return
				}
			}
			if yield(reprise.PartDone{Part: reprise.Text{Text: text}}, nil) {
				yield(reprise.Finish{Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 20, Output: 10}}, nil)
			}
		}
	})
}

// A view is told the events by whoever asks, and forgets those before a Reset.
func TestView(t *testing.T) {
	view, err := new(reprise.Object[pair]).View(ask)
	if err != nil {
		t.Fatal(err)
	}
	var got []pair
	for _, ev := range []reprise.Event{
		reprise.TextDelta{Text: `{"a":1`}, reprise.TextDelta{Text: `7,"b":"x`}, reprise.Reset{}, reprise.TextDelta{Text: `{"b":`},
		reprise.TextDelta{Text: `"y"`}, reprise.TextDelta{Text: `,"a":2}`}, reprise.PartDone{Part: reprise.Text{Text: `{"b":"y","a":2}`}},
	} {
		for view.Add(ev); view.Next(); {
			got = append(got, view.Value())
		}
	}
	if d := cmp.Diff([]pair{{}, {A: 17, B: "x"}, {}, {B: "y"}, {A: 2, B: "y"}}, got); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
	view.Add(reprise.Reset{})
	view.Add(reprise.TextDelta{Text: `{"a":3,`})
	view.Add(reprise.TextDelta{Text: ` `}) // which changes nothing
	if !view.Next() || view.Value() != (pair{A: 3}) || view.Next() {
		t.Errorf("after several events: %v, want {A: 3}, once", view.Value())
	}
	if _, err := (&reprise.Object[pair]{Mode: "no"}).View(ask); err == nil {
		t.Error("no error of a mode that is not there")
	}
}

func TestPartialJSON(t *testing.T) {
	b, err := json.Marshal(reprise.Partial[pair]{Value: pair{1, "<"}, Try: 2})
	if want := `{"type":"partial","value":{"a":1,"b":"<"},"try":2,"done":false}`; err != nil || strings.ReplaceAll(string(b), `\u003c`, "<") != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
}

func ExampleGenerateAs() {
	type city struct {
		Name  string `json:"name"`
		Coast string `json:"coast" enum:"north,south"`
	}
	model := saying(`{"name":"Faro","coast":"east"}`, `{"name":"Faro","coast":"south"}`) // wrong, then right
	faro, resp, err := reprise.GenerateAs[city](context.Background(), model, &reprise.Request{Messages: reprise.Ask("Where is Faro?")})
	fmt.Println(faro.Name, faro.Coast, err)
	fmt.Println(resp.Usage.Total(), "tokens in both tries")
	// Output:
	// Faro south <nil>
	// 60 tokens in both tries
}

func ExampleStreamAs() {
	model := saying(`{"value":["Faro","Porto","Braga"]}`)
	for p, err := range reprise.StreamAs[[]string](context.Background(), model, &reprise.Request{Messages: reprise.Ask("Name three cities")}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p.Value, p.Done)
	}
	// Output:
	// [Faro] false
	// [Faro Porto] false
	// [Faro Porto Braga] false
	// [Faro Porto Braga] true
}

func ExampleObject() {
	type note struct {
		Title string `json:"title"`
		Body  string `json:"body"`
	}
	// A model without schemas is told what to write.
	object := &reprise.Object[note]{Model: saying("```json\n" + `{"title":"Rain","body":"all day"}` + "\n```"), Mode: reprise.OutputText, Tries: 2}
	got, _, err := object.Generate(context.Background(), &reprise.Request{Messages: reprise.Ask("Note: it rained all day")})
	fmt.Printf("%+v %v\n", got, err)
	// Output: {Title:Rain Body:all day} <nil>
}

// A Partial shows a value while it is written.
func ExamplePartial() {
	type note struct {
		Title string `json:"title"`
	}
	for p, err := range reprise.StreamAs[note](context.Background(), saying(`{"title":"It rained all day"}`), &reprise.Request{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q %v\n", p.Value.Title, p.Done)
	}
	// Output:
	// "" false
	// "It rai" false
	// "It rained all " false
	// "It rained all day" false
	// "It rained all day" true
}

func ExampleOutputError() {
	_, _, err := reprise.GenerateAs[int](context.Background(), saying("five", "FIVE", "5"), &reprise.Request{Messages: reprise.Ask("What is 2+3?")})
	var bad *reprise.OutputError
	if errors.As(err, &bad) {
		fmt.Println(bad.Text, bad.Reason, bad.Tries, bad.Usage.Total())
		fmt.Println(bad.Err)
	}
	// Output:
	// 5 stop 3 90
	// the answer is not what was asked for: want a JSON object, got "5"
}
