package openaichat

import (
	"fmt"
	"slices"

	"github.com/repriselabs/reprise"
)

// messages writes the list of messages.
func (e *encoder) messages(req *reprise.Request) error {
	e.thinks = slices.ContainsFunc(req.Messages, holdsReasoning)
	e.Open('[')
	if len(req.System) > 0 {
		if err := e.plain("system", req.System); err != nil {
			return fmt.Errorf("system: %w", err)
		}
	}
	for i, m := range req.Messages {
		var err error
		switch m.Role {
		case reprise.RoleSystem, reprise.RoleUser:
			err = e.plain(string(m.Role), m.Parts)
		case reprise.RoleAssistant:
			err = e.assistant(m.Parts)
		case reprise.RoleTool:
			err = e.results(m.Parts)
		default:
			err = fmt.Errorf("unknown role %q", m.Role)
		}
		if err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
	}
	e.Close(']')
	return nil
}

// plain writes a message that is only content.
func (e *encoder) plain(role string, parts reprise.Parts) error {
	kept := e.kept(parts)
	e.Literal(`{"role":`)
	e.String(role)
	e.Literal(`"content":`)
	if err := e.content(parts); err != nil {
		return err
	}
	e.members(kept, "role", "content")
	e.Close('}')
	return nil
}

// content writes parts: a single text as a string, anything else as a list.
func (e *encoder) content(parts reprise.Parts) error {
	parts = e.withoutCachePoints(parts)
	if len(parts) == 0 {
		e.String("")
		return nil
	}
	if t, ok := parts[0].(reprise.Text); ok && len(parts) == 1 {
		e.String(t.Text)
		return nil
	}
	e.Open('[')
	for i, p := range parts {
		var err error
		switch p := p.(type) {
		case reprise.Text:
			e.textPiece(p.Text, cachePointAt(parts, i+1))
		case reprise.CachePoint:
			if i == 0 || !isText(parts[i-1]) { // else it went with the text
				e.dropped("a cache point that follows no text")
			}
		case reprise.Media:
			err = e.media(p)
		case reprise.Opaque:
			if p.Provider != API && p.Provider != e.dialect.name() {
				e.dropped("a %s block of %s", p.Kind, p.Provider)
				continue
			}
			e.Raw(p.Data)
		default:
			err = fmt.Errorf("%s cannot send a %T here", API, p)
		}
		if err != nil {
			return err
		}
	}
	e.Close(']')
	return nil
}

func isText(p reprise.Part) bool {
	_, ok := p.(reprise.Text)
	return ok
}

// withoutCachePoints leaves out the cache points, where the API has none.
func (e *encoder) withoutCachePoints(parts reprise.Parts) reprise.Parts {
	isPoint := func(p reprise.Part) bool { _, ok := p.(reprise.CachePoint); return ok }
	if e.dialect.CacheControl || !slices.ContainsFunc(parts, isPoint) {
		return parts
	}
	e.dropped("a cache point: the API caches by itself")
	return slices.DeleteFunc(slices.Clone(parts), isPoint)
}

// cachePointAt is the cache point at i, or nil.
func cachePointAt(parts reprise.Parts, i int) *reprise.CachePoint {
	if i < len(parts) {
		if c, ok := parts[i].(reprise.CachePoint); ok {
			return &c
		}
	}
	return nil
}

func (e *encoder) textPiece(text string, cache *reprise.CachePoint) {
	e.Open('{')
	e.Field("type", "text")
	e.Field("text", text)
	if cache != nil {
		e.Key("cache_control")
		e.Open('{')
		e.Field("type", "ephemeral")
		if cache.TTL != "" {
			e.Field("ttl", cache.TTL)
		}
		e.Close('}')
	}
	e.Close('}')
}

// sorted puts the parts of an answer into texts, said and thoughts, and
// returns those that the API has one place for.
func (e *encoder) sorted(parts reprise.Parts) (refusal, sound string) {
	texts, calls, thoughts := e.texts[:0], e.said[:0], e.thoughts[:0] // room of the answer before
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Media:
			if p.Type != "audio" || p.ID == "" {
				e.dropped("a file of type %q in an answer: the API cannot carry it", p.Type)
				continue
			}
			sound = p.ID
		case reprise.Text:
			if p.Refusal {
				refusal += p.Text
			} else {
				texts = append(texts, p)
			}
		case reprise.ToolCall:
			calls = append(calls, p)
		case reprise.Reasoning:
			thoughts = append(thoughts, p)
		case reprise.CachePoint:
			if len(texts) > 0 || !e.dialect.CacheControl {
				texts = append(texts, e.withoutCachePoints(reprise.Parts{p})...)
			} else {
				e.dropped("a cache point that follows no text")
			}
		case reprise.Opaque:
			if p.Provider == API { // a piece of content
				texts = append(texts, p)
			} else {
				e.dropped("a %s block of %s", p.Kind, p.Provider)
			}
		default:
			e.dropped("a %T in an answer: the API cannot carry it", p)
		}
	}
	e.texts, e.said, e.thoughts = texts, calls, thoughts
	return refusal, sound
}

// assistant writes an answer of the model's.
func (e *encoder) assistant(parts reprise.Parts) error {
	refusal, sound := e.sorted(parts)
	texts, calls, thoughts := e.texts, e.said, e.thoughts
	kept := e.kept(parts)
	e.Literal(`{"role":"assistant"`)
	switch {
	case len(thoughts) > 0 && e.dialect.Reasoning == ReasoningPieces:
		e.thinkingPieces(thoughts, texts)
	case len(texts) > 0 || len(calls) == 0 && refusal == "":
		e.Literal(`"content":`)
		if err := e.content(texts); err != nil {
			return err
		}
	}
	if refusal != "" {
		e.Field("refusal", refusal)
	}
	if sound != "" {
		e.Key("audio")
		e.Open('{')
		e.Field("id", sound)
		e.Close('}')
	}
	e.reasoning(thoughts, len(calls) > 0)
	e.calls(calls)
	e.members(kept, "role", "content", "refusal", "audio", "tool_calls", legacyCall, string(e.dialect.Reasoning))
	e.Close('}')
	return nil
}

// results writes one tool message a result. The API takes only text there:
// media follow in a user message.
func (e *encoder) results(parts reprise.Parts) error {
	var media reprise.Parts
	for _, p := range parts {
		r, ok := p.(reprise.ToolResult)
		if !ok {
			return fmt.Errorf("a tool message holds results only, not a %T", p)
		}
		texts, rest := splitResult(r)
		media = append(media, rest...)
		kept := e.kept(reprise.Parts{r})
		if textOf(kept["role"]) == "function" { // of before tools
			e.Open('{')
			e.Field("role", "function")
			e.Field("name", r.Name)
		} else {
			e.Literal(`{"role":"tool","tool_call_id":`)
			e.String(e.callID(r.ID))
		}
		e.Literal(`"content":`)
		if err := e.content(texts); err != nil {
			return err
		}
		e.members(kept, "role", "tool_call_id", "content")
		e.Close('}')
	}
	if media == nil {
		return nil
	}
	return e.plain("user", media)
}

// splitResult parts a result into text, for the tool message, and the media
// (with a text that names the call), for the message after it.
func splitResult(r reprise.ToolResult) (texts, media reprise.Parts) {
	if !slices.ContainsFunc(r.Parts, func(p reprise.Part) bool { _, ok := p.(reprise.Media); return ok }) {
		return r.Parts, nil
	}
	for _, p := range r.Parts {
		if m, ok := p.(reprise.Media); ok {
			if media == nil {
				media = reprise.Parts{reprise.Text{Text: "The result of tool call " + r.ID + ":"}}
			}
			media = append(media, m)
			continue
		}
		texts = append(texts, p)
	}
	if texts == nil && media != nil {
		texts = reprise.Parts{reprise.Text{Text: "The result is in the next user message."}}
	}
	return texts, media
}
