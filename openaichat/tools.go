package openaichat

import (
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// tools writes the tools and what goes with them: tool_choice and strict
// are always said.
func (e *encoder) tools(req *reprise.Request) error {
	specs, choice := e.withOutputTool(req)
	if len(specs) == 0 {
		return nil
	}
	e.Key("tools")
	e.Open('[')
	for _, t := range specs {
		if err := e.tool(t); err != nil {
			return err
		}
	}
	e.Close(']')
	e.choice(choice)
	if req.SerialTools {
		e.Key("parallel_tool_calls")
		e.Bool(false)
	}
	return nil
}

func (e *encoder) choice(c reprise.ToolChoice) {
	e.Key("tool_choice")
	switch {
	case c.Name != "":
		e.Open('{')
		e.Field("type", "function")
		e.Key("function")
		e.Open('{')
		e.Field("name", c.Name)
		e.Close('}')
		e.Close('}')
	case c.Mode == "":
		e.String(string(reprise.ToolAuto))
	case c.Mode == reprise.ToolRequired && e.dialect.Required != "":
		e.String(e.dialect.Required)
	default:
		e.String(string(c.Mode))
	}
}

func (e *encoder) tool(t reprise.ToolSpec) error {
	switch {
	case t.Provider == e.dialect.name() || t.Provider == API:
		if !wire.Valid(t.Config) {
			return fmt.Errorf("the config of tool %q is not JSON", t.Name)
		}
		e.Raw(t.Config)
		return nil
	case t.Provider != "":
		e.dropped("tool %s: it is %s's own", t.Name, t.Provider)
		return nil
	case len(t.Schema) > 0 && !wire.Valid(t.Schema):
		return fmt.Errorf("the schema of tool %q is not JSON", t.Name)
	}
	e.Literal(`{"type":"function","function":{"name":`)
	e.String(t.Name)
	if t.Description != "" {
		e.Field("description", t.Description)
	}
	e.Literal(`"strict":`)
	e.Bool(t.Strict)
	e.Literal(`"parameters":`)
	if len(t.Schema) > 0 {
		e.Raw(t.Schema)
	} else {
		e.Raw([]byte(`{"type":"object","properties":{}}`))
	}
	e.Close('}')
	e.Close('}')
	return nil
}

// withOutputTool adds the tool that stands in for structured output where
// the server has none. The model must call a tool then: this one, where it
// is alone.
func (e *encoder) withOutputTool(req *reprise.Request) ([]reprise.ToolSpec, reprise.ToolChoice) {
	s := req.Output
	if !e.dialect.outputByTool(req) {
		return req.Tools, req.Choice
	}
	tool := reprise.ToolSpec{Name: outputName(s), Description: s.Description, Schema: s.JSON, Strict: s.Strict}
	if tool.Description == "" {
		tool.Description = "Give the answer"
	}
	if len(req.Tools) == 0 {
		return []reprise.ToolSpec{tool}, reprise.ToolChoice{Name: tool.Name}
	}
	choice := req.Choice
	if choice.Name == "" {
		choice.Mode = reprise.ToolRequired
	}
	return append(req.Tools[:len(req.Tools):len(req.Tools)], tool), choice
}

func outputName(s *reprise.Schema) string {
	if s.Name == "" {
		return "output"
	}
	return s.Name
}

// output asks for JSON of a schema, where that is not asked for by a tool.
func (e *encoder) output(req *reprise.Request) error {
	s := req.Output
	if s == nil || e.dialect.outputByTool(req) {
		return nil
	}
	if !wire.Valid(s.JSON) {
		return fmt.Errorf("the output schema is not JSON")
	}
	e.Key("response_format")
	e.Open('{')
	e.Field("type", "json_schema")
	e.Key("json_schema")
	e.Open('{')
	e.OpenAISchema(s)
	e.Close('}')
	e.Close('}')
	return nil
}
