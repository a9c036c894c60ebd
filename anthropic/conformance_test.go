package anthropic_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/anthropic/bedrock"
	"github.com/repriselabs/reprise/anthropic/vertex"
	"github.com/repriselabs/reprise/modeltest"
)

// served is a way in which the API is served.
type served struct {
	name    string // of the model
	host    *anthropic.Host
	base    string // the path of a BaseURL
	path    string // of a request
	version string // anthropic_version in the body; empty: it is in a header
	framed  bool   // the answer is in frames, and the path asks for a stream
}

// TestConformance runs the suite on Anthropic's own API and on the clouds'.
func TestConformance(t *testing.T) {
	for name, s := range map[string]served{
		"anthropic": {name: "claude-sonnet-4-5", base: "/v1", path: "/v1/messages"},
		"vertex": {
			name: "claude-sonnet-4-5@20250929", host: vertex.Host("p", "global"), version: "vertex-2023-10-16",
			base: "/v1/projects/p/locations/global/publishers/anthropic/models",
			path: "/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
		},
		"bedrock": {
			name: "anthropic.claude-sonnet-4-5-20250929-v1:0", host: bedrock.Host("us-east-1"), version: "bedrock-2023-05-31",
			path:   "/model/anthropic.claude-sonnet-4-5-20250929-v1:0/invoke-with-response-stream",
			framed: true,
		},
	} {
		t.Run(name, func(t *testing.T) { modeltest.Run(t, s.provider()) })
	}
}

// provider is the suite's view of the API.
func (s served) provider() modeltest.Provider {
	return modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			m := &anthropic.Model{Name: s.name, Host: s.host, Key: at.Key, Client: at.Client}
			if at.BaseURL != "" {
				m.BaseURL = at.BaseURL + s.base
			}
			return m
		},
		ReadRequest: s.readRequest,
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return anthropic.WriteResponse(w, events, s.answer(known, stream))
		},
		WriteError: func(w http.ResponseWriter, err error) error {
			return anthropic.WriteError(w, err, s.answer(nil, false))
		},
		Reasoning: func(n int, call reprise.ToolCall) reprise.Parts {
			signed := fmt.Sprintf(`{"type":"thinking","signature":"EqQB%d/+=="}`, n)
			redacted := fmt.Sprintf(`{"data":"Eroh%d/+==","type":"redacted_thinking"}`, n) // in an order that is not ours
			return reprise.Parts{
				reprise.Reasoning{Text: fmt.Sprintf("thought %d, <é> & so on", n), Echo: &reprise.Echo{Provider: anthropic.API, Data: json.RawMessage(signed)}},
				reprise.Reasoning{Echo: &reprise.Echo{Provider: anthropic.API, Data: json.RawMessage(redacted)}},
				call,
			}
		},
		Lacks: modeltest.Lacks{
			Refusals: "the stop reason tells of one, and its text is like any other",
			Cost:     "it does not tell what an answer costs",
		},
	}
}

func (s served) answer(known *reprise.Response, stream bool) anthropic.Answer {
	as := anthropic.Answer{Bedrock: s.framed, Stream: stream, Known: known}
	if s.host != nil {
		as.Provider = s.host.Provider
	}
	return as
}

func (s served) readRequest(r *http.Request, body []byte) (*reprise.Request, error) {
	var its struct {
		Model   string `json:"model"`
		Version string `json:"anthropic_version"`
		Stream  bool   `json:"stream"`
	}
	if err := json.Unmarshal(body, &its); err != nil {
		return nil, err
	}
	switch {
	case r.Method != http.MethodPost || r.URL.Path != s.path:
		return nil, fmt.Errorf("%s %s is not of the Messages API", r.Method, r.URL)
	case its.Version != s.version || (r.Header.Get("Anthropic-Version") == "") != (s.version != ""):
		return nil, fmt.Errorf("the version is %q in the body and %q in the header", its.Version, r.Header.Get("Anthropic-Version"))
	case its.Stream == s.framed:
		return nil, errors.New("the body asks for a stream where the path does, or neither does")
	}
	if as := anthropic.AnswerTo(r.URL, body, ""); !as.Stream || as.Bedrock != s.framed || as.Known.Model != s.name {
		return nil, fmt.Errorf("it asks for %+v", as)
	}
	return anthropic.ReadRequest(body)
}
