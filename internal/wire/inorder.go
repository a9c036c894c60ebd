package wire

import (
	"fmt"
	"iter"
	"strings"

	"github.com/repriselabs/reprise"
)

// InOrder yields the events of an answer part after part: the deltas of one,
// its PartDone, and then the next. What comes before its turn is held back.
// All APIs but Chat Completions tell an answer so.
//
// A part is over when it is done or, where known has the answer, when its
// deltas add up to what it is known to be and a later part has begun: some
// APIs tell that parts are done only at the end. known may be nil.
//
// Whatever the events are, a part's deltas are of one kind and add up to its
// PartDone; a call has a delta, and each of them has its ID and Name; every
// part is done before the Finish. Where the events are not so, a Warning says
// what was made of them.
func InOrder(events iter.Seq2[reprise.Event, error], known *reprise.Response) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		o := &order{yield: yield}
		if known != nil {
			o.known = known.Message.Parts
		}
		for ev, err := range events {
			if err != nil {
				yield(nil, err)
				return
			}
			if o.event(ev); o.stopped {
				return
			}
		}
	}
}

// order puts events in order.
type order struct {
	known   reprise.Parts
	yield   func(reprise.Event, error) bool
	stopped bool // the consumer left, or the answer is finished
	parts   []*placed
	at      int // the part whose turn it is
}

// placed is a part and what was told of it.
type placed struct {
	kind     string // of its deltas; empty: there was none
	id, name string // of a call
	held     []string
	text     strings.Builder // what all deltas add up to
	begun    bool            // a delta was yielded
	done     reprise.Part
	missing  bool // the answer ended, and nothing was told of it
}

// The kinds of deltas.
const (
	textKind      = "text"
	reasoningKind = "reasoning"
	callKind      = "call"
)

func (o *order) event(ev reprise.Event) {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		o.delta(ev.Part, textKind, ev.Text)
	case reprise.ReasoningDelta:
		o.delta(ev.Part, reasoningKind, ev.Text)
	case reprise.ArgsDelta:
		if p := o.part(ev.Part); !p.begun {
			p.id, p.name = ev.ID, ev.Name
		}
		o.delta(ev.Part, callKind, ev.Args)
	case reprise.PartDone:
		o.partDone(ev.Index, ev.Part)
	case reprise.Reset:
		o.parts, o.at = nil, 0
		o.emit(ev)
	case reprise.Finish:
		o.finish()
		o.emit(ev)
		o.stopped = true
	default:
		o.emit(ev)
	}
}

func (o *order) partDone(i int, part reprise.Part) {
	p := o.part(i)
	switch {
	case p.done == nil:
		p.done = part
		o.advance()
	case !o.knows(i): // else it was known before it was told
		o.warn("part %d was done twice: the first counts", i)
	}
}

func (o *order) emit(ev reprise.Event) {
	if !o.stopped && !o.yield(ev, nil) {
		o.stopped = true
	}
}

func (o *order) warn(format string, args ...any) {
	o.emit(reprise.Warning{Code: reprise.WarnData, Message: fmt.Sprintf(format, args...)})
}

func (o *order) part(i int) *placed {
	for len(o.parts) <= i {
		o.parts = append(o.parts, &placed{})
	}
	return o.parts[i]
}

func (o *order) knows(i int) bool { return i < len(o.known) }

func (o *order) delta(i int, kind, text string) {
	p := o.part(i)
	switch {
	case i < o.at || p.done != nil:
		o.warn("a delta for part %d, which was done, was left out", i)
		return
	case p.kind == "":
		p.kind = kind
	case p.kind != kind:
		o.warn("a delta of %s for part %d, which is %s, was left out", kind, i, p.kind)
		return
	}
	if text != "" || kind == callKind {
		p.held = append(p.held, text)
		p.text.WriteString(text)
	}
	o.advance()
}

// advance yields what has its turn.
func (o *order) advance() {
	for o.at < len(o.parts) && !o.stopped {
		p := o.parts[o.at]
		if p.missing {
			o.at++
			continue
		}
		if p.done == nil && len(o.parts) > o.at+1 && o.knows(o.at) && p.text.String() == textOf(o.known[o.at]) {
			p.done = o.known[o.at]
		}
		if p.done != nil {
			o.settle(p)
		}
		o.flush(p)
		if p.done == nil {
			return
		}
		o.emit(reprise.PartDone{Index: o.at, Part: p.done})
		o.at++
	}
}

// settle makes a part that is done and its deltas one.
func (o *order) settle(p *placed) {
	kind, text := kindOfPart(p.done), textOf(p.done)
	rest, ok := strings.CutPrefix(text, p.text.String())
	if p.kind != "" && (kind != p.kind || !ok) {
		o.warn("part %d is not what its deltas added up to, which was sent", o.at)
		p.done = p.drafted()
		return
	}
	p.kind = kind
	if rest != "" || kind == callKind && len(p.held) == 0 && !p.begun {
		p.held = append(p.held, rest)
	}
	if c, ok := p.done.(reprise.ToolCall); ok {
		if p.begun && (p.id != c.ID || p.name != c.Name) {
			o.warn("the call %q of %s was sent as %q of %s", c.ID, c.Name, p.id, p.name)
			c.ID, c.Name = p.id, p.name
			p.done = c
		}
		p.id, p.name = c.ID, c.Name
	}
}

// flush yields the deltas that are held. Those of a call wait for its name.
func (o *order) flush(p *placed) {
	if p.kind == callKind && p.done == nil && !p.begun {
		if o.knows(o.at) {
			if c, ok := o.known[o.at].(reprise.ToolCall); ok {
				p.id, p.name = c.ID, c.Name
			}
		}
		if p.name == "" {
			return
		}
	}
	for _, text := range p.held {
		p.begun = true
		switch p.kind {
		case textKind:
			o.emit(reprise.TextDelta{Part: o.at, Text: text})
		case reasoningKind:
			o.emit(reprise.ReasoningDelta{Part: o.at, Text: text})
		case callKind:
			o.emit(reprise.ArgsDelta{Part: o.at, ID: p.id, Name: p.name, Args: text})
		}
	}
	p.held = p.held[:0]
}

// finish ends the parts that are not done.
func (o *order) finish() {
	for i, p := range o.parts {
		if p.done == nil && o.knows(i) && p.text.String() == textOf(o.known[i]) {
			p.done = o.known[i]
		}
		switch {
		case p.done != nil:
		case p.kind == "":
			p.missing = true
		default:
			p.done = p.drafted()
		}
	}
	o.advance()
}

// drafted is a part as its deltas tell it.
func (p *placed) drafted() reprise.Part {
	switch p.kind {
	case reasoningKind:
		return reprise.Reasoning{Text: p.text.String()}
	case callKind:
		return reprise.ToolCall{ID: p.id, Name: p.name, Args: p.text.String()}
	}
	return reprise.Text{Text: p.text.String()}
}

// kindOfPart is the kind of a part's deltas; empty: it has none.
func kindOfPart(p reprise.Part) string {
	switch p.(type) {
	case reprise.Text:
		return textKind
	case reprise.Reasoning:
		return reasoningKind
	case reprise.ToolCall:
		return callKind
	}
	return ""
}

// textOf is what the deltas of a part add up to.
func textOf(p reprise.Part) string {
	switch p := p.(type) {
	case reprise.Text:
		return p.Text
	case reprise.Reasoning:
		return p.Text
	case reprise.ToolCall:
		return p.Args
	}
	return ""
}
