package openai

import (
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// input reads the items: a string, or a list. What the model gave between
// two messages of others is one answer, and so are results.
func (r *reader) input() {
	raw, ok := r.fields["input"]
	if !ok || r.err != nil {
		return
	}
	delete(r.fields, "input")
	if isNull(raw) {
		return
	}
	if raw[0] == '"' {
		r.req.Messages = []reprise.Message{reprise.User(text(raw))}
		return
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		r.fail("input", err)
		return
	}
	r.answers = newStream(r.dialect, &wire.Call{Provider: r.dialect.name()}, r.req, func(ev reprise.Event, _ error) bool {
		if p, ok := ev.(reprise.PartDone); ok {
			r.add(reprise.RoleAssistant, p.Part)
		}
		return true
	})
	for i, item := range items {
		if err := r.item(i, item); err != nil {
			r.fail(fmt.Sprintf("input[%d]", i), err)
			return
		}
	}
}

func (r *reader) item(number int, raw json.RawMessage) error {
	if !isWholeObject(raw) {
		return fmt.Errorf("%.40s is no item", raw)
	}
	kind := typeOf(raw)
	switch {
	case kind == "message" || kind == "" && hasMember(raw, "role"):
		return r.message(number, raw)
	case isOutput(kind):
		r.result(kind, raw)
	case kind == "mcp_approval_response":
		r.req.Messages = append(r.req.Messages, reprise.Message{Role: reprise.RoleUser})
		r.add(reprise.RoleUser, reprise.Opaque{Provider: r.dialect.key(), Kind: kind, Data: raw})
	default:
		r.answers.done(int64(number), raw)
	}
	return nil
}

// add adds parts to the last message, if it is of this role, or to a new one.
func (r *reader) add(role reprise.Role, parts ...reprise.Part) {
	m := &r.req.Messages
	if n := len(*m); n == 0 || (*m)[n-1].Role != role {
		*m = append(*m, reprise.Message{Role: role})
	}
	last := &(*m)[len(*m)-1]
	last.Parts = append(last.Parts, parts...)
}

// message reads a message of anyone's.
func (r *reader) message(number int, raw json.RawMessage) error {
	var role string
	var content json.RawMessage
	var others rest
	err := eachMember(raw, func(key string, value []byte) {
		switch key {
		case "role":
			role = text(value)
		case "content":
			content = value
		case "type":
		default:
			others.add(key, value)
		}
	})
	switch {
	case err != nil:
		return err
	case role == "assistant":
		it := r.answers.begin(int64(number), "message", "")
		it.done = true
		r.answers.message(it, raw)
		return nil
	case role != "user" && role != "system" && role != "developer":
		return fmt.Errorf("unknown role %q", role)
	case others.b != nil || role != "user" && role != r.dialect.systemRole(r.req.Model):
		others.add("role", wire.AppendString(nil, role))
	}
	parts, err := r.content(content, others.object())
	if err != nil {
		return err
	}
	m := reprise.Message{Role: reprise.RoleSystem, Parts: parts}
	switch {
	case role == "user":
		m.Role = reprise.RoleUser
	case len(r.req.Messages) == 0 && len(r.req.System) == 0 && len(parts) > 0:
		r.req.System = parts
		return nil
	}
	r.req.Messages = append(r.req.Messages, m)
	return nil
}

// result reads an item that answers a call.
func (r *reader) result(kind string, raw json.RawMessage) {
	var id, status string
	var output []byte
	var others rest
	if kind != functionOutput {
		others.add("type", wire.AppendString(nil, kind))
	}
	err := eachMember(raw, func(key string, value []byte) {
		switch {
		case key == "type":
		case key == "call_id", key == "id" && kind == "local_shell_call_output" && id == "":
			id = text(value)
		case key == "output":
			output = value
		default:
			if key == "status" {
				status = text(value)
			}
			others.add(key, value)
		}
	})
	parts, ok := r.outputParts(kind, output)
	if err != nil || !ok {
		r.add(reprise.RoleTool, reprise.Opaque{Provider: r.dialect.key(), Kind: kind, Data: raw})
		return
	}
	r.add(reprise.RoleTool, reprise.ToolResult{
		ID: id, Name: r.callName(id), Parts: parts, Echo: echo{Item: others.object()}.pack(r.dialect),
		IsError: kind == "apply_patch_call_output" && status == "failed",
	})
}

// outputParts reads what a call gave; ok is false if it would not be written
// the same.
func (r *reader) outputParts(kind string, output []byte) (reprise.Parts, bool) {
	switch kind {
	case "computer_call_output":
		var shot inputPiece
		if json.Unmarshal(output, &shot) != nil || shot.Type != "computer_screenshot" {
			return nil, false
		}
		m, taken := readImage(shot)
		m.Echo = r.others(output, append(taken, "type")...)
		return reprise.Parts{m}, isImage(m)
	case "shell_call_output":
		if len(output) == 0 || output[0] != '[' {
			return nil, false
		}
		return reprise.Parts{reprise.Text{Text: string(output)}}, true
	case "local_shell_call_output", "apply_patch_call_output":
		if isNull(output) {
			return nil, kind != "local_shell_call_output"
		}
		return reprise.Parts{reprise.Text{Text: text(output)}}, output[0] == '"'
	}
	if isNull(output) {
		return nil, false
	}
	parts, err := r.content(output, nil)
	return parts, err == nil
}

// callName finds the tool that a result is of.
func (r *reader) callName(id string) string {
	for i := len(r.req.Messages) - 1; i >= 0; i-- {
		for _, p := range r.req.Messages[i].Parts {
			if c, ok := p.(reprise.ToolCall); ok && c.ID == id {
				return c.Name
			}
		}
	}
	return ""
}
