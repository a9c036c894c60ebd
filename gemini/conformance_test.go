package gemini_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/modeltest"
)

// TestConformance runs the suite on every provider of the API.
func TestConformance(t *testing.T) {
	for _, provider := range []string{gemini.Google, gemini.Vertex} {
		t.Run(provider, func(t *testing.T) { modeltest.Run(t, conforming(provider)) })
	}
}

// conforming is the suite's view of a provider's server.
func conforming(provider string) modeltest.Provider {
	p := modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			return &gemini.Model{Name: "gemini-2.5-flash", Provider: provider, BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
		},
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			if r.Method != http.MethodPost || r.URL.String() != "/models/gemini-2.5-flash:streamGenerateContent?alt=sse" {
				return nil, fmt.Errorf("%s %s does not ask for an event stream of the model", r.Method, r.URL)
			}
			if r.Header.Get("X-Goog-Api-Key") == "" {
				return nil, errors.New("the header has no key")
			}
			if provider == gemini.Vertex && bytes.Contains(body, []byte(`"call_`)) {
				return nil, errors.New("it has an id of a call that Google Cloud did not give")
			}
			if as := gemini.AnswerTo(r.URL, body, provider); !as.Stream || as.List {
				return nil, errors.New("it does not ask for a stream of events")
			}
			_, model, ok := gemini.ReadURL(r.URL)
			if !ok {
				return nil, fmt.Errorf("ReadURL does not know %s", r.URL)
			}
			return gemini.ReadRequest(body, provider, model)
		},
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return gemini.WriteResponse(w, events, gemini.Answer{Provider: provider, Known: known, Stream: stream})
		},
		WriteError: func(w http.ResponseWriter, err error) error {
			return gemini.WriteError(w, err, gemini.Answer{Provider: provider})
		},
		Reasoning: func(n int, call reprise.ToolCall) reprise.Parts {
			signature := fmt.Sprintf(`{"thoughtSignature":"CsQB%d/+=="}`, n)
			call.Echo = &reprise.Echo{Provider: provider, Data: json.RawMessage(signature)}
			return reprise.Parts{reprise.Reasoning{Text: fmt.Sprintf("thought %d, <é> & so on", n)}, call}
		},
		Lacks: modeltest.Lacks{
			Refusals:    "what the model refuses is text like any other; only an answer that is broken off is marked",
			CacheWrites: "it counts what it reads of a cache, not what it writes",
			Cost:        "it does not tell what an answer costs",
		},
	}
	if provider == gemini.Vertex {
		p.Lacks.Address = "every project has another address"
		p.Lacks.CallIDs = "Google Cloud tells calls apart by their order"
	}
	return p
}
