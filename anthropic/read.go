package anthropic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// ReadRequest reads a recorded body into the request that it was made from.
// Fields that a Request has no place for, and those that [Model] would send
// otherwise, are in its Extra, under [API]. Whether the answer was to be
// streamed is not part of a Request, and neither is anthropic_version. A
// body for Bedrock or Vertex does not name the model: see [ModelOf].
func ReadRequest(body []byte) (*reprise.Request, error) {
	r := &reader{req: &reprise.Request{}}
	if err := json.Unmarshal(body, &r.fields); err != nil {
		return nil, fmt.Errorf("the request is not a JSON object: %w", err)
	}
	if r.fields == nil {
		return nil, fmt.Errorf("the request is null")
	}
	r.take("model", &r.req.Model)
	r.tools()
	r.system()
	r.messages()
	r.settings()
	r.rest()
	return r.req, r.err
}

// reader takes the fields of a body, one after the other; what is left is
// extra.
type reader struct {
	fields map[string]json.RawMessage
	req    *reprise.Request
	err    error
}

// take decodes a field and removes it. A null is as if it were not there.
func (r *reader) take(name string, into any) (ok bool) {
	if r.err == nil {
		ok, r.err = wire.Take(r.fields, name, into)
	}
	return ok
}

// settings reads what is neither prompt nor tools. The fields stay, for rest.
func (r *reader) settings() {
	req := r.req
	get := func(name string, into any) { _ = json.Unmarshal(r.fields[name], into) } // rest finds what was not understood
	get("max_tokens", &req.MaxTokens)
	get("stop_sequences", &req.Stop)
	get("temperature", &req.Temperature)
	get("top_p", &req.TopP)
	get("top_k", &req.TopK)
	var thinking struct {
		Type   string `json:"type"`
		Budget int    `json:"budget_tokens"`
	}
	var output struct {
		Effort string `json:"effort"`
		Format struct {
			Type   string          `json:"type"`
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	}
	get("thinking", &thinking)
	get("output_config", &output)
	req.Effort = output.Effort
	switch {
	case thinking.Type == "enabled" && thinking.Budget >= minBudget:
		req.ThinkingBudget = &thinking.Budget
	case thinking.Type == "adaptive" && req.Effort == "":
		budget := -1
		req.ThinkingBudget = &budget
	case thinking.Type == "disabled" || thinking.Type == "between_tools":
		budget := 0
		req.ThinkingBudget = &budget
	}
	if output.Format.Type == "json_schema" && len(output.Format.Schema) > 0 {
		req.Output = &reprise.Schema{JSON: output.Format.Schema, Strict: true}
		if newEncoder(&Model{}, req.Model).outputByTool(req) { // this server knows more than we thought: it stays extra
			req.Output = nil
		}
	}
	r.choice()
}

func (r *reader) choice() {
	var c struct {
		Type   string `json:"type"`
		Name   string `json:"name"`
		Serial bool   `json:"disable_parallel_tool_use"`
	}
	if json.Unmarshal(r.fields["tool_choice"], &c) != nil {
		return
	}
	r.req.SerialTools = c.Serial
	switch c.Type {
	case "any":
		r.req.Choice.Mode = reprise.ToolRequired
	case "none":
		r.req.Choice.Mode = reprise.ToolNone
	case "tool":
		r.req.Choice.Name = c.Name
	}
}

func (r *reader) tools() {
	var tools []json.RawMessage
	r.take("tools", &tools)
	for i, raw := range tools {
		last := i == len(tools)-1
		if point, ok := cachePointOf(raw); ok && last { // one that comes first in System is for the tools
			r.req.System = append(r.req.System, point)
			raw = setMember(raw, "cache_control", nil)
		}
		r.req.Tools = append(r.req.Tools, readTool(raw))
	}
}

// readTool reads a tool. One with more than a ToolSpec has a place for is
// kept as its Config.
func readTool(raw json.RawMessage) reprise.ToolSpec {
	var t struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Strict      bool            `json:"strict"`
		Schema      json.RawMessage `json:"input_schema"`
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(raw, &t) != nil || json.Unmarshal(raw, &keys) != nil {
		return reprise.ToolSpec{Provider: API, Config: raw}
	}
	spec := reprise.ToolSpec{Name: t.Name, Description: t.Description, Schema: t.Schema, Strict: t.Strict}
	for key, value := range keys {
		switch {
		case key == "name", key == "description", key == "strict", key == "input_schema":
		case string(value) == "null", key == "type" && string(value) == `"custom"`:
		default:
			spec.Provider, spec.Config = API, raw
		}
	}
	if spec.Provider == "" && len(spec.Schema) == 0 {
		spec.Provider, spec.Config = API, raw
	}
	if spec.Name == "" {
		spec.Name = t.Type
	}
	return spec
}

// rest keeps as extra what was not taken, and what Model would not send as it
// was.
func (r *reader) rest() {
	var version string
	_ = json.Unmarshal(r.fields["anthropic_version"], &version) // another one stays
	switch version {
	case "bedrock-2023-05-31", "vertex-2023-10-16":
		delete(r.fields, "anthropic_version")
	}
	delete(r.fields, "stream")
	if r.err != nil {
		return
	}
	sent := r.sent()
	for name, raw := range r.fields {
		if string(raw) == "null" && sent[name] == nil || sameJSON(raw, sent[name]) {
			delete(r.fields, name)
		}
	}
	if len(r.fields) == 0 {
		return
	}
	extra, err := json.Marshal(r.fields)
	if err != nil {
		r.err = err
		return
	}
	r.req.Extra = map[string]json.RawMessage{API: extra}
}

// sent are the fields that a Model would send for the settings.
func (r *reader) sent() map[string]json.RawMessage {
	req := *r.req
	req.Messages, req.System = nil, nil
	e := newEncoder(&Model{NoCache: true}, req.Model)
	var fields map[string]json.RawMessage
	if body, err := e.encode(OpMessages, &req); err == nil {
		_ = json.Unmarshal(body, &fields) // we wrote it
	}
	delete(fields, "messages")
	return fields
}

// sameJSON compares values; a tool_choice may leave out that calls may be
// parallel.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if decodeExact(a, &x) != nil || decodeExact(b, &y) != nil {
		return false
	}
	for _, v := range []any{x, y} {
		if m, ok := v.(map[string]any); ok && m["disable_parallel_tool_use"] == false {
			delete(m, "disable_parallel_tool_use")
		}
	}
	return reflect.DeepEqual(x, y)
}

// decodeExact keeps numbers as they are written.
func decodeExact(raw json.RawMessage, v *any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(v)
}
