package server

import (
	"fmt"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/codec"
)

// continued is a request with what was said before it, where the provider
// keeps that and the request only has the id of the answer that it goes on
// from. Among before are the exchanges of which one had that answer; if none
// had, the id stands for it in the system prompt.
func continued(req *reprise.Request, before []*entry) *reprise.Request {
	id, keepsTools := codec.Previous(req)
	if id == "" {
		return req
	}
	whole := *req
	i := slices.IndexFunc(before, func(e *entry) bool { return e.read() && e.known() != nil && e.known().ID == id })
	if i < 0 {
		after := reprise.Text{Text: fmt.Sprintf("after the answer %q", id)}
		whole.System = slices.Concat(req.System, reprise.Parts{after})
		return &whole
	}
	past := before[i].whole
	whole.Messages = slices.Concat(past.Messages, []reprise.Message{before[i].known().Message}, req.Messages)
	if len(whole.System) == 0 {
		whole.System = past.System
	}
	if keepsTools && len(whole.Tools) == 0 {
		whole.Tools = past.Tools
	}
	return &whole
}

// named is a request with what it names of what the provider keeps: that
// stands for itself in the system prompt.
func named(req *reprise.Request) *reprise.Request {
	kept := codec.Kept(req)
	if kept == "" {
		return req
	}
	whole := *req
	whole.System = slices.Concat(req.System, reprise.Parts{reprise.Text{Text: "with " + plainJSON(kept)}})
	return &whole
}

// restored is a request with the answers themselves, where it only refers to
// what the provider keeps of them. Among before are those that were given. A
// reference to another one stands for itself.
func restored(req *reprise.Request, before []*entry) *reprise.Request {
	whole := *req
	whole.Messages = slices.Clone(req.Messages)
	for i, m := range whole.Messages {
		if !slices.ContainsFunc(m.Parts, isReference) {
			continue
		}
		asked := whole
		asked.Messages = whole.Messages[:i]
		text := encode(conversation(&asked))
		n := slices.IndexFunc(before, func(e *entry) bool {
			return e.read() && e.text == text && e.known() != nil && sameCalls(m.Calls(), e.known().Calls())
		})
		if n >= 0 {
			whole.Messages[i] = before[n].known().Message
			continue
		}
		whole.Messages[i].Parts = slices.Clone(m.Parts)
		for j, p := range m.Parts {
			if isReference(p) {
				whole.Messages[i].Parts[j] = reprise.Text{Text: plainJSON(string(p.(reprise.Opaque).Data))}
			}
		}
	}
	return &whole
}

func isReference(p reprise.Part) bool {
	o, ok := p.(reprise.Opaque)
	return ok && o.Kind == "item_reference"
}

func sameCalls(a, b []reprise.ToolCall) bool {
	return slices.EqualFunc(a, b, func(a, b reprise.ToolCall) bool {
		return a.Name == b.Name && plainJSON(a.Args) == plainJSON(b.Args)
	})
}
