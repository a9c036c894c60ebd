package openai

import (
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
)

// system writes a system prompt, as a string where it is one.
func (e *encoder) system(parts reprise.Parts) error {
	role := e.dialect.systemRole(e.name)
	own := e.firstEcho(parts)
	_ = eachMember(own.Item, func(key string, value []byte) { // unpack read it
		if key == "role" {
			role = text(value)
		}
	})
	if len(parts) == 1 {
		t, ok := parts[0].(reprise.Text)
		if ok && own.Part == nil {
			e.checkText(t)
			e.Open('{')
			e.Field("role", role)
			e.members(own.Item, "role")
			e.Field("content", t.Text)
			e.Close('}')
			return nil
		}
	}
	return e.content(role, own, parts)
}

// user writes what the user says. An opaque item of the API's stands between
// messages.
func (e *encoder) user(parts reprise.Parts) error {
	from := 0
	for i, p := range parts {
		o, ok := p.(reprise.Opaque)
		if !ok || !isInputItem(o.Kind) {
			continue
		}
		if i > from {
			if err := e.content("user", e.firstEcho(parts[from:i]), parts[from:i]); err != nil {
				return err
			}
		}
		if err := e.opaque(o); err != nil {
			return err
		}
		from = i + 1
	}
	if from > 0 && from == len(parts) {
		return nil
	}
	return e.content("user", e.firstEcho(parts[from:]), parts[from:])
}

// isInputItem tells an item, among the opaque parts of a user's message, from
// a piece of its content.
func isInputItem(kind string) bool {
	switch kind {
	case "message", "item_reference", "mcp_approval_response", "compaction", "compaction_trigger", "tool_search_output", "additional_tools", "configuration_update":
		return true
	}
	return isOutput(kind)
}

// firstEcho is the Echo of the first part, for what it says of the message.
// That of a part of an answer, which has no role in it, says nothing of this
// one.
func (e *encoder) firstEcho(parts reprise.Parts) (own echo) {
	if len(parts) == 0 {
		return echo{}
	}
	switch p := parts[0].(type) {
	case reprise.Text:
		own, _ = unpack(e.dialect, p.Echo)
	case reprise.Media:
		own, _ = unpack(e.dialect, p.Echo)
	}
	if !hasMember(own.Item, "role") {
		own.Item = nil
	}
	return own
}

// content writes a message of pieces.
func (e *encoder) content(role string, own echo, parts reprise.Parts) error {
	e.Open('{')
	e.Field("role", role)
	e.members(own.Item, "role", "content")
	e.Key("content")
	if err := e.pieces(parts); err != nil {
		return err
	}
	e.Close('}')
	return nil
}

// pieces writes a list of input pieces.
func (e *encoder) pieces(parts reprise.Parts) error {
	e.Open('[')
	for _, p := range parts {
		var err error
		switch p := p.(type) {
		case reprise.Text:
			e.checkText(p)
			own, _ := unpack(e.dialect, p.Echo)
			e.Open('{')
			e.Field("type", "input_text")
			e.Field("text", p.Text)
			e.members(own.Part, "type", "text")
			e.Close('}')
		case reprise.Media:
			err = e.media(p)
		case reprise.Opaque:
			err = e.opaque(p)
		case reprise.CachePoint:
			e.cachePoint()
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

func (e *encoder) cachePoint() { e.dropped("a cache point: the API caches by itself") }

// checkText warns of what is lost of a text that is input.
func (e *encoder) checkText(t reprise.Text) {
	e.checkEcho(t.Echo)
	if len(t.Citations) > 0 {
		e.dropped("the citations of a text that is input: the API cannot carry them")
	}
}

// checkEcho warns of an Echo that is another's.
func (e *encoder) checkEcho(of *reprise.Echo) {
	if of == nil {
		return
	}
	if _, ok := unpack(e.dialect, of); !ok {
		e.dropped("what %s wants back with a part", of.Provider)
	}
}

// opaque writes a block as it is.
func (e *encoder) opaque(o reprise.Opaque) error {
	switch {
	case !e.dialect.owns(o.Provider):
		e.dropped("a %s block of %s", o.Kind, o.Provider)
		return nil
	case !isWholeObject(o.Data):
		return fmt.Errorf("an opaque block %q is not a JSON object", o.Kind)
	}
	e.Raw(o.Data)
	return nil
}

// members writes the members of an object but those that are skipped, and but
// ids that must not be sent.
func (e *encoder) members(object json.RawMessage, skip ...string) {
	if len(object) == 0 {
		return
	}
	_ = eachMember(object, func(key string, value []byte) { // unpack read it
		for _, s := range skip {
			if s == key {
				return
			}
		}
		if key == "id" && e.orphaned {
			return
		}
		e.Key(key)
		e.Raw(value)
	})
}
