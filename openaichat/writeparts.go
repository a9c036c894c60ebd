package openaichat

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
)

// The places in a message.
const (
	inContent     = "content"
	inRefusal     = "refusal"
	inReasoning   = "" // wherever the dialect has it
	inCalls       = "tool_calls"
	inAnnotations = "annotations"
	inDetails     = string(ReasoningDetails)
	inAudio       = "audio"
)

// addition is what a delta adds to a message.
type addition struct {
	place    string
	text     string // or the arguments of a call, or the data of a sound
	list     []byte // of annotations and details: a JSON array
	number   int    // of the call among the calls
	first    bool   // the call begins
	id, name string // of a call that begins, or of a sound
}

// Event implements [wire.Form].
func (a *writer) Event(ev reprise.Event) error {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		a.begin(ev.Part, a.textPlace(ev.Part))
		a.refused = a.refused || a.place == inRefusal
		return a.add(addition{place: a.place, text: ev.Text})
	case reprise.ReasoningDelta:
		a.begin(ev.Part, inReasoning)
		return a.add(addition{place: inReasoning, text: ev.Text})
	case reprise.ArgsDelta:
		return a.args(ev)
	case reprise.PartDone:
		return a.partDone(ev.Index, ev.Part)
	case reprise.Finish:
		a.finished(ev)
	default:
		return fmt.Errorf("%s cannot write a %T", API, ev)
	}
	return nil
}

// begin begins a part, if it is not the one that is being written.
func (a *writer) begin(part int, place string) (first bool) {
	if first = a.part != part; first {
		a.part, a.place, a.empty = part, place, true
	}
	return first
}

// textPlace is where a text belongs that is not done.
func (a *writer) textPlace(part int) string {
	if a.Known != nil && part < len(a.Known.Message.Parts) {
		if t, ok := a.Known.Message.Parts[part].(reprise.Text); ok && t.Refusal {
			return inRefusal
		}
	}
	return inContent
}

func (a *writer) args(ev reprise.ArgsDelta) error {
	n := addition{place: inCalls, text: ev.Args}
	if n.first = a.begin(ev.Part, inCalls); n.first {
		n.id, n.name = ev.ID, ev.Name
		a.calls++
	}
	n.number = a.calls - 1
	if !n.first && ev.Args == "" {
		return nil
	}
	a.empty = a.empty && ev.Args == ""
	return a.add(n)
}

// partDone adds what the deltas do not have of a part.
func (a *writer) partDone(part int, p reprise.Part) error {
	switch p := p.(type) {
	case reprise.Text:
		return a.textDone(part, p)
	case reprise.Reasoning:
		if details := a.detailsOf(p.Echo); details != nil {
			return a.add(addition{place: inDetails, list: details})
		}
	case reprise.ToolCall:
		a.DroppedEcho(p.Echo, "tool call")
		if a.empty { // no arguments are an empty object, which every client can read
			return a.add(addition{place: inCalls, number: a.calls - 1, text: "{}"})
		}
	case reprise.Media:
		if p.Type != "audio" || len(p.Data) == 0 {
			a.Dropped("a file of type %q in an answer: the API cannot carry it", p.Type)
			return nil
		}
		return a.add(addition{place: inAudio, id: p.ID, text: base64.StdEncoding.EncodeToString(p.Data)})
	case reprise.Opaque:
		a.Dropped("a %s block of %s in an answer", p.Kind, p.Provider)
	default:
		a.Dropped("a %T in an answer: the API cannot carry it", p)
	}
	return nil
}

func (a *writer) textDone(part int, t reprise.Text) error {
	a.DroppedEcho(t.Echo, "text")
	if a.part == part && t.Refusal && a.place == inContent {
		a.Warn(reprise.WarnData, "the refusal in part %d was sent as content: Answer.Known did not tell", part)
	}
	before := a.runes
	if !t.Refusal {
		a.runes += utf8.RuneCountInString(t.Text)
	}
	if len(t.Citations) > 0 {
		return a.add(addition{place: inAnnotations, list: annotations(t, before)})
	}
	return nil
}

// detailsOf are the reasoning details that go with reasoning.
func (a *writer) detailsOf(e *reprise.Echo) []byte {
	if e == nil {
		return nil
	}
	if a.Dialect.Reasoning != ReasoningDetails || e.Provider != a.Provider || len(e.Data) == 0 || e.Data[0] != '[' {
		a.DroppedEcho(e, "reasoning")
		return nil
	}
	var list bytes.Buffer // on one line
	if err := json.Compact(&list, e.Data); err != nil {
		a.Warn(reprise.WarnData, "the echo of a reasoning is not JSON: %v", err)
		return nil
	}
	return list.Bytes()
}

// finished takes the end of the answer.
func (a *writer) finished(f reprise.Finish) {
	a.finish = &f
	if a.id == "" {
		a.id = f.ID
	}
	if a.model == "" {
		a.model = f.Model
	}
	a.unsaid()
}
