package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// encoder writes the body of a request.
type encoder struct {
	wire.Encoder
	model    *Model
	dialect  *Dialect
	name     string // of the model
	extra    extra
	warnings []reprise.Warning

	calls map[string]calledAs // by the call's id
	// orphaned says that reasoning was left out: what it led to goes
	// without ids, or the API asks for the reasoning too.
	orphaned bool
}

// encode writes the body for a request, and says what it had to leave out.
func encode(ctx context.Context, m *Model, req *reprise.Request) ([]byte, []reprise.Warning, error) {
	e := &encoder{model: m, dialect: m.dialect(), name: req.Model}
	if e.name == "" {
		e.name = m.Name
	}
	var err error
	if e.extra, err = e.readExtra(req.Extra); err != nil {
		return nil, nil, err
	}
	e.Begin(ctx)
	e.Open('{')
	e.Field("model", e.name)
	if err := e.conversation(req); err != nil {
		return nil, nil, err
	}
	if err := e.tools(req); err != nil {
		return nil, nil, err
	}
	e.settings(req)
	e.reasoning(req)
	if err := e.output(req.Output); err != nil {
		return nil, nil, err
	}
	e.Key("store")
	e.Bool(m.Stored)
	e.include()
	e.Key("stream")
	e.Bool(true)
	e.Close('}')
	body, err := e.extra.addTo(e.Buf)
	return body, e.warnings, err
}

// dropped warns, once, of what cannot be sent.
func (e *encoder) dropped(format string, args ...any) {
	w := reprise.Warning{Provider: e.dialect.name(), Code: reprise.WarnDropped, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(e.warnings, w) {
		e.warnings = append(e.warnings, w)
	}
}

// settings writes the limits and the sampling. Reasoning models refuse
// temperature and top_p; which do, and at what effort, changes with every
// generation, so that is left to the API to say.
func (e *encoder) settings(req *reprise.Request) {
	if req.MaxTokens > 0 {
		e.Key("max_output_tokens")
		e.Int(int64(req.MaxTokens))
	}
	if req.Temperature != nil {
		e.Key("temperature")
		e.Float(*req.Temperature)
	}
	if req.TopP != nil {
		e.Key("top_p")
		e.Float(*req.TopP)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"top_k", req.TopK != nil}, {"presence_penalty", req.PresencePenalty != nil}, {"frequency_penalty", req.FrequencyPenalty != nil},
		{"stop", len(req.Stop) > 0}, {"seed", req.Seed != nil},
	} {
		if f.set {
			e.dropped("%s: the API has none", f.name)
		}
	}
	if req.ThinkingBudget != nil {
		e.dropped("the thinking budget: the API has none; use Effort")
	}
}

func (e *encoder) reasoning(req *reprise.Request) {
	if req.Effort == "" && e.model.Summary == "" {
		return
	}
	e.Key("reasoning")
	e.Open('{')
	if req.Effort != "" {
		e.Field("effort", req.Effort)
	}
	if e.model.Summary != "" {
		e.Field("summary", e.model.Summary)
	}
	e.Close('}')
}

const encryptedContent = "reasoning.encrypted_content"

// include asks for what an answer holds only on demand: reasoning that can
// go back, and what Extra says.
func (e *encoder) include() {
	list := e.extra.include
	switch {
	case e.extra.noInclude:
		return
	case reasons(e.name) && !slices.Contains(list, encryptedContent):
		list = append([]string{encryptedContent}, list...)
	case len(list) == 0:
		return
	}
	e.Key("include")
	e.Open('[')
	for _, what := range list {
		e.String(what)
	}
	e.Close(']')
}

func (e *encoder) output(s *reprise.Schema) error {
	if s == nil {
		return nil
	}
	if !wire.Valid(s.JSON) {
		return fmt.Errorf("the output schema is not JSON")
	}
	e.Key("text")
	e.Open('{')
	e.Key("format")
	e.Open('{')
	e.Field("type", "json_schema")
	e.OpenAISchema(s)
	e.Close('}')
	e.Close('}')
	return nil
}

// tools writes the tools and what goes with them. Whether a function is
// strict is always said: here the API's default is that it is.
func (e *encoder) tools(req *reprise.Request) error {
	if len(req.Tools) > 0 {
		e.Key("tools")
		e.Open('[')
		for _, t := range req.Tools {
			if err := e.tool(t); err != nil {
				return err
			}
		}
		e.Close(']')
	}
	if len(req.Tools) > 0 || req.Choice != (reprise.ToolChoice{}) {
		e.Key("tool_choice")
		e.choice(req)
	}
	if req.SerialTools {
		e.Key("parallel_tool_calls")
		e.Bool(false)
	}
	return nil
}

func (e *encoder) tool(t reprise.ToolSpec) error {
	switch {
	case e.dialect.owns(t.Provider) || t.Provider == e.dialect.name():
		if !isWholeObject(t.Config) {
			return fmt.Errorf("the config of tool %q is not a JSON object", t.Name)
		}
		e.Raw(t.Config)
		return nil
	case t.Provider != "":
		e.dropped("tool %s: it is %s's own", t.Name, t.Provider)
		return nil
	case len(t.Schema) > 0 && !wire.Valid(t.Schema):
		return fmt.Errorf("the schema of tool %q is not JSON", t.Name)
	}
	e.Open('{')
	e.Field("type", "function")
	e.Field("name", t.Name)
	if t.Description != "" {
		e.Field("description", t.Description)
	}
	e.Key("strict")
	e.Bool(t.Strict)
	e.Key("parameters")
	if len(t.Schema) > 0 {
		e.Raw(t.Schema)
	} else {
		e.Raw([]byte(`{"type":"object","properties":{}}`))
	}
	e.Close('}')
	return nil
}

// choice writes which tools may be called. A name may be that of a tool of
// the provider's, which is chosen by its type.
func (e *encoder) choice(req *reprise.Request) {
	name := req.Choice.Name
	switch {
	case name == "" && req.Choice.Mode == "":
		e.String(string(reprise.ToolAuto))
		return
	case name == "":
		e.String(string(req.Choice.Mode))
		return
	}
	e.Open('{')
	defer e.Close('}')
	for _, t := range req.Tools {
		if t.Name != name || t.Provider == "" {
			continue
		}
		var config struct {
			Type  string `json:"type"`
			Label string `json:"server_label"`
		}
		_ = json.Unmarshal(t.Config, &config) // it was checked when it was written
		switch config.Type {
		case "function":
		case "custom":
			e.Field("type", "custom")
			e.Field("name", name)
			return
		case "mcp":
			e.Field("type", "mcp")
			e.Field("server_label", config.Label)
			return
		default:
			e.Field("type", config.Type)
			return
		}
	}
	e.Field("type", "function")
	e.Field("name", name)
}
