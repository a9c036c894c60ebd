package modeltest

import (
	"iter"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
)

// Events are those with which a model tells the answer: for each part its
// text or its arguments in a few deltas, and that it is done; at the end the
// Finish. They can be ranged over again.
func Events(r *reprise.Response) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		for i, p := range r.Message.Parts {
			for ev := range deltas(i, p) {
				if !yield(ev, nil) {
					return
				}
			}
			if !yield(reprise.PartDone{Index: i, Part: p}, nil) {
				return
			}
		}
		yield(reprise.Finish{
			ID: r.ID, Provider: r.Provider, Model: r.Model, Reason: r.Reason, Usage: r.Usage, Cost: r.Cost, Extra: r.Extra,
		}, nil)
	}
}

// deltas are those of a part; for a call, the first names the tool.
func deltas(i int, p reprise.Part) iter.Seq[reprise.Event] {
	return func(yield func(reprise.Event) bool) {
		switch p := p.(type) {
		case reprise.Text:
			for s := range pieces(p.Text) {
				if !yield(reprise.TextDelta{Part: i, Text: s}) {
					return
				}
			}
		case reprise.Reasoning:
			for s := range pieces(p.Text) {
				if !yield(reprise.ReasoningDelta{Part: i, Text: s}) {
					return
				}
			}
		case reprise.ToolCall:
			if !yield(reprise.ArgsDelta{Part: i, ID: p.ID, Name: p.Name}) {
				return
			}
			for s := range pieces(p.Args) {
				if !yield(reprise.ArgsDelta{Part: i, ID: p.ID, Name: p.Name, Args: s}) {
					return
				}
			}
		}
	}
}

// pieces are about three parts of a text, none of which splits a character.
func pieces(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		size := len(text)/3 + 1
		for text != "" {
			n := min(size, len(text))
			for n < len(text) && !utf8.RuneStart(text[n]) {
				n++
			}
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}
