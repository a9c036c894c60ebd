package openaichat

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
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
			if d.Yes(2) {
				part.Text = "<hm>" // what is read where only the details tell
			}
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
	if n := d.Roll(3); n > 0 {
		r.Reason = []reprise.FinishReason{reprise.ReasonLength, reprise.ReasonContentFilter}[n-1]
	}
	r.Usage = d.Usage()
	if dialect.Cost != "" && d.Yes(2) {
		r.Cost = ptr(reprise.USD(d.Roll(256) * d.Roll(256) * 7_919))
	}
	return r
}

// codec writes and reads answers of a dialect.
func codec(d *Dialect) dice.Codec {
	return dice.Codec{
		Write: func(w io.Writer, events iter.Seq2[reprise.Event, error], stream bool, known *reprise.Response) ([]reprise.Warning, error) {
			return WriteResponse(w, events, Answer{Dialect: d, Stream: stream, Known: known})
		},
		Read:  func(r io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(r, d, nil) },
		Check: dice.Chunks,
	}
}

func writeAndRead(t *testing.T, d *dice.Dice) {
	dialects := append(Dialects(), Dialect{})
	dialect := &dialects[d.Roll(len(dialects))]
	c := codec(dialect)
	c.Same = cmp.Options{cmpopts.IgnoreFields(reprise.Citation{}, "Raw"), cmpopts.EquateEmpty()}
	answer := diceAnswer(d, dialect)
	c.RoundTrip(t, answer, d.Events(answer))
}

func TestWriteRoundTrip(t *testing.T) { dice.Test(t, 1000, writeAndRead) }

func FuzzWriteResponse(f *testing.F) { dice.Fuzz(f, writeAndRead) }

func FuzzWriteAnything(f *testing.F) {
	dice.Fuzz(f, func(t *testing.T, d *dice.Dice) {
		codec(&openrouter).Anything(t, d, diceAnswer(d, &openrouter), "openrouter", "logprobs", "service_tier")
	})
}

func TestWritePromises(t *testing.T) { codec(&Dialect{}).Promises(t) }

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same.
func TestWriteRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for _, ex := range exchanges {
			codec(ex.dialect).Recording(t, ex.Response)
		}
	})
}
