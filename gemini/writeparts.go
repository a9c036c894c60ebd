package gemini

import (
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
)

// Event implements [wire.Form].
func (a *writer) Event(ev reprise.Event) error {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		return a.delta(ev.Part, reprise.Text{Text: ev.Text})
	case reprise.ReasoningDelta:
		return a.delta(ev.Part, reprise.Reasoning{Text: ev.Text})
	case reprise.ArgsDelta: // calls come whole
		return nil
	case reprise.PartDone:
		return a.partDone(ev.Index, ev.Part)
	case reprise.Finish:
		return a.finished(ev)
	default:
		return fmt.Errorf("%s cannot write a %T", API, ev)
	}
}

// delta sends a piece of a text, unless the part must come as one.
func (a *writer) delta(part int, piece reprise.Part) error {
	if !a.Stream || a.whole(part) {
		return nil
	}
	if err := a.release(); err != nil {
		return err
	}
	a.sent = true
	return a.add(piece)
}

// whole reports whether a part is known to come as one: what is signed, and
// the words that a reader makes of the finish reason.
func (a *writer) whole(part int) bool {
	if a.Known == nil || part >= len(a.Known.Message.Parts) {
		return false
	}
	switch p := a.Known.Message.Parts[part].(type) {
	case reprise.Text:
		return p.Refusal && a.Known.Reason == reprise.ReasonContentFilter || a.signs(p.Echo)
	case reprise.Reasoning:
		return a.signs(p.Echo)
	}
	return false
}

func (a *writer) signs(e *reprise.Echo) bool { return e != nil && a.enc.own(e.Provider) }

// kept is an Echo that is this provider's.
func (a *writer) kept(e *reprise.Echo, what string) *reprise.Echo {
	if e != nil && !a.signs(e) {
		a.DroppedEcho(e, what)
		return nil
	}
	return e
}

func (a *writer) partDone(index int, p reprise.Part) error {
	if err := a.release(); err != nil {
		return err
	}
	err := a.rest(index, p)
	a.sent = false
	return err
}

// rest sends what the deltas do not have of a part that is done: all of it,
// if none was sent.
func (a *writer) rest(index int, p reprise.Part) error {
	switch p := p.(type) {
	case reprise.Text:
		p.Echo = a.kept(p.Echo, "text")
		return a.textDone(index, p)
	case reprise.Reasoning:
		p.Echo = a.kept(p.Echo, "reasoning")
		if a.late(index, p.Echo) {
			p.Text = ""
		}
		return a.add(p)
	case reprise.ToolCall:
		p.Echo = a.kept(p.Echo, "tool call")
		if p.ID == callID(a.Turn, a.count.parts) { // which a reader makes by itself
			p.ID = ""
		}
		a.calls = true
		return a.add(p)
	case reprise.Media:
		return a.media(p)
	case reprise.Opaque:
		return a.opaque(p)
	default:
		a.Dropped("a %T in an answer: the API cannot carry it", p)
	}
	return nil
}

// late reports whether deltas of the part that is done were sent, and warns
// if a signature comes too late for them.
func (a *writer) late(index int, e *reprise.Echo) bool {
	if a.sent && e != nil {
		a.Warn(reprise.WarnData, "the signature of part %d was sent in a part of its own: Answer.Known did not tell", index)
	}
	return a.sent
}

// textDone sends a text, and keeps its citations for the end.
func (a *writer) textDone(index int, t reprise.Text) error {
	switch {
	case t.Refusal && !a.sent:
		a.held = &heldRefusal{index, t}
		return nil
	case t.Refusal:
		a.refusalAsText(index)
	}
	if len(t.Citations) > 0 {
		a.cited = append(a.cited, citedText{t, a.text})
	}
	a.text += len(t.Text)
	if a.late(index, t.Echo) {
		t.Text = ""
	}
	return a.add(t)
}

// heldRefusal is a refusal that may be what a reader makes of the finish
// reason. It is held until it is clear whether it is.
type heldRefusal struct {
	index int
	text  reprise.Text
}

// release sends the refusal that is held as a text: the API has no other
// place for it.
func (a *writer) release() error {
	h := a.held
	if h == nil {
		return nil
	}
	a.held = nil
	a.refusalAsText(h.index)
	h.text.Refusal = false
	return a.textDone(h.index, h.text)
}

func (a *writer) refusalAsText(index int) {
	a.Dropped("that part %d is a refusal: it was sent as text, for the API has none", index)
}

func (a *writer) media(m reprise.Media) error {
	m.Echo = a.kept(m.Echo, "file")
	if len(m.Data) == 0 && m.URL == "" {
		a.Dropped("a file of type %q in an answer, of which neither the bytes nor the address is known", m.Type)
		return nil
	}
	m.ID, m.Detail = "", "" // of its upload
	return a.add(m)
}

func (a *writer) opaque(p reprise.Opaque) error {
	switch {
	case !a.enc.own(p.Provider):
		a.Dropped("a %s block of %s in an answer", p.Kind, p.Provider)
	case p.Kind == continuation && json.Unmarshal(p.Data, &a.resume) == nil:
	case !isObject(p.Data):
		a.Warn(reprise.WarnData, "the data of a %s block is not a JSON object: it was left out", p.Kind)
	default:
		return a.add(p)
	}
	return nil
}

// add writes a part of the message, as a request would have it, and sends it
// if the answer is a stream.
func (a *writer) add(p reprise.Part) error {
	a.enc.Buf, a.enc.warnings = a.enc.Buf[:0], nil
	err := a.enc.part("model", p, new(bool))
	a.Warnings = append(a.Warnings, a.enc.warnings...)
	switch {
	case err != nil:
		a.Dropped("%v", err)
		return nil
	case len(a.enc.Buf) == 0: // an empty text says nothing
		return nil
	}
	a.count.add(p, a.Stream)
	a.parts.Raw(compact(a.enc.Buf))
	if a.Stream {
		return a.chunk(false)
	}
	return nil
}
