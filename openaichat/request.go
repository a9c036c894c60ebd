package openaichat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// encoder writes the body of a request.
type encoder struct {
	wire.Encoder
	dialect  *Dialect
	model    string
	warnings []reprise.Warning
}

// encode writes the body for a request, and says what it had to leave out.
func encode(m *Model, req *reprise.Request) ([]byte, []reprise.Warning, error) {
	e := &encoder{dialect: &m.Dialect, model: req.Model}
	if e.model == "" {
		e.model = m.Name
	}
	e.Open('{')
	e.Field("model", e.model)
	e.Key("messages")
	if err := e.messages(req); err != nil {
		return nil, nil, err
	}
	if err := e.tools(req); err != nil {
		return nil, nil, err
	}
	if err := e.settings(req); err != nil {
		return nil, nil, err
	}
	e.Key("stream")
	e.Bool(true)
	e.Key("stream_options")
	e.Raw([]byte(`{"include_usage":true}`))
	e.Close('}')
	body, err := e.extra(req.Extra)
	return body, e.warnings, err
}

func (e *encoder) dropped(format string, args ...any) {
	e.warnings = append(e.warnings, reprise.Warning{
		Provider: e.dialect.name(), Code: reprise.WarnDropped, Message: fmt.Sprintf(format, args...),
	})
}

func (e *encoder) settings(req *reprise.Request) error {
	if req.MaxTokens > 0 {
		e.Key(e.dialect.maxTokensField(e.model))
		e.Int(int64(req.MaxTokens))
	}
	for _, f := range []struct {
		name  string
		value *float64
	}{
		{"temperature", req.Temperature}, {"top_p", req.TopP},
		{"presence_penalty", req.PresencePenalty}, {"frequency_penalty", req.FrequencyPenalty},
	} {
		if f.value != nil {
			e.Key(f.name)
			e.Float(*f.value)
		}
	}
	switch {
	case req.TopK == nil:
	case e.dialect.TopK:
		e.Key("top_k")
		e.Int(int64(*req.TopK))
	default:
		e.dropped("top_k: the API has none")
	}
	if len(req.Stop) > 0 {
		e.Key("stop")
		e.Open('[')
		for _, s := range req.Stop {
			e.String(s)
		}
		e.Close(']')
	}
	if req.Seed != nil {
		e.Key("seed")
		e.Int(*req.Seed)
	}
	if req.Effort != "" {
		e.Field("reasoning_effort", req.Effort)
	}
	if req.ThinkingBudget != nil {
		e.dropped("the thinking budget: the API has none; use Effort")
	}
	return e.output(req.Output)
}

func (e *encoder) output(s *reprise.Schema) error {
	if s == nil {
		return nil
	}
	if !json.Valid(s.JSON) {
		return fmt.Errorf("the output schema is not JSON")
	}
	name := s.Name
	if name == "" {
		name = "output"
	}
	e.Key("response_format")
	e.Open('{')
	e.Field("type", "json_schema")
	e.Key("json_schema")
	e.Open('{')
	e.Field("name", name)
	if s.Description != "" {
		e.Field("description", s.Description)
	}
	e.Key("strict")
	e.Bool(s.Strict)
	e.Key("schema")
	e.Raw(s.JSON)
	e.Close('}')
	e.Close('}')
	return nil
}

// tools writes the tools and what goes with them: tool_choice and strict
// are always said.
func (e *encoder) tools(req *reprise.Request) error {
	if len(req.Tools) == 0 {
		return nil
	}
	e.Key("tools")
	e.Open('[')
	for _, t := range req.Tools {
		if err := e.tool(t); err != nil {
			return err
		}
	}
	e.Close(']')
	e.Key("tool_choice")
	switch {
	case req.Choice.Name != "":
		e.Open('{')
		e.Field("type", "function")
		e.Key("function")
		e.Open('{')
		e.Field("name", req.Choice.Name)
		e.Close('}')
		e.Close('}')
	case req.Choice.Mode == "":
		e.String(string(reprise.ToolAuto))
	default:
		e.String(string(req.Choice.Mode))
	}
	if req.SerialTools {
		e.Key("parallel_tool_calls")
		e.Bool(false)
	}
	return nil
}

func (e *encoder) tool(t reprise.ToolSpec) error {
	switch {
	case t.Provider == e.dialect.name() || t.Provider == API:
		if !json.Valid(t.Config) {
			return fmt.Errorf("the config of tool %q is not JSON", t.Name)
		}
		e.Raw(t.Config)
		return nil
	case t.Provider != "":
		e.dropped("tool %s: it is %s's own", t.Name, t.Provider)
		return nil
	case len(t.Schema) > 0 && !json.Valid(t.Schema):
		return fmt.Errorf("the schema of tool %q is not JSON", t.Name)
	}
	e.Open('{')
	e.Field("type", "function")
	e.Key("function")
	e.Open('{')
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
	e.Close('}')
	return nil
}

// extra sets the fields of Extra that are for this API or this server; they
// win over what was written before.
func (e *encoder) extra(extra map[string]json.RawMessage) ([]byte, error) {
	var fields map[string]json.RawMessage
	for _, name := range []string{API, e.dialect.name()} {
		if len(extra[name]) == 0 {
			continue
		}
		if fields == nil {
			if err := json.Unmarshal(e.Buf, &fields); err != nil {
				return nil, err
			}
		}
		if err := json.Unmarshal(extra[name], &fields); err != nil {
			return nil, fmt.Errorf("extra[%q] is not a JSON object: %w", name, err)
		}
	}
	if fields == nil {
		return e.Buf, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(fields)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// messages writes the list of messages.
func (e *encoder) messages(req *reprise.Request) error {
	e.Open('[')
	if len(req.System) > 0 {
		if err := e.plain("system", req.System); err != nil {
			return fmt.Errorf("system: %w", err)
		}
	}
	for i, m := range req.Messages {
		var err error
		switch m.Role {
		case reprise.RoleSystem, reprise.RoleUser:
			err = e.plain(string(m.Role), m.Parts)
		case reprise.RoleAssistant:
			err = e.assistant(m.Parts)
		case reprise.RoleTool:
			err = e.results(m.Parts)
		default:
			err = fmt.Errorf("unknown role %q", m.Role)
		}
		if err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
	}
	e.Close(']')
	return nil
}

// plain writes a message that is only content.
func (e *encoder) plain(role string, parts reprise.Parts) error {
	e.Open('{')
	e.Field("role", role)
	e.Key("content")
	if err := e.content(parts); err != nil {
		return err
	}
	e.Close('}')
	return nil
}

// content writes parts: a single text as a string, anything else as a list.
func (e *encoder) content(parts reprise.Parts) error {
	parts = e.withoutCachePoints(parts)
	if len(parts) == 0 {
		e.String("")
		return nil
	}
	if t, ok := parts[0].(reprise.Text); ok && len(parts) == 1 {
		e.String(t.Text)
		return nil
	}
	e.Open('[')
	for _, p := range parts {
		var err error
		switch p := p.(type) {
		case reprise.Text:
			e.textPiece(p.Text)
		case reprise.Media:
			err = e.media(p)
		case reprise.Opaque:
			if p.Provider != API && p.Provider != e.dialect.name() {
				e.dropped("a %s block of %s", p.Kind, p.Provider)
				continue
			}
			e.Raw(p.Data)
		default:
			err = fmt.Errorf("%s cannot send a %T here", API, p)
		}
		if err != nil {
			return err
		}
	}
	e.Close(']')
	return nil
}

func (e *encoder) withoutCachePoints(parts reprise.Parts) reprise.Parts {
	for i, p := range parts {
		if _, ok := p.(reprise.CachePoint); !ok {
			continue
		}
		e.dropped("a cache point: the API caches by itself")
		kept := append(reprise.Parts(nil), parts[:i]...)
		for _, p := range parts[i:] {
			if _, ok := p.(reprise.CachePoint); !ok {
				kept = append(kept, p)
			}
		}
		return kept
	}
	return parts
}

func (e *encoder) textPiece(text string) {
	e.Open('{')
	e.Field("type", "text")
	e.Field("text", text)
	e.Close('}')
}

// assistant writes an answer of the model's.
func (e *encoder) assistant(parts reprise.Parts) error {
	var texts reprise.Parts
	var calls []reprise.ToolCall
	var refusal string
	var thoughts []reprise.Reasoning
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Text:
			if p.Refusal {
				refusal += p.Text
			} else {
				texts = append(texts, p)
			}
		case reprise.ToolCall:
			calls = append(calls, p)
		case reprise.Reasoning:
			thoughts = append(thoughts, p)
		case reprise.CachePoint:
			e.dropped("a cache point: the API caches by itself")
		case reprise.Opaque:
			e.dropped("a %s block of %s", p.Kind, p.Provider)
		default:
			e.dropped("a %T in an answer: the API cannot carry it", p)
		}
	}
	e.Open('{')
	e.Field("role", "assistant")
	if len(texts) > 0 || len(calls) == 0 && refusal == "" {
		e.Key("content")
		if err := e.content(texts); err != nil {
			return err
		}
	}
	if refusal != "" {
		e.Field("refusal", refusal)
	}
	e.reasoning(thoughts)
	e.calls(calls)
	e.Close('}')
	return nil
}

// reasoning writes what the model thought, in the server's field for it.
func (e *encoder) reasoning(thoughts []reprise.Reasoning) {
	if len(thoughts) == 0 {
		return
	}
	var text strings.Builder
	var details []byte
	for _, r := range thoughts {
		text.WriteString(r.Text)
		switch {
		case r.Echo == nil:
		case r.Echo.Provider == e.dialect.name() && e.dialect.Reasoning == "reasoning_details":
			if inner := bytes.Trim(r.Echo.Data, "[] \n"); len(inner) > 0 { // the elements are objects
				details = append(append(details, inner...), ',')
			}
		default:
			e.dropped("the signature or hidden part of %s's reasoning", r.Echo.Provider)
		}
	}
	field := e.dialect.Reasoning
	if field == "" {
		e.dropped("reasoning: %s has no field for it", e.dialect.name())
		return
	}
	if field == "reasoning_details" { // it goes beside the text
		if len(details) > 0 {
			e.Key(field)
			e.Open('[')
			e.Raw(details[:len(details)-1])
			e.Close(']')
		}
		field = "reasoning"
	}
	if text.Len() > 0 || len(details) == 0 {
		e.Field(field, text.String())
	}
}

func (e *encoder) calls(calls []reprise.ToolCall) {
	if len(calls) == 0 {
		return
	}
	e.Key("tool_calls")
	e.Open('[')
	for _, c := range calls {
		args := c.Args
		if args == "" {
			args = "{}"
		}
		e.Open('{')
		e.Field("id", c.ID)
		e.Field("type", "function")
		e.Key("function")
		e.Open('{')
		e.Field("name", c.Name)
		e.Field("arguments", args)
		e.Close('}')
		e.Close('}')
	}
	e.Close(']')
}

// results writes one tool message a result. The API takes only text there:
// media follow in a user message.
func (e *encoder) results(parts reprise.Parts) error {
	var media reprise.Parts
	for _, p := range parts {
		r, ok := p.(reprise.ToolResult)
		if !ok {
			return fmt.Errorf("a tool message holds results only, not a %T", p)
		}
		texts, rest := splitResult(r)
		media = append(media, rest...)
		e.Open('{')
		e.Field("role", "tool")
		e.Field("tool_call_id", r.ID)
		e.Key("content")
		if err := e.content(texts); err != nil {
			return err
		}
		e.Close('}')
	}
	if media == nil {
		return nil
	}
	return e.plain("user", media)
}

// splitResult parts a result into text, for the tool message, and the media
// (with a text that names the call), for the message after it.
func splitResult(r reprise.ToolResult) (texts, media reprise.Parts) {
	for _, p := range r.Parts {
		if m, ok := p.(reprise.Media); ok {
			if media == nil {
				media = reprise.Parts{reprise.Text{Text: "The result of tool call " + r.ID + ":"}}
			}
			media = append(media, m)
			continue
		}
		texts = append(texts, p)
	}
	if texts == nil && media != nil {
		texts = reprise.Parts{reprise.Text{Text: "The result is in the next user message."}}
	}
	return texts, media
}
