package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/modeltest"
)

// TestConformance runs the suite on every dialect.
func TestConformance(t *testing.T) {
	for _, d := range Dialects() {
		t.Run(d.Provider, func(t *testing.T) { modeltest.Run(t, conforming(d)) })
	}
}

// conforming is the suite's view of a server of the dialect.
func conforming(d Dialect) modeltest.Provider {
	p := modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			return &Model{Name: "model-1", Dialect: d, BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
		},
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			if r.Method != http.MethodPost || r.URL.Path != "/responses" {
				return nil, fmt.Errorf("%s %s is not of the Responses API", r.Method, r.URL)
			}
			if !AnswerTo(r.URL, body, &d).Stream {
				return nil, errors.New("it does not ask for a stream")
			}
			return ReadRequest(body, &d)
		},
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return WriteResponse(w, events, Answer{Dialect: &d, Stream: stream, Known: known})
		},
		WriteError: func(w http.ResponseWriter, err error) error { return WriteError(w, err, Answer{Dialect: &d}) },
		Reasoning: func(n int, call reprise.ToolCall) reprise.Parts {
			text := fmt.Sprintf("thought %d, <é> & so on", n)
			call.Echo = echo{Item: json.RawMessage(fmt.Sprintf(`{"id":"fc_%d","status":"completed"}`, n))}.pack(&d)
			item := fmt.Sprintf(`{"id":"rs_%d","type":"reasoning","summary":[{"type":"summary_text","text":%q}],"encrypted_content":"gAAA%[1]d/+=="}`, n, text)
			return reprise.Parts{reprise.Reasoning{Text: text, Echo: &reprise.Echo{Provider: d.key(), Data: json.RawMessage(item)}}, call}
		},
		Lacks: modeltest.Lacks{ErrorResults: "a result is text or files, and has no mark for an error"},
	}
	if d.KeyVar == "" {
		p.Lacks.Key = "a server at home wants no key"
	}
	if d.BaseURL == "" {
		p.Lacks.Address = "every customer has another address"
	}
	if d.Cost == "" {
		p.Lacks.Cost = "it does not tell what an answer costs"
	}
	return p
}
