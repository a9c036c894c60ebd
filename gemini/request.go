package gemini

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// encoder writes the body of a request.
type encoder struct {
	wire.Encoder
	provider   string
	model      string
	generation int // of the model; 0: not known
	warnings   []reprise.Warning
	messages   []reprise.Message
	at         int  // the message that is being written
	answer     bool // it is an answer that is written, not a request
}

// encode writes the body for a request to a model of a provider, and says
// what it had to leave out.
func encode(ctx context.Context, provider, model string, req *reprise.Request) ([]byte, []reprise.Warning, error) {
	e := &encoder{provider: provider, model: model, generation: generation(model), messages: req.Messages}
	e.Begin(ctx)
	e.Open('{')
	if err := e.conversation(req); err != nil {
		return nil, nil, err
	}
	if err := e.tools(req); err != nil {
		return nil, nil, err
	}
	if err := e.settings(req); err != nil {
		return nil, nil, err
	}
	e.Close('}')
	body, err := e.extra(req.Extra)
	return body, e.warnings, err
}

func (e *encoder) dropped(format string, args ...any) {
	e.warnings = append(e.warnings, reprise.Warning{
		Provider: e.provider, Code: reprise.WarnDropped, Message: fmt.Sprintf(format, args...),
	})
}

// own reports whether what a provider gave may go back to this one.
func (e *encoder) own(provider string) bool { return provider == e.provider || provider == API }

// baseName is the name of a model without what it is a part of.
func baseName(model string) string { return model[strings.LastIndexByte(model, '/')+1:] }

// generation is the first number in the name of a Gemini model, such as 2 for
// gemini-2.5-flash, and 0 for other models. The names that move on to the
// latest model are of 3 at least.
func generation(model string) int {
	rest, ok := strings.CutPrefix(baseName(model), "gemini-")
	if !ok {
		return 0
	}
	n := firstNumber(rest)
	if n == 0 && strings.HasSuffix(rest, "-latest") {
		n = 3
	}
	return n
}

// firstNumber is the number that a text begins with, or 0.
func firstNumber(s string) int {
	end := 0
	for end < len(s) && end < 4 && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(s[:end]) // 0 where there is none
	return n
}

// takesLevels reports whether a model has thinking levels: those before
// Gemini 3 have budgets.
func takesLevels(model string) bool {
	n := generation(model)
	return n != 1 && n != 2
}

// noSystem reports whether a model refuses a system instruction: those of
// Gemma before 4 do.
func noSystem(model string) bool {
	rest, ok := strings.CutPrefix(baseName(model), "gemma")
	return ok && firstNumber(strings.TrimPrefix(rest, "-")) < 4
}

// settings writes generationConfig.
// https://ai.google.dev/api/generate-content#generationconfig
func (e *encoder) settings(req *reprise.Request) error {
	start := len(e.Buf)
	e.Key("generationConfig")
	e.Open('{')
	head := len(e.Buf)
	if req.MaxTokens > 0 {
		e.Key("maxOutputTokens")
		e.Int(int64(req.MaxTokens))
	}
	for _, f := range []struct {
		name  string
		value *float64
	}{
		{"temperature", req.Temperature}, {"topP", req.TopP},
		{"presencePenalty", req.PresencePenalty}, {"frequencyPenalty", req.FrequencyPenalty},
	} {
		if f.value != nil {
			e.Key(f.name)
			e.Float(*f.value)
		}
	}
	if req.TopK != nil {
		e.Key("topK")
		e.Int(int64(*req.TopK))
	}
	if len(req.Stop) > 0 {
		e.strings("stopSequences", req.Stop)
	}
	if req.Seed != nil {
		e.Key("seed")
		e.Int(*req.Seed)
	}
	e.thinking(req)
	if err := e.output(req.Output); err != nil {
		return err
	}
	if len(e.Buf) == head {
		e.Buf = e.Buf[:start]
		return nil
	}
	e.Close('}')
	return nil
}

func (e *encoder) strings(name string, list []string) {
	e.Key(name)
	e.Open('[')
	for _, s := range list {
		e.String(s)
	}
	e.Close(']')
}

// thinking writes thinkingConfig: a level or a budget, since the API refuses
// both at once.
// https://ai.google.dev/gemini-api/docs/thinking
func (e *encoder) thinking(req *reprise.Request) {
	effort, budget := req.Effort, req.ThinkingBudget
	switch {
	case effort == "":
	case !takesLevels(e.model):
		e.dropped("effort %q: %s has no thinking levels; use ThinkingBudget", effort, e.model)
		effort = ""
	case budget != nil:
		e.dropped("the thinking budget: the API takes no budget beside an effort")
		budget = nil
	}
	if effort == "" && budget == nil {
		return
	}
	e.Key("thinkingConfig")
	e.Open('{')
	if asksThoughts(effort, budget) {
		e.Key("includeThoughts")
		e.Bool(true)
	}
	if budget != nil {
		e.Key("thinkingBudget")
		e.Int(int64(*budget))
	}
	if effort != "" {
		e.Field("thinkingLevel", effort)
	}
	e.Close('}')
}

// asksThoughts reports whether thoughts are asked for: whenever a request
// says how much to think, but not if that is nothing, which the API refuses.
func asksThoughts(effort string, budget *int) bool {
	return effort != "" || budget != nil && *budget != 0
}

// output asks for JSON of a schema.
// https://ai.google.dev/gemini-api/docs/structured-output
func (e *encoder) output(s *reprise.Schema) error {
	if s == nil {
		return nil
	}
	if !wire.Valid(s.JSON) {
		return fmt.Errorf("the output schema is not JSON")
	}
	if s.Description != "" {
		e.dropped("the description of the output: the API has none; put it into the schema")
	}
	e.Field("responseMimeType", "application/json")
	e.Key("responseJsonSchema")
	e.Raw(s.JSON)
	return nil
}

// extra sets the fields of Extra that are for this API or this provider; they
// win over what was written before.
func (e *encoder) extra(extra map[string]json.RawMessage) ([]byte, error) {
	var fields map[string]json.RawMessage
	for _, name := range []string{API, e.provider} {
		if len(extra[name]) == 0 {
			continue
		}
		if fields == nil {
			if err := json.Unmarshal(e.Buf, &fields); err != nil {
				return nil, err
			}
		}
		var set map[string]json.RawMessage
		if err := json.Unmarshal(extra[name], &set); err != nil {
			return nil, fmt.Errorf("extra[%q] is not a JSON object: %w", name, err)
		}
		if err := merge(fields, set); err != nil {
			return nil, fmt.Errorf("extra[%q]: %w", name, err)
		}
	}
	if fields == nil {
		return e.Buf, nil
	}
	return marshal(fields)
}

// merge sets the fields of set, and takes away those that are null there. Of
// the objects that hold the settings of several things the members are set
// one by one.
func merge(fields, set map[string]json.RawMessage) error {
	for name, value := range set {
		name = camel(name)
		switch name {
		case "generationConfig", "thinkingConfig", "toolConfig", "functionCallingConfig":
			var inner, more map[string]json.RawMessage
			if json.Unmarshal(value, &more) != nil || more == nil {
				break
			}
			if json.Unmarshal(fields[name], &inner) != nil || inner == nil {
				inner = map[string]json.RawMessage{}
			}
			if err := merge(inner, more); err != nil {
				return err
			}
			var err error
			if value, err = marshal(inner); err != nil {
				return err
			}
			if len(inner) == 0 {
				value = json.RawMessage("null")
			}
		}
		if string(value) == "null" {
			delete(fields, name)
			continue
		}
		fields[name] = value
	}
	return nil
}

// marshal encodes a value and leaves <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
