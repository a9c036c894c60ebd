package anthropic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// CountTokens counts the input tokens of a request without asking the model:
// https://docs.anthropic.com/en/docs/build-with-claude/token-counting. It is
// a [reprise.TokenCounter].
func (m *Model) CountTokens(ctx context.Context, req *reprise.Request) (int64, error) {
	call, _, err := m.call(ctx, OpCountTokens, req)
	if err != nil {
		return 0, err
	}
	var count struct {
		Input   *int64 `json:"input_tokens"`
		Bedrock *int64 `json:"inputTokens"`
	}
	if err := m.get(ctx, call, &count); err != nil {
		return 0, err
	}
	switch {
	case count.Input != nil:
		return *count.Input, nil
	case count.Bedrock != nil:
		return *count.Bedrock, nil
	}
	return 0, &reprise.Error{Provider: m.provider(), Kind: reprise.KindBadResponse, Err: fmt.Errorf("no input_tokens in the answer")}
}

// modelList is a list of models, as Anthropic and as Bedrock write it.
type modelList struct {
	Data    []json.RawMessage `json:"data"`
	HasMore bool              `json:"has_more"`
	LastID  string            `json:"last_id"`
	Bedrock []json.RawMessage `json:"modelSummaries"`
}

// maxPages bounds how many pages of models are read.
const maxPages = 100

// Models lists the models. It is a [reprise.ModelLister].
func (m *Model) Models(ctx context.Context) ([]reprise.ModelInfo, error) {
	var models []reprise.ModelInfo
	after := ""
	for range maxPages {
		call, err := m.newCall(OpModels, m.Name)
		if err != nil {
			return nil, err
		}
		call.Method = http.MethodGet
		if m.Host == nil {
			call.URL += "?limit=1000"
			if after != "" {
				call.URL += "&after_id=" + url.QueryEscape(after)
			}
		}
		var page modelList
		if err := m.get(ctx, call, &page); err != nil {
			return models, err
		}
		for _, raw := range append(page.Data, page.Bedrock...) {
			models = append(models, modelInfo(raw))
		}
		if !page.HasMore || page.LastID == after || page.LastID == "" {
			break
		}
		after = page.LastID
	}
	return models, nil
}

func modelInfo(raw json.RawMessage) reprise.ModelInfo {
	var i struct {
		ID          string `json:"id"`
		Name        string `json:"display_name"`
		Input       int64  `json:"max_input_tokens"`
		Output      int64  `json:"max_tokens"`
		BedrockID   string `json:"modelId"`
		BedrockName string `json:"modelName"`
	}
	_ = json.Unmarshal(raw, &i) // what it does not say is not told
	return reprise.ModelInfo{
		ID: i.ID + i.BedrockID, Name: i.Name + i.BedrockName, Input: i.Input, Output: i.Output, Raw: raw,
	}
}

// get sends a call whose answer is one JSON object.
func (m *Model) get(ctx context.Context, call *wire.Call, into any) error {
	resp, body, err := call.Fetch(ctx)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		e := call.ErrorFrom(body, resp.StatusCode)
		e.Kind = reprise.KindBadResponse
		if strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
			e.Err = fmt.Errorf("the answer: %w", err)
		}
		e.RequestID = wire.RequestID(resp.Header)
		return e
	}
	return nil
}
