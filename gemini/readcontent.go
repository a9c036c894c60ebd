package gemini

import (
	"encoding/json"
	"fmt"

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
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw} // so may a list of one here
	}
	delete(r.fields, "contents")
	turn := 0
	for i, raw := range list {
		c, err := readContent(raw)
		if err == nil {
			err = r.content(c, &turn)
		}
		if err != nil {
			return fmt.Errorf("contents[%d]: %w", i, err)
		}
	}
	return nil
}

// content adds the messages that a content is: results are in one of their
// own.
func (r *reader) content(c content, turn *int) error {
	var results, others reprise.Parts
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
		part, err := p.part(r.provider, func() string { return callID(*turn, len(others)) })
		if err != nil {
			return err
		}
		if c.role != "model" {
			switch part.(type) {
			case reprise.ToolCall, reprise.Reasoning: // a Request has those only of the model
				part = reprise.Opaque{Provider: r.provider, Kind: "content", Data: p.whole()}
			}
		}
		others = append(others, part)
	}
	add := func(role reprise.Role, parts reprise.Parts) {
		r.req.Messages = append(r.req.Messages, reprise.Message{Role: role, Parts: parts})
	}
	switch c.role {
	case "model":
		*turn++
		add(reprise.RoleAssistant, others)
	case "user", "", "function":
		if results != nil {
			add(reprise.RoleTool, results)
		}
		if others != nil || results == nil {
			add(reprise.RoleUser, others)
		}
	default:
		return fmt.Errorf("unknown role %q", c.role)
	}
	return nil
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
	response, text := f["response"], ""
	var simple map[string]string
	switch {
	case json.Unmarshal(response, &simple) == nil && len(simple) == 1 && (has(simple, "result") || has(simple, "error")):
		delete(f, "response")
		text, out.IsError = simple["result"]+simple["error"], has(simple, "error")
	case json.Unmarshal(response, &simple) == nil && len(simple) == 1 && has(simple, "output"):
		text = simple["output"]
	case response != nil:
		text = string(compact(response))
	}
	out.Parts = reprise.Parts{reprise.Text{Text: text}}
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

func has(m map[string]string, name string) bool {
	_, ok := m[name]
	return ok
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
	for i := len(r.req.Messages) - 1; i >= 0; i-- {
		m := r.req.Messages[i]
		count(m.Parts)
		if m.Role != reprise.RoleAssistant {
			continue
		}
		for _, c := range m.Calls() {
			if c.Name == name && !answered[c.ID] {
				return c.ID
			}
		}
		return ""
	}
	return ""
}
