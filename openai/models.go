package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/repriselabs/reprise"
)

// Models asks the server for its models:
// https://platform.openai.com/docs/api-reference/models/list. Few servers
// tell how many tokens a model takes.
func (m *Model) Models(ctx context.Context) ([]reprise.ModelInfo, error) {
	call, err := m.call("/models")
	if err != nil {
		return nil, err
	}
	call.Method = http.MethodGet
	_, body, err := call.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &list); err != nil || list.Data == nil {
		e := errorFrom(call, body, 0)
		e.Kind = reprise.KindBadResponse
		return nil, e
	}
	models := make([]reprise.ModelInfo, len(list.Data))
	for i, raw := range list.Data {
		if models[i], err = modelInfo(raw); err != nil {
			return nil, &reprise.Error{Provider: m.dialect().name(), Kind: reprise.KindBadResponse, Err: fmt.Errorf("models: data[%d]: %w", i, err)}
		}
	}
	return models, nil
}

func modelInfo(raw json.RawMessage) (reprise.ModelInfo, error) {
	var info struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Length int64  `json:"context_length"`
		Top    struct {
			Output int64 `json:"max_completion_tokens"`
		} `json:"top_provider"`
	}
	err := json.Unmarshal(raw, &info)
	return reprise.ModelInfo{ID: info.ID, Name: info.Name, Input: info.Length, Output: info.Top.Output, Raw: raw}, err
}
