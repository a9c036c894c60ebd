package gemini

import (
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// draft is a part that is being written.
type draft struct {
	index int          // in the message
	part  reprise.Part // once it is whole
	kind  byte         // 't': b is a text, 'r': reasoning
	b     strings.Builder
	echo  *reprise.Echo

	citations []reprise.Citation
}

// partialCall is a call whose arguments come in pieces.
type partialCall struct {
	draft *draft
	call  reprise.ToolCall
	args  partialArgs
}

func (s *stream) content() {
	for more := s.Open('{'); more; more = s.Next('}') {
		if string(s.Key()) != "parts" {
			s.Skip()
			continue
		}
		for more := s.Open('['); more && !s.Stopped; more = s.Next(']') {
			readPiece(&s.Decoder, &s.next)
			if s.Err() == nil {
				s.addPiece(&s.next)
			}
		}
	}
}

// addPiece adds a piece to the part that it goes on, or begins one.
func (s *stream) addPiece(p *piece) {
	kind := p.kind()
	switch {
	case kind == "functionCall" && s.addPartial(p):
		return
	case len(p.text) > 0 || p.thought && kind == "" && p.signed():
		s.addText(p)
		return
	case kind == "" && !p.signed(): // an empty text
		return
	}
	d := s.begin()
	part, err := p.part(s.Call.Provider, func() string { return callID(s.Turn, d.index) })
	if err != nil {
		s.Bad(fmt.Errorf("a function call that cannot be read: %w", err))
		return
	}
	s.finishPart(d, part)
}

// addText adds to a text or to a thought. What is signed stands by itself:
// the API does not want it joined with anything.
func (s *stream) addText(p *piece) {
	kind := byte('t')
	if p.thought {
		kind = 'r'
	}
	var d *draft
	if n := len(s.parts); n > 0 && s.join && !p.signed() {
		if last := s.parts[n-1]; last.part == nil && last.echo == nil && last.kind == kind {
			d = last
		}
	}
	if d == nil {
		d = s.begin()
		d.kind, d.echo = kind, p.echo(s.Call.Provider, "")
	}
	if len(p.text) == 0 {
		return
	}
	from := d.b.Len()
	d.b.Write(p.text)
	added := d.b.String()[from:] // a view: what a Builder holds never changes
	if p.thought {
		s.Emit(reprise.ReasoningDelta{Part: d.index, Text: added})
	} else {
		s.Emit(reprise.TextDelta{Part: d.index, Text: added})
	}
}

// begin begins a part, which ends the one before it.
func (s *stream) begin() *draft {
	s.settle(s.sources)
	d := &draft{index: len(s.parts)}
	s.parts = append(s.parts, d)
	return d
}

// finishPart yields a part that came whole.
func (s *stream) finishPart(d *draft, part reprise.Part) {
	if c, ok := part.(reprise.ToolCall); ok {
		s.Emit(reprise.ArgsDelta{Part: d.index, ID: c.ID, Name: c.Name, Args: c.Args})
	}
	d.part = part
	s.settle(s.sources)
}

// settle yields the parts that will not change any more, in their order: not
// those that citations may come for, and not a call of which more comes.
func (s *stream) settle(keepTexts bool) {
	for ; s.done < len(s.parts); s.done++ {
		d := s.parts[s.done]
		switch {
		case d.part != nil:
		case d.kind == 'r':
			d.part = reprise.Reasoning{Text: d.b.String(), Echo: d.echo}
		case d.kind == 't' && !keepTexts:
			d.part = reprise.Text{Text: d.b.String(), Echo: d.echo, Citations: d.citations}
		default:
			return
		}
		s.Emit(reprise.PartDone{Index: d.index, Part: d.part})
	}
}

// addPartial takes a call, or a piece of one, whose arguments come in pieces.
// It is false for a call that is whole.
func (s *stream) addPartial(p *piece) bool {
	c, err := readCall(p.get("functionCall"))
	if s.partial != nil && c.name != "" { // another call
		s.endPartial(false)
	}
	if err != nil || s.partial == nil && !c.goesOn && c.pieces == nil {
		return false
	}
	pc := s.partial
	if pc == nil {
		d := s.begin()
		pc = &partialCall{draft: d, call: reprise.ToolCall{ID: c.id, Name: c.name}}
		if c.id == "" {
			pc.call.ID = callID(s.Turn, d.index)
		}
		s.partial = pc
		s.Emit(reprise.ArgsDelta{Part: d.index, ID: pc.call.ID, Name: pc.call.Name})
	}
	if pc.call.Echo == nil { // a signature may come with any piece
		pc.call.Echo = p.echo(s.Call.Provider, "functionCall")
	}
	if c.pieces != nil && !pc.args.add(c.pieces) {
		s.Bad(fmt.Errorf("pieces of arguments that cannot be put together: %.200s", c.pieces))
		return true
	}
	if !c.goesOn {
		s.endPartial(false)
	}
	return true
}

// endPartial yields the call whose arguments came in pieces. If they were cut
// off, they are no JSON, so that nobody takes them for all.
func (s *stream) endPartial(cut bool) {
	pc := s.partial
	s.partial = nil
	pc.call.Args = pc.args.json()
	if cut {
		pc.call.Args = strings.TrimSuffix(pc.call.Args, "}")
	}
	s.finishPart(pc.draft, pc.call)
}

// callID is the id of a call for which the provider has none, made from its
// place, so that a replay makes the same.
func callID(turn, index int) string { return fmt.Sprintf("call_%d_%d", turn, index) }
