package openaichat

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// sent is how far a part was written.
type sent struct {
	place    string
	text     strings.Builder
	number   int
	opened   bool // the call was begun
	done     bool // the reasoning was
	id, name string
}

func (a *writer) event(ev reprise.Event) error {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		return a.text(a.draft(ev.Part, a.textPlace(ev.Part)), ev.Text)
	case reprise.ReasoningDelta:
		return a.text(a.draft(ev.Part, inReasoning), ev.Text)
	case reprise.ArgsDelta:
		d := a.draft(ev.Part, inCalls)
		if !d.opened {
			d.id, d.name = ev.ID, ev.Name
		}
		return a.args(d, ev.Args, d.name != "")
	case reprise.PartDone:
		return a.partDone(ev.Index, ev.Part)
	case reprise.Finish:
		return a.finished(ev)
	case reprise.Warning:
		a.warnings = append(a.warnings, ev)
	case reprise.Reset:
		if a.begun {
			return &reprise.Error{Kind: reprise.KindServer, Err: fmt.Errorf("the answer began again after some of it was sent: %s", ev.Reason)}
		}
		a.restart()
	default:
		return fmt.Errorf("%s cannot write a %T", API, ev)
	}
	return nil
}

// hidden adds the reasoning before a part that has no text: it is done only
// at the end of many streams, and would come out of its place.
func (a *writer) hidden(ev reprise.Event) error {
	if a.Known == nil {
		return nil
	}
	part := 0
	switch ev := ev.(type) {
	case reprise.TextDelta:
		part = ev.Part
	case reprise.ReasoningDelta:
		part = ev.Part
	case reprise.ArgsDelta:
		part = ev.Part
	case reprise.PartDone:
		part = ev.Index
	}
	for i, p := range a.Known.Message.Parts[:min(part, len(a.Known.Message.Parts))] {
		if r, ok := p.(reprise.Reasoning); ok && r.Text == "" && a.drafts[i] == nil {
			if err := a.partDone(i, r); err != nil {
				return err
			}
		}
	}
	return nil
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

// draft is how far a part was written, which belongs in place if it is new.
func (a *writer) draft(part int, place string) *sent {
	d := a.drafts[part]
	if d == nil {
		d = &sent{place: place}
		if place == inCalls {
			d.number = a.calls
			a.calls++
		}
		a.drafts[part] = d
	}
	return d
}

func (a *writer) text(d *sent, text string) error {
	if text == "" {
		return nil
	}
	a.refused = a.refused || d.place == inRefusal
	d.text.WriteString(text)
	return a.add(addition{place: d.place, text: text})
}

// args adds to a call, which is held back until its tool is named.
func (a *writer) args(d *sent, args string, named bool) error {
	d.text.WriteString(args)
	switch {
	case !d.opened && named:
		d.opened = true
		return a.add(addition{place: inCalls, number: d.number, first: true, id: d.id, name: d.name, text: d.text.String()})
	case d.opened && args != "":
		return a.add(addition{place: inCalls, number: d.number, text: args})
	}
	return nil
}

// partDone adds what the deltas have left of a part.
func (a *writer) partDone(part int, p reprise.Part) error {
	switch p := p.(type) {
	case reprise.Text:
		return a.textDone(part, p)
	case reprise.Reasoning:
		return a.reasoningDone(part, p)
	case reprise.ToolCall:
		a.keepsNoEcho(p.Echo, "tool call")
		d := a.draft(part, inCalls)
		if d.opened && (d.id != p.ID || d.name != p.Name) {
			a.warn(reprise.WarnData, "the call %q of %s was sent as %q of %s", p.ID, p.Name, d.id, d.name)
		}
		if !d.opened {
			d.id, d.name = p.ID, p.Name
		}
		return a.argsDone(d, a.rest(part, p.Args))
	case reprise.Media:
		if p.Type != "audio" || len(p.Data) == 0 {
			a.dropped("a file of type %q in an answer: the API cannot carry it", p.Type)
			return nil
		}
		return a.add(addition{place: inAudio, id: p.ID, text: base64.StdEncoding.EncodeToString(p.Data)})
	case reprise.Opaque:
		a.dropped("a %s block of %s in an answer", p.Kind, p.Provider)
	default:
		a.dropped("a %T in an answer: the API cannot carry it", p)
	}
	return nil
}

func (a *writer) reasoningDone(part int, r reprise.Reasoning) error {
	d := a.draft(part, inReasoning)
	if err := a.text(d, a.rest(part, r.Text)); err != nil || d.done {
		return err
	}
	d.done = true
	if details := a.detailsOf(r.Echo); details != nil {
		return a.add(addition{place: inDetails, list: details})
	}
	return nil
}

func (a *writer) textDone(part int, t reprise.Text) error {
	place := inContent
	if t.Refusal {
		place = inRefusal
	}
	a.keepsNoEcho(t.Echo, "text")
	d := a.draft(part, place)
	if d.place != place {
		a.warn(reprise.WarnData, "the %s in part %d was sent as %s: Answer.Known did not tell", place, part, d.place)
	}
	if err := a.text(d, a.rest(part, t.Text)); err != nil {
		return err
	}
	before := a.runes
	if d.place == inContent {
		a.runes += utf8.RuneCountInString(t.Text)
	}
	if len(t.Citations) > 0 {
		return a.add(addition{place: inAnnotations, list: annotations(t, before)})
	}
	return nil
}

// argsDone adds the rest of a call. No arguments are an empty object, which
// every client can read.
func (a *writer) argsDone(d *sent, rest string) error {
	if d.text.Len() == 0 && rest == "" {
		rest = "{}"
	}
	return a.args(d, rest, true)
}

// rest is what was not written yet of the text of a part.
func (a *writer) rest(part int, text string) string {
	rest, ok := strings.CutPrefix(text, a.drafts[part].text.String())
	if !ok {
		a.warn(reprise.WarnData, "part %d is not what its deltas added up to, which was sent", part)
		return ""
	}
	return rest
}

// detailsOf are the reasoning details that go with reasoning.
func (a *writer) detailsOf(e *reprise.Echo) []byte {
	if e == nil {
		return nil
	}
	if a.Dialect.Reasoning != ReasoningDetails || e.Provider != a.Dialect.name() || len(e.Data) == 0 || e.Data[0] != '[' {
		a.keepsNoEcho(e, "reasoning")
		return nil
	}
	var list bytes.Buffer // on one line
	if err := json.Compact(&list, e.Data); err != nil {
		a.warn(reprise.WarnData, "the echo of a reasoning is not JSON: %v", err)
		return nil
	}
	return list.Bytes()
}

func (a *writer) keepsNoEcho(e *reprise.Echo, what string) {
	if e != nil {
		a.dropped("the signature or hidden part of %s's %s", e.Provider, what)
	}
}

// finished takes the end of the answer.
func (a *writer) finished(f reprise.Finish) error {
	for _, part := range slices.Sorted(maps.Keys(a.drafts)) {
		d := a.drafts[part]
		if d.place != inCalls || d.opened && d.text.Len() > 0 {
			continue
		}
		if err := a.argsDone(d, ""); err != nil {
			return err
		}
	}
	a.finish = &f
	if a.id == "" {
		a.id = f.ID
	}
	if a.model == "" {
		a.model = f.Model
	}
	a.unsaid()
	return nil
}
