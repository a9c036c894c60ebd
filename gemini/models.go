package gemini

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// CountTokens asks how many tokens a request has.
// https://ai.google.dev/api/tokens
func (m *Model) CountTokens(ctx context.Context, req *reprise.Request) (int64, error) {
	body, _, err := m.encode(ctx, req)
	if err != nil {
		return 0, err
	}
	if body, err = m.countBody(m.model(req), body); err != nil {
		return 0, m.invalid(err)
	}
	call, err := m.call(m.model(req), "countTokens", body)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Total *int64 `json:"totalTokens"`
	}
	if err := m.ask(ctx, call, &answer); err != nil {
		return 0, err
	}
	if answer.Total == nil {
		return 0, m.bad(errors.New("the answer has no totalTokens"))
	}
	return *answer.Total, nil
}

// countBody makes the body of a countTokens call of that of a request. The
// Gemini API takes it whole, with the model in it; Google Cloud takes some of
// its fields.
func (m *Model) countBody(model string, body []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	if m.provider() != Vertex {
		if !strings.Contains(model, "/") {
			model = "models/" + model
		}
		fields["model"], _ = json.Marshal(model) // a string always marshals
		return marshal(map[string]any{"generateContentRequest": fields})
	}
	for name := range fields {
		switch name {
		case "contents", "systemInstruction", "tools", "generationConfig":
		default:
			delete(fields, name)
		}
	}
	return marshal(fields)
}

// ask sends a call whose answer is one JSON object.
func (m *Model) ask(ctx context.Context, call *wire.Call, into any) error {
	_, body, err := call.Fetch(ctx)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return m.bad(fmt.Errorf("the answer is not what was asked for: %w", err))
	}
	return nil
}

func (m *Model) bad(err error) error {
	return &reprise.Error{Provider: m.provider(), Kind: reprise.KindBadResponse, Err: err}
}

// maxPages bounds a list of models.
const maxPages = 100

// Models lists the provider's models; in Google Cloud those that Google
// publishes. https://ai.google.dev/api/models
func (m *Model) Models(ctx context.Context) ([]reprise.ModelInfo, error) {
	base, err := m.base()
	if err != nil {
		return nil, err
	}
	if head, _, ok := strings.Cut(base, "/projects/"); ok {
		base = head + "/publishers/google" // the list is not a project's own
	}
	var list []reprise.ModelInfo
	for page, token := 0, ""; page < maxPages; page++ {
		query := url.Values{"pageSize": {"1000"}}
		if m.provider() == Vertex {
			query.Set("pageSize", "100")
		}
		if token != "" {
			query.Set("pageToken", token)
		}
		call := m.newCall(base + "/models?" + query.Encode())
		call.Method = http.MethodGet
		var answer struct {
			Models    []json.RawMessage `json:"models"`
			Published []json.RawMessage `json:"publisherModels"`
			Next      string            `json:"nextPageToken"`
		}
		if err := m.ask(ctx, call, &answer); err != nil {
			return nil, err
		}
		for _, raw := range append(answer.Models, answer.Published...) {
			list = append(list, modelInfo(raw))
		}
		if answer.Next == "" || answer.Next == token {
			break
		}
		token = answer.Next
	}
	return list, nil
}

func modelInfo(raw json.RawMessage) reprise.ModelInfo {
	var m struct {
		Name    string `json:"name"`
		Display string `json:"displayName"`
		Input   int64  `json:"inputTokenLimit"`
		Output  int64  `json:"outputTokenLimit"`
	}
	_ = json.Unmarshal(raw, &m) // what cannot be read is in Raw
	id := strings.TrimPrefix(strings.TrimPrefix(m.Name, "publishers/google/"), "models/")
	return reprise.ModelInfo{ID: id, Name: m.Display, Input: m.Input, Output: m.Output, Raw: bytes.Clone(raw)}
}
