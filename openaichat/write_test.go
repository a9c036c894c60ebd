package openaichat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
)

// stream yields events, and then an error if there is one.
func streamOf(err error, events ...reprise.Event) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		for _, ev := range events {
			if !yield(ev, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// written is what is made of events.
func written(t *testing.T, as Answer, events ...reprise.Event) (string, []string) {
	t.Helper()
	var b strings.Builder
	warnings, err := WriteResponse(&b, streamOf(nil, events...), as)
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

// dice makes an answer, and events that tell it, out of bytes.
type dice struct{ data []byte }

// roll is a number below n; 0 when the bytes are used up.
func (d *dice) roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

var texts = []string{"Olá", "é😀\n\"\\/\t\x00", "<b> & \u2028 data: [DONE]\r\n\r\n", "日本語", `{"a":1}`, "x"}

func (d *dice) text() string {
	s := texts[d.roll(len(texts))]
	for range d.roll(4) {
		s += texts[d.roll(len(texts))]
	}
	return s
}

// answer is one that the API can carry, read by a model of the dialect.
func (d *dice) answer(dialect *Dialect) *reprise.Response {
	r := &reprise.Response{ID: "id", Provider: dialect.name(), Model: "m", Reason: reprise.ReasonStop, Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{}}}
	var reasoning, rest reprise.Parts
	if d.roll(2) == 1 {
		part := reprise.Reasoning{Text: d.text()}
		if dialect.Reasoning == ReasoningDetails && d.roll(2) == 1 {
			part.Echo = &reprise.Echo{Provider: dialect.name(), Data: json.RawMessage(`[{"type":"reasoning.text","text":"<hm>","signature":"s=","index":0},{"type":"reasoning.encrypted","data":"x"}]`)}
			part.Text = part.Text[:len(part.Text)*d.roll(2)]
		}
		reasoning = append(reasoning, part)
	}
	if d.roll(2) == 1 {
		part := reprise.Text{Text: d.text()}
		for range d.roll(3) {
			part.Citations = append(part.Citations, reprise.Citation{URL: "https://example.org", Title: d.text(), Quote: "q", Start: 0, End: len(part.Text)})
		}
		rest = append(rest, part)
	}
	refuses := d.roll(4) == 1
	if refuses {
		rest = append(rest, reprise.Text{Text: d.text(), Refusal: true})
		r.Reason = reprise.ReasonRefusal
	}
	for i := range d.roll(4) {
		args := []string{`{"x":1}`, `{ "x" : "` + "é😀" + `" }`, `{"x":`, "not JSON", "[]", "{}"}[d.roll(6)]
		rest = append(rest, reprise.ToolCall{ID: fmt.Sprint("c", i), Name: "f", Args: args})
		r.Reason = reprise.ReasonToolCalls
	}
	if d.roll(2) == 1 && dialect.Reasoning != ReasoningPieces { // there, text and reasoning are one content
		slices.Reverse(rest) // the calls stay together
	}
	r.Message.Parts = append(append(r.Message.Parts, reasoning...), rest...)
	if n := d.roll(5); n > 0 {
		r.Reason = []reprise.FinishReason{reprise.ReasonLength, reprise.ReasonContentFilter, reprise.ReasonRefusal, reprise.ReasonOther}[n-1]
	}
	d.count(r, dialect)
	return r
}

func (d *dice) count(r *reprise.Response, dialect *Dialect) {
	r.Usage = reprise.Usage{Input: int64(1 + d.roll(200)), Output: int64(d.roll(200))}
	r.Usage.CacheRead = r.Usage.Input / 2
	r.Usage.CacheWrite = int64(d.roll(2)) * r.Usage.Input / 4
	if d.roll(2) == 1 {
		r.Usage.Reasoning = ptr(r.Usage.Output / int64(1+d.roll(4)))
	}
	if dialect.Cost != "" && d.roll(2) == 1 {
		r.Cost = ptr(reprise.USD(d.roll(256) * d.roll(256) * 7_919))
	}
}

// events tell an answer: the parts begin in their order, and then go on as
// the dice fall.
func (d *dice) events(r *reprise.Response) []reprise.Event {
	var parts [][]reprise.Event
	for i, p := range r.Message.Parts {
		var evs []reprise.Event
		if d.roll(4) > 0 {
			evs = d.deltas(i, p)
		}
		if c, ok := p.(reprise.ToolCall); ok && c.Args == "{}" && d.roll(2) == 1 { // nothing means the same
			evs, p = nil, reprise.ToolCall{ID: c.ID, Name: c.Name}
		}
		parts = append(parts, append(evs, reprise.PartDone{Index: i, Part: p}))
	}
	var out []reprise.Event
	begun, left := 0, len(parts)
	for left > 0 {
		i := d.roll(min(begun+1, len(parts)))
		for len(parts[i]) == 0 {
			i = (i + 1) % min(begun+1, len(parts))
		}
		out = append(out, parts[i][0])
		parts[i] = parts[i][1:]
		begun = max(begun, i+1)
		if len(parts[i]) == 0 {
			left--
		}
	}
	return append(out, reprise.Finish{ID: r.ID, Provider: r.Provider, Model: r.Model, Reason: r.Reason, Usage: r.Usage, Cost: r.Cost})
}

func (d *dice) deltas(i int, p reprise.Part) []reprise.Event {
	var evs []reprise.Event
	split := func(s string, event func(piece string) reprise.Event) {
		for s != "" {
			n := 1 + d.roll(len(s))
			for n < len(s) && !utf8.RuneStart(s[n]) {
				n++
			}
			evs = append(evs, event(s[:n]))
			s = s[n:]
		}
	}
	switch p := p.(type) {
	case reprise.Text:
		split(p.Text, func(s string) reprise.Event { return reprise.TextDelta{Part: i, Text: s} })
	case reprise.Reasoning:
		split(p.Text, func(s string) reprise.Event { return reprise.ReasoningDelta{Part: i, Text: s} })
	case reprise.ToolCall:
		evs = append(evs, reprise.ArgsDelta{Part: i, ID: p.ID, Name: p.Name})
		split(p.Args, func(s string) reprise.Event { return reprise.ArgsDelta{Part: i, ID: p.ID, Name: p.Name, Args: s} })
	}
	return evs
}

// roundTrip checks that an answer that the bytes make is written and read as
// the same, streamed and whole.
func roundTrip(t *testing.T, data []byte) {
	t.Helper()
	d := &dice{data}
	dialects := append(Dialects(), Dialect{})
	dialect := &dialects[d.roll(len(dialects))]
	want := d.answer(dialect)
	events := d.events(want)
	for _, stream := range []bool{true, false} {
		var b bytes.Buffer
		warnings, err := WriteResponse(&b, streamOf(nil, events...), Answer{Dialect: dialect, Stream: stream, Known: want})
		if err != nil || warnings != nil {
			t.Fatalf("stream %v: %v, warnings %v", stream, err, warnings)
		}
		text := b.String()
		got, err := reprise.Collect(ReadResponse(&b, dialect, nil))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		raw := cmpopts.IgnoreFields(reprise.Citation{}, "Raw")
		if diff := cmp.Diff(want, got, raw, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, stream %v: %s\n(-want +got):\n%s", dialect.name(), stream, text, diff)
		}
	}
}

func TestWriteRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		data := make([]byte, 64)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		if roundTrip(t, data); t.Failed() {
			return
		}
	}
}

func FuzzWriteResponse(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x01\x01\x01\x00\x01\x03\x02\x01\x04\x05"))
	f.Fuzz(func(t *testing.T, data []byte) { roundTrip(t, data) })
}

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same.
func TestWriteRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i, ex := range exchanges {
			d := ex.dialect(t)
			read := func(body io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(body, d, nil) }
			want, err := reprise.Collect(read(strings.NewReader(ex.Response.Body)))
			if err != nil {
				t.Fatal(err)
			}
			for _, stream := range []bool{true, false} {
				var b bytes.Buffer
				warnings, err := WriteResponse(&b, read(strings.NewReader(ex.Response.Body)), Answer{Dialect: d, Stream: stream, Known: want})
				if err != nil || !slices.Equal(warnings, want.Warnings) {
					t.Fatalf("exchange %d: %v, warnings %v", i, err, warnings)
				}
				got, err := reprise.Collect(read(&b))
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("exchange %d, stream %v: %v (-want +got):\n%s", i, stream, err, diff)
				}
			}
		}
	})
}

// flushed counts the flushes of a writer.
type flushed struct {
	bytes.Buffer
	flushes int
}

func (f *flushed) Flush() error {
	f.flushes++
	return nil
}

// TestWriteAtOnce: each event is written and flushed before the next is
// asked for.
func TestWriteAtOnce(t *testing.T) {
	var w flushed
	events := func(yield func(reprise.Event, error) bool) {
		for i, s := range []string{"one", "two", "three"} {
			yield(reprise.TextDelta{Text: s}, nil)
			if !strings.Contains(w.String(), s) || w.flushes != i+1 {
				t.Errorf("after %q: %d flushes of %s", s, w.flushes, w.String())
			}
		}
		yield(reprise.Finish{Reason: reprise.ReasonStop}, nil)
	}
	if _, err := WriteResponse(&w, events, Answer{Stream: true}); err != nil {
		t.Fatal(err)
	}

	rec := httptest.NewRecorder()
	if _, err := WriteResponse(rec, streamOf(nil, seed...), Answer{Stream: true}); err != nil || !rec.Flushed || rec.Header().Get("Content-Type") != "text/event-stream" {
		t.Errorf("got %v, flushed %v, %v", err, rec.Flushed, rec.Header())
	}
	rec = httptest.NewRecorder()
	if _, err := WriteResponse(rec, streamOf(nil, seed...), Answer{}); err != nil || rec.Header().Get("Content-Type") != "application/json" {
		t.Errorf("got %v, %v", err, rec.Header())
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
			reprise.PartDone{Index: 3, Part: reprise.Text{Text: "2é", Citations: []reprise.Citation{{URL: "v", Start: 1, End: 3, Raw: json.RawMessage(`{"cited_text":"x"}`)}}}},
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
				reprise.Text{Text: "é12é", Citations: []reprise.Citation{
					{URL: "u", End: 2, Raw: json.RawMessage(citation)},
					{URL: "v", Start: 4, End: 6, Raw: json.RawMessage(`{"type":"url_citation","url_citation":{"url":"v","start_index":3,"end_index":4}}`)},
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
		"the reason pause: the API has none such":                              end(reprise.Finish{Reason: reprise.ReasonPause}),
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

// TestWriteBrokenOff: an error of the events ends the answer: in a stream as
// a server's error, if it is one, and else as a stream that ends too early.
func TestWriteBrokenOff(t *testing.T) {
	half := reprise.TextDelta{Text: "so far"}
	for kind, want := range map[reprise.Kind]reprise.Kind{
		reprise.KindOverloaded: reprise.KindOverloaded, reprise.KindRateLimit: reprise.KindRateLimit, reprise.KindServer: reprise.KindServer,
		reprise.KindQuota: reprise.KindQuota, reprise.KindTimeout: reprise.KindTimeout, reprise.KindContextLength: reprise.KindContextLength,
		reprise.KindCut: reprise.KindCut, reprise.KindNetwork: reprise.KindCut, reprise.KindCanceled: reprise.KindCut, reprise.KindBadResponse: reprise.KindCut,
	} {
		fault := &reprise.Error{Kind: kind, Err: errors.New("broke")}
		var b bytes.Buffer
		if _, err := WriteResponse(&b, streamOf(fault, half), Answer{Stream: true}); err != fault {
			t.Errorf("%s: got error %v", kind, err)
		}
		got, err := reprise.Collect(ReadResponse(&b, &Dialect{}, nil))
		if reprise.KindOf(err) != want || got.Text() != "so far" || want != reprise.KindCut && !strings.Contains(err.Error(), "broke") {
			t.Errorf("%s: read as %q and %v", kind, got.Text(), err)
		}
		for _, as := range []Answer{{}, {Stream: true}} {
			events := streamOf(fault)
			if !as.Stream {
				events = streamOf(fault, half)
			}
			if _, err := WriteResponse(&b, events, as); err != fault || b.Len() > 0 {
				t.Errorf("%s: wrote %q, error %v", kind, b.String(), err)
			}
		}
	}
}

func TestWriteEndsWithoutFinish(t *testing.T) {
	for _, stream := range []bool{true, false} {
		if _, err := WriteResponse(io.Discard, streamOf(nil, reprise.TextDelta{Text: "a"}), Answer{Stream: stream}); reprise.KindOf(err) != reprise.KindBadResponse {
			t.Errorf("stream %v: got %v", stream, err)
		}
	}
}

func TestWriteReset(t *testing.T) {
	again := []reprise.Event{reprise.Reset{Reason: "retry"}, reprise.TextDelta{Text: "good"}, reprise.Finish{Reason: reprise.ReasonStop}}
	for _, stream := range []bool{true, false} {
		events := slices.Concat([]reprise.Event{reprise.ArgsDelta{Part: 0, ID: "held back"}}, again)
		if !stream {
			events = slices.Concat([]reprise.Event{reprise.TextDelta{Text: "void"}}, events)
		}
		body, _ := written(t, Answer{Stream: stream}, events...)
		got, err := reprise.Collect(ReadResponse(strings.NewReader(body), &Dialect{}, nil))
		if err != nil || got.Text() != "good" || len(got.Calls()) > 0 {
			t.Errorf("stream %v: got %+v, %v", stream, got.Message, err)
		}
	}
	var b bytes.Buffer
	_, err := WriteResponse(&b, streamOf(nil, append([]reprise.Event{reprise.TextDelta{Text: "void"}}, again...)...), Answer{Stream: true})
	if err == nil || !strings.Contains(err.Error(), "began again") {
		t.Errorf("got %v", err)
	}
	if _, err := reprise.Collect(ReadResponse(&b, &Dialect{}, nil)); reprise.KindOf(err) != reprise.KindServer {
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
	asked := 0
	events := func(yield func(reprise.Event, error) bool) {
		for range 10 {
			asked++
			if !yield(reprise.TextDelta{Text: "a"}, nil) {
				return
			}
		}
	}
	if _, err := WriteResponse(&gone{2}, events, Answer{Stream: true}); err != io.ErrClosedPipe || asked != 3 {
		t.Errorf("got %v after %d events", err, asked)
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
