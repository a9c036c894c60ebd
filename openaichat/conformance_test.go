package openaichat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/modeltest"
	"github.com/repriselabs/reprise/openaichat"
)

// TestConformance runs the suite on every dialect.
func TestConformance(t *testing.T) {
	for _, d := range openaichat.Dialects() {
		t.Run(d.Provider, func(t *testing.T) { modeltest.Run(t, provider(d)) })
	}
}

// provider is the suite's view of a server of the dialect.
func provider(d openaichat.Dialect) modeltest.Provider {
	p := modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			return &openaichat.Model{Name: "model-1", Dialect: d, BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
		},
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			if r.Method != http.MethodPost || r.URL.Path != "/chat/completions" {
				return nil, fmt.Errorf("%s %s is not Chat Completions", r.Method, r.URL)
			}
			if as := openaichat.AnswerTo(r.URL, body, &d); !as.Stream || as.NoUsage {
				return nil, errors.New("it does not ask for a stream with the usage")
			}
			return openaichat.ReadRequest(body, &d)
		},
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return openaichat.WriteResponse(w, events, openaichat.Answer{Dialect: &d, Known: known, Stream: stream})
		},
		WriteError: func(w http.ResponseWriter, err error) error {
			return openaichat.WriteError(w, err, openaichat.Answer{Dialect: &d})
		},
		Lacks: lacks(d),
	}
	if d.Reasoning == openaichat.ReasoningDetails {
		p.Reasoning = func(n int, call reprise.ToolCall) reprise.Parts {
			text := fmt.Sprintf("thought %d, <é> & so on", n)
			data := fmt.Sprintf(`[{"type":"reasoning.text","text":%q,"signature":"s%d==","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"x%[2]d/+","id":"rs_%[2]d","index":1}]`, text, n)
			return reprise.Parts{reprise.Reasoning{Text: text, Echo: &reprise.Echo{Provider: d.Provider, Data: json.RawMessage(data)}}, call}
		}
	}
	return p
}

// lacks are what servers of the dialect cannot do.
func lacks(d openaichat.Dialect) modeltest.Lacks {
	l := modeltest.Lacks{ErrorResults: "a tool message is text, and has no mark for an error"}
	if d.KeyVar == "" {
		l.Key = "a server at home wants no key"
	}
	if d.BaseURL == "" {
		l.Address = "every customer has another address"
	}
	if d.Reasoning == openaichat.ReasoningNowhere {
		l.Reasoning = "it has no field in which reasoning goes back"
	}
	if d.Output == openaichat.OutputTool {
		l.Output = "it has no schema for the answer: a tool stands in for it"
	}
	if d.Cost == "" {
		l.Cost = "it does not tell what an answer costs"
	}
	return l
}
