package openaichat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	return b.String(), messages(warnings)
}

func messages(warnings []reprise.Warning) []string {
	var texts []string
	for _, w := range warnings {
		texts = append(texts, w.Message)
	}
	return texts
}

// seed is an answer such as the first of the project's first recording.
var seed = []reprise.Event{
	reprise.ReasoningDelta{Part: 0, Text: "Use"},
	reprise.ReasoningDelta{Part: 0, Text: " both."},
	reprise.ArgsDelta{Part: 1, ID: "c1", Name: "add"},
	reprise.ArgsDelta{Part: 1, ID: "c1", Name: "add", Args: `{"a":2`},
	reprise.ArgsDelta{Part: 1, ID: "c1", Name: "add", Args: `,"b":3}`},
	reprise.ArgsDelta{Part: 2, ID: "c2", Name: "now"},
	reprise.PartDone{Index: 0, Part: reprise.Reasoning{Text: "Use both."}},
	reprise.PartDone{Index: 1, Part: reprise.ToolCall{ID: "c1", Name: "add", Args: `{"a":2,"b":3}`}},
	reprise.PartDone{Index: 2, Part: reprise.ToolCall{ID: "c2", Name: "now"}},
	reprise.Finish{
		ID: "r1", Model: "grok-code-fast-1", Reason: reprise.ReasonToolCalls, Cost: ptr(reprise.USD(559640000)),
		Usage: reprise.Usage{Input: 466, Output: 334, Reasoning: ptr(int64(266)), CacheRead: 192},
	},
}

const seedUsage = `"usage":{"prompt_tokens":466,"completion_tokens":68,"total_tokens":800,"prompt_tokens_details":{"cached_tokens":192},"completion_tokens_details":{"reasoning_tokens":266},"cost_in_usd_ticks":5596400}`

func TestWriteStream(t *testing.T) {
	as := Answer{Dialect: &xai, Stream: true, Known: &reprise.Response{ID: "r1", Model: "grok-code-fast-1"}, Created: time.Unix(7, 0)}
	got, warnings := written(t, as, seed...)
	chunk := func(delta, reason string) string {
		return `{"id":"r1","object":"chat.completion.chunk","created":7,"model":"grok-code-fast-1","choices":[{"index":0,"delta":{` + delta + `},"finish_reason":` + reason + `}]}`
	}
	want := sseOf(
		chunk(`"role":"assistant","reasoning_content":"Use"`, "null"),
		chunk(`"reasoning_content":" both."`, "null"),
		chunk(`"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"add","arguments":""}}]`, "null"),
		chunk(`"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":2"}}]`, "null"),
		chunk(`"tool_calls":[{"index":0,"function":{"arguments":",\"b\":3}"}}]`, "null"),
		chunk(`"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"now","arguments":""}}]`, "null"),
		chunk(`"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]`, "null"),
		chunk("", `"tool_calls"`),
		`{"id":"r1","object":"chat.completion.chunk","created":7,"model":"grok-code-fast-1","choices":[],`+seedUsage+`}`,
		"[DONE]",
	)
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" || warnings != nil {
		t.Errorf("warnings %q (-want +got):\n%s", warnings, d)
	}
	as.NoUsage = true
	if got, _ := written(t, as, seed...); strings.Contains(got, "usage") {
		t.Errorf("the usage was not asked for, but is there: %s", got)
	}
}

func TestWriteWhole(t *testing.T) {
	got, warnings := written(t, Answer{Dialect: &xai}, seed...)
	want := `{"id":"r1","object":"chat.completion","created":0,"model":"grok-code-fast-1","choices":[{"index":0,"message":{"role":"assistant",` +
		`"reasoning_content":"Use both.","tool_calls":[{"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\":2,\"b\":3}"}},` +
		`{"id":"c2","type":"function","function":{"name":"now","arguments":"{}"}}],"content":null},"finish_reason":"tool_calls"}],` + seedUsage + `}`
	if d := cmp.Diff(want, got); d != "" || warnings != nil {
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

// TestWriteKeeps: what of an answer is not in the round trips.
func TestWriteKeeps(t *testing.T) {
	citation := `{"type":"url_citation","url_citation":{"url":"u","start_index":0,"end_index":1},"more":[1]}`
	for _, stream := range []bool{true, false} {
		got, warnings := written(t, Answer{Dialect: &openrouter, Stream: stream},
			reprise.ArgsDelta{Part: 0, ID: "made"}, // the tool is not named yet
			reprise.ArgsDelta{Part: 0, ID: "made", Args: `{"x"`},
			reprise.ArgsDelta{Part: 0, ID: "c1", Name: "f", Args: `:1}`},
			reprise.ArgsDelta{Part: 1, ID: "c2", Name: "g"}, // never done
			reprise.PartDone{Index: 2, Part: reprise.Text{Text: "é1", Citations: []reprise.Citation{{URL: "u", End: 2, Raw: json.RawMessage(strings.ReplaceAll(citation, ":", ": \n"))}}}},
			reprise.PartDone{Index: 3, Part: reprise.Text{Text: "é2é", Citations: []reprise.Citation{{URL: "v", Start: 3, End: 5, Raw: json.RawMessage(citation)}, {URL: "w", Quote: "x", Raw: json.RawMessage(`{"cited_text":"x"}`)}}}},
			reprise.PartDone{Index: 4, Part: reprise.Media{Type: "audio", ID: "a1", Data: []byte("sound")}},
			reprise.Finish{Provider: "openrouter", Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 1}, Extra: map[string]json.RawMessage{"service_tier": json.RawMessage(`"flex"`), "logprobs": json.RawMessage("[{\"token\":\n\"x\"}]")}},
		)
		if warnings != nil {
			t.Errorf("warnings %q", warnings)
		}
		resp, err := reprise.Collect(ReadResponse(strings.NewReader(got), &openrouter, nil))
		if err != nil {
			t.Fatal(err)
		}
		want := &reprise.Response{
			Provider: "openrouter", Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 1},
			Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{
				reprise.ToolCall{ID: "c1", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "c2", Name: "g", Args: "{}"},
				reprise.Text{Text: "é1é2é", Citations: []reprise.Citation{
					{URL: "u", End: 2, Raw: json.RawMessage(citation)},
					{URL: "v", Start: 6, End: 8, Raw: json.RawMessage(`{"type":"url_citation","url_citation":{"url":"v","start_index":4,"end_index":5}}`)},
					{URL: "w", Quote: "x", Raw: json.RawMessage(`{"type":"url_citation","url_citation":{"url":"w","content":"x"}}`)},
				}},
				reprise.Media{Type: "audio", ID: "a1", Data: []byte("sound")},
			}},
			Extra: map[string]json.RawMessage{"service_tier": json.RawMessage(`"flex"`), "logprobs": json.RawMessage(`[{"token":"x"}]`)},
		}
		if d := cmp.Diff(want, resp); d != "" {
			t.Errorf("stream %v: %s (-want +got):\n%s", stream, got, d)
		}
	}
}

// TestWriteWarns: what cannot be written is warned of.
func TestWriteWarns(t *testing.T) {
	echo := &reprise.Echo{Provider: "anthropic", Data: json.RawMessage(`{"signature":"s"}`)}
	part := func(p reprise.Part) []reprise.Event { return []reprise.Event{reprise.PartDone{Part: p}} }
	end := func(f reprise.Finish) []reprise.Event { return []reprise.Event{f} }
	for want, events := range map[string][]reprise.Event{
		"a web_search block of anthropic in an answer":                         part(reprise.Opaque{Provider: "anthropic", Kind: "web_search"}),
		`a file of type "image/png" in an answer: the API cannot carry it`:     part(reprise.Media{Type: "image/png", Data: []byte("PNG")}),
		"a reprise.CachePoint in an answer: the API cannot carry it":           part(reprise.CachePoint{}),
		"the signature or hidden part of anthropic's reasoning":                part(reprise.Reasoning{Text: "hm", Echo: echo}),
		"the signature or hidden part of anthropic's text":                     part(reprise.Text{Text: "a", Echo: echo}),
		"the signature or hidden part of anthropic's tool call":                part(reprise.ToolCall{ID: "c", Name: "f", Args: "{}", Echo: echo}),
		"the echo of a reasoning is not JSON: unexpected end of JSON input":    part(reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "openrouter", Data: json.RawMessage("[")}}),
		"part 0 is not what its deltas added up to, which was sent":            append([]reprise.Event{reprise.TextDelta{Text: "ab"}}, part(reprise.Text{Text: "ac"})...),
		"the refusal in part 0 was sent as content: Answer.Known did not tell": append([]reprise.Event{reprise.TextDelta{Text: "no"}}, part(reprise.Text{Text: "no", Refusal: true})...),
		`the call "c2" of f was sent as "c1" of f`:                             append([]reprise.Event{reprise.ArgsDelta{ID: "c1", Name: "f", Args: "{}"}}, part(reprise.ToolCall{ID: "c2", Name: "f", Args: "{}"})...),
		"the field grounding of the answer":                                    end(reprise.Finish{Extra: map[string]json.RawMessage{"grounding": json.RawMessage("{}")}}),
		"the field service_tier of the answer":                                 end(reprise.Finish{Extra: map[string]json.RawMessage{"service_tier": json.RawMessage("7")}}),
		"the reason refusal: the API says content_filter":                      end(reprise.Finish{Reason: reprise.ReasonRefusal}),
		"the reason other: the API says stop":                                  end(reprise.Finish{Reason: reprise.ReasonOther}),
		"the reason pause: the API says stop":                                  end(reprise.Finish{Reason: reprise.ReasonPause}),
		"how many tokens are cached for an hour: the API does not tell":        end(reprise.Finish{Usage: reprise.Usage{Input: 9, CacheWrite: 5, CacheWrite1h: 5}}),
		"one of the events' own":                                               {reprise.Warning{Message: "one of the events' own"}},
	} {
		if _, ended := events[len(events)-1].(reprise.Finish); !ended {
			events = append(events, reprise.Finish{Reason: reprise.ReasonStop})
		}
		for _, stream := range []bool{true, false} {
			if _, got := written(t, Answer{Dialect: &openrouter, Stream: stream}, events...); !slices.Equal(got, []string{want}) {
				t.Errorf("stream %v: got %q, want %q", stream, got, want)
			}
		}
	}
	if _, got := written(t, Answer{}, reprise.Finish{Cost: ptr(reprise.USD(1))}); !slices.Equal(got, []string{"the cost: openai-chat does not tell"}) {
		t.Errorf("got %q", got)
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
	e := &reprise.Error{Provider: "xai", Kind: reprise.KindRateLimit, Status: 420, Code: "calm_rate_limit", RetryAfter: 1500 * time.Millisecond, RequestID: "q1"}
	if err := WriteError(rec, e, Answer{Dialect: &xai}); err != nil {
		t.Fatal(err)
	}
	if got := ReadError(rec.Body.Bytes(), rec.Code, &xai); got.Code != e.Code || got.Status != 420 || got.Kind != e.Kind {
		t.Errorf("got %v", got)
	}
	if h := rec.Header(); h.Get("Retry-After") != "2" || h.Get("Retry-After-Ms") != "1500" || h.Get("X-Request-Id") != "q1" {
		t.Errorf("got %v", h)
	}
	rec = httptest.NewRecorder()
	if err := WriteError(rec, io.ErrUnexpectedEOF, Answer{}); err != nil || rec.Code != 500 {
		t.Errorf("got %d, %v", rec.Code, err)
	}
	rec = httptest.NewRecorder()
	if err := WriteError(rec, &reprise.Error{Kind: reprise.KindNetwork}, Answer{}); err != nil || rec.Code != 502 || !strings.Contains(rec.Body.String(), `"network"`) {
		t.Errorf("got %d %s, %v", rec.Code, rec.Body, err)
	}
}

func TestAnswerTo(t *testing.T) {
	u := &url.URL{Path: "/v1/chat/completions"}
	for body, want := range map[string]Answer{
		`{"model":"m","stream":true,"stream_options":{"include_usage":true}}`: {Stream: true, Known: &reprise.Response{Model: "m"}},
		`{"model":"m","stream":true}`:                                         {Stream: true, NoUsage: true, Known: &reprise.Response{Model: "m"}},
		`{"stream":false}`:                                                    {NoUsage: true, Known: &reprise.Response{}},
		`not JSON`:                                                            {NoUsage: true, Known: &reprise.Response{}},
	} {
		want.Dialect = &openai
		if d := cmp.Diff(want, AnswerTo(u, []byte(body), &openai)); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
	if AnswerTo(u, []byte(`{"stream":true}`), &mistral).NoUsage {
		t.Error("a server that cannot be asked for the usage does not report it")
	}
}
