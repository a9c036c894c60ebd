package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
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

// seed is an answer such as the first of the project's first recording, of
// another API.
var seed = []reprise.Event{
	reprise.ReasoningDelta{Part: 0, Text: "Use"},
	reprise.ReasoningDelta{Part: 0, Text: " both."},
	reprise.TextDelta{Part: 1, Text: "Yes."},
	reprise.ArgsDelta{Part: 2, ID: "c1", Name: "add"},
	reprise.ArgsDelta{Part: 2, ID: "c1", Name: "add", Args: `{"a":2`},
	reprise.ArgsDelta{Part: 2, ID: "c1", Name: "add", Args: `,"b":3}`},
	reprise.ArgsDelta{Part: 3, ID: "c2", Name: "now"},
	reprise.PartDone{Index: 0, Part: reprise.Reasoning{Text: "Use both."}},
	reprise.PartDone{Index: 1, Part: reprise.Text{Text: "Yes."}},
	reprise.PartDone{Index: 2, Part: reprise.ToolCall{ID: "c1", Name: "add", Args: `{"a":2,"b":3}`}},
	reprise.PartDone{Index: 3, Part: reprise.ToolCall{ID: "c2", Name: "now"}},
	reprise.Finish{
		ID: "resp_r1", Model: "grok-code-fast-1", Reason: reprise.ReasonToolCalls, Cost: ptr(reprise.USD(559640000)),
		Usage: reprise.Usage{Input: 466, Output: 334, Reasoning: ptr(int64(266)), CacheRead: 192},
	},
}

var seedRequest = []byte(`{"model":"grok-code-fast-1","temperature":0.5,"tools":[{"type":"function",
	"name":"add"}],"store":false,"input":"hi","stream":true}`)

// seedResponse is the answer as an object.
func seedResponse(status, output, usage string) string {
	return `{"id":"resp_r1","object":"response","created_at":7,"status":"` + status + `","background":false,"error":null,"incomplete_details":null,"model":"grok-code-fast-1","output":[` + output + `],` +
		`"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"metadata":{},"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{"effort":null,"summary":null},"safety_identifier":null,` +
		`"temperature":0.5,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[{"type":"function","name":"add"}],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","user":null,"store":false,"service_tier":null,"usage":` + usage + `}`
}

// seedItems are those of the answer.
var seedItems = []string{
	`{"type":"reasoning","id":"rs_r1_0","status":"completed","summary":[{"type":"summary_text","text":"Use both."}]}`,
	`{"type":"message","id":"msg_r1_1","status":"completed","content":[{"type":"output_text","text":"Yes.","logprobs":[],"annotations":[]}],"role":"assistant"}`,
	`{"type":"function_call","id":"fc_r1_2","status":"completed","arguments":"{\"a\":2,\"b\":3}","call_id":"c1","name":"add"}`,
	`{"type":"function_call","id":"fc_r1_3","status":"completed","arguments":"{}","call_id":"c2","name":"now"}`,
}

const seedUsage = `{"input_tokens":466,"input_tokens_details":{"cached_tokens":192},"output_tokens":334,"output_tokens_details":{"reasoning_tokens":266},"total_tokens":800,"cost_in_usd_ticks":5596400}`

var seedAs = Answer{Dialect: &xai, Stream: true, Asked: seedRequest, Known: &reprise.Response{ID: "resp_r1", Model: "grok-code-fast-1"}, Created: time.Unix(7, 0)}

func TestWriteStream(t *testing.T) {
	got, warnings := written(t, seedAs, seed...)
	var events []string
	add := func(kind, members string) {
		events = append(events, fmt.Sprintf(`{"type":"response.%s",%s,"sequence_number":%d}`, kind, members, len(events)))
	}
	at := func(output int, id string) string {
		return fmt.Sprintf(`"item_id":"%s_r1_%d","output_index":%[2]d`, id, output)
	}
	item := func(output int, item string) string { return fmt.Sprintf(`"output_index":%d,"item":%s`, output, item) }
	add("created", `"response":`+seedResponse("in_progress", "", "null"))
	add("in_progress", `"response":`+seedResponse("in_progress", "", "null"))

	add("output_item.added", item(0, `{"type":"reasoning","id":"rs_r1_0","status":"in_progress","summary":[]}`))
	add("reasoning_summary_part.added", at(0, "rs")+`,"summary_index":0,"part":{"type":"summary_text","text":""}`)
	add("reasoning_summary_text.delta", at(0, "rs")+`,"summary_index":0,"delta":"Use"`)
	add("reasoning_summary_text.delta", at(0, "rs")+`,"summary_index":0,"delta":" both."`)
	add("reasoning_summary_text.done", at(0, "rs")+`,"summary_index":0,"text":"Use both."`)
	add("reasoning_summary_part.done", at(0, "rs")+`,"summary_index":0,"part":{"type":"summary_text","text":"Use both."}`)
	add("output_item.done", item(0, seedItems[0]))

	add("output_item.added", item(1, `{"type":"message","id":"msg_r1_1","status":"in_progress","content":[],"role":"assistant"}`))
	add("content_part.added", at(1, "msg")+`,"content_index":0,"part":{"type":"output_text","text":"","logprobs":[],"annotations":[]}`)
	add("output_text.delta", at(1, "msg")+`,"content_index":0,"delta":"Yes.","logprobs":[]`)
	add("output_text.done", at(1, "msg")+`,"content_index":0,"text":"Yes.","logprobs":[]`)
	add("content_part.done", at(1, "msg")+`,"content_index":0,"part":{"type":"output_text","text":"Yes.","logprobs":[],"annotations":[]}`)
	add("output_item.done", item(1, seedItems[1]))

	add("output_item.added", item(2, `{"type":"function_call","id":"fc_r1_2","status":"in_progress","arguments":"","call_id":"c1","name":"add"}`))
	add("function_call_arguments.delta", at(2, "fc")+`,"delta":"{\"a\":2"`)
	add("function_call_arguments.delta", at(2, "fc")+`,"delta":",\"b\":3}"`)
	add("function_call_arguments.done", at(2, "fc")+`,"arguments":"{\"a\":2,\"b\":3}"`)
	add("output_item.done", item(2, seedItems[2]))
	add("output_item.added", item(3, `{"type":"function_call","id":"fc_r1_3","status":"in_progress","arguments":"","call_id":"c2","name":"now"}`))
	add("function_call_arguments.delta", at(3, "fc")+`,"delta":"{}"`)
	add("function_call_arguments.done", at(3, "fc")+`,"arguments":"{}"`)
	add("output_item.done", item(3, seedItems[3]))
	add("completed", `"response":`+seedResponse("completed", strings.Join(seedItems, ","), seedUsage))

	if d := cmp.Diff(strings.Split(sseOf(events...), "\n"), strings.Split(got, "\n")); d != "" || warnings != nil {
		t.Errorf("warnings %q (-want +got):\n%s", warnings, d)
	}
}

func TestWriteWhole(t *testing.T) {
	as := seedAs
	as.Stream = false
	got, warnings := written(t, as, seed...)
	if d := cmp.Diff(seedResponse("completed", strings.Join(seedItems, ","), seedUsage), got); d != "" || warnings != nil {
		t.Errorf("warnings %q (-want +got):\n%s", warnings, d)
	}
}

func TestWriteContentType(t *testing.T) {
	for want, as := range map[string]Answer{"text/event-stream": {Stream: true}, "application/json": {}} {
		rec := httptest.NewRecorder()
		if _, err := WriteResponse(rec, dice.Stream(nil, seed...), as); err != nil || rec.Header().Get("Content-Type") != want || !rec.Flushed {
			t.Errorf("%s: %v, flushed %v, %v", want, err, rec.Flushed, rec.Header())
		}
	}
}

// TestWriteForeign: what of another API's answer this one can carry.
func TestWriteForeign(t *testing.T) {
	for _, stream := range []bool{true, false} {
		got, warnings := written(t, Answer{Dialect: &xai, Stream: stream, Asked: []byte(`{"input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`)},
			reprise.PartDone{Index: 0, Part: reprise.Reasoning{}}, // hidden, and so nothing
			reprise.PartDone{Index: 1, Part: reprise.Text{Text: "é1", Citations: []reprise.Citation{{URL: "u", Title: "T", Start: 0, End: 2}}}},
			reprise.PartDone{Index: 2, Part: reprise.Text{Text: "é2é", Citations: []reprise.Citation{{URL: "v", Start: 3, End: 99}, {URL: "w", Raw: json.RawMessage(`{"cited_text":"x"}`)}}}},
			reprise.PartDone{Index: 3, Part: reprise.ToolCall{Name: "f", Args: "not JSON"}},
			reprise.PartDone{Index: 4, Part: reprise.Media{Type: "image/png", Data: []byte("PNG")}},
			reprise.Finish{Provider: "gemini", Model: "m", Reason: reprise.ReasonOther, Usage: reprise.Usage{Input: 1}, Extra: map[string]json.RawMessage{"service_tier": json.RawMessage(`"flex"`)}},
		)
		if warnings != nil {
			t.Errorf("warnings %q", warnings)
		}
		if stream {
			strict(t, got)
		}
		resp, err := reprise.Collect(ReadResponse(strings.NewReader(got), &xai, nil))
		if err != nil {
			t.Fatal(err)
		}
		echo := func(s string) *reprise.Echo {
			return &reprise.Echo{Provider: "openai-responses/xai", Data: json.RawMessage(s)}
		}
		cited := func(from, to int, url, title string) json.RawMessage {
			return json.RawMessage(fmt.Sprintf(`{"type":"url_citation","start_index":%d,"end_index":%d,"url":%q,"title":%q}`, from, to, url, title))
		}
		want := &reprise.Response{
			ID: "resp_1", Provider: "xai", Model: "m", Reason: reprise.ReasonOther, Usage: reprise.Usage{Input: 1, Reasoning: ptr(int64(0))},
			Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{
				reprise.Text{Text: "é1", Echo: echo(`{"item":{"id":"msg_1_0","status":"completed"},"part":{}}`), Citations: []reprise.Citation{{URL: "u", Title: "T", End: 2, Raw: cited(0, 1, "u", "T")}}},
				reprise.Text{Text: "é2é", Echo: echo(`{"index":1,"part":{}}`), Citations: []reprise.Citation{
					{URL: "v", Start: 3, End: 5, Raw: cited(2, 3, "v", "")}, {URL: "w", End: 5, Raw: cited(0, 3, "w", "")},
				}},
				reprise.ToolCall{ID: "call_1_1", Name: "f", Args: "not JSON", Echo: echo(`{"item":{"id":"fc_1_1","status":"completed"}}`)},
				reprise.Media{Type: "image/png", Data: []byte("PNG"), Echo: echo(`{"item":{"type":"image_generation_call","id":"ig_1_2","status":"completed","output_format":"png"}}`)},
			}},
			Extra: map[string]json.RawMessage{"service_tier": json.RawMessage(`"flex"`), "incomplete_details": json.RawMessage(`{"reason":"other"}`)},
		}
		if d := cmp.Diff(want, resp); d != "" {
			t.Errorf("stream %v: %s (-want +got):\n%s", stream, got, d)
		}
	}
}

// TestWriteWarns: what cannot be written is warned of.
func TestWriteWarns(t *testing.T) {
	foreign := &reprise.Echo{Provider: "anthropic", Data: json.RawMessage(`{"signature":"s"}`)}
	const key = "openai-responses/openrouter"
	own := func(data string) *reprise.Echo { return &reprise.Echo{Provider: key, Data: json.RawMessage(data)} }
	part := func(p reprise.Part) []reprise.Event { return []reprise.Event{reprise.PartDone{Part: p}} }
	end := func(f reprise.Finish) []reprise.Event { return []reprise.Event{f} }
	cited := func(c reprise.Citation) []reprise.Event {
		return part(reprise.Text{Text: "a", Citations: []reprise.Citation{c}})
	}
	for want, events := range map[string][]reprise.Event{
		"a web_search block of anthropic in an answer":                                                        part(reprise.Opaque{Provider: "anthropic", Kind: "web_search"}),
		"a x block is no JSON object":                                                                         part(reprise.Opaque{Provider: key, Kind: "x", Data: json.RawMessage("[]")}),
		`a file of type "audio/wav" in an answer: the API carries only images that were generated`:            part(reprise.Media{Type: "audio/wav", Data: []byte("W")}),
		"the signature or hidden part of anthropic's image":                                                   part(reprise.Media{Type: "image/png", Data: []byte("P"), Echo: foreign}),
		"a reprise.CachePoint in an answer: the API cannot carry it":                                          part(reprise.CachePoint{}),
		"the signature or hidden part of anthropic's reasoning":                                               part(reprise.Reasoning{Text: "hm", Echo: foreign}),
		"the signature or hidden part of openai-responses/openrouter's reasoning":                             part(reprise.Reasoning{Echo: own(`{"type":"message"}`)}),
		"the signature or hidden part of anthropic's text":                                                    part(reprise.Text{Text: "a", Echo: foreign}),
		"the signature or hidden part of anthropic's tool call":                                               part(reprise.ToolCall{ID: "c", Name: "f", Args: "{}", Echo: foreign}),
		"the text in part 0 was sent with an id that was made: Answer.Known did not tell its own":             part(reprise.Text{Text: "a", Echo: own(`{"item":{"id":"msg_1"}}`)}),
		"the reasoning in part 0 was sent with an id that was made: Answer.Known did not tell its own":        part(reprise.Reasoning{Text: "a", Echo: own(`{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"}]}`)}),
		"the tool call in part 0 was sent with an id that was made: Answer.Known did not tell its own":        part(reprise.ToolCall{ID: "c", Name: "f", Args: "{}", Echo: own(`{"item":{"id":"fc_1"}}`)}),
		"the refusal in part 0 was sent as content: Answer.Known did not tell":                                part(reprise.Text{Text: "no", Refusal: true}),
		"part 0 is not what its deltas added up to, which was sent":                                           append([]reprise.Event{reprise.TextDelta{Text: "ab"}}, part(reprise.Text{Text: "ac"})...),
		`a citation of "T": the API has a place only for one with a URL`:                                      cited(reprise.Citation{Title: "T"}),
		"what the citations of a text quote: the API has no place for it":                                     cited(reprise.Citation{URL: "u", Quote: "q"}),
		"the field grounding of the answer":                                                                   end(reprise.Finish{Reason: reprise.ReasonStop, Extra: map[string]json.RawMessage{"grounding": json.RawMessage("{}")}}),
		"the field service_tier of the answer":                                                                end(reprise.Finish{Reason: reprise.ReasonStop, Extra: map[string]json.RawMessage{"service_tier": json.RawMessage("7")}}),
		"the reason pause: the API has none such":                                                             end(reprise.Finish{Reason: reprise.ReasonPause}),
		"the reason refusal: without words of the model's, the API has only that a filter cut the answer off": end(reprise.Finish{Reason: reprise.ReasonRefusal}),
		"how many tokens are cached for an hour: the API does not tell":                                       end(reprise.Finish{Usage: reprise.Usage{Input: 9, CacheWrite: 5, CacheWrite1h: 5}}),
		"one of the events' own":                                                                              {reprise.Warning{Message: "one of the events' own"}},
	} {
		if _, ended := events[len(events)-1].(reprise.Finish); !ended {
			events = append(events, reprise.Finish{Reason: reprise.ReasonStop})
		}
		for _, stream := range []bool{true, false} {
			got, warnings := written(t, Answer{Dialect: &openrouter, Stream: stream}, events...)
			if !slices.Equal(warnings, []string{want}) {
				t.Errorf("stream %v: got %q, want %q", stream, warnings, want)
			}
			if stream {
				strict(t, got)
			}
		}
	}
	if _, got := written(t, Answer{}, reprise.Finish{Reason: reprise.ReasonStop, Cost: ptr(reprise.USD(1))}); !slices.Equal(got, []string{"the cost: openai does not tell"}) {
		t.Errorf("got %q", got)
	}
}

// TestWriteOtherThanKnown: what comes need not be what was known of it.
func TestWriteOtherThanKnown(t *testing.T) {
	own := func(data string) *reprise.Echo {
		return &reprise.Echo{Provider: "openai-responses/openai", Data: json.RawMessage(data)}
	}
	known := reprise.Parts{
		reprise.Reasoning{Text: "ab\n\ncd", Echo: own(`{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"ab"},{"type":"summary_text","text":"cd"}]}`)},
		reprise.ToolCall{ID: "c", Name: "f", Args: `{"input":"x"}`, Echo: own(`{"item":{"type":"custom_tool_call","id":"ctc_1","status":"completed"}}`)},
	}
	for _, thought := range []string{"abX", "ab\n", "ab\nX", "ab\n\ncX", "é"} {
		want := reprise.Parts{
			reprise.Reasoning{Text: thought, Echo: own(`{"type":"reasoning","id":"rs_1","status":"completed","summary":[{"type":"summary_text","text":` + string(marshalled(thought)) + `}]}`)},
			reprise.ToolCall{ID: "c", Name: "f", Args: `{"y":1}`, Echo: own(`{"item":{"id":"ctc_1","status":"completed"}}`)},
		}
		if thought == "ab\n\ncX" {
			want[0] = reprise.Reasoning{Text: thought, Echo: own(`{"type":"reasoning","id":"rs_1","status":"completed","summary":[{"type":"summary_text","text":"ab"},{"type":"summary_text","text":"cX"}]}`)}
		}
		body, warnings := written(t, Answer{Stream: true, Known: &reprise.Response{ID: "r", Message: reprise.Message{Parts: known}}},
			reprise.PartDone{Index: 0, Part: reprise.Reasoning{Text: thought}},
			reprise.PartDone{Index: 1, Part: reprise.ToolCall{ID: "c", Name: "f", Args: `{"y":1}`, Echo: own(`{"item":{"type":"custom_tool_call","id":"ctc_1","status":"completed"}}`)}},
			reprise.Finish{Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 1}},
		)
		strict(t, body)
		got, err := reprise.Collect(ReadResponse(strings.NewReader(body), nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got.Message.Parts); d != "" {
			t.Errorf("%q (-want +got):\n%s", thought, d)
		}
		if want := `the arguments of the call "c" are none of a custom_tool_call: it was sent as a call of the function f`; !slices.Equal(warnings, []string{want}) {
			t.Errorf("got %q", warnings)
		}
	}
}

// TestWriteTold: an error in mid-stream is there in both forms that clients
// look for.
func TestWriteTold(t *testing.T) {
	var b strings.Builder
	fault := &reprise.Error{Kind: reprise.KindOverloaded, Err: errors.New("broke")}
	if _, err := WriteResponse(&b, dice.Stream(fault, reprise.TextDelta{Text: "so far"}), Answer{Stream: true}); err != fault {
		t.Fatal(err)
	}
	want := sseOf(`{"type":"error","message":"broke","param":null,"code":"overloaded","error":{"message":"broke","type":"server_error","param":null,"code":"overloaded"},"sequence_number":5}`)
	if got := b.String(); !strings.HasSuffix(got, "\n\n"+want) {
		t.Errorf("got %s\nwant at its end %s", got, want)
	}
}

func TestWriteError(t *testing.T) {
	for _, kind := range []reprise.Kind{
		reprise.KindAuth, reprise.KindRateLimit, reprise.KindQuota, reprise.KindOverloaded, reprise.KindServer, reprise.KindNotFound,
		reprise.KindContextLength, reprise.KindInvalid, reprise.KindContentFilter, reprise.KindTimeout,
	} {
		rec := httptest.NewRecorder()
		if err := WriteError(rec, fmt.Errorf("wrapped: %w", &reprise.Error{Provider: "anthropic", Kind: kind, Code: "its own word", Err: errors.New(`say "why"`)}), Answer{}); err != nil {
			t.Fatal(err)
		}
		got := ReadError(rec.Body.Bytes(), rec.Code, &xai)
		if got.Kind != kind || got.Err.Error() != `say "why"` || got.Status < 400 || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: read as %s: %v", kind, got.Kind, got)
		}
	}
	rec := httptest.NewRecorder()
	e := &reprise.Error{Provider: "openai", Kind: reprise.KindContentFilter, Status: 420, Code: "invalid_prompt", RetryAfter: 1500 * time.Millisecond, RequestID: "q1", Err: errors.New("no")}
	if err := WriteError(rec, e, Answer{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"invalid_prompt"}}`, rec.Body.String()); d != "" || rec.Code != 420 {
		t.Errorf("status %d (-want +got):\n%s", rec.Code, d)
	}
	if got := ReadError(rec.Body.Bytes(), rec.Code, nil); got.Code != e.Code || got.Kind != e.Kind {
		t.Errorf("got %v", got)
	}
	if h := rec.Header(); h.Get("Retry-After") != "2" || h.Get("X-Request-Id") != "q1" {
		t.Errorf("got %v", h)
	}
}

func TestAnswerTo(t *testing.T) {
	for body, want := range map[string]Answer{
		`{"model":"m","stream":true}`: {Stream: true, Known: &reprise.Response{Model: "m"}},
		`{"stream":false}`:            {Known: &reprise.Response{}},
		`not JSON`:                    {Known: &reprise.Response{}},
	} {
		want.Dialect, want.Asked = &xai, []byte(body)
		if d := cmp.Diff(want, AnswerTo(&url.URL{Path: "/v1/responses"}, []byte(body), &xai)); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
}
