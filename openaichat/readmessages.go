package openaichat

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// fields are the members of a message or a call, of which one after the other
// is taken; what is left has no place in a part.
type fields map[string]json.RawMessage

// text takes a member that is a string; ok is false if there is none.
func (f fields) text(name string) (s string, ok bool) {
	if json.Unmarshal(f[name], &s) != nil || string(f[name]) == "null" {
		return "", false
	}
	delete(f, name)
	return s, true
}

// raw takes a member of any type; nil if there is none.
func (f fields) raw(name string) json.RawMessage {
	raw := f[name]
	delete(f, name)
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// object takes a member that is an object; nil if there is none.
func (f fields) object(name string) (o fields) {
	if json.Unmarshal(f[name], &o) == nil {
		delete(f, name)
	}
	return o
}

func (r *reader) messages() {
	var list []fields
	r.take("messages", &list)
	for i, m := range list {
		if err := r.message(i, m); err != nil {
			if r.err == nil {
				r.err = fmt.Errorf("messages[%d]: %w", i, err)
			}
			return
		}
	}
}

func (r *reader) message(i int, m fields) error {
	role, _ := m.text("role")
	parts, err := readContent(m.raw("content"))
	if err != nil {
		return err
	}
	switch role {
	case "system", "developer":
		parts = r.keep(parts, m)
		if i == 0 && len(parts) > 0 {
			r.req.System = parts
		} else {
			r.add(reprise.RoleSystem, parts)
		}
	case "user":
		r.add(reprise.RoleUser, r.keep(parts, m))
	case "assistant":
		r.add(reprise.RoleAssistant, r.keep(r.answer(m, parts), m))
	case "tool", "function":
		r.result(role, m, parts)
	default:
		return fmt.Errorf("unknown role %q", role)
	}
	return nil
}

func (r *reader) add(role reprise.Role, parts reprise.Parts) {
	r.req.Messages = append(r.req.Messages, reprise.Message{Role: role, Parts: parts})
}

// result reads the answer to a call. Results that follow each other are one
// message.
func (r *reader) result(role string, m fields, parts reprise.Parts) {
	id, _ := m.text("tool_call_id")
	name := r.callName(id)
	if named, ok := m.text("name"); ok {
		if named != name && role == "tool" {
			m["name"] = wire.AppendString(nil, named)
		}
		name = named
	}
	if role == "function" {
		m["role"] = json.RawMessage(`"function"`)
	}
	result := r.keep(reprise.Parts{reprise.ToolResult{ID: id, Name: name, Parts: parts}}, m)[0]
	if n := len(r.req.Messages); n > 0 && r.req.Messages[n-1].Role == reprise.RoleTool {
		last := &r.req.Messages[n-1]
		last.Parts = append(last.Parts, result)
		return
	}
	r.add(reprise.RoleTool, reprise.Parts{result})
}

// callName finds the tool that a result is of.
func (r *reader) callName(id string) string {
	for i := len(r.req.Messages) - 1; i >= 0; i-- {
		for _, c := range r.req.Messages[i].Calls() {
			if c.ID == id {
				return c.Name
			}
		}
	}
	return ""
}

// answer reads what the model said. An empty text beside something else is
// none.
func (r *reader) answer(m fields, content reprise.Parts) reprise.Parts {
	parts := r.thoughts(m)
	for _, p := range content {
		if t, ok := p.(reprise.Text); !ok || t.Text != "" || len(content) > 1 {
			parts = append(parts, p)
		}
	}
	if refusal, _ := m.text("refusal"); refusal != "" {
		parts = append(parts, reprise.Text{Text: refusal, Refusal: true})
	}
	if id, _ := m.object("audio").text("id"); id != "" {
		parts = append(parts, reprise.Media{Type: "audio", ID: id})
	}
	var calls []fields
	if json.Unmarshal(m["tool_calls"], &calls) == nil {
		delete(m, "tool_calls")
	}
	for _, c := range calls {
		parts = append(parts, r.call(c))
	}
	if f := m.object(legacyCall); f != nil {
		parts = append(parts, r.call(fields{"type": wire.AppendString(nil, legacyCall), "function": object(f)}))
	}
	return parts
}

// thoughts reads reasoning, under whichever of its names.
func (r *reader) thoughts(m fields) reprise.Parts {
	content, told := m.text("reasoning_content")
	text, _ := m.text("reasoning")
	text = cmp.Or(text, content)
	switch details := m.raw("reasoning_details"); {
	case details != nil:
		return reprise.Parts{reprise.Reasoning{Text: text, Echo: &reprise.Echo{Provider: r.dialect.name(), Data: details}}}
	case text != "" || told:
		return reprise.Parts{reprise.Reasoning{Text: text}}
	}
	return reprise.Parts{}
}

// call reads a call of the model's. The text of a custom tool is an object, as
// in an answer.
func (r *reader) call(c fields) reprise.ToolCall {
	var call reprise.ToolCall
	call.ID, _ = c.text("id")
	delete(c, "index")
	f, member := c.object("function"), "arguments"
	if custom := c.object("custom"); custom != nil {
		f, member = custom, "input"
	} else if string(c["type"]) == `"function"` {
		delete(c, "type")
	}
	call.Name, _ = f.text("name")
	args, ok := f.text(member)
	switch {
	case !ok:
		args = string(f.raw(member)) // some do not wrap them in a string
	case member == "input":
		args = string(object(fields{member: wire.AppendString(nil, args)}))
	}
	call.Args = args
	if c.any() {
		call.Echo = &reprise.Echo{Provider: r.dialect.name(), Data: object(c)}
	}
	return call
}
