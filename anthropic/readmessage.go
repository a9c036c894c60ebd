package anthropic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

func (r *reader) system() {
	parts, err := readContent(r.fields["system"])
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("system: %w", err)
	}
	delete(r.fields, "system")
	r.req.System = append(r.req.System, parts...)
}

func (r *reader) messages() {
	var list []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	}
	r.take("messages", &list)
	for i, m := range list {
		parts, err := readContent(m.Content)
		switch {
		case err != nil:
		case m.Role == "user":
			r.user(parts)
			continue
		case m.Role == "assistant" || m.Role == "system":
			r.add(reprise.Role(m.Role), parts)
			continue
		default:
			err = fmt.Errorf("unknown role %q", m.Role)
		}
		if r.err == nil {
			r.err = fmt.Errorf("messages[%d]: %w", i, err)
		}
		return
	}
	if n := len(r.req.Messages); n > 0 { // an answer at the end is one to go on with
		last := &r.req.Messages[n-1]
		last.Paused = last.Role == reprise.RoleAssistant
	}
}

func (r *reader) add(role reprise.Role, parts reprise.Parts) {
	if parts == nil {
		parts = reprise.Parts{}
	}
	r.req.Messages = append(r.req.Messages, reprise.Message{Role: role, Parts: parts})
}

// user parts a user message into results of tools and what the user said. A
// cache point stays with what is before it.
func (r *reader) user(parts reprise.Parts) {
	if len(parts) == 0 {
		r.add(reprise.RoleUser, nil)
	}
	for i := 0; i < len(parts); {
		from := i
		_, isResult := parts[i].(reprise.ToolResult)
		for i++; i < len(parts); i++ {
			_, another := parts[i].(reprise.ToolResult)
			if !isCachePoint(parts[i]) && another != isResult {
				break
			}
		}
		role := reprise.RoleUser
		if isResult {
			role = reprise.RoleTool
			r.nameResults(parts[from:i])
		}
		r.add(role, parts[from:i])
	}
}

// nameResults finds the tools that results are of.
func (r *reader) nameResults(parts reprise.Parts) {
	for i, p := range parts {
		if result, ok := p.(reprise.ToolResult); ok {
			result.Name = r.callName(result.ID)
			parts[i] = result
		}
	}
}

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

// readContent reads content: none, a string, or a list of blocks.
func readContent(raw json.RawMessage) (reprise.Parts, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return reprise.Parts{reprise.Text{Text: text}}, nil
	}
	var blocks []json.RawMessage
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return nil, fmt.Errorf("content is neither a string nor a list: %w", err)
	}
	parts := make(reprise.Parts, 0, len(blocks))
	for i, b := range blocks {
		point, ok := cachePointOf(b)
		if ok {
			b = setMember(b, "cache_control", nil)
		}
		part, err := readBlock(b)
		if err != nil {
			return nil, fmt.Errorf("content[%d]: %w", i, err)
		}
		parts = append(parts, part)
		if ok {
			parts = append(parts, point)
		}
	}
	return parts, nil
}

// cachePointOf finds the cache point of a block or a tool. One that says more
// than a CachePoint can stays with its block.
func cachePointOf(raw json.RawMessage) (point reprise.CachePoint, ok bool) {
	var b struct {
		Control map[string]json.RawMessage `json:"cache_control"`
	}
	if json.Unmarshal(raw, &b) != nil || string(b.Control["type"]) != `"ephemeral"` {
		return point, false
	}
	for name, value := range b.Control {
		switch name {
		case "type":
		case "ttl":
			if json.Unmarshal(value, &point.TTL) != nil {
				return point, false
			}
		default:
			return point, false
		}
	}
	return point, true
}

// sentBlock is a block of a request.
type sentBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Citations json.RawMessage `json:"citations"`
	Thinking  string          `json:"thinking"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ResultOf  string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	IsError   bool            `json:"is_error"`
	Title     string          `json:"title"`
	Source    *sentSource     `json:"source"`
}

type sentSource struct {
	Type      string          `json:"type"`
	MediaType string          `json:"media_type"`
	Data      json.RawMessage `json:"data"`
	URL       string          `json:"url"`
	FileID    string          `json:"file_id"`
}

func readBlock(raw json.RawMessage) (reprise.Part, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, err
	}
	switch head.Type {
	case "text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document":
		return readKnown(raw)
	}
	return reprise.Opaque{Provider: API, Kind: head.Type, Data: raw}, nil
}

func readKnown(raw json.RawMessage) (reprise.Part, error) {
	var b sentBlock
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, err
	}
	switch b.Type {
	case "text":
		t := reprise.Text{Text: b.Text, Echo: restOf(raw, "type", "text", "citations")}
		var citations []json.RawMessage
		_ = json.Unmarshal(b.Citations, &citations) // of text they are a list
		for _, c := range citations {
			t.Citations = append(t.Citations, readCitation(c))
		}
		return t, nil
	case "thinking":
		return reprise.Reasoning{Text: b.Thinking, Echo: restOf(raw, "thinking")}, nil
	case "redacted_thinking":
		return reprise.Reasoning{Echo: restOf(raw)}, nil
	case "tool_use":
		return reprise.ToolCall{ID: b.ID, Name: b.Name, Args: string(b.Input), Echo: restOf(raw, "type", "id", "name", "input")}, nil
	case "tool_result":
		content, err := readContent(b.Content)
		return reprise.ToolResult{ID: b.ResultOf, Parts: content, IsError: b.IsError, Echo: restOf(raw, "type", "tool_use_id", "content", "is_error")}, err
	case "image", "document":
		if m, ok := readMedia(b); ok {
			m.Echo = restOf(raw, "type", "source", "title")
			return m, nil
		}
	}
	return reprise.Opaque{Provider: API, Kind: b.Type, Data: raw}, nil
}

// restOf is an Echo of the members of a block but some, and but those that
// say nothing; nil if there are none.
func restOf(raw json.RawMessage, but ...string) *reprise.Echo {
	var e wire.Encoder
	var d wire.Decoder
	e.Open('{')
	d.Reset(raw)
	for more := d.Open('{'); more; more = d.Next('}') {
		key := string(d.Key())
		if value := d.Raw(); !slices.Contains(but, key) && !isDefault(key, value) {
			e.Key(key)
			e.Raw(value)
		}
	}
	e.Close('}')
	if len(e.Buf) == 2 {
		return nil
	}
	return &reprise.Echo{Provider: API, Data: e.Buf}
}

// readMedia reads a picture or a document; ok is false for a source that a
// Media has no place for.
func readMedia(b sentBlock) (m reprise.Media, ok bool) {
	s := b.Source
	if s == nil {
		return m, false
	}
	m.Name = b.Title
	switch s.Type {
	case "base64":
		m.Type = s.MediaType
		if json.Unmarshal(s.Data, &m.Data) != nil || strings.HasPrefix(m.Type, "text/") {
			return m, false
		}
	case "text":
		var text string
		if json.Unmarshal(s.Data, &text) != nil || s.MediaType != "text/plain" {
			return m, false
		}
		m.Type, m.Data = s.MediaType, []byte(text)
	case "url":
		m.URL = s.URL
		m.Type = map[string]string{"image": "image/*", "document": "application/pdf"}[b.Type]
	case "file":
		m.ID = s.FileID
		m.Type = map[string]string{"image": "image/*"}[b.Type]
	default:
		return m, false
	}
	kind, err := mediaKind(m)
	return m, err == nil && kind == b.Type
}
