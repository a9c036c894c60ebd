package anthropic

import (
	"fmt"

	"github.com/repriselabs/reprise"
)

// Event implements [wire.Form]. A whole answer needs no deltas.
func (a *writer) Event(ev reprise.Event) error {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		return a.delta(ev.Part, reprise.Text{Echo: a.knownEcho(ev.Part)}, "text_delta", "text", ev.Text)
	case reprise.ReasoningDelta:
		bare := reprise.Reasoning{Text: ev.Text, Echo: a.knownEcho(ev.Part)}
		return a.delta(ev.Part, bare, "thinking_delta", "thinking", ev.Text)
	case reprise.ArgsDelta:
		bare := reprise.ToolCall{ID: a.callID(ev.ID, ev.Part), Name: ev.Name, Echo: a.knownEcho(ev.Part)}
		return a.delta(ev.Part, bare, "input_json_delta", "partial_json", ev.Args)
	case reprise.PartDone:
		return a.partDone(ev.Index, ev.Part)
	case reprise.Finish:
		return a.finished(ev)
	}
	return fmt.Errorf("%s cannot write a %T", API, ev)
}

// knownEcho is what the API wants back with a part that is not done.
func (a *writer) knownEcho(part int) *reprise.Echo {
	if a.Known == nil || part >= len(a.Known.Message.Parts) {
		return nil
	}
	switch p := a.Known.Message.Parts[part].(type) {
	case reprise.Text:
		return p.Echo
	case reprise.Reasoning:
		return p.Echo
	case reprise.ToolCall:
		return p.Echo
	}
	return nil
}

// callID is the call's id, or the one that is made of its place when it is
// read without one.
func (a *writer) callID(id string, part int) string {
	if id != "" {
		return id
	}
	return fmt.Sprintf("call_%d_%d", a.Turn, part)
}

// delta adds to a part, whose block begins as that of bare does.
func (a *writer) delta(part int, bare reprise.Part, kind, member, text string) error {
	if !a.Stream {
		return nil
	}
	if a.part != part {
		if err := a.beginBlock(part, blockOf(bare)); err != nil {
			return err
		}
	}
	return a.add(kind, member, func() { a.String(text) })
}

func (a *writer) beginBlock(part int, block []byte) error {
	if err := a.begin(); err != nil {
		return err
	}
	a.part, a.start = part, begun(block)
	a.head(blockStart)
	a.index()
	a.Key("content_block")
	a.Raw(a.start)
	return a.send(blockStart)
}

func (a *writer) index() {
	a.Key("index")
	a.Int(int64(a.blocks))
}

// add sends a delta for the block that is being written.
func (a *writer) add(kind, member string, value func()) error {
	a.head(blockDelta)
	a.index()
	a.Key("delta")
	a.Open('{')
	a.Field("type", kind)
	a.Key(member)
	value()
	a.Close('}')
	return a.send(blockDelta)
}

func (a *writer) partDone(part int, p reprise.Part) error {
	if c, ok := p.(reprise.ToolCall); ok {
		c.ID = a.callID(c.ID, part)
		p = c
	}
	a.unsaidOf(part, p)
	block := blockOf(p)
	switch {
	case block == nil:
		return nil
	case !a.Stream:
		a.content.Raw(block)
		return nil
	case a.part != part:
		if err := a.beginBlock(part, block); err != nil {
			return err
		}
	case string(begun(block)) != string(a.start):
		a.Dropped("what the API wants back with part %d: Answer.Known did not tell when it began", part)
	}
	if err := a.rest(block); err != nil {
		return err
	}
	a.head(blockStop)
	a.index()
	a.blocks++
	return a.send(blockStop)
}

// rest adds what a block did not begin with and no delta had.
func (a *writer) rest(block []byte) error {
	switch kind := typeOf(block); {
	case kind == "thinking":
		if signature := memberOf(block, "signature"); string(signature) != `""` {
			return a.add("signature_delta", "signature", func() { a.Raw(signature) })
		}
	case kind == "text":
		for _, c := range elements(memberOf(block, "citations")) {
			if err := a.add("citations_delta", "citation", func() { a.Raw(c) }); err != nil {
				return err
			}
		}
	case kind != "tool_use" && string(begun(block)) != string(block):
		return a.add("input_json_delta", "partial_json", func() { a.String(string(memberOf(block, "input"))) })
	}
	return nil
}

// unsaidOf warns of what the API cannot carry of a part.
func (a *writer) unsaidOf(part int, p reprise.Part) {
	switch p := p.(type) {
	case reprise.Text:
		if p.Refusal {
			a.refusals = append(a.refusals, part)
		}
		a.unsaidEcho(p.Echo, "text")
		a.unsaidCitations(part, p)
	case reprise.Reasoning:
		a.unsaidEcho(p.Echo, "reasoning")
	case reprise.ToolCall:
		a.unsaidEcho(p.Echo, "tool call")
		if _, ok := inputOf(p.Args); !ok {
			a.Warn(reprise.WarnData, "the arguments of the call %q of %s are no JSON object", p.ID, p.Name)
		}
	case reprise.Media:
		a.Dropped("a file of type %q in an answer: the API cannot carry it", p.Type)
	case reprise.Opaque:
		if blockOf(p) == nil {
			a.Dropped("a %s block of %s in an answer", p.Kind, p.Provider)
		}
	default:
		a.Dropped("a %T in an answer: the API cannot carry it", p)
	}
}

func (a *writer) unsaidEcho(e *reprise.Echo, what string) {
	switch {
	case e == nil || ownEcho(e) != nil:
	case e.Provider == API:
		a.Warn(reprise.WarnData, "the echo of a %s is no JSON object", what)
	default:
		a.DroppedEcho(e, what)
	}
}

func (a *writer) unsaidCitations(part int, t reprise.Text) {
	placed := false
	for _, c := range t.Citations {
		switch {
		case ownCitation(c):
		case c.URL == "":
			a.Dropped("a citation of %q in part %d: it has no address", c.Title, part)
		default:
			placed = placed || c.End > 0
		}
	}
	if placed {
		a.Dropped("where in part %d its citations belong: the API cites for whole blocks", part)
	}
}
