package openaichat

import (
	"bytes"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

func holdsReasoning(m reprise.Message) bool {
	return slices.ContainsFunc(m.Parts, func(p reprise.Part) bool { _, ok := p.(reprise.Reasoning); return ok })
}

// reasoning writes what the model thought, in the server's field for it.
func (e *encoder) reasoning(thoughts []reprise.Reasoning, calls bool) {
	d := e.dialect
	switch {
	case d.ReasoningWithCalls && calls && e.thinks:
		e.Field(string(d.Reasoning), joinThoughts(thoughts))
		return
	case len(thoughts) == 0, d.ReasoningWithCalls:
		return
	}
	details := e.details(thoughts)
	text := joinThoughts(thoughts)
	switch d.Reasoning {
	case ReasoningNowhere:
		e.dropped("reasoning: %s has no field for it", d.name())
	case ReasoningPieces: // it is in the content
	case ReasoningDetails: // they go beside the text
		if len(details) > 0 {
			e.Key(string(d.Reasoning))
			e.Open('[')
			e.Raw(details[:len(details)-1])
			e.Close(']')
		}
		if text != "" || len(details) == 0 {
			e.Field(string(ReasoningText), text)
		}
	default:
		e.Field(string(d.Reasoning), text)
	}
}

func joinThoughts(thoughts []reprise.Reasoning) string {
	if len(thoughts) == 1 {
		return thoughts[0].Text
	}
	var b strings.Builder
	for _, r := range thoughts {
		b.WriteString(r.Text)
	}
	return b.String()
}

// details are the elements of reasoning_details, each with a comma behind it.
func (e *encoder) details(thoughts []reprise.Reasoning) []byte {
	var details []byte
	for _, r := range thoughts {
		switch {
		case r.Echo == nil:
		case r.Echo.Provider == e.dialect.name() && e.dialect.Reasoning == ReasoningDetails:
			if inner := bytes.Trim(r.Echo.Data, "[] \n"); len(inner) > 0 { // the elements are objects
				details = append(append(details, inner...), ',')
			}
		default:
			e.dropped("the signature or hidden part of %s's reasoning", r.Echo.Provider)
		}
	}
	return details
}

// thinkingPieces writes a content that begins with what the model thought.
func (e *encoder) thinkingPieces(thoughts []reprise.Reasoning, texts reprise.Parts) {
	e.Key("content")
	e.Open('[')
	e.Open('{')
	e.Field("type", "thinking")
	e.Key("thinking")
	e.Open('[')
	e.textPiece(joinThoughts(thoughts), nil)
	e.Close(']')
	e.Close('}')
	for _, p := range texts {
		if t, ok := p.(reprise.Text); ok {
			e.textPiece(t.Text, nil)
		}
	}
	e.Close(']')
}
