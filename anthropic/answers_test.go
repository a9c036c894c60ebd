package anthropic

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// plainAnswer is an answer read from its raw events with encoding/json.
type plainAnswer struct {
	ID, Model, Stop string
	Blocks          []map[string]any
	Usage           map[string]float64
}

type object = map[string]any

// readPlainly reads the raw events of a stream, or an answer that came whole.
func readPlainly(t *testing.T, events []string) plainAnswer {
	t.Helper()
	a := plainAnswer{Usage: map[string]float64{}}
	partial := map[int]string{}
	done := false
	for _, raw := range events {
		var ev object
		if err := json.Unmarshal([]byte(raw), &ev); err != nil {
			t.Fatal(err)
		}
		switch ev["type"] {
		case "message":
			a.head(ev)
			a.Stop = ev["stop_reason"].(string)
			for _, b := range ev["content"].([]any) {
				a.Blocks = append(a.Blocks, b.(object))
			}
			done = true
		case "message_start":
			a.head(ev["message"].(object))
		case "content_block_start":
			a.Blocks = append(a.Blocks, ev["content_block"].(object))
		case "content_block_delta":
			i := int(ev["index"].(float64))
			addPlainly(a.Blocks[i], ev["delta"].(object), partial, i)
		case "message_delta":
			a.Stop = ev["delta"].(object)["stop_reason"].(string)
			a.addUsage(ev["usage"].(object))
		case "message_stop":
			done = true
		}
	}
	if !done {
		t.Fatal("the recording has no end")
	}
	for i, args := range partial {
		var input any = object{}
		if args != "" {
			if err := json.Unmarshal([]byte(args), &input); err != nil {
				t.Fatal(err)
			}
		}
		a.Blocks[i]["input"] = input
	}
	return a
}

func (a *plainAnswer) head(m object) {
	a.ID, a.Model = m["id"].(string), m["model"].(string)
	a.addUsage(m["usage"].(object))
}

func (a *plainAnswer) addUsage(u object) {
	for name, v := range u {
		if n, ok := v.(float64); ok {
			a.Usage[name] = n
		}
	}
	if c, ok := u["cache_creation"].(object); ok {
		a.Usage["1h"] = c["ephemeral_1h_input_tokens"].(float64)
	}
}

func addPlainly(b, delta object, partial map[int]string, i int) {
	switch delta["type"] {
	case "text_delta":
		b["text"] = b["text"].(string) + delta["text"].(string)
	case "thinking_delta":
		b["thinking"] = b["thinking"].(string) + delta["thinking"].(string)
	case "signature_delta":
		b["signature"] = b["signature"].(string) + delta["signature"].(string)
	case "input_json_delta":
		partial[i] += delta["partial_json"].(string)
	case "citations_delta":
		list, _ := b["citations"].([]any)
		b["citations"] = append(list, delta["citation"])
	}
}

// plainParts writes the parts of a message as the blocks that they are of,
// with encoding/json only.
func plainParts(t *testing.T, parts reprise.Parts) []map[string]any {
	t.Helper()
	value := func(raw string) (v any) {
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		return v
	}
	var blocks []map[string]any
	for _, p := range parts {
		var b object
		switch p := p.(type) {
		case reprise.Text:
			b = object{"type": "text", "text": p.Text}
			var list []any
			for _, c := range p.Citations {
				record := value(string(c.Raw)).(object)
				if c.URL != record["url"] || c.Title != record["title"] || c.Quote != record["cited_text"] {
					t.Errorf("citation %+v is not %s", c, c.Raw)
				}
				list = append(list, record)
			}
			if list != nil {
				b["citations"] = list
			}
		case reprise.Reasoning:
			b = value(string(p.Echo.Data)).(object)
			if b["type"] == "thinking" {
				b["thinking"] = p.Text
			}
		case reprise.ToolCall:
			b = object{"type": "tool_use", "id": p.ID, "name": p.Name, "input": value(p.Args)}
		case reprise.Opaque:
			b = value(string(p.Data)).(object)
			if p.Kind != b["type"] || p.Provider != API {
				t.Errorf("an opaque part of %s, %s holds %s", p.Provider, p.Kind, p.Data)
			}
		default:
			t.Errorf("a %T in an answer", p)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// withoutDefaults takes out what a block says by default.
func withoutDefaults(blocks []map[string]any) []map[string]any {
	for _, b := range blocks {
		if list, ok := b["citations"].([]any); ok && len(list) == 0 || b["citations"] == nil {
			delete(b, "citations")
		}
		if b["type"] == "tool_use" && cmp.Equal(b["caller"], object{"type": "direct"}) {
			delete(b, "caller")
		}
	}
	return blocks
}

var plainReasons = map[string]reprise.FinishReason{
	"end_turn": reprise.ReasonStop, "stop_sequence": reprise.ReasonStop, "tool_use": reprise.ReasonToolCalls, "max_tokens": reprise.ReasonLength,
	"refusal": reprise.ReasonRefusal, "pause_turn": reprise.ReasonPause,
}

func TestRecordedAnswersAreWhatTheirBodiesSay(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, x := range exchanges {
			req := x.read(t)
			plain := readPlainly(t, x.events(t))
			got, err := reprise.Collect(ReadResponse(strings.NewReader(x.Response), x.provider(), req))
			if err != nil {
				t.Fatalf("exchange %d: %v", i, err)
			}
			if d := cmp.Diff(withoutDefaults(plain.Blocks), plainParts(t, got.Message.Parts)); d != "" {
				t.Errorf("exchange %d: content (-raw +decoded):\n%s", i, d)
			}
			u := plain.Usage
			want := &reprise.Response{
				ID: plain.ID, Model: plain.Model, Provider: x.provider(), Reason: plainReasons[plain.Stop],
				Usage: reprise.Usage{
					Input:  int64(u["input_tokens"] + u["cache_read_input_tokens"] + u["cache_creation_input_tokens"]),
					Output: int64(u["output_tokens"]), CacheRead: int64(u["cache_read_input_tokens"]),
					CacheWrite: int64(u["cache_creation_input_tokens"]), CacheWrite1h: int64(u["1h"]),
				},
			}
			if want.Provider == "" {
				want.Provider = API
			}
			got.Message, got.Extra = reprise.Message{}, nil
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exchange %d (-raw +decoded):\n%s", i, d)
			}
		}
	})
}

// script writes down what a stream yields.
func script(seq iter.Seq2[reprise.Event, error]) (events []reprise.Event, err error) {
	for ev, e := range seq {
		if e != nil {
			return events, e
		}
		events = append(events, ev)
	}
	return events, nil
}

// eventEnds lists the places where an event of a streamed body ends, but the
// last.
func eventEnds(body string) (ends []int) {
	if body[0] == 0 {
		for at := 0; at < len(body); {
			at += int(body[at])<<24 | int(body[at+1])<<16 | int(body[at+2])<<8 | int(body[at+3])
			ends = append(ends, at)
		}
		return ends[:len(ends)-1]
	}
	for at := 0; ; {
		n := strings.Index(body[at:], "\n\n")
		if n < 0 || strings.TrimSpace(body[at+n:]) == "" {
			return ends
		}
		at += n + 2
		ends = append(ends, at)
	}
}

func TestRecordedStreamsHoweverTheyArrive(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, x := range exchanges {
			body := x.Response
			want, err := script(ReadResponse(strings.NewReader(body), x.provider(), nil))
			if err != nil {
				t.Fatal(err)
			}
			got, err := script(ReadResponse(iotest.OneByteReader(strings.NewReader(body)), x.provider(), nil))
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Errorf("exchange %d, one byte a read: %v (-whole +split):\n%s", i, err, d)
			}
			if body[0] == '{' {
				continue
			}
			ends := eventEnds(body)
			if len(ends) < 5 {
				t.Fatalf("exchange %d: only %d events", i, len(ends))
			}
			for _, end := range ends {
				got, err := script(ReadResponse(strings.NewReader(body[:end]), x.provider(), nil))
				if reprise.KindOf(err) != reprise.KindCut {
					t.Fatalf("exchange %d cut at byte %d: %d events, then %v, want a cut", i, end, len(got), err)
				}
				_, err = script(ReadResponse(io.MultiReader(strings.NewReader(body[:end]), iotest.ErrReader(errors.New("reset by peer"))), x.provider(), nil))
				if err == nil {
					t.Fatalf("exchange %d broken at byte %d: no error", i, end)
				}
			}
		}
	})
}
