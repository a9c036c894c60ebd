package openaichat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
)

// answer is one that the API can carry, read by a model of the dialect.
func diceAnswer(d *dice.Dice, dialect *Dialect) *reprise.Response {
	r := &reprise.Response{ID: "id", Provider: dialect.name(), Model: "m", Reason: reprise.ReasonStop, Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{}}}
	var reasoning, rest reprise.Parts
	if d.Yes(2) {
		part := reprise.Reasoning{Text: d.Text()}
		if dialect.Reasoning == ReasoningDetails && d.Yes(2) {
			part.Echo = &reprise.Echo{Provider: dialect.name(), Data: json.RawMessage(`[{"type":"reasoning.text","text":"<hm>","signature":"s=","index":0},{"type":"reasoning.encrypted","data":"x"}]`)}
			part.Text = part.Text[:len(part.Text)*d.Roll(2)]
		}
		reasoning = append(reasoning, part)
	}
	if d.Yes(2) {
		part := reprise.Text{Text: d.Text()}
		for range d.Roll(3) {
			part.Citations = append(part.Citations, reprise.Citation{URL: "https://example.org", Title: d.Text(), Quote: "q", Start: 0, End: len(part.Text)})
		}
		rest = append(rest, part)
	}
	refuses := d.Yes(4)
	if refuses {
		rest = append(rest, reprise.Text{Text: d.Text(), Refusal: true})
		r.Reason = reprise.ReasonRefusal
	}
	for i := range d.Roll(4) {
		rest = append(rest, reprise.ToolCall{ID: fmt.Sprint("c", i), Name: "f", Args: d.Args()})
		r.Reason = reprise.ReasonToolCalls
	}
	if d.Yes(2) && dialect.Reasoning != ReasoningPieces { // there, text and reasoning are one content
		slices.Reverse(rest) // the calls stay together
	}
	r.Message.Parts = append(append(r.Message.Parts, reasoning...), rest...)
	if n := d.Roll(5); n > 0 {
		r.Reason = []reprise.FinishReason{reprise.ReasonLength, reprise.ReasonContentFilter, reprise.ReasonRefusal, reprise.ReasonOther}[n-1]
	}
	r.Usage = d.Usage()
	if dialect.Cost != "" && d.Yes(2) {
		r.Cost = ptr(reprise.USD(d.Roll(256) * d.Roll(256) * 7_919))
	}
	return r
}

// roundTrip checks that an answer that the bytes make is written and read as
// the same, streamed and whole.
func roundTrip(t *testing.T, data []byte) {
	t.Helper()
	d := &dice.Dice{Data: data}
	dialects := append(Dialects(), Dialect{})
	dialect := &dialects[d.Roll(len(dialects))]
	want := diceAnswer(d, dialect)
	events := d.Events(want)
	for _, stream := range []bool{true, false} {
		var b bytes.Buffer
		warnings, err := WriteResponse(&b, dice.Stream(nil, events...), Answer{Dialect: dialect, Stream: stream, Known: want})
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
	for data := range dice.Rolls(1000) {
		if roundTrip(t, data); t.Failed() {
			return
		}
	}
}

func FuzzWriteResponse(f *testing.F) {
	for data := range dice.Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { roundTrip(t, data) })
}

// FuzzWriteAnything checks that whatever the events are, what is written is
// JSON, and read as an answer or an error.
func FuzzWriteAnything(f *testing.F) {
	for data := range dice.Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice.Dice{Data: data}
		known := diceAnswer(d, &openrouter)
		events := []reprise.Event{}
		for len(d.Data) > 0 {
			events = append(events, d.Anything("openrouter", "logprobs", "service_tier"))
		}
		for _, stream := range []bool{true, false} {
			var b bytes.Buffer
			_, err := WriteResponse(&b, dice.Stream(nil, events...), Answer{Dialect: &openrouter, Stream: stream, Known: known})
			if !stream && b.Len() > 0 && !json.Valid(b.Bytes()) {
				t.Errorf("not JSON: %s", b.Bytes())
			}
			for line := range strings.Lines(b.String()) {
				chunk, isData := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
				if stream && line != "\n" && (!isData || chunk != "[DONE]" && !json.Valid([]byte(chunk))) {
					t.Errorf("not a chunk: %q", line)
				}
			}
			_, readErr := reprise.Collect(ReadResponse(&b, &openrouter, nil))
			if (err == nil) != (readErr == nil) {
				t.Errorf("stream %v: written with the error %v, read with the error %v", stream, err, readErr)
			}
		}
	})
}

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same.
func TestWriteRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, ex := range exchanges {
			d := ex.dialect
			read := func(body io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(body, d, nil) }
			want, err := reprise.Collect(read(strings.NewReader(ex.Response)))
			if err != nil {
				t.Fatal(err)
			}
			for _, stream := range []bool{true, false} {
				var b bytes.Buffer
				warnings, err := WriteResponse(&b, read(strings.NewReader(ex.Response)), Answer{Dialect: d, Stream: stream, Known: want})
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
