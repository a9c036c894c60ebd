package anthropic

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
	"github.com/repriselabs/reprise/internal/eventstream"
)

// written is what is made of events.
func written(t *testing.T, as Answer, events ...reprise.Event) (string, []string) {
	t.Helper()
	var b strings.Builder
	warnings, err := WriteResponse(&b, dice.Stream(nil, events...), as)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, w := range warnings {
		texts = append(texts, w.Message)
	}
	return b.String(), texts
}

// thought is an answer with a bit of all that the API has.
var thought = []reprise.Event{
	reprise.ReasoningDelta{Part: 0, Text: "Look"},
	reprise.ReasoningDelta{Part: 0, Text: " it up."},
	reprise.PartDone{Index: 0, Part: reprise.Reasoning{Text: "Look it up.", Echo: echo(`{"type":"thinking","signature":"s="}`)}},
	reprise.PartDone{Index: 1, Part: reprise.Opaque{Provider: API, Kind: "server_tool_use", Data: json.RawMessage(`{"type":"server_tool_use","id":"st","name":"web_search","input":{"query":"é"}}`)}},
	reprise.TextDelta{Part: 2, Text: "It is"},
	reprise.TextDelta{Part: 2, Text: " 40 °C."},
	reprise.PartDone{Index: 2, Part: reprise.Text{Text: "It is 40 °C.", Citations: []reprise.Citation{readCitation([]byte(`{"type":"char_location","cited_text":"40"}`))}}},
	reprise.ArgsDelta{Part: 3, ID: "c1", Name: "add"},
	reprise.ArgsDelta{Part: 3, ID: "c1", Name: "add", Args: `{"a":`},
	reprise.ArgsDelta{Part: 3, ID: "c1", Name: "add", Args: ` 2}`},
	reprise.PartDone{Index: 3, Part: reprise.ToolCall{ID: "c1", Name: "add", Args: `{"a": 2}`, Echo: echo(`{"caller":{"type":"code_execution_20250825","tool_id":"t"}}`)}},
	reprise.ArgsDelta{Part: 4, ID: "c2", Name: "now"},
	reprise.PartDone{Index: 4, Part: reprise.ToolCall{ID: "c2", Name: "now"}},
	reprise.Finish{
		ID: "msg_1", Model: "claude", Reason: reprise.ReasonToolCalls,
		Usage: reprise.Usage{Input: 100, Output: 40, Reasoning: ptr(int64(8)), CacheRead: 60, CacheWrite: 30, CacheWrite1h: 10},
		Extra: map[string]json.RawMessage{"service_tier": json.RawMessage(`"standard"`), "container": json.RawMessage("{\"id\":\n\"c\"}"), "server_tool_use": json.RawMessage(`{"web_search_requests":1}`)},
	},
}

func known(t *testing.T, events []reprise.Event) *reprise.Response {
	t.Helper()
	r, err := reprise.Collect(dice.Stream(nil, events...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	thoughtRead  = `"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":60`
	thoughtKinds = `"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10}`
)

var thoughtEvents = []string{
	`{"type":"message_start","message":{"model":"claude","id":"msg_1","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{` + thoughtRead + `,` + thoughtKinds + `,"output_tokens":0,"service_tier":"standard"}}}`,
	start("0", `{"type":"thinking","thinking":"","signature":""}`),
	delta("0", `"type":"thinking_delta","thinking":"Look"`),
	delta("0", `"type":"thinking_delta","thinking":" it up."`),
	delta("0", `"type":"signature_delta","signature":"s="`),
	stop("0"),
	start("1", `{"type":"server_tool_use","id":"st","name":"web_search","input":{}}`),
	delta("1", `"type":"input_json_delta","partial_json":"{\"query\":\"é\"}"`),
	stop("1"),
	start("2", `{"type":"text","text":""}`),
	delta("2", `"type":"text_delta","text":"It is"`),
	delta("2", `"type":"text_delta","text":" 40 °C."`),
	delta("2", `"type":"citations_delta","citation":{"type":"char_location","cited_text":"40"}`),
	stop("2"),
	start("3", `{"type":"tool_use","id":"c1","name":"add","input":{},"caller":{"type":"code_execution_20250825","tool_id":"t"}}`),
	delta("3", `"type":"input_json_delta","partial_json":""`),
	delta("3", `"type":"input_json_delta","partial_json":"{\"a\":"`),
	delta("3", `"type":"input_json_delta","partial_json":" 2}"`),
	stop("3"),
	start("4", `{"type":"tool_use","id":"c2","name":"now","input":{}}`),
	delta("4", `"type":"input_json_delta","partial_json":""`),
	stop("4"),
	`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null,"container":{"id":"c"}},"usage":{` + thoughtRead + `,"output_tokens":40,"output_tokens_details":{"thinking_tokens":8},"server_tool_use":{"web_search_requests":1}}}`,
	`{"type":"message_stop"}`,
}

func TestWriteStream(t *testing.T) {
	as := Answer{Stream: true, Known: known(t, thought)}
	got, warnings := written(t, as, thought...)
	want := strings.ReplaceAll(sseOf(thoughtEvents...), "  \n", "\n")
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" || warnings != nil {
		t.Errorf("warnings %q (-want +got):\n%s", warnings, d)
	}

	as.Bedrock = true
	framed, warnings := written(t, as, thought...)
	if d := cmp.Diff(thoughtEvents, sent(t, framed, true)); d != "" || warnings != nil {
		t.Errorf("in frames: warnings %q (-want +got):\n%s", warnings, d)
	}
	m, err := eventstream.NewReader(strings.NewReader(framed)).Next()
	if d := cmp.Diff(map[string]string{":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}, m.Header); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestWriteWhole(t *testing.T) {
	got, warnings := written(t, Answer{}, thought...)
	want := `{"model":"claude","id":"msg_1","type":"message","role":"assistant","content":[` +
		`{"type":"thinking","thinking":"Look it up.","signature":"s="},` +
		`{"type":"server_tool_use","id":"st","name":"web_search","input":{"query":"é"}},` +
		`{"type":"text","text":"It is 40 °C.","citations":[{"type":"char_location","cited_text":"40"}]},` +
		`{"type":"tool_use","id":"c1","name":"add","input":{"a": 2},"caller":{"type":"code_execution_20250825","tool_id":"t"}},` +
		`{"type":"tool_use","id":"c2","name":"now","input":{}}],"stop_reason":"tool_use","stop_sequence":null,"container":{"id":"c"},` +
		`"usage":{` + thoughtRead + `,` + thoughtKinds + `,"output_tokens":40,"output_tokens_details":{"thinking_tokens":8},"server_tool_use":{"web_search_requests":1},"service_tier":"standard"}}`
	if d := cmp.Diff(want, got); d != "" || warnings != nil {
		t.Errorf("warnings %q (-want +got):\n%s", warnings, d)
	}
}

func TestWriteContentType(t *testing.T) {
	for want, as := range map[string]Answer{
		"text/event-stream":                  {Stream: true},
		"application/vnd.amazon.eventstream": {Stream: true, Bedrock: true},
		"application/json":                   {Bedrock: true},
	} {
		rec := httptest.NewRecorder()
		if _, err := WriteResponse(rec, dice.Stream(nil, thought...), as); err != nil || rec.Header().Get("Content-Type") != want || !rec.Flushed {
			t.Errorf("%s: %v, flushed %v, %v", want, err, rec.Flushed, rec.Header())
		}
	}
}

// TestWriteKeeps: what is written of other APIs' answers.
func TestWriteKeeps(t *testing.T) {
	events := []reprise.Event{
		reprise.PartDone{Index: 0, Part: reprise.Reasoning{Text: "hm"}}, // nobody signed it
		reprise.PartDone{Index: 1, Part: reprise.Reasoning{}},           // nothing is to be seen of it
		reprise.PartDone{Index: 2, Part: reprise.Text{Text: "a", Citations: []reprise.Citation{{URL: "u", Title: "t", Quote: "q", Raw: json.RawMessage(`{"type":"url_citation"}`)}}}},
		reprise.PartDone{Index: 3, Part: reprise.Text{Text: "no", Refusal: true}},
		reprise.ArgsDelta{Part: 4, Name: "f", Args: "{}"}, // never done, and without an id
		reprise.PartDone{Index: 5, Part: reprise.Text{}},
		reprise.Finish{Model: "m", Reason: reprise.ReasonRefusal, Usage: reprise.Usage{Input: 1, CacheWrite: 1, CacheWrite1h: 1}},
	}
	record := `{"type":"web_search_result_location","cited_text":"q","url":"u","title":"t","encrypted_index":""}`
	want := &reprise.Response{
		ID: "msg_2", Provider: API, Model: "m", Reason: reprise.ReasonRefusal, Usage: reprise.Usage{Input: 1, CacheWrite: 1, CacheWrite1h: 1},
		Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{
			reprise.Reasoning{Text: "hm", Echo: echo(`{"type":"thinking","signature":""}`)},
			reprise.Text{Text: "a", Citations: []reprise.Citation{{URL: "u", Title: "t", Quote: "q", Raw: json.RawMessage(record)}}},
			reprise.Text{Text: "no"},
			reprise.ToolCall{ID: "call_2_4", Name: "f", Args: "{}"},
			reprise.Text{},
		}},
	}
	for _, as := range []Answer{{Turn: 2}, {Turn: 2, Stream: true, Known: &reprise.Response{Model: "m"}}} {
		got, warnings := written(t, as, events...)
		resp, err := reprise.Collect(ReadResponse(strings.NewReader(got), "", nil))
		if d := cmp.Diff(want, resp); d != "" || err != nil || warnings != nil {
			t.Errorf("stream %v: %v, warnings %q: %s (-want +got):\n%s", as.Stream, err, warnings, got, d)
		}
	}
}

func TestAnswerTo(t *testing.T) {
	named := func(name string) *reprise.Response { return &reprise.Response{Model: name} }
	for _, c := range []struct {
		path, body string
		want       Answer
	}{
		{"/v1/messages", `{"model":"m","stream":true,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[]},{"role":"user"}]}`, Answer{Stream: true, Turn: 1, Known: named("m")}},
		{"/v1/messages", `{"model":"m"}`, Answer{Known: named("m")}},
		{"/v1/messages", "not JSON", Answer{Known: named("")}},
		{"/model/us.anthropic.claude-v1%3A0/invoke-with-response-stream", "{}", Answer{Bedrock: true, Stream: true, Known: named("us.anthropic.claude-v1:0")}},
		{"/model/m/invoke", `{"stream":true}`, Answer{Bedrock: true, Known: named("m")}},
		{"/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict", "{}", Answer{Stream: true, Known: named("claude@1")}},
		{"/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:rawPredict", "{}", Answer{Known: named("claude@1")}},
	} {
		u, err := url.Parse("http://127.0.0.1" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		c.want.Provider = "x"
		if d := cmp.Diff(c.want, AnswerTo(u, []byte(c.body), "x")); d != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.path, c.body, d)
		}
	}
}

// TestWriteWarns: what cannot be written is warned of.
func TestWriteWarns(t *testing.T) {
	foreign := &reprise.Echo{Provider: "openai-responses/openai", Data: json.RawMessage(`{"encrypted_content":"s"}`)}
	part := func(p reprise.Part) []reprise.Event { return []reprise.Event{reprise.PartDone{Part: p}} }
	end := func(f reprise.Finish) []reprise.Event { return []reprise.Event{f} }
	cite := func(c reprise.Citation) []reprise.Event {
		return part(reprise.Text{Text: "abc", Citations: []reprise.Citation{c}})
	}
	for want, events := range map[string][]reprise.Event{
		"a web_search block of openai-responses/openai in an answer":           part(reprise.Opaque{Provider: "openai-responses/openai", Kind: "web_search", Data: json.RawMessage(`{"type":"web_search"}`)}),
		"a new block of anthropic in an answer":                                part(reprise.Opaque{Provider: API, Kind: "new", Data: json.RawMessage(`["no object"]`)}),
		"a text block of anthropic in an answer":                               part(reprise.Opaque{Provider: API, Kind: "text", Data: json.RawMessage(`{"type":"text","text":1}`)}),
		`a file of type "image/png" in an answer: the API cannot carry it`:     part(reprise.Media{Type: "image/png", Data: []byte("PNG")}),
		"a reprise.CachePoint in an answer: the API cannot carry it":           part(reprise.CachePoint{}),
		"the signature or hidden part of openai-responses/openai's reasoning":  part(reprise.Reasoning{Echo: foreign}),
		"the signature or hidden part of openai-responses/openai's text":       part(reprise.Text{Text: "a", Echo: foreign}),
		"the signature or hidden part of openai-responses/openai's tool call":  part(reprise.ToolCall{ID: "c", Name: "f", Args: "{}", Echo: foreign}),
		"the echo of a reasoning is no JSON object":                            part(reprise.Reasoning{Text: "hm", Echo: echo("[")}),
		`the arguments of the call "c" of f are no JSON object`:                part(reprise.ToolCall{ID: "c", Name: "f", Args: `{"x":`}),
		`a citation of "my.pdf" in part 0: it has no address`:                  cite(reprise.Citation{Title: "my.pdf"}),
		"where in part 0 its citations belong: the API cites for whole blocks": cite(reprise.Citation{URL: "u", End: 2}),
		"part 0 is not what its deltas added up to, which was sent":            append([]reprise.Event{reprise.TextDelta{Text: "ab"}}, part(reprise.Text{Text: "ac"})...),
		"the field logprobs of the answer":                                     end(reprise.Finish{Extra: map[string]json.RawMessage{"logprobs": json.RawMessage("[]")}}),
		"the field container of the answer":                                    end(reprise.Finish{Extra: map[string]json.RawMessage{"container": json.RawMessage("7")}}),
		"the field amazon-bedrock-trace of the answer":                         end(reprise.Finish{Extra: map[string]json.RawMessage{"amazon-bedrock-trace": json.RawMessage("{}")}}),
		"the reason content_filter: the API says refusal":                      end(reprise.Finish{Reason: reprise.ReasonContentFilter}),
		"the cost: vertex does not tell":                                       end(reprise.Finish{Cost: ptr(reprise.USD(1))}),
		"of 5 tokens that were read, 6 cannot be the cache's":                  end(reprise.Finish{Usage: reprise.Usage{Input: 5, CacheRead: 6}}),
		"that part 0 is a refusal: only the reason can tell, which is stop":    part(reprise.Text{Text: "no", Refusal: true}),
		"one of the events' own":                                               {reprise.Warning{Message: "one of the events' own"}},
	} {
		if _, ended := events[len(events)-1].(reprise.Finish); !ended {
			events = append(events, reprise.Finish{Reason: reprise.ReasonStop})
		}
		for _, stream := range []bool{true, false} {
			if _, got := written(t, Answer{Provider: "vertex", Stream: stream}, events...); !slices.Equal(got, []string{want}) {
				t.Errorf("stream %v: got %q, want %q", stream, got, want)
			}
		}
	}
	late := []reprise.Event{reprise.TextDelta{Text: "a"}, reprise.PartDone{Part: reprise.Text{Text: "a", Echo: echo(`{"more":1}`)}}, reprise.Finish{}}
	if _, got := written(t, Answer{Stream: true}, late...); !slices.Equal(got, []string{"what the API wants back with part 0: Answer.Known did not tell when it began"}) {
		t.Errorf("got %q", got)
	}
}

// TestWriteArgs: arguments that are no object are streamed as they are.
func TestWriteArgs(t *testing.T) {
	for _, args := range []string{`{"x":`, "not JSON", "[]", "null", "7"} {
		call := reprise.PartDone{Part: reprise.ToolCall{ID: "c", Name: "f", Args: args}}
		marked, _ := json.Marshal(map[string]string{"INVALID_JSON": args})
		for _, stream := range []bool{true, false} {
			got, _ := written(t, Answer{Stream: stream}, call, reprise.Finish{Reason: reprise.ReasonToolCalls})
			want := args
			if !stream {
				want = string(marked)
			}
			resp, err := reprise.Collect(ReadResponse(strings.NewReader(got), "", nil))
			if err != nil || len(resp.Calls()) != 1 || resp.Calls()[0].Args != want {
				t.Errorf("%q, stream %v: read as %+v, %v", args, stream, resp.Calls(), err)
			}
		}
	}
}
