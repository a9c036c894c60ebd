package openaichat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// ReadRequest reads a recorded body, sent to a server of the dialect, into
// the request that it was made from. Fields that a Request has no place for
// are in its Extra, under [API]. Whether the answer was to be streamed is not
// part of a Request.
func ReadRequest(body []byte, d *Dialect) (*reprise.Request, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("the request is not a JSON object: %w", err)
	}
	r := &reader{dialect: d, fields: fields, req: &reprise.Request{}}
	r.take("model", &r.req.Model)
	r.settings()
	r.tools()
	r.choice()
	r.output()
	r.messages()
	r.rest()
	return r.req, r.err
}

// reader takes the fields of a body, one after the other; what is left is
// extra.
type reader struct {
	dialect *Dialect
	fields  map[string]json.RawMessage
	req     *reprise.Request
	err     error
}

// take decodes a field and removes it. A null is as if it were not there.
func (r *reader) take(name string, into any) (ok bool) {
	if r.err == nil {
		ok, r.err = wire.Take(r.fields, name, into)
	}
	return ok
}

// setting is take for a field that stays, as extra, if it is not of the form
// that a Request has.
func setting[T any](r *reader, name string, into *T) (ok bool) {
	var v T
	raw, ok := r.fields[name]
	if !ok || json.Unmarshal(raw, &v) != nil {
		return false
	}
	delete(r.fields, name)
	if string(raw) == "null" {
		return false
	}
	*into = v
	return true
}

func (r *reader) settings() {
	req := r.req
	setting(r, "max_tokens", &req.MaxTokens)
	setting(r, "max_completion_tokens", &req.MaxTokens)
	setting(r, "temperature", &req.Temperature)
	setting(r, "top_p", &req.TopP)
	setting(r, "top_k", &req.TopK)
	setting(r, "presence_penalty", &req.PresencePenalty)
	setting(r, "frequency_penalty", &req.FrequencyPenalty)
	if r.dialect.Seed != "" {
		setting(r, r.dialect.Seed, &req.Seed)
	}
	setting(r, "seed", &req.Seed)
	setting(r, "reasoning_effort", &req.Effort)
	r.effort()
	var one string
	if setting(r, "stop", &one) && one != "" {
		req.Stop = []string{one}
	}
	setting(r, "stop", &req.Stop)
	var parallel *bool
	if setting(r, "parallel_tool_calls", &parallel) && parallel != nil {
		req.SerialTools = !*parallel
	}
}

// effort reads the object in which some servers take effort and budget, if
// there is no more in it.
func (r *reader) effort() {
	var o struct {
		Effort string `json:"effort"`
		Budget *int   `json:"max_tokens"`
	}
	dec := json.NewDecoder(bytes.NewReader(r.fields["reasoning"]))
	dec.DisallowUnknownFields()
	if r.dialect.ReasoningObject && dec.Decode(&o) == nil && (o.Effort != "" || o.Budget != nil) {
		r.req.Effort, r.req.ThinkingBudget = o.Effort, o.Budget
		delete(r.fields, "reasoning")
	}
}

// tools reads the tools. What a ToolSpec has no place for is kept as it is.
func (r *reader) tools() {
	var tools []json.RawMessage
	r.take("tools", &tools)
	for _, raw := range tools {
		var t struct {
			Type     string `json:"type"`
			Function struct {
				Name        string          `json:"name"`
				Description string          `json:"description"`
				Strict      *bool           `json:"strict"`
				Parameters  json.RawMessage `json:"parameters"`
			} `json:"function"`
			Custom struct {
				Name        string          `json:"name"`
				Description string          `json:"description"`
				Format      json.RawMessage `json:"format"`
			} `json:"custom"`
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		err := dec.Decode(&t)
		if err != nil {
			_ = json.Unmarshal(raw, &t) // what there is must do
		}
		f := t.Function
		spec := reprise.ToolSpec{
			Name: cmp.Or(f.Name, t.Custom.Name, t.Type), Description: cmp.Or(f.Description, t.Custom.Description),
			Schema: f.Parameters, Strict: f.Strict != nil && *f.Strict,
		}
		if string(spec.Schema) == "null" {
			spec.Schema = nil
		}
		if err != nil || t.Type != "function" || f.Name == "" {
			spec.Provider, spec.Config = API, raw
		}
		r.req.Tools = append(r.req.Tools, spec)
	}
}

func (r *reader) choice() {
	raw := r.fields["tool_choice"]
	var mode string
	var one struct {
		Type     string `json:"type"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	switch {
	case json.Unmarshal(raw, &mode) == nil && mode != "":
		if mode == r.dialect.Required {
			mode = string(reprise.ToolRequired)
		}
		if mode != string(reprise.ToolAuto) {
			r.req.Choice.Mode = reprise.ToolMode(mode)
		}
	case json.Unmarshal(raw, &one) == nil && one.Type == "function" && one.Function.Name != "":
		r.req.Choice.Name = one.Function.Name
	default:
		return // it stays, as extra
	}
	delete(r.fields, "tool_choice")
}

func (r *reader) output() {
	var f struct {
		Type   string `json:"type"`
		Schema struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Strict      bool            `json:"strict"`
			Schema      json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	}
	if json.Unmarshal(r.fields["response_format"], &f) != nil || f.Type != "json_schema" {
		return
	}
	delete(r.fields, "response_format")
	s := f.Schema
	r.req.Output = &reprise.Schema{Name: s.Name, Description: s.Description, Strict: s.Strict, JSON: s.Schema}
}

// rest keeps what was not taken.
func (r *reader) rest() {
	delete(r.fields, "stream")
	if sameJSON(r.fields["stream_options"], json.RawMessage(`{"include_usage":true}`)) {
		delete(r.fields, "stream_options") // we always ask for it
	}
	var always map[string]json.RawMessage
	_ = json.Unmarshal(r.dialect.Body, &always) // it is ours, or empty
	for name, raw := range always {
		if sameJSON(raw, r.fields[name]) {
			delete(r.fields, name)
		}
	}
	if len(r.fields) == 0 {
		return
	}
	extra, err := json.Marshal(r.fields)
	if err != nil && r.err == nil {
		r.err = err
	}
	r.req.Extra = map[string]json.RawMessage{API: extra}
}

// sameJSON reports whether two values are the same but for white space.
func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}
