package openai

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

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
	r.answers = newStream(r.dialect, nil, func(ev reprise.Event, _ error) bool {
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
		it := r.answers.begin(int64(number), "message")
		it.done = true
		r.answers.message(it, raw)
		return nil
	case role != "user" && role != "system" && role != "developer":
		return fmt.Errorf("unknown role %q", role)
	case role != "user" && role != r.dialect.systemRole(r.req.Model):
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

// content reads the content of a message that is not the model's: a string,
// or a list of pieces. The first part keeps what the message has besides.
func (r *reader) content(raw json.RawMessage, item json.RawMessage) (reprise.Parts, error) {
	var parts reprise.Parts
	switch {
	case isNull(raw):
	case raw[0] == '"':
		parts = reprise.Parts{reprise.Text{Text: text(raw)}}
	case raw[0] == '[':
		if err := eachElement(raw, func(value []byte) { parts = append(parts, r.piece(value)) }); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("content is neither a string nor a list")
	}
	for i, p := range parts {
		if o, ok := p.(reprise.Opaque); ok && (!isWholeObject(o.Data) || isInputItem(o.Kind)) {
			return nil, fmt.Errorf("content[%d]: %.40s is no piece", i, o.Data)
		}
	}
	if item != nil && len(parts) > 0 {
		parts[0] = r.withItem(parts[0], item)
	}
	return parts, nil
}

// withItem adds members of the message to what its first part keeps.
func (r *reader) withItem(p reprise.Part, item json.RawMessage) reprise.Part {
	switch p := p.(type) {
	case reprise.Text:
		own, _ := unpack(r.dialect, p.Echo)
		own.Item = item
		p.Echo = own.pack(r.dialect)
		return p
	case reprise.Media:
		own, _ := unpack(r.dialect, p.Echo)
		if typeOf(item) == "" {
			own.Item = item
		}
		p.Echo = own.pack(r.dialect)
		return p
	}
	return p
}

// inputPiece is a piece of content that is not the model's.
type inputPiece struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Image string `json:"image_url"`
	ID    string `json:"file_id"`
	URL   string `json:"file_url"`
	Data  string `json:"file_data"`
	Name  string `json:"filename"`
	// Detail is how closely to look at it.
	Detail string `json:"detail"`
}

// piece reads a piece; one that would not be written the same stays as it
// is.
func (r *reader) piece(raw []byte) reprise.Part {
	var p inputPiece
	keep := reprise.Opaque{Provider: r.dialect.key(), Data: bytes.Clone(raw)}
	if json.Unmarshal(raw, &p) != nil {
		return keep
	}
	keep.Kind = p.Type
	var m reprise.Media
	var taken []string
	switch p.Type {
	case "input_text":
		if !hasMember(raw, "text") {
			return keep
		}
		return reprise.Text{Text: p.Text, Echo: r.others(raw, "type", "text")}
	case "input_image":
		m, taken = readImage(p)
	case "input_file":
		m, taken = readFile(p)
	default:
		return keep
	}
	m.Detail = p.Detail
	m.Echo = r.others(raw, append(taken, "type", "detail")...)
	e := encoder{dialect: r.dialect}
	if e.media(m) != nil || typeOf(e.Buf) != p.Type {
		return keep
	}
	return m
}

// others keeps the members of a piece but those that were taken.
func (r *reader) others(raw []byte, taken ...string) *reprise.Echo {
	var others rest
	_ = eachMember(raw, func(key string, value []byte) { // it was read before
		for _, t := range taken {
			if t == key {
				return
			}
		}
		others.add(key, value)
	})
	return echo{Part: others.object()}.pack(r.dialect)
}

func readImage(p inputPiece) (reprise.Media, []string) {
	if p.ID != "" {
		return reprise.Media{Type: "image/*", ID: p.ID}, []string{"file_id"}
	}
	if m, ok := readDataURL(p.Image); ok && strings.HasPrefix(m.Type, "image/") {
		return m, []string{"image_url", "file_id"}
	}
	return reprise.Media{URL: p.Image}, []string{"image_url", "file_id"}
}

func readFile(p inputPiece) (reprise.Media, []string) {
	switch {
	case p.ID != "":
		return reprise.Media{ID: p.ID, Name: p.Name}, []string{"file_id", "filename"}
	case p.URL != "":
		return reprise.Media{Type: typeByName(p.URL), URL: p.URL, Name: p.Name}, []string{"file_url", "filename", "file_id"}
	}
	m, ok := readDataURL(p.Data)
	if data, err := base64.StdEncoding.DecodeString(p.Data); !ok && err == nil {
		m = reprise.Media{Type: typeByName(p.Name), Data: data} // without a type of its own
	}
	m.Name = p.Name
	return m, []string{"file_data", "filename", "file_id"}
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
