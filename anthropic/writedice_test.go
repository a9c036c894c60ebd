package anthropic

import (
	"bytes"
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
	reasons := []reprise.FinishReason{r.Reason, reprise.ReasonLength, reprise.ReasonRefusal, reprise.ReasonPause, reprise.ReasonOther, reprise.ReasonContentFilter}
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

// writtenAndRead checks that an answer that the bytes make is written and read as
// the same, streamed and whole.
func writtenAndRead(t *testing.T, data []byte) {
	t.Helper()
	d := &dice.Dice{Data: data}
	as := forms[d.Roll(len(forms))]
	want := diceAnswer(d, as)
	events := d.Events(want)
	as.Known = want
	for _, as.Stream = range []bool{true, false} {
		var b bytes.Buffer
		warnings, err := WriteResponse(&b, dice.Stream(nil, events...), as)
		if err != nil || warnings != nil {
			t.Fatalf("stream %v: %v, warnings %v", as.Stream, err, warnings)
		}
		text := b.String()
		got, err := reprise.Collect(ReadResponse(&b, as.Provider, nil))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, stream %v: %s\n(-want +got):\n%s", as.Provider, as.Stream, text, diff)
		}
	}
}

func TestWriteRoundTrip(t *testing.T) {
	for data := range dice.Rolls(1000) {
		if writtenAndRead(t, data); t.Failed() {
			return
		}
	}
}

func FuzzWriteResponse(f *testing.F) {
	for data := range dice.Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { writtenAndRead(t, data) })
}

// FuzzWriteAnything checks that whatever the events are, what is written is
// in order, and read as an answer or an error.
func FuzzWriteAnything(f *testing.F) {
	for data := range dice.Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice.Dice{Data: data}
		as := forms[d.Roll(len(forms))]
		as.Known = diceAnswer(d, as)
		events := []reprise.Event{}
		for len(d.Data) > 0 {
			events = append(events, d.Anything(API, "stop_sequence", "container", "service_tier", "iterations", "amazon-bedrock-x"))
		}
		for _, as.Stream = range []bool{true, false} {
			var b bytes.Buffer
			_, err := WriteResponse(&b, dice.Stream(nil, events...), as)
			if !as.Stream && b.Len() > 0 && !json.Valid(b.Bytes()) {
				t.Errorf("not JSON: %s", b.Bytes())
			}
			if as.Stream {
				inSequence(t, sent(t, b.String(), as.Bedrock))
			}
			_, readErr := reprise.Collect(ReadResponse(&b, as.Provider, nil))
			if (err == nil) != (readErr == nil) {
				t.Errorf("stream %v: written with the error %v, read with the error %v", as.Stream, err, readErr)
			}
		}
	})
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
		for i, x := range exchanges {
			as := Answer{Provider: x.provider(), Bedrock: x.provider() == "bedrock"}
			read := func(body io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(body, as.Provider, nil) }
			want, err := reprise.Collect(read(strings.NewReader(x.Response)))
			if err != nil {
				t.Fatal(err)
			}
			as.Known = want
			for _, as.Stream = range []bool{true, false} {
				var b bytes.Buffer
				warnings, err := WriteResponse(&b, read(strings.NewReader(x.Response)), as)
				if err != nil || warnings != nil {
					t.Fatalf("exchange %d: %v, warnings %v", i, err, warnings)
				}
				if as.Stream {
					inSequence(t, sent(t, b.String(), as.Bedrock))
				}
				got, err := reprise.Collect(read(&b))
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("exchange %d, stream %v: %v (-want +got):\n%s", i, as.Stream, err, diff)
				}
			}
		}
	})
}
