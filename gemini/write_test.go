package gemini

import (
	"encoding/json"
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

// written is what is made of events, and the texts of the warnings.
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

// signature is what Gemini wants back with a part.
var signature = &reprise.Echo{Provider: Google, Data: json.RawMessage(`{"thoughtSignature":"c2ln"}`)}

// An answer that shows each form: thoughts, two calls, and a text that is
// signed.
var (
	partsOfAll = reprise.Parts{
		reprise.Reasoning{Text: "Use both."},
		reprise.ToolCall{ID: "c1", Name: "add", Args: `{"a":2, "b":3}`, Echo: signature},
		reprise.ToolCall{ID: "call_0_2", Name: "now"},
		reprise.Text{Text: "So é.", Echo: signature},
	}
	eventsOfAll = []reprise.Event{
		reprise.ReasoningDelta{Part: 0, Text: "Use"},
		reprise.ReasoningDelta{Part: 0, Text: " both."},
		reprise.ArgsDelta{Part: 1, ID: "c1", Name: "add", Args: `{"a":2,`},
		reprise.ArgsDelta{Part: 2, ID: "call_0_2", Name: "now"},
		reprise.ArgsDelta{Part: 1, ID: "c1", Name: "add", Args: ` "b":3}`},
		reprise.PartDone{Index: 0, Part: partsOfAll[0]},
		reprise.PartDone{Index: 1, Part: partsOfAll[1]},
		reprise.PartDone{Index: 2, Part: partsOfAll[2]},
		reprise.TextDelta{Part: 3, Text: "So"},
		reprise.TextDelta{Part: 3, Text: " é."},
		reprise.PartDone{Index: 3, Part: partsOfAll[3]},
		reprise.Finish{
			ID: "r1", Model: "gemini-3-pro", Reason: reprise.ReasonToolCalls,
			Usage: reprise.Usage{Input: 466, Output: 334, Reasoning: ptr(int64(266)), CacheRead: 192},
			Extra: map[string]json.RawMessage{"finishMessage": json.RawMessage(`"done"`), "avgLogprobs": json.RawMessage("-0.5"), "promptFeedback": json.RawMessage("{}")},
		},
	}
)

// bodyOf is an answer of parts, and what is beside them.
func bodyOf(parts, beside, usage string) string {
	return `{"candidates":[{"content":{"parts":[` + parts + `],"role":"model"},` + beside + `"index":0}],` + usage + `"modelVersion":"gemini-3-pro","responseId":"r1"}`
}

const (
	thoughtOfAll = `{"text":"Use both.","thought":true}`
	callOfAll    = `{"functionCall":{"id":"c1","name":"add","args":{"a":2,"b":3}},"thoughtSignature":"c2ln"}`
	madeOfAll    = `{"functionCall":{"name":"now","args":{}}}`
	signedOfAll  = `{"text":"So é.","thoughtSignature":"c2ln"}`
	reasonOfAll  = `"finishReason":"STOP","finishMessage":"done","avgLogprobs":-0.5,`
	usageOfAll   = `"usageMetadata":{"promptTokenCount":466,"candidatesTokenCount":68,"totalTokenCount":800,"cachedContentTokenCount":192,"thoughtsTokenCount":266},"promptFeedback":{},`
)

func TestWriteStream(t *testing.T) {
	chunks := []string{
		bodyOf(`{"text":"Use","thought":true}`, "", ""),
		bodyOf(`{"text":" both.","thought":true}`, "", ""),
		bodyOf(callOfAll, "", ""),
		bodyOf(madeOfAll, "", ""),
		bodyOf(signedOfAll, "", ""),
		bodyOf(`{"text":""}`, reasonOfAll, usageOfAll),
	}
	as := Answer{Stream: true, Known: &reprise.Response{ID: "r1", Model: "gemini-3-pro", Message: reprise.Message{Parts: partsOfAll}}}
	got, warnings := written(t, as, eventsOfAll...)
	want := ""
	for _, chunk := range chunks {
		want += "data: " + chunk + "\n\n"
	}
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" || warnings != nil {
		t.Errorf("warnings %q (-want +got):\n%s", warnings, d)
	}
	as.List = true
	got, _ = written(t, as, eventsOfAll...)
	if d := cmp.Diff("["+strings.Join(chunks, ",\r\n")+"]", got); d != "" {
		t.Errorf("a list (-want +got):\n%s", d)
	}
}

func TestWriteWhole(t *testing.T) {
	got, warnings := written(t, Answer{}, eventsOfAll...)
	parts := strings.Join([]string{thoughtOfAll, callOfAll, madeOfAll, signedOfAll}, ",")
	if d := cmp.Diff(bodyOf(parts, reasonOfAll, usageOfAll), got); d != "" || warnings != nil {
		t.Errorf("warnings %q (-want +got):\n%s", warnings, d)
	}
	got, _ = written(t, Answer{Provider: Vertex, Created: time.Unix(7, 0), Turn: 1}, reprise.PartDone{Part: reprise.ToolCall{ID: "call_0_0", Name: "f"}}, reprise.Finish{Reason: reprise.ReasonLength})
	want := `{"candidates":[{"content":{"parts":[{"functionCall":{"id":"call_0_0","name":"f","args":{}}}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],"createTime":"1970-01-01T00:00:07.000000Z"}`
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	got, _ = written(t, Answer{}, reprise.Finish{Reason: "new"})
	if want := `{"candidates":[{"content":{"role":"model"},"finishReason":"OTHER","index":0}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWriteContentType(t *testing.T) {
	for want, as := range map[string]Answer{
		"text/event-stream": {Stream: true}, "application/json; charset=UTF-8": {Stream: true, List: true},
	} {
		rec := httptest.NewRecorder()
		if _, err := WriteResponse(rec, dice.Stream(nil, eventsOfAll...), as); err != nil || rec.Header().Get("Content-Type") != want || !rec.Flushed {
			t.Errorf("%s: %v, flushed %v, %v", want, err, rec.Flushed, rec.Header())
		}
	}
}

// TestWriteKeeps: what of an answer is not in the round trips.
func TestWriteKeeps(t *testing.T) {
	for _, as := range forms(Answer{}) {
		got, warnings := written(t, as,
			reprise.PartDone{Index: 0, Part: reprise.Text{Text: "é1", Citations: []reprise.Citation{{Title: "a document", Start: 0, End: 3}}}},
			reprise.PartDone{Index: 1, Part: reprise.Text{Text: "é2é", Citations: []reprise.Citation{{URL: "v", Start: 3, End: 5}, {URL: "w", Quote: "x"}, {URL: "y", Start: 7, End: 9}}}},
			reprise.PartDone{Index: 2, Part: reprise.Media{Type: "image/png", ID: "i1", Detail: "low", URL: "data:image/jpeg;base64,SlBH"}},
			reprise.PartDone{Index: 3, Part: reprise.Reasoning{}},
			reprise.PartDone{Index: 4, Part: reprise.ToolCall{ID: "call_0_2", Name: "f"}},
			reprise.Finish{Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 1}, Extra: map[string]json.RawMessage{
				"usageMetadata": json.RawMessage(`{"promptTokenCount": 1, "trafficType": "ON_DEMAND"}`),
			}},
		)
		if warnings != nil {
			t.Errorf("warnings %q", warnings)
		}
		resp, err := reprise.Collect(ReadResponse(strings.NewReader(got), Google, nil))
		if err != nil {
			t.Fatal(err)
		}
		first, rest := reprise.Citation{Title: "a document", End: 3}, []reprise.Citation{{URL: "v", Start: 3, End: 5}, {URL: "w", Quote: "x"}, {URL: "y"}}
		texts := reprise.Parts{reprise.Text{Text: "é1", Citations: []reprise.Citation{first}}, reprise.Text{Text: "é2é", Citations: rest}}
		if as.Stream { // they are one
			rest[0].Start, rest[0].End = 6, 8
			texts = reprise.Parts{reprise.Text{Text: "é1é2é", Citations: append([]reprise.Citation{first}, rest...)}}
		}
		want := &reprise.Response{
			Provider: Google, Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 1}, Extra: map[string]json.RawMessage{},
			Message: reprise.Message{Role: reprise.RoleAssistant, Parts: append(texts,
				reprise.Media{Type: "image/jpeg", Data: []byte("JPG")}, reprise.ToolCall{ID: "call_0_2", Name: "f", Args: "{}"})},
		}
		if got, want := string(resp.Extra["usageMetadata"]), `{"promptTokenCount":1,"trafficType":"ON_DEMAND"}`; got != want {
			t.Errorf("stream %v: the counts are %s, want %s", as.Stream, got, want)
		}
		if d := cmp.Diff(want, resp, again); d != "" {
			t.Errorf("stream %v: %s (-want +got):\n%s", as.Stream, got, d)
		}
	}
}

// TestWriteSignsLate: a text that was not known to be signed was sent when
// its signature comes.
func TestWriteSignsLate(t *testing.T) {
	got, warnings := written(t, Answer{Stream: true},
		reprise.ReasoningDelta{Part: 0, Text: "hm"}, reprise.PartDone{Index: 0, Part: reprise.Reasoning{Text: "hm", Echo: signature}},
		reprise.TextDelta{Part: 1, Text: "a"}, reprise.PartDone{Index: 1, Part: reprise.Text{Text: "a", Echo: signature}},
		reprise.Finish{Reason: reprise.ReasonStop},
	)
	resp, err := reprise.Collect(ReadResponse(strings.NewReader(got), Google, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := reprise.Parts{
		reprise.Reasoning{Text: "hm"}, reprise.Reasoning{Echo: signature},
		reprise.Text{Text: "a"}, reprise.Opaque{Provider: Google, Kind: "thoughtSignature", Data: json.RawMessage(`{"text":"","thoughtSignature":"c2ln"}`)},
	}
	if d := cmp.Diff(want, resp.Message.Parts); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	told := []string{
		"the signature of part 0 was sent in a part of its own: Answer.Known did not tell",
		"the signature of part 1 was sent in a part of its own: Answer.Known did not tell",
	}
	if d := cmp.Diff(told, warnings); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestWriteWarns: what cannot be written is warned of.
func TestWriteWarns(t *testing.T) {
	echo := &reprise.Echo{Provider: "anthropic", Data: json.RawMessage(`{"signature":"s"}`)}
	part := func(p reprise.Part) []reprise.Event { return []reprise.Event{reprise.PartDone{Part: p}} }
	end := func(f reprise.Finish) []reprise.Event { return []reprise.Event{f} }
	extra := func(name, raw string) []reprise.Event {
		return end(reprise.Finish{Reason: reprise.ReasonStop, Extra: map[string]json.RawMessage{name: json.RawMessage(raw)}})
	}
	for want, events := range map[string][]reprise.Event{
		"a web_search block of anthropic in an answer":                                             part(reprise.Opaque{Provider: "anthropic", Kind: "web_search"}),
		"the data of a x block is not a JSON object: it was left out":                              part(reprise.Opaque{Provider: Google, Kind: "x", Data: json.RawMessage("[]")}),
		"a continuationToken in an answer that is not paused":                                      part(reprise.Opaque{Provider: Google, Kind: continuation, Data: json.RawMessage(`"t"`)}),
		"a file without a type, such as image/png":                                                 part(reprise.Media{Data: []byte("?")}),
		`the name of the file "f.png": the API has no field for it here`:                           part(reprise.Media{Type: "image/png", Name: "f.png", Data: []byte("PNG")}),
		`a file of type "audio" in an answer, of which neither the bytes nor the address is known`: part(reprise.Media{Type: "audio", ID: "a1"}),
		"a reprise.CachePoint in an answer: the API cannot carry it":                               part(reprise.CachePoint{}),
		"the signature or hidden part of anthropic's reasoning":                                    part(reprise.Reasoning{Text: "hm", Echo: echo}),
		"the signature or hidden part of anthropic's text":                                         part(reprise.Text{Text: "a", Echo: echo}),
		"the signature or hidden part of anthropic's tool call":                                    part(reprise.ToolCall{ID: "c", Name: "f", Args: "{}", Echo: echo}),
		"the signature or hidden part of anthropic's file":                                         part(reprise.Media{Type: "image/png", Data: []byte("PNG"), Echo: echo}),
		"that part 0 is a refusal: it was sent as text, for the API has none":                      part(reprise.Text{Text: "no", Refusal: true}),
		"the form of the arguments of call c, which are no JSON object: they are sent as text":     part(reprise.ToolCall{ID: "c", Name: "f", Args: "[1"}),
		"the field stop_sequence of the answer":                                                    extra("stop_sequence", `"x"`),
		"the field finishReason of the answer":                                                     extra("finishReason", `"SAFETY"`),
		"the field finishMessage of the answer":                                                    extra("finishMessage", `{}`),
		"the field usageMetadata of the answer":                                                    extra("usageMetadata", `{"promptTokenCount":5}`),
		"the field groundingMetadata of the answer":                                                extra("groundingMetadata", `{`),
		"the reason refusal: the API has none such, and says SAFETY":                               end(reprise.Finish{Reason: reprise.ReasonRefusal}),
		"the cost: google does not tell":                                                           end(reprise.Finish{Cost: ptr(reprise.USD(1))}),
		"how many tokens were written to the cache: the API does not tell":                         end(reprise.Finish{Usage: reprise.Usage{Input: 9, CacheWrite: 5}}),
		"one of the events' own":                                                                   {reprise.Warning{Message: "one of the events' own"}},
	} {
		if _, ended := events[len(events)-1].(reprise.Finish); !ended {
			events = append(events, reprise.Finish{Reason: reprise.ReasonStop})
		}
		for _, as := range forms(Answer{}) {
			if _, got := written(t, as, events...); !slices.Equal(got, []string{want}) {
				t.Errorf("stream %v: got %q, want %q", as.Stream, got, want)
			}
		}
	}
}

func TestAnswerTo(t *testing.T) {
	body := `{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"user","parts":[{"text":"c"}]}]}`
	known := &reprise.Response{Model: "m"}
	for address, want := range map[string]Answer{
		"/v1beta/models/m:streamGenerateContent?alt=sse": {Stream: true, Turn: 1, Known: known},
		"/v1beta/models/m:streamGenerateContent?key=k":   {Stream: true, List: true, Turn: 1, Known: known},
		"/v1beta/models/m:generateContent":               {Turn: 1, Known: known},
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		want.Provider = Google
		if d := cmp.Diff(want, AnswerTo(u, []byte(body), "")); d != "" {
			t.Errorf("%s (-want +got):\n%s", address, d)
		}
		if want.Turn = 0; !cmp.Equal(want, AnswerTo(u, []byte("not JSON"), Google)) {
			t.Errorf("%s with a body that is wrong: got %+v", address, AnswerTo(u, []byte("not JSON"), Google))
		}
	}
}
