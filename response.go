package reprise

import (
	"encoding/json"
	"slices"
)

// A Response is a model's whole answer, or (beside an error) what there was
// of it.
type Response struct {
	ID       string       `json:"id,omitempty"`
	Provider string       `json:"provider,omitempty"`
	Model    string       `json:"model,omitempty"`
	Message  Message      `json:"message"`
	Reason   FinishReason `json:"reason,omitempty"` // empty: it did not finish
	Usage    Usage        `json:"usage"`            // zero: not reported
	// Cost is what the provider says it billed; nil: it did not say.
	Cost     *USD                       `json:"cost,omitempty"`
	Warnings []Warning                  `json:"warnings,omitempty"`
	Extra    map[string]json.RawMessage `json:"extra,omitempty"`
}

// Text joins the texts of the answer. A refusal is not among them.
func (r *Response) Text() string { return r.Message.Text() }

// Calls returns the tool calls of the answer in their order.
func (r *Response) Calls() []ToolCall { return r.Message.Calls() }

// An Accumulator makes a [Response] from events, in time linear in their
// number. Its zero value is ready to use.
type Accumulator struct {
	parts    []draft
	warnings []Warning
	finish   *Finish
}

// draft is a part that is being written, or that is done.
type draft struct {
	done Part
	kind byte // 't', 'r', 'c': text, reasoning, call
	id   string
	name string
	text []byte
}

// add grows the text. Most of the room that the first words of a text need
// is made at once.
func (d *draft) add(s string) {
	if d.text == nil {
		d.text = make([]byte, 0, max(len(s), 128))
	}
	d.text = append(d.text, s...)
}

// Add takes the next event.
func (a *Accumulator) Add(ev Event) {
	switch ev := ev.(type) {
	case TextDelta:
		a.draft(ev.Part, 't').add(ev.Text)
	case ReasoningDelta:
		a.draft(ev.Part, 'r').add(ev.Text)
	case ArgsDelta:
		d := a.draft(ev.Part, 'c')
		d.id, d.name = ev.ID, ev.Name
		d.add(ev.Args)
	case PartDone:
		*a.draft(ev.Index, 0) = draft{done: ev.Part}
	case Warning:
		a.warnings = append(a.warnings, ev)
	case Reset:
		a.parts, a.finish = nil, nil
	case Finish:
		a.finish = &ev
	}
}

func (a *Accumulator) draft(i int, kind byte) *draft {
	for len(a.parts) <= i {
		a.parts = append(a.parts, draft{})
	}
	d := &a.parts[i]
	if d.kind == 0 {
		d.kind = kind
	}
	return d
}

// Finished reports whether a Finish was among the events.
func (a *Accumulator) Finished() bool { return a.finish != nil }

// Response returns the answer so far. Parts that were not done are as far
// as their deltas went.
func (a *Accumulator) Response() *Response {
	r := &Response{Message: Message{Role: RoleAssistant, Parts: a.messageParts()}, Warnings: slices.Clone(a.warnings)}
	if f := a.finish; f != nil {
		r.ID, r.Provider, r.Model = f.ID, f.Provider, f.Model
		r.Reason, r.Usage, r.Cost, r.Extra = f.Reason, f.Usage, f.Cost, f.Extra
		r.Message.Paused = f.Reason == ReasonPause
	}
	return r
}

func (a *Accumulator) messageParts() Parts {
	parts := make(Parts, 0, len(a.parts))
	for _, d := range a.parts {
		switch {
		case d.done != nil:
			parts = append(parts, d.done)
		case d.kind == 't':
			parts = append(parts, Text{Text: string(d.text)})
		case d.kind == 'r':
			parts = append(parts, Reasoning{Text: string(d.text)})
		case d.kind == 'c':
			parts = append(parts, ToolCall{ID: d.id, Name: d.name, Args: string(d.text)})
		}
	}
	return parts
}
