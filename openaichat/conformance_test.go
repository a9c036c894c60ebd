package openaichat_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/modeltest"
	"github.com/repriselabs/reprise/openaichat"
)

// provider is the suite's view of a server of the dialect.
func provider(d openaichat.Dialect) modeltest.Provider {
	return modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			return &openaichat.Model{Name: "model-1", Dialect: d, BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
		},
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			if r.Method != http.MethodPost || r.URL.Path != "/chat/completions" {
				return nil, fmt.Errorf("%s %s is not Chat Completions", r.Method, r.URL)
			}
			if as := openaichat.AnswerTo(r.URL, body, &d); !as.Stream || as.NoUsage {
				return nil, fmt.Errorf("neither a stream nor a usage is asked for")
			}
			return openaichat.ReadRequest(body, &d)
		},
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return openaichat.WriteResponse(w, events, openaichat.Answer{Dialect: &d, Known: known, Stream: stream})
		},
		WriteError: func(w http.ResponseWriter, err error) error {
			return openaichat.WriteError(w, err, openaichat.Answer{Dialect: &d})
		},
		Lacks: modeltest.Lacks{ErrorResults: "a tool message is text, and has no mark for an error"},
	}
}

func TestConformanceXAI(t *testing.T) {
	d, _ := openaichat.DialectFor("xai")
	modeltest.Run(t, provider(d))
}

func TestConformanceOpenAI(t *testing.T) {
	d, _ := openaichat.DialectFor("openai")
	p := provider(d)
	p.Lacks.Reasoning = "Chat Completions has no field in which reasoning goes back"
	p.Lacks.Cost = "OpenAI does not tell what an answer costs"
	modeltest.Run(t, p)
}

func TestConformanceOpenRouter(t *testing.T) {
	d, _ := openaichat.DialectFor("openrouter")
	p := provider(d)
	p.Reasoning = func(n int) reprise.Reasoning {
		data := fmt.Sprintf(`[{"type":"reasoning.text","text":"thought %d, < & >","signature":"s%d==","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"x%d/+","id":"rs_%[1]d","index":1}]`, n, n, n)
		return reprise.Reasoning{Text: fmt.Sprintf("thought %d, < & >", n), Echo: &reprise.Echo{Provider: "openrouter", Data: json.RawMessage(data)}}
	}
	modeltest.Run(t, p)
}
