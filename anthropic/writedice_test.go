package anthropic

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
	"github.com/repriselabs/reprise/internal/eventstream"
	"github.com/repriselabs/reprise/internal/sse"
)

// forms are how the API's servers answer, but for Stream.
var forms = []Answer{{Provider: API}, {Provider: "bedrock", Bedrock: true}, {Provider: "vertex"}}

// diceAnswer is an answer that the API can carry.
func diceAnswer(d *dice.Dice, as Answer) *reprise.Response {
	r := &reprise.Response{ID: "id", Provider: as.Provider, Model: "m", Reason: reprise.ReasonStop, Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{}}}
	for i := range d.Roll(6) {
		part := dicePart(d, i)
		if _, ok := part.(reprise.ToolCall); ok {
			r.Reason = reprise.ReasonToolCalls
		}
		r.Message.Parts = append(r.Message.Parts, part)
	}
	reasons := []reprise.FinishReason{r.Reason, reprise.ReasonLength, reprise.ReasonRefusal, reprise.ReasonPause, reprise.ReasonContentFilter}
	if r.Reason = reasons[d.Roll(len(reasons))]; r.Reason == reprise.ReasonContentFilter && !as.Bedrock {
		r.Reason = reprise.ReasonRefusal
	}
	r.Message.Paused = r.Reason == reprise.ReasonPause
	r.Usage = d.Usage()
	r.Usage.CacheWrite1h = r.Usage.CacheWrite / int64(1+d.Roll(3))
	extras := map[string]string{
		"stop_sequence": `"é\n"`, "stop_details": `{"type":"refusal","category":null}`, "container": `{"id":"c","expires_at":"2026"}`,
		"context_management": `{"applied_edits":[]}`, "service_tier": `"standard"`, "inference_geo": `"us"`, "speed": `"fast"`,
		"server_tool_use": `{"web_search_requests":1}`, "iterations": "[1]",
	}
	if as.Bedrock {
		extras["amazon-bedrock-invocationMetrics"] = `{"inputTokenCount":1}`
	}
	for _, name := range slices.Sorted(maps.Keys(extras)) {
		if d.Yes(4) {
			if r.Extra == nil {
				r.Extra = map[string]json.RawMessage{}
			}
			r.Extra[name] = json.RawMessage(extras[name])
		}
	}
	return r
}

// dicePart is a part that the API can carry as number i of an answer.
func dicePart(d *dice.Dice, i int) reprise.Part {
	switch d.Roll(7) {
	case 0:
		return reprise.Reasoning{Text: d.Text(), Echo: echo(`{"type":"thinking","signature":"s=</"}`)}
	case 1:
		return reprise.Reasoning{Text: d.Text(), Echo: echo(`{"type":"thinking","signature":"","more":[1]}`)}
	case 2:
		hidden := []string{`{"type":"thinking","signature":"s"}`, `{"data":"x/+=","type":"redacted_thinking"}`}
		return reprise.Reasoning{Echo: echo(hidden[d.Roll(2)])}
	case 3:
		call := reprise.ToolCall{ID: fmt.Sprint("c", i), Name: "f", Args: d.Args()}
		if _, ok := inputOf(call.Args); !ok {
			call.Args = "{}"
		}
		if d.Yes(3) {
			call.Echo = echo(`{"caller":{"type":"code_execution_20250825","tool_id":"t"}}`)
		}
		return call
	case 4:
		blocks := []string{
			`{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"é\n"},"caller":{"type":"direct"}}`,
			`{"type":"server_tool_use","input":{},"id":"s","name":"web_search"}`,
			`{"type": "mcp_tool_use", "input": {"a": 1}}`,
			`{"type":"web_search_tool_result","tool_use_id":"s","content":[{"page_age":null}]}`,
			`{"type":"new","text":"x","n":1.0}`,
		}
		block := blocks[d.Roll(len(blocks))]
		return reprise.Opaque{Provider: API, Kind: typeOf([]byte(block)), Data: json.RawMessage(block)}
	}
	text := reprise.Text{Text: d.Text()}
	if d.Yes(4) {
		text.Echo = echo(`{"more":{"a":1}}`)
	}
	for range d.Roll(3) {
		text.Citations = append(text.Citations, readCitation([]byte(`{"type":"char_location","cited_text":"q","document_index":0,"document_title":"é"}`)))
	}
	return text
}

// codec writes and reads answers of a server.
func codec(as Answer) dice.Codec {
	return dice.Codec{
		Write: func(w io.Writer, events iter.Seq2[reprise.Event, error], stream bool, known *reprise.Response) ([]reprise.Warning, error) {
			as.Stream, as.Known = stream, known
			return WriteResponse(w, events, as)
		},
		Read: func(r io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(r, as.Provider, nil) },
		Check: func(t *testing.T, written string, stream bool) {
			if stream {
				inSequence(t, sent(t, written, as.Bedrock))
			}
		},
	}
}

func writeAndRead(t *testing.T, d *dice.Dice) {
	as := forms[d.Roll(len(forms))]
	c := codec(as)
	c.Same = cmp.Options{cmpopts.EquateEmpty()}
	answer := diceAnswer(d, as)
	c.RoundTrip(t, answer, d.Events(answer))
}

func TestWriteRoundTrip(t *testing.T) { dice.Test(t, 1000, writeAndRead) }

func FuzzWriteResponse(f *testing.F) { dice.Fuzz(f, writeAndRead) }

func FuzzWriteAnything(f *testing.F) {
	dice.Fuzz(f, func(t *testing.T, d *dice.Dice) {
		as := forms[d.Roll(len(forms))]
		codec(as).Anything(t, d, diceAnswer(d, as), API, "stop_sequence", "container", "service_tier", "iterations", "amazon-bedrock-x")
	})
}

func TestWritePromises(t *testing.T) {
	for _, as := range forms {
		codec(as).Promises(t)
	}
}

// sent are the events of a written stream.
func sent(t *testing.T, stream string, framed bool) (events []string) {
	t.Helper()
	if framed {
		frames := eventstream.NewReader(strings.NewReader(stream))
		for {
			m, err := frames.Next()
			if err == io.EOF {
				return events
			}
			event, unwrapErr := unwrap(nil, m.Payload)
			if err != nil || unwrapErr != nil {
				t.Fatalf("a frame of %q: %v, %v", m.Payload, err, unwrapErr)
			}
			if len(event) == 0 {
				event = m.Payload // an exception
			}
			events = append(events, string(event))
		}
	}
	r := sse.NewReader(strings.NewReader(stream))
	for {
		ev, err := r.Next()
		if err == io.EOF {
			return events
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, string(ev.Data))
	}
}

// inSequence checks that events are those of the API in the order that it
// promises: https://docs.anthropic.com/en/docs/build-with-claude/streaming.
func inSequence(t *testing.T, events []string) {
	t.Helper()
	state, blocks := "", 0
	for i, raw := range events {
		var ev struct {
			Type  string `json:"type"`
			Index *int   `json:"index"`
		}
		if err := json.Unmarshal([]byte(raw), &ev); err != nil {
			t.Fatalf("event %d: %v in %s", i, err, raw)
		}
		before := state
		state = ev.Type
		ok := ev.Index == nil || *ev.Index == blocks
		switch ev.Type {
		case messageStart:
			ok = ok && i == 0
		case blockStart, messageDelta:
			ok = ok && (before == messageStart || before == blockStop)
		case blockDelta:
			ok = ok && (before == blockStart || before == blockDelta)
		case blockStop:
			ok = ok && (before == blockStart || before == blockDelta)
			blocks++
		case messageStop:
			ok = ok && before == messageDelta && i == len(events)-1
		default: // an error
			ok = i > 0 && i == len(events)-1
		}
		if !ok {
			t.Errorf("event %d is out of order: %s", i, strings.Join(events, "\n"))
		}
	}
}

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same.
func TestWriteRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for _, x := range exchanges {
			codec(Answer{Provider: x.provider(), Bedrock: x.provider() == "bedrock"}).Recording(t, x.Response)
		}
	})
}
