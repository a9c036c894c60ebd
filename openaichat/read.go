package openaichat

import (
	"bytes"
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

func (r *reader) settings() {
	req := r.req
	r.take("max_tokens", &req.MaxTokens)
	r.take("max_completion_tokens", &req.MaxTokens)
	r.take("temperature", &req.Temperature)
	r.take("top_p", &req.TopP)
	r.take("top_k", &req.TopK)
	r.take("presence_penalty", &req.PresencePenalty)
	r.take("frequency_penalty", &req.FrequencyPenalty)
	if r.dialect.Seed != "" {
		r.take(r.dialect.Seed, &req.Seed)
	}
	r.take("seed", &req.Seed)
	r.take("reasoning_effort", &req.Effort)
	r.effort()
	var one string
	if raw := r.fields["stop"]; json.Unmarshal(raw, &one) == nil && one != "" {
		delete(r.fields, "stop")
		req.Stop = []string{one}
	}
	r.take("stop", &req.Stop)
	var parallel *bool
	if r.take("parallel_tool_calls", &parallel) && parallel != nil {
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
		}
		if err := json.Unmarshal(raw, &t); err != nil || t.Type != "function" {
			r.req.Tools = append(r.req.Tools, reprise.ToolSpec{Name: t.Type, Provider: API, Config: raw})
			continue
		}
		f := t.Function
		r.req.Tools = append(r.req.Tools, reprise.ToolSpec{
			Name: f.Name, Description: f.Description, Schema: f.Parameters, Strict: f.Strict != nil && *f.Strict,
		})
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
	case json.Unmarshal(raw, &one) == nil && one.Type == "function":
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
	if string(r.fields["stream_options"]) == `{"include_usage":true}` {
		delete(r.fields, "stream_options") // we always ask for it
	}
	var always map[string]json.RawMessage
	_ = json.Unmarshal(r.dialect.Body, &always) // it is ours, or empty
	for name, raw := range always {
		if bytes.Equal(raw, r.fields[name]) {
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

// message is a message of the API's.
type message struct {
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	Refusal   string          `json:"refusal"`
	Calls     []messageCall   `json:"tool_calls"`
	CallID    string          `json:"tool_call_id"`
	Thoughts  string          `json:"reasoning_content"`
	Reasoning string          `json:"reasoning"`
	Details   json.RawMessage `json:"reasoning_details"`
	Audio     struct {
		ID string `json:"id"`
	} `json:"audio"`
	hasThought bool
}

type messageCall struct {
	ID       string `json:"id"`
	Function struct {
		Name string `json:"name"`
		Args string `json:"arguments"`
	} `json:"function"`
}

func (r *reader) messages() {
	var list []json.RawMessage
	r.take("messages", &list)
	for i, raw := range list {
		var m message
		if err := json.Unmarshal(raw, &m); err != nil {
			r.fail(i, err)
			return
		}
		var keys map[string]json.RawMessage
		_ = json.Unmarshal(raw, &keys) // it did above
		_, m.hasThought = keys["reasoning_content"]
		parts, err := readContent(m.Content)
		if err != nil {
			r.fail(i, err)
			return
		}
		r.message(i, m, parts)
	}
}

func (r *reader) fail(i int, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("messages[%d]: %w", i, err)
	}
}

func (r *reader) message(i int, m message, parts reprise.Parts) {
	req := r.req
	add := func(role reprise.Role, parts reprise.Parts) {
		req.Messages = append(req.Messages, reprise.Message{Role: role, Parts: parts})
	}
	switch m.Role {
	case "system", "developer":
		if i == 0 {
			req.System = parts
			return
		}
		add(reprise.RoleSystem, parts)
	case "user":
		add(reprise.RoleUser, parts)
	case "assistant":
		add(reprise.RoleAssistant, r.assistantParts(m, parts))
	case "tool", "function":
		result := reprise.ToolResult{ID: m.CallID, Name: r.callName(m.CallID), Parts: parts}
		if n := len(req.Messages); n > 0 && req.Messages[n-1].Role == reprise.RoleTool {
			req.Messages[n-1].Parts = append(req.Messages[n-1].Parts, result)
			return
		}
		add(reprise.RoleTool, reprise.Parts{result})
	default:
		r.fail(i, fmt.Errorf("unknown role %q", m.Role))
	}
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

func (r *reader) assistantParts(m message, content reprise.Parts) reprise.Parts {
	var parts reprise.Parts
	switch {
	case len(m.Details) > 0 && string(m.Details) != "null":
		parts = append(parts, reprise.Reasoning{Text: m.Reasoning, Echo: &reprise.Echo{Provider: r.dialect.name(), Data: m.Details}})
	case m.Thoughts != "" || m.hasThought:
		parts = append(parts, reprise.Reasoning{Text: m.Thoughts})
	case m.Reasoning != "":
		parts = append(parts, reprise.Reasoning{Text: m.Reasoning})
	}
	for _, p := range content {
		if t, ok := p.(reprise.Text); !ok || t.Text != "" || len(content) > 1 {
			parts = append(parts, p)
		}
	}
	if m.Refusal != "" {
		parts = append(parts, reprise.Text{Text: m.Refusal, Refusal: true})
	}
	if m.Audio.ID != "" {
		parts = append(parts, reprise.Media{Type: "audio", ID: m.Audio.ID})
	}
	for _, c := range m.Calls {
		parts = append(parts, reprise.ToolCall{ID: c.ID, Name: c.Function.Name, Args: c.Function.Args})
	}
	if parts == nil {
		parts = reprise.Parts{}
	}
	return parts
}

// readContent reads content: null, a string, or a list of pieces.
func readContent(raw json.RawMessage) (reprise.Parts, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return reprise.Parts{reprise.Text{Text: text}}, nil
	}
	var pieces []json.RawMessage
	if err := json.Unmarshal(raw, &pieces); err != nil {
		return nil, fmt.Errorf("content is neither a string nor a list: %w", err)
	}
	parts := make(reprise.Parts, 0, len(pieces))
	for i, p := range pieces {
		part, cache, err := readPiece(p)
		if err != nil {
			return nil, fmt.Errorf("content[%d]: %w", i, err)
		}
		parts = append(parts, part)
		if cache != nil {
			parts = append(parts, *cache)
		}
	}
	return parts, nil
}

// piece is an element of a content.
type piece struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Refusal string `json:"refusal"`
	Image   struct {
		URL    string `json:"url"`
		Detail string `json:"detail"`
	} `json:"image_url"`
	Audio struct {
		Data   []byte `json:"data"`
		Format string `json:"format"`
	} `json:"input_audio"`
	File struct {
		ID   string `json:"file_id"`
		Name string `json:"filename"`
		Data string `json:"file_data"`
	} `json:"file"`
	Thinking json.RawMessage `json:"thinking"`
	Cache    *struct {
		Type string `json:"type"`
		TTL  string `json:"ttl"`
	} `json:"cache_control"`
}

// readPiece reads an element of a content, and the cache point after it.
func readPiece(raw json.RawMessage) (reprise.Part, *reprise.CachePoint, error) {
	var p piece
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, nil, err
	}
	var cache *reprise.CachePoint
	if p.Cache != nil {
		cache = &reprise.CachePoint{TTL: p.Cache.TTL}
	}
	switch p.Type {
	case "text":
		return reprise.Text{Text: p.Text}, cache, nil
	case "refusal":
		return reprise.Text{Text: p.Refusal, Refusal: true}, cache, nil
	case "thinking":
		thought, err := readContent(p.Thinking)
		return reprise.Reasoning{Text: thought.Text()}, cache, err
	case "image_url":
		m, ok := readDataURL(p.Image.URL)
		if !ok {
			m = reprise.Media{URL: p.Image.URL}
		}
		m.Detail = p.Image.Detail
		return m, cache, nil
	case "input_audio":
		return reprise.Media{Type: "audio/" + map[string]string{"wav": "wav", "mp3": "mpeg"}[p.Audio.Format], Data: p.Audio.Data}, cache, nil
	case "file":
		m, _ := readDataURL(p.File.Data)
		m.ID, m.Name = p.File.ID, p.File.Name
		return m, cache, nil
	}
	return reprise.Opaque{Provider: API, Kind: p.Type, Data: raw}, cache, nil
}
