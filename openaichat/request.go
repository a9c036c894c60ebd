package openaichat

import (
	"bytes"
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
	dialect  *Dialect
	model    string
	thinks   bool // the conversation holds reasoning
	warnings []reprise.Warning

	// What the answer that is being written holds.
	texts    reprise.Parts
	said     []reprise.ToolCall
	thoughts []reprise.Reasoning
}

// encode writes the body for a request, and says what it had to leave out.
func encode(ctx context.Context, m *Model, req *reprise.Request) ([]byte, []reprise.Warning, error) {
	e := &encoder{dialect: &m.Dialect, model: req.Model}
	if e.model == "" {
		e.model = m.Name
	}
	e.Buf = make([]byte, 0, roomFor(req))
	e.Begin(ctx)
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
	if !e.dialect.NoUsageOption {
		e.Key("stream_options")
		e.Raw([]byte(`{"include_usage":true}`))
	}
	e.Close('}')
	body, err := e.extra(req.Extra)
	return body, e.warnings, err
}

// roomFor is about how long the body will be. A history is long, and sent
// again with each turn: it pays not to grow into it.
func roomFor(req *reprise.Request) int {
	const each = 96 // for what stands around a text
	n := 512
	for _, t := range req.Tools {
		n += each + len(t.Description) + len(t.Schema)
	}
	for _, m := range req.Messages {
		for _, p := range m.Parts {
			n += each
			switch p := p.(type) {
			case reprise.Text:
				n += len(p.Text) + len(p.Text)/16 // escapes
			case reprise.Reasoning:
				n += len(p.Text) + len(p.Text)/16
			case reprise.Media:
				n += len(p.Data) / 3 * 4
			case reprise.ToolCall:
				n += len(p.Args) + len(p.Args)/8
			case reprise.ToolResult:
				for _, q := range p.Parts {
					if t, ok := q.(reprise.Text); ok {
						n += len(t.Text) + len(t.Text)/16
					}
				}
			}
		}
	}
	return n
}

// dropped warns, once, of what cannot be sent.
func (e *encoder) dropped(format string, args ...any) {
	w := reprise.Warning{Provider: e.dialect.name(), Code: reprise.WarnDropped, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(e.warnings, w) {
		e.warnings = append(e.warnings, w)
	}
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
		seed := e.dialect.Seed
		if seed == "" {
			seed = "seed"
		}
		e.Key(seed)
		e.Int(*req.Seed)
	}
	e.effort(req)
	return e.output(req)
}

// effort writes how much the model should think.
func (e *encoder) effort(req *reprise.Request) {
	switch {
	case req.Effort == "" && req.ThinkingBudget == nil:
	case e.dialect.ReasoningObject:
		e.Key("reasoning")
		e.Open('{')
		if req.Effort != "" {
			e.Field("effort", req.Effort)
		}
		if req.ThinkingBudget != nil {
			e.Key("max_tokens")
			e.Int(int64(*req.ThinkingBudget))
		}
		e.Close('}')
	default:
		if req.Effort != "" {
			e.Field("reasoning_effort", req.Effort)
		}
		if req.ThinkingBudget != nil {
			e.dropped("the thinking budget: the API has none; use Effort")
		}
	}
}

// extra sets the dialect's own fields and those of Extra that are for this
// API or this server; they win over what was written before.
func (e *encoder) extra(extra map[string]json.RawMessage) ([]byte, error) {
	if len(e.dialect.Body) == 0 && len(extra[API]) == 0 && len(extra[e.dialect.name()]) == 0 {
		return e.Buf, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Buf, &fields); err != nil {
		return nil, err
	}
	for _, more := range []struct {
		what   string
		object json.RawMessage
	}{
		{"dialect.Body", e.dialect.Body},
		{fmt.Sprintf("extra[%q]", API), extra[API]},
		{fmt.Sprintf("extra[%q]", e.dialect.name()), extra[e.dialect.name()]},
	} {
		if len(more.object) == 0 {
			continue
		}
		if err := json.Unmarshal(more.object, &fields); err != nil {
			return nil, fmt.Errorf("%s is not a JSON object: %w", more.what, err)
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(fields)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
