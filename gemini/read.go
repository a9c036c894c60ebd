package gemini

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/repriselabs/reprise"
)

// ReadRequest reads a recorded body, sent to a provider for a model, into the
// request that it was made from. The model and whether the answer was to be
// streamed are in the address: see [ReadURL]. Fields that a Request has no
// place for are in its Extra, under [API]. Schemas in the API's own form
// (parameters, responseSchema) become JSON Schemas.
func ReadRequest(body []byte, provider, model string) (*reprise.Request, error) {
	fields, err := object(body)
	if err != nil {
		return nil, fmt.Errorf("the request: %w", err)
	}
	r := &reader{provider: providerName(provider), fields: fields, req: &reprise.Request{Model: model}}
	if r.config, err = r.inner("generationConfig"); err != nil {
		return nil, err
	}
	if r.toolConfig, err = r.inner("toolConfig"); err != nil {
		return nil, err
	}
	for _, read := range []func() error{r.model, r.system, r.contents, r.tools, r.settings, r.thinking, r.output, r.choice, r.rest} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return r.req, nil
}

// reader takes the fields of a body, one after the other; what is left is
// extra.
type reader struct {
	provider   string
	fields     map[string]json.RawMessage
	config     map[string]json.RawMessage // generationConfig
	toolConfig map[string]json.RawMessage
	req        *reprise.Request

	turn  int   // how many messages of answers come before the answer that is read
	count tally // of its parts
}

// object reads an object whose members may be spelled in camel or snake case.
func object(raw []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	out := make(map[string]json.RawMessage, len(m))
	for name, value := range m {
		if string(value) != "null" {
			out[camel(name)] = value
		}
	}
	return out, nil
}

// listOf reads a list. The API takes a list of one without its brackets too.
func listOf(raw json.RawMessage) (list []json.RawMessage, err error) {
	if strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
		return []json.RawMessage{raw}, nil
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil, fmt.Errorf("neither a list nor an object: %.40s", raw)
	}
	return list, nil
}

// inner reads a field that is an object.
func (r *reader) inner(name string) (map[string]json.RawMessage, error) {
	raw, ok := r.fields[name]
	if !ok {
		return map[string]json.RawMessage{}, nil
	}
	m, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// take decodes a field and removes it. What does not fit stays, as extra.
func take[T any](fields map[string]json.RawMessage, name string, into *T) bool {
	var v T
	raw, ok := fields[name]
	if !ok || json.Unmarshal(raw, &v) != nil {
		return false
	}
	delete(fields, name)
	*into = v
	return true
}

// takeWhole takes a number that must be whole; it may be written as 40.0.
func takeWhole(fields map[string]json.RawMessage, name string) (int, bool) {
	var f float64
	if json.Unmarshal(fields[name], &f) != nil || f != math.Trunc(f) || math.Abs(f) > 1<<31 {
		return 0, false
	}
	delete(fields, name)
	return int(f), true
}

// model takes the model out of a body that repeats it.
func (r *reader) model() error {
	var name string
	if take(r.fields, "model", &name) && r.req.Model == "" {
		r.req.Model = strings.TrimPrefix(name, "models/")
	}
	return nil
}

func (r *reader) settings() error {
	c, req := r.config, r.req
	if n, ok := takeWhole(c, "maxOutputTokens"); ok {
		req.MaxTokens = max(0, n)
	}
	if n, ok := takeWhole(c, "topK"); ok {
		req.TopK = &n
	}
	take(c, "temperature", &req.Temperature)
	take(c, "topP", &req.TopP)
	take(c, "presencePenalty", &req.PresencePenalty)
	take(c, "frequencyPenalty", &req.FrequencyPenalty)
	take(c, "seed", &req.Seed)
	take(c, "stopSequences", &req.Stop)
	if len(req.Stop) == 0 {
		req.Stop = nil
	}
	return nil
}

// thinking reads thinkingConfig. Whether thoughts are asked for stays as
// extra where that is not what the encoder would say.
func (r *reader) thinking() error {
	raw, ok := r.config["thinkingConfig"]
	if !ok {
		return nil
	}
	t, err := object(raw)
	if err != nil {
		return fmt.Errorf("thinkingConfig: %w", err)
	}
	if t["thinkingLevel"] == nil || t["thinkingBudget"] == nil {
		if n, ok := takeWhole(t, "thinkingBudget"); ok {
			r.req.ThinkingBudget = &n
		}
		if takesLevels(r.req.Model) {
			take(t, "thinkingLevel", &r.req.Effort)
		}
	}
	var included bool
	if json.Unmarshal(t["includeThoughts"], &included) != nil {
		included = false
	}
	if included == asksThoughts(r.req.Effort, r.req.ThinkingBudget) {
		delete(t, "includeThoughts")
	} else if !included {
		t["includeThoughts"] = json.RawMessage("null")
	}
	return r.put(r.config, "thinkingConfig", t)
}

// put sets a field to an object, or removes it if the object is empty.
func (r *reader) put(fields map[string]json.RawMessage, name string, value map[string]json.RawMessage) error {
	delete(fields, name)
	if len(value) == 0 {
		return nil
	}
	raw, err := marshal(value)
	fields[name] = raw
	return err
}

// output reads a schema for the answer, in either form.
func (r *reader) output() error {
	var kind string
	if json.Unmarshal(r.config["responseMimeType"], &kind) != nil || kind != "application/json" {
		return nil
	}
	switch schema, own := r.config["responseJsonSchema"], r.config["responseSchema"]; {
	case schema != nil:
		delete(r.config, "responseJsonSchema")
		r.req.Output = &reprise.Schema{JSON: compact(schema)}
	case own != nil:
		delete(r.config, "responseSchema")
		r.req.Output = &reprise.Schema{JSON: jsonSchema(own)}
	default:
		return nil
	}
	delete(r.config, "responseMimeType")
	return nil
}

// tools reads the tools. A function that says more than a ToolSpec can is
// kept as a tool of the provider's own.
func (r *reader) tools() error {
	raw, ok := r.fields["tools"]
	if !ok {
		return nil
	}
	entries, err := listOf(raw)
	if err != nil {
		return fmt.Errorf("tools: %w", err)
	}
	delete(r.fields, "tools")
	for i, entry := range entries {
		t, err := object(entry)
		if err != nil {
			return fmt.Errorf("tools[%d]: %w", i, err)
		}
		if err := r.functions(t["functionDeclarations"]); err != nil {
			return fmt.Errorf("tools[%d]: %w", i, err)
		}
		delete(t, "functionDeclarations")
		for _, name := range sortedKeys(t) {
			config, err := marshal(map[string]json.RawMessage{name: t[name]})
			if err != nil {
				return fmt.Errorf("tools[%d]: %w", i, err)
			}
			r.req.Tools = append(r.req.Tools, reprise.ToolSpec{Name: name, Provider: API, Config: config})
		}
	}
	return nil
}

func (r *reader) functions(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	list, err := listOf(raw)
	if err != nil {
		return fmt.Errorf("functionDeclarations: %w", err)
	}
	for i, raw := range list {
		f, err := object(raw)
		if err != nil {
			return fmt.Errorf("functionDeclarations[%d]: %w", i, err)
		}
		var t reprise.ToolSpec
		take(f, "name", &t.Name)
		take(f, "description", &t.Description)
		if schema := f["parametersJsonSchema"]; schema != nil {
			t.Schema = compact(schema)
			delete(f, "parametersJsonSchema")
		} else if own := f["parameters"]; own != nil {
			t.Schema = jsonSchema(own)
			delete(f, "parameters")
		}
		if len(f) > 0 {
			t.Provider = API
			if t.Config, err = marshal(map[string]any{"functionDeclarations": []json.RawMessage{raw}}); err != nil {
				return err
			}
		}
		r.req.Tools = append(r.req.Tools, t)
	}
	return nil
}

// choice reads functionCallingConfig.
func (r *reader) choice() error {
	raw, ok := r.toolConfig["functionCallingConfig"]
	if !ok {
		return nil
	}
	c, err := object(raw)
	if err != nil {
		return fmt.Errorf("functionCallingConfig: %w", err)
	}
	var mode string
	var names []string
	_ = json.Unmarshal(c["mode"], &mode) // what is no text stays
	_ = json.Unmarshal(c["allowedFunctionNames"], &names)
	switch strings.ToUpper(mode) { // the API takes either
	case "AUTO":
	case "NONE":
		r.req.Choice.Mode = reprise.ToolNone
	case "ANY":
		r.req.Choice.Mode = reprise.ToolRequired
		if len(names) == 1 {
			r.req.Choice = reprise.ToolChoice{Name: names[0]}
			delete(c, "allowedFunctionNames")
		}
	case "VALIDATED":
		for i := range r.req.Tools {
			r.req.Tools[i].Strict = r.req.Tools[i].Provider == ""
		}
	default:
		return nil // it stays, as extra
	}
	delete(c, "mode")
	return r.put(r.toolConfig, "functionCallingConfig", c)
}

// rest keeps what was not taken.
func (r *reader) rest() error {
	if err := r.put(r.fields, "generationConfig", r.config); err != nil {
		return err
	}
	if err := r.put(r.fields, "toolConfig", r.toolConfig); err != nil {
		return err
	}
	if len(r.fields) == 0 {
		return nil
	}
	extra, err := marshal(r.fields)
	r.req.Extra = map[string]json.RawMessage{API: extra}
	return err
}
