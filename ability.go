package reprise

import (
	"context"
	"encoding/json"
)

// A TokenCounter is a [Model] whose provider counts the tokens of a request
// before it is sent. Find it with [As].
type TokenCounter interface {
	CountTokens(ctx context.Context, req *Request) (int64, error)
}

// A ModelLister is a [Model] whose provider lists its models. Find it with
// [As].
type ModelLister interface {
	Models(ctx context.Context) ([]ModelInfo, error)
}

// ModelInfo is what a provider says of one of its models.
type ModelInfo struct {
	ID     string          `json:"id"` // the name that a request needs
	Name   string          `json:"name,omitempty"`
	Input  int64           `json:"input,omitempty"`  // the most tokens in a prompt; 0: not told
	Output int64           `json:"output,omitempty"` // the most tokens in an answer; 0: not told
	Raw    json.RawMessage `json:"raw,omitempty"`    // the provider's own record
}

// As finds the first model in a chain of wrappers that can do T. A wrapper
// gives what it wraps by a method Unwrap() Model.
func As[T any](m Model) (T, bool) {
	for m != nil {
		if t, ok := m.(T); ok {
			return t, true
		}
		w, ok := m.(interface{ Unwrap() Model })
		if !ok {
			break
		}
		m = w.Unwrap()
	}
	var none T
	return none, false
}
