package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// ReadRequest reads a recorded body, sent to a server of the dialect, into
// the request that it was made from. A nil Dialect is OpenAI's. Fields that a
// Request has no place for are in its Extra, under [API]; so is what is not
// as this package does it by default (store). Whether the answer was to be
// streamed is not part of a Request.
func ReadRequest(body []byte, d *Dialect) (*reprise.Request, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("the request is not a JSON object: %w", err)
	}
	if fields == nil {
		return nil, errors.New("the request is null")
	}
	r := &reader{dialect: d.orOpenAI(), fields: fields, req: &reprise.Request{}}
	r.take("model", &r.req.Model)
	r.settings()
	r.output()
	r.tools()
	r.choice()
	r.instructions()
	r.input()
	r.defaults()
	r.rest()
	return r.req, r.err
}

// reader takes the fields of a body, one after the other; what is left is
// extra.
type reader struct {
	dialect *Dialect
	fields  map[string]json.RawMessage
	req     *reprise.Request
	answers *stream // reads what the model gave
	err     error
}

// take decodes a field and removes it. A null is as if it were not there.
func (r *reader) take(name string, into any) bool { return r.takeFrom(r.fields, name, into) }

func (r *reader) takeFrom(fields map[string]json.RawMessage, name string, into any) (ok bool) {
	if r.err == nil {
		ok, r.err = wire.Take(fields, name, into)
	}
	return ok
}

// within takes members of a field that is an object; what is left of it
// stays.
func (r *reader) within(name string, take func(members map[string]json.RawMessage)) {
	var members map[string]json.RawMessage
	if json.Unmarshal(r.fields[name], &members) != nil || members == nil {
		return
	}
	take(members)
	if len(members) == 0 {
		delete(r.fields, name)
		return
	}
	r.fields[name] = object(members)
}

func (r *reader) settings() {
	r.take("max_output_tokens", &r.req.MaxTokens)
	r.take("temperature", &r.req.Temperature)
	r.take("top_p", &r.req.TopP)
	r.within("reasoning", func(m map[string]json.RawMessage) { r.takeFrom(m, "effort", &r.req.Effort) })
	var parallel *bool
	if r.take("parallel_tool_calls", &parallel) && parallel != nil {
		r.req.SerialTools = !*parallel
	}
}

// output takes the schema of structured output. Where it does not say
// whether it is strict, that is left to the API.
func (r *reader) output() {
	r.within("text", func(m map[string]json.RawMessage) {
		var f struct {
			Type        string          `json:"type"`
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Schema      json.RawMessage `json:"schema"`
			Strict      *bool           `json:"strict"`
		}
		if json.Unmarshal(m["format"], &f) != nil || f.Type != "json_schema" || len(f.Schema) == 0 {
			return
		}
		r.req.Output = &reprise.Schema{Name: f.Name, Description: f.Description, JSON: f.Schema}
		if f.Strict == nil {
			m["format"] = json.RawMessage(`{"strict":null}`)
			return
		}
		r.req.Output.Strict = *f.Strict
		delete(m, "format")
	})
}

// tools reads the tools. A function that has more to it than a ToolSpec has a
// place for, or that does not say whether it is strict, is also kept as it
// is.
func (r *reader) tools() {
	var tools []json.RawMessage
	r.take("tools", &tools)
	for _, raw := range tools {
		var t struct {
			Type        string          `json:"type"`
			Name        string          `json:"name"`
			Label       string          `json:"server_label"`
			Description string          `json:"description"`
			Strict      *bool           `json:"strict"`
			Parameters  json.RawMessage `json:"parameters"`
		}
		if !isWholeObject(raw) {
			r.fail("tools", fmt.Errorf("%.40s is no tool", raw))
			return
		}
		err := json.Unmarshal(raw, &t)
		spec := reprise.ToolSpec{Name: t.Name, Description: t.Description}
		if err != nil || t.Type != "function" {
			if spec.Name == "" {
				spec.Name = toolName(t.Type)
			}
			if t.Type == "mcp" {
				spec.Name = t.Label
			}
			spec.Provider, spec.Config = API, raw
		} else {
			spec.Schema = t.Parameters
			if t.Strict == nil || !onlyHas(raw, "type", "name", "description", "strict", "parameters") {
				spec.Provider, spec.Config = API, raw
			}
			spec.Strict = t.Strict != nil && *t.Strict
		}
		r.req.Tools = append(r.req.Tools, spec)
	}
}

// onlyHas reports whether an object has no member but these.
func onlyHas(raw []byte, names ...string) bool {
	only := true
	err := eachMember(raw, func(key string, _ []byte) { only = only && slices.Contains(names, key) })
	return only && err == nil
}

func (r *reader) choice() {
	raw := r.fields["tool_choice"]
	var mode string
	var one struct {
		Type  string `json:"type"`
		Name  string `json:"name"`
		Label string `json:"server_label"`
	}
	switch {
	case json.Unmarshal(raw, &mode) == nil && mode != "":
		if mode != string(reprise.ToolAuto) {
			r.req.Choice.Mode = reprise.ToolMode(mode)
		}
	case json.Unmarshal(raw, &one) == nil && onlyHas(raw, "type", "name", "server_label") && r.named(one.Type, one.Name, one.Label):
	default:
		return // it stays, as extra
	}
	delete(r.fields, "tool_choice")
}

// named takes the choice of one tool, if its name would be written the same.
func (r *reader) named(kind, name, label string) bool {
	switch kind {
	case "function", "custom":
	case "mcp":
		if name != "" {
			return false
		}
		name = label
	default:
		name = toolName(kind)
	}
	e := encoder{}
	e.choice(&reprise.Request{Tools: r.req.Tools, Choice: reprise.ToolChoice{Name: name}})
	if name == "" || typeOf(e.Buf) != kind {
		return false
	}
	r.req.Choice.Name = name
	return true
}

func (r *reader) instructions() {
	var s string
	if raw := r.fields["instructions"]; len(raw) == 0 || raw[0] != '"' {
		return // a null, or a list that only an answer has
	}
	if r.take("instructions", &s); s != "" {
		r.req.System = reprise.Parts{reprise.Text{Text: s, Echo: echo{Field: instructionsField}.pack(r.dialect)}}
	}
}

// defaults removes what is as this package does it anyway.
func (r *reader) defaults() {
	delete(r.fields, "stream")
	var list []string
	var id string
	if raw, ok := r.fields["previous_response_id"]; ok && json.Unmarshal(raw, &id) != nil {
		r.fail("previous_response_id", fmt.Errorf("%.40s is no id", raw))
	}
	if r.take("include", &list) {
		if i := slices.Index(list, encryptedContent); i >= 0 && reasons(r.req.Model) {
			list = slices.Delete(list, i, i+1)
		}
		if len(list) > 0 {
			r.fields["include"], _ = json.Marshal(list) // strings always marshal
		}
	}
	store := true // the API's default
	if r.take("store", &store); store {
		r.fields["store"] = json.RawMessage("true")
	}
}

// rest keeps what was not taken.
func (r *reader) rest() {
	if len(r.fields) > 0 {
		r.req.Extra = map[string]json.RawMessage{API: object(r.fields)}
	}
}

func (r *reader) fail(where string, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %w", where, err)
	}
}
