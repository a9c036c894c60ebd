package anthropic

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// Structured output is output_config.format where the model knows it and
// takes the schema, and otherwise a tool that the model must call, whose
// arguments become the text of the answer. The API's own way takes only
// schemas whose objects are closed (additionalProperties false) and which
// set no bounds and do not refer to themselves:
// https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs.

// outputByTool reports whether the output comes by a tool.
func (e *encoder) outputByTool(req *reprise.Request) bool {
	switch {
	case req.Output == nil || e.profile.format && req.Output.Strict:
		return false
	case !e.profile.forced:
		return false
	}
	return !e.profile.format || !takesSchema(req.Output.JSON)
}

// forcesTool reports whether the answer must be a tool call.
func (e *encoder) forcesTool(req *reprise.Request) bool {
	if e.outputByTool(req) {
		return true
	}
	return len(req.Tools) > 0 && (req.Choice.Name != "" || req.Choice.Mode == reprise.ToolRequired)
}

// outputConfig writes the effort and the output's schema.
func (e *encoder) outputConfig(req *reprise.Request) error {
	effort := req.Effort
	if effort != "" && !e.profile.effort {
		e.dropped("effort: %s has none; use ThinkingBudget", e.name)
		effort = ""
	}
	format := req.Output != nil && !e.outputByTool(req)
	if effort == "" && !format {
		return nil
	}
	e.Key("output_config")
	e.Open('{')
	if effort != "" {
		e.Field("effort", effort)
	}
	if format {
		if !wire.Valid(req.Output.JSON) {
			return fmt.Errorf("the output schema is not JSON")
		}
		e.Key("format")
		e.Open('{')
		e.Field("type", "json_schema")
		e.Key("schema")
		e.Raw(req.Output.JSON)
		e.Close('}')
	}
	e.Close('}')
	return nil
}

// outputTool is the name of the tool that stands for an output.
func outputTool(s *reprise.Schema) string {
	if s.Name == "" {
		return "output"
	}
	return strings.Map(func(r rune) rune {
		if r < 128 && isNameByte(byte(r)) {
			return r
		}
		return '_'
	}, s.Name)
}

// isNameByte reports whether the API takes c in names and ids.
func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// unconstrained are the keywords that the API's own way does not take.
var unconstrained = []string{
	"$ref", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
	"maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties", "not", "oneOf", "if",
}

// takesSchema reports whether the API's own way takes a schema.
func takesSchema(schema json.RawMessage) bool {
	var v any
	return json.Unmarshal(schema, &v) == nil && fits(v)
}

func fits(v any) bool {
	s, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for _, word := range unconstrained {
		if _, ok := s[word]; ok {
			return false
		}
	}
	if n, ok := s["minItems"].(float64); ok && n > 1 {
		return false
	}
	_, props := s["properties"]
	if closed, ok := s["additionalProperties"].(bool); (props || s["type"] == "object") && (!ok || closed) {
		return false
	}
	for _, word := range []string{"properties", "$defs", "definitions"} {
		below, _ := s[word].(map[string]any)
		for _, sub := range below {
			if !fits(sub) {
				return false
			}
		}
	}
	for _, word := range []string{"anyOf", "allOf"} {
		below, _ := s[word].([]any)
		for _, sub := range below {
			if !fits(sub) {
				return false
			}
		}
	}
	items, ok := s["items"]
	return !ok || fits(items)
}
