package anthropic

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// tools writes the tools and how they may be chosen, which is said also where
// it is the default.
func (e *encoder) tools(req *reprise.Request) error {
	byTool := e.outputByTool(req)
	if len(req.Tools) == 0 && !byTool {
		return nil
	}
	start := len(e.Buf)
	e.Key("tools")
	e.Open('[')
	empty := len(e.Buf)
	for _, t := range req.Tools {
		if byTool && t.Name == outputTool(req.Output) {
			return fmt.Errorf("the output and a tool are both named %q", t.Name)
		}
		if err := e.tool(t); err != nil {
			return err
		}
	}
	if byTool {
		if err := e.outputAsTool(req.Output); err != nil {
			return err
		}
	}
	if len(e.Buf) == empty { // all were of other providers
		e.Buf = e.Buf[:start]
		return nil
	}
	e.autoMark()
	e.Close(']')
	e.choice(req, byTool)
	return nil
}

func (e *encoder) choice(req *reprise.Request, byTool bool) {
	e.Key("tool_choice")
	e.Open('{')
	switch {
	case byTool && len(req.Tools) == 0:
		e.Field("type", "tool")
		e.Field("name", outputTool(req.Output))
	case byTool:
		e.Field("type", "any")
	case req.Choice.Name != "":
		e.Field("type", "tool")
		e.Field("name", req.Choice.Name)
	case req.Choice.Mode == reprise.ToolNone:
		e.Field("type", "none")
		e.Close('}')
		return
	case req.Choice.Mode == reprise.ToolRequired:
		e.Field("type", "any")
	case req.Choice.Mode == "":
		e.Field("type", "auto")
	default:
		e.Field("type", string(req.Choice.Mode))
	}
	if req.SerialTools || e.model.Host == nil || !e.model.Host.Sparse {
		e.Key("disable_parallel_tool_use")
		e.Bool(req.SerialTools)
	}
	e.Close('}')
}

func (e *encoder) tool(t reprise.ToolSpec) error {
	switch {
	case t.Provider == API:
		config := json.RawMessage(strings.TrimSpace(string(t.Config)))
		if !wire.Valid(config) || config[0] != '{' {
			return fmt.Errorf("the config of tool %q is not a JSON object", t.Name)
		}
		e.toolBetas(config)
		e.rawBlock(config, true)
		return nil
	case t.Provider != "":
		e.dropped("tool %s: it is %s's own", t.Name, t.Provider)
		return nil
	case len(t.Schema) > 0 && !wire.Valid(t.Schema):
		return fmt.Errorf("the schema of tool %q is not JSON", t.Name)
	}
	e.Open('{')
	e.Field("name", t.Name)
	if t.Description != "" {
		e.Field("description", t.Description)
	}
	switch {
	case t.Strict && e.profile.format:
		e.Key("strict")
		e.Bool(true)
	case t.Strict:
		e.dropped("strict for tool %s: %s has none", t.Name, e.name)
	}
	e.Key("input_schema")
	if len(t.Schema) > 0 {
		e.Raw(t.Schema)
	} else {
		e.Raw([]byte(`{"type":"object","properties":{}}`))
	}
	e.closeBlock(true)
	return nil
}

func (e *encoder) outputAsTool(s *reprise.Schema) error {
	if !wire.Valid(s.JSON) {
		return fmt.Errorf("the output schema is not JSON")
	}
	e.Open('{')
	e.Field("name", outputTool(s))
	description := s.Description
	if description == "" {
		description = "Give the answer with this tool."
	}
	e.Field("description", description)
	e.Key("input_schema")
	e.Raw(s.JSON)
	e.closeBlock(true)
	return nil
}

// betasOf are the betas that tools need, by the beginning of their type.
var betasOf = []struct{ tool, beta string }{
	{"computer_20241022", "computer-use-2024-10-22"},
	{"computer_20250124", "computer-use-2025-01-24"},
	{"computer_20251124", "computer-use-2025-11-24"},
	{"code_execution_20250522", "code-execution-2025-05-22"},
	{"mcp_toolset", "mcp-client-2025-11-20"},
	{"advisor_", "advisor-tool-2026-03-01"},
}

func (e *encoder) toolBetas(config json.RawMessage) {
	var t struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(config, &t) // what has no type needs no beta
	for _, b := range betasOf {
		if strings.HasPrefix(t.Type, b.tool) {
			e.needs(b.beta)
		}
	}
}
