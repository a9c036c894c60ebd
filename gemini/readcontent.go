package gemini

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// system reads systemInstruction, which may also be a text.
func (r *reader) system() error {
	raw, ok := r.fields["systemInstruction"]
	if !ok {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		delete(r.fields, "systemInstruction")
		r.req.System = reprise.Parts{reprise.Text{Text: text}}
		return nil
	}
	c, err := readContent(raw)
	if err != nil {
		return fmt.Errorf("systemInstruction: %w", err)
	}
	var parts reprise.Parts
	for i := range c.parts {
		p := &c.parts[i]
		if !p.isText || p.thought || p.signed() {
			return nil // it stays, as extra
		}
		parts = append(parts, reprise.Text{Text: string(p.text)})
	}
	delete(r.fields, "systemInstruction")
	r.req.System = parts
	return nil
}

// content is a message as the API writes it.
type content struct {
	role  string
	parts []piece
}

func readContent(raw []byte) (content, error) {
	var c content
	var d wire.Decoder
	d.Reset(raw)
	for more := d.Open('{'); more; more = d.Next('}') {
		switch string(d.Key()) {
		case "role":
			c.role = d.String()
		case "parts":
			if d.Peek() == '{' { // a list of one may be written without brackets
				var p piece
				readPiece(&d, &p)
				c.parts = append(c.parts, p)
				continue
			}
			for more := d.Open('['); more; more = d.Next(']') {
				var p piece
				readPiece(&d, &p)
				c.parts = append(c.parts, p)
			}
		default:
			d.Skip()
		}
	}
	return c, d.End()
}

func (r *reader) contents() error {
	raw, ok := r.fields["contents"]
	if !ok {
		return nil
	}
	list, err := listOf(raw)
	if err != nil {
		return fmt.Errorf("contents: %w", err)
	}
	delete(r.fields, "contents")
	for i, raw := range list {
		c, err := readContent(raw)
		if err == nil {
			err = r.content(c)
		}
		if err != nil {
			return fmt.Errorf("contents[%d]: %w", i, err)
		}
	}
	return nil
}

// content adds the messages that a content is: results are in one of their
// own.
func (r *reader) content(c content) error {
	var results reprise.Parts
	others := reprise.Parts{}
	if !r.answering() {
		r.count, r.turn = tally{}, wire.Turn(r.req)
	}
	for i := range c.parts {
		p := &c.parts[i]
		if raw := p.get("functionResponse"); raw != nil && c.role != "model" {
			result, err := r.result(raw, results)
			if err != nil {
				return err
			}
			results = append(results, result)
			continue
		}
		part, err := p.part(r.provider, func() string { return callID(r.turn, r.count.parts) })
		if err != nil {
			return err
		}
		if c.role != "model" {
			switch part.(type) {
			case reprise.ToolCall, reprise.Reasoning: // a Request has those only of the model
				part = reprise.Opaque{Provider: r.provider, Kind: "content", Data: p.whole()}
			}
		}
		r.count.add(part, i == 0)
		others = append(others, part)
	}
	add := func(role reprise.Role, parts reprise.Parts) {
		r.req.Messages = append(r.req.Messages, reprise.Message{Role: role, Parts: parts})
	}
	switch c.role {
	case "model":
		add(reprise.RoleAssistant, others)
	case "user", "", "function":
		if results != nil {
			add(reprise.RoleTool, results)
		}
		if len(others) > 0 || results == nil {
			add(reprise.RoleUser, others)
		}
	default:
		return fmt.Errorf("unknown role %q", c.role)
	}
	return nil
}

// answering reports whether the last message is an answer. A content of the
// model's then goes on with it: the chats of Google's SDKs keep each chunk of
// a stream as a content of its own.
func (r *reader) answering() bool {
	n := len(r.req.Messages)
	return n > 0 && r.req.Messages[n-1].Role == reprise.RoleAssistant
}

// result reads a functionResponse, after those before it in its content. What
// is not of the form that the encoder gives it is kept for it.
func (r *reader) result(raw json.RawMessage, before reprise.Parts) (reprise.Part, error) {
	f, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("functionResponse: %w", err)
	}
	var out reprise.ToolResult
	take(f, "id", &out.ID)
	take(f, "name", &out.Name)
	if out.ID == "" {
		out.ID = r.callOf(out.Name, before)
	}
	if err := r.resultParts(&out, f); err != nil {
		return nil, err
	}
	if len(f) > 0 {
		out.Echo = &reprise.Echo{Provider: r.provider, Data: encoded(f)}
	}
	return out, nil
}

func (r *reader) resultParts(out *reprise.ToolResult, f map[string]json.RawMessage) error {
	if response := f["response"]; response != nil {
		name, value := returned(response, out.Name)
		text, isString := wordsOf(value)
		out.Parts, out.IsError = reprise.Parts{reprise.Text{Text: text}}, name == "error"
		if isString && (name == "result" || name == "error") { // as the encoder writes it
			delete(f, "response")
		}
	} else {
		out.Parts = reprise.Parts{reprise.Text{}}
	}
	raw, ok := f["parts"]
	if !ok {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("functionResponse.parts: %w", err)
	}
	media := make(reprise.Parts, 0, len(list))
	for _, raw := range list {
		var p piece
		var d wire.Decoder
		d.Reset(raw)
		readPiece(&d, &p)
		m, ok := p.media(r.provider)
		if d.End() != nil || !ok {
			return nil // they stay as they are
		}
		media = append(media, m)
	}
	delete(f, "parts")
	out.Parts = append(out.Parts, media...)
	return nil
}

// returned is what a tool returned, and the name of the member of response
// that has it: {"result": …}, {"output": …} and {"error": …} are usual, and
// {"name": TOOL, "content": …} is how the AI SDK has it. Anything else is the
// response itself, under no name.
func returned(response json.RawMessage, tool string) (name string, value json.RawMessage) {
	var m map[string]json.RawMessage
	if json.Unmarshal(response, &m) != nil {
		return "", response
	}
	var of string
	if json.Unmarshal(m["name"], &of) == nil && of == tool && len(m) == 2 && m["content"] != nil {
		return "content", m["content"]
	}
	for _, name := range []string{"result", "error", "output"} {
		if raw := m[name]; raw != nil && len(m) == 1 {
			return name, raw
		}
	}
	return "", response
}

// wordsOf is a JSON value as a text: a string's own words, and anything else
// as it is written.
func wordsOf(raw json.RawMessage) (text string, isString bool) {
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return text, true
	}
	return string(compact(raw)), false
}

// callOf finds the id of the call that a result without one is of: the first
// call of the tool, in the last answer, that has no result yet.
func (r *reader) callOf(name string, before reprise.Parts) string {
	answered := map[string]bool{}
	count := func(parts reprise.Parts) {
		for _, res := range (reprise.Message{Parts: parts}).Results() {
			answered[res.ID] = true
		}
	}
	count(before)
	var calls []reprise.ToolCall // of the last answer, which may be in several messages
	answer := false
	for _, m := range slices.Backward(r.req.Messages) {
		if answer && m.Role != reprise.RoleAssistant {
			break
		}
		answer = m.Role == reprise.RoleAssistant
		count(m.Parts)
		calls = append(m.Calls(), calls...)
	}
	for _, c := range calls {
		if c.Name == name && !answered[c.ID] {
			return c.ID
		}
	}
	return ""
}
