package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// conversation is what of a request its answer is about: the model, what was
// said, and the tools. Requests of different programs for the same thing
// differ in the rest, and in how they say it:
//
//   - texts that follow each other are one, and so are messages of one role;
//   - ids of calls are numbers in their order, arguments and results that are
//     JSON are values, results stand in the order of the calls;
//   - reasoning, signatures, cache points and what only one provider
//     understands are left out: not every client sends them back;
//   - tools are sorted, and their schemas say nothing that is the default. Of
//     a function only that counts, its name and its description.
func conversation(req *reprise.Request) *reprise.Request {
	c := &conversant{ids: map[string]string{}}
	messages := req.Messages
	system := slices.Clone(req.System)
	for len(messages) > 0 && messages[0].Role == reprise.RoleSystem {
		system = append(system, messages[0].Parts...)
		messages = messages[1:]
	}
	out := &reprise.Request{Model: req.Model, Tools: plainTools(req.Tools)}
	if text := joined(system); text != "" {
		out.System = reprise.Parts{reprise.Text{Text: text}}
	}
	for _, m := range messages {
		parts := c.parts(m)
		if len(parts) == 0 {
			continue
		}
		if n := len(out.Messages); n > 0 && out.Messages[n-1].Role == m.Role {
			parts = append(out.Messages[n-1].Parts, parts...)
			out.Messages = out.Messages[:n-1]
		}
		out.Messages = append(out.Messages, reprise.Message{Role: m.Role, Parts: tidy(m.Role, parts)})
	}
	return out
}

// joined are the texts, a line each.
func joined(parts reprise.Parts) string {
	var texts []string
	for _, p := range parts {
		if t, ok := p.(reprise.Text); ok && t.Text != "" {
			texts = append(texts, t.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// conversant numbers the calls of a conversation.
type conversant struct {
	calls int
	ids   map[string]string // of each call, the number: some come again
}

func (c *conversant) parts(m reprise.Message) reprise.Parts {
	var out reprise.Parts
	for _, p := range m.Parts {
		switch p := p.(type) {
		case reprise.Text:
			if p.Text != "" {
				out = append(out, reprise.Text{Text: p.Text, Refusal: p.Refusal})
			}
		case reprise.Media:
			out = append(out, reprise.Media{Type: p.Type, Data: p.Data, URL: p.URL, ID: p.ID})
		case reprise.ToolCall:
			id := fmt.Sprintf("%06d", c.calls) // which sorts as the number does
			c.calls++
			c.ids[p.ID] = id
			args := p.Args
			if strings.TrimSpace(args) == "" {
				args = "{}"
			}
			out = append(out, reprise.ToolCall{ID: id, Name: p.Name, Args: plainJSON(args)})
		case reprise.ToolResult:
			id, ok := c.ids[p.ID]
			if !ok {
				id = p.ID
			}
			inner := tidy(reprise.RoleTool, c.parts(reprise.Message{Parts: p.Parts}))
			for i, p := range inner {
				if t, ok := p.(reprise.Text); ok {
					inner[i] = reprise.Text{Text: plainJSON(t.Text)}
				}
			}
			out = append(out, reprise.ToolResult{ID: id, Parts: inner})
		}
	}
	return out
}

// tidy joins the texts that follow each other. In an answer they come before
// the calls, and results stand in the order of their calls.
func tidy(role reprise.Role, parts reprise.Parts) reprise.Parts {
	rank := func(p reprise.Part) (int, string) {
		switch p := p.(type) {
		case reprise.ToolCall:
			return 1, ""
		case reprise.ToolResult:
			return 0, p.ID
		}
		return 0, ""
	}
	if role == reprise.RoleAssistant || role == reprise.RoleTool {
		slices.SortStableFunc(parts, func(a, b reprise.Part) int {
			m, s := rank(a)
			n, t := rank(b)
			return cmp.Or(cmp.Compare(m, n), cmp.Compare(s, t))
		})
	}
	var out reprise.Parts
	for _, p := range parts {
		if t, ok := p.(reprise.Text); ok && len(out) > 0 {
			if last, ok := out[len(out)-1].(reprise.Text); ok && last.Refusal == t.Refusal {
				out[len(out)-1] = reprise.Text{Text: last.Text + t.Text, Refusal: t.Refusal}
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// plainJSON writes JSON in one way: without spaces, and with sorted keys.
// Other text stays as it is.
func plainJSON(text string) string {
	v, ok := decode([]byte(text))
	if !ok {
		return text
	}
	return encode(v)
}

// decode reads JSON with its numbers as they are written.
func decode(b []byte) (v any, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if dec.Decode(&v) != nil || dec.More() {
		return nil, false
	}
	return v, true
}

func encode(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // what was decoded, or is a request, encodes
	return strings.TrimSuffix(b.String(), "\n")
}

func plainTools(tools []reprise.ToolSpec) []reprise.ToolSpec {
	var out []reprise.ToolSpec
	for _, t := range tools {
		p := reprise.ToolSpec{Name: t.Name, Description: t.Description}
		switch v, ok := decode(t.Schema); {
		case ok:
			p.Schema = json.RawMessage(encode(plainSchema(v)))
		case len(t.Config) == 0 || isFunction(t.Config):
			p.Schema = json.RawMessage(`{"type":"object"}`)
		default:
			p.Provider, p.Config = t.Provider, json.RawMessage(plainJSON(string(t.Config)))
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b reprise.ToolSpec) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// isFunction reports whether the settings of a tool are only how one client
// writes a function.
func isFunction(config json.RawMessage) bool {
	var c struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(config, &c) == nil && c.Type == "function"
}

// plainSchema leaves out of a JSON Schema what libraries add to it by
// themselves, and writes types as JSON Schema does: Gemini's are upper case.
func plainSchema(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = plainSchema(v[i])
		}
	case map[string]any:
		delete(v, "$schema")
		if v["additionalProperties"] == false {
			delete(v, "additionalProperties")
		}
		if list, ok := v["required"].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			if len(list) == 0 {
				delete(v, "required")
			}
		}
		if object, ok := v["properties"].(map[string]any); ok && len(object) == 0 {
			delete(v, "properties")
		}
		if kind, ok := v["type"].(string); ok {
			v["type"] = strings.ToLower(kind)
		}
		for key, value := range v {
			if !literal(key) {
				v[key] = plainSchema(value)
			}
		}
	}
	return v
}

// literal reports whether a keyword of JSON Schema holds values, not schemas.
func literal(keyword string) bool {
	switch keyword {
	case "const", "default", "enum", "example", "examples":
		return true
	}
	return false
}
