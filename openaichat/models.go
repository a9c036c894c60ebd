package openaichat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/repriselabs/reprise"
)

// FromEnv makes a model of a known provider, such as xai, with the key (and
// the address, if it is to be another) from the environment: XAI_API_KEY,
// XAI_BASE_URL.
func FromEnv(provider, name string) (*Model, error) {
	d, ok := DialectFor(provider)
	if !ok {
		return nil, fmt.Errorf("%s: no provider %q", API, provider)
	}
	m, err := d.Model(name, os.Getenv)
	if err != nil {
		return nil, err
	}
	if m.Key == "" && d.KeyVar != "" && m.BaseURL == "" {
		return nil, fmt.Errorf("%s: %s is not set", provider, d.KeyVar)
	}
	return m, nil
}

// Models lists the server's models.
func (m *Model) Models(ctx context.Context) ([]reprise.ModelInfo, error) {
	call, err := m.address("/models")
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
	if json.Unmarshal(body, &list) != nil && json.Unmarshal(body, &list.Data) != nil { // Together has a bare list
		e := call.ErrorFrom(body, 0)
		e.Kind = reprise.KindBadResponse
		return nil, e
	}
	models := make([]reprise.ModelInfo, 0, len(list.Data))
	for _, raw := range list.Data {
		models = append(models, modelInfo(raw))
	}
	return models, nil
}

// modelInfo reads what servers say of a model, under their several names.
func modelInfo(raw json.RawMessage) reprise.ModelInfo {
	var m struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Display   string `json:"display_name"`
		Context   int64  `json:"context_length"`
		Window    int64  `json:"context_window"`
		MaxLen    int64  `json:"max_model_len"`
		MaxOutput int64  `json:"max_completion_tokens"`
		MaxTokens int64  `json:"max_tokens"`
		Top       struct {
			MaxOutput int64 `json:"max_completion_tokens"`
		} `json:"top_provider"`
	}
	_ = json.Unmarshal(raw, &m) // what cannot be read is in Raw
	info := reprise.ModelInfo{ID: m.ID, Name: m.Name, Input: max(m.Context, m.Window, m.MaxLen), Output: max(m.MaxOutput, m.MaxTokens, m.Top.MaxOutput), Raw: raw}
	if info.Name == "" {
		info.Name = m.Display
	}
	return info
}
