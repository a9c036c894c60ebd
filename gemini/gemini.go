// Package gemini speaks the Gemini API, generateContent and
// streamGenerateContent (https://ai.google.dev/api/generate-content), as
// Google serves it for an API key. The package vertex below it holds the
// address and the credentials of Google Cloud, which serves the same API.
package gemini

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// API is the name of this API: in transcripts, and in [reprise.Request].Extra.
//
// The fields in Extra are those of a generateContent request: cachedContent,
// safetySettings, labels and so on. Those of generationConfig,
// generationConfig.thinkingConfig, toolConfig and
// toolConfig.functionCallingConfig are set one by one beside those that are
// sent anyway; a null takes a field away. [reprise.Request].Extra may also
// hold them under the name of one provider, for it alone.
const API = "gemini"

// The providers of the API, as events, errors and Echo name them. What one of
// them signed the other does not take.
const (
	Google = "google" // generativelanguage.googleapis.com
	Vertex = "vertex" // aiplatform.googleapis.com
)

// defaultBase is the address of the Gemini API.
const defaultBase = "https://generativelanguage.googleapis.com/v1beta"

// A Model is one model behind the API. Name is required. Its fields must not
// be changed after the first use; it may then be used by several goroutines
// at once.
//
// Thoughts come as [reprise.Reasoning] where a request has an Effort or a
// ThinkingBudget other than 0. To ask for them otherwise set
// {"generationConfig": {"thinkingConfig": {"includeThoughts": true}}} in
// Extra.
//
// A prompt that the provider blocks is an error of
// [reprise.KindContentFilter], with the reason as its Code. An answer that it
// breaks off for its content finishes with [reprise.ReasonContentFilter], and
// its last part is a [reprise.Text] that says why, marked as a refusal.
//
// Of several candidates, for which {"generationConfig": {"candidateCount": 2}}
// in Extra asks, the first is the answer, and the others are in its Extra as
// candidates: as they came, of a stream in pieces.
type Model struct {
	Name     string       // of the model: gemini-2.5-flash
	Key      string       // sent in the header x-goog-api-key; empty: none is sent
	BaseURL  string       // what comes before /models; empty: that of the Gemini API
	Provider string       // empty: Google
	Client   *http.Client // nil: http.DefaultClient
}

// New is a model of the Gemini API.
func New(name, key string) *Model { return &Model{Name: name, Key: key} }

// FromEnv is New with the key in GOOGLE_API_KEY or else GEMINI_API_KEY. One of
// them must be set.
func FromEnv(name string) (*Model, error) {
	for _, variable := range []string{"GOOGLE_API_KEY", "GEMINI_API_KEY"} {
		if key := os.Getenv(variable); key != "" {
			return New(name, key), nil
		}
	}
	return nil, &reprise.Error{Provider: Google, Kind: reprise.KindAuth, Err: errors.New("no key: set GEMINI_API_KEY")}
}

func (m *Model) provider() string { return providerName(m.Provider) }

func providerName(name string) string {
	if name == "" {
		return Google
	}
	return name
}

// Stream asks the model. It always asks for a stream, and takes an answer
// that comes as a whole too.
func (m *Model) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		body, warnings, err := m.encode(ctx, req)
		if err != nil {
			yield(nil, err)
			return
		}
		call, err := m.call(m.model(req), "streamGenerateContent?alt=sse", body)
		if err != nil {
			yield(nil, err)
			return
		}
		s := newStream(call, req, yield)
		if body := s.Ask(ctx, warnings); body != nil {
			defer body.Close()
			s.run(body)
		}
	}
}

// model is the name of the model that a request is for.
func (m *Model) model(req *reprise.Request) string {
	if req.Model != "" {
		return req.Model
	}
	return m.Name
}

// encode writes the body of a request for this model.
func (m *Model) encode(ctx context.Context, req *reprise.Request) ([]byte, []reprise.Warning, error) {
	body, warnings, err := encode(ctx, m.provider(), m.model(req), req)
	if err != nil {
		return nil, nil, m.invalid(err)
	}
	return body, warnings, nil
}

func (m *Model) invalid(err error) error {
	return &reprise.Error{Provider: m.provider(), Kind: reprise.KindInvalid, Err: err}
}

// call makes the HTTP call of a method of a model.
func (m *Model) call(model, method string, body []byte) (*wire.Call, error) {
	if model == "" {
		return nil, m.invalid(errors.New("no model: set Model.Name"))
	}
	base, err := m.base()
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(model, "?#%\\ ") || strings.Contains(model, "..") {
		return nil, m.invalid(fmt.Errorf("%q is not the name of a model", model))
	}
	c := m.newCall(address(base, model) + ":" + method)
	c.Body = body
	return c, nil
}

// newCall makes a call without a body to an address.
func (m *Model) newCall(url string) *wire.Call {
	c := &wire.Call{Provider: m.provider(), Client: m.Client, URL: url, Key: m.Key, Header: http.Header{}, Explain: m.explain}
	if m.Key != "" {
		c.Header.Set("X-Goog-Api-Key", m.Key)
	}
	return c
}

// base is the address before the name of a model, once it is clear that the
// network may be reached.
func (m *Model) base() (string, error) {
	base := strings.TrimSuffix(m.BaseURL, "/")
	if base == "" {
		if m.provider() != Google {
			return "", m.invalid(fmt.Errorf("no address for %s: set Model.BaseURL, or make the model with package vertex", m.provider()))
		}
		base = defaultBase
	}
	if wire.NoKey(m.Key, m.Client) {
		return "", &reprise.Error{Provider: m.provider(), Kind: reprise.KindAuth, Err: errors.New("no key: set Model.Key (usually from GEMINI_API_KEY), or a Client that adds credentials")}
	}
	return base, nil
}

// address is the address of a model. A name with a slash is that of a
// resource, such as tunedModels/x; in Google Cloud also one outside of what
// Google publishes.
func address(base, model string) string {
	if !strings.Contains(model, "/") {
		return base + "/models/" + model
	}
	first, _, _ := strings.Cut(model, "/")
	switch first {
	case "publishers", "endpoints":
		base = strings.TrimSuffix(base, "/publishers/google")
	case "projects":
		base, _, _ = strings.Cut(base, "/projects/")
	}
	return base + "/" + model
}

// ReadURL tells of the address of a recorded call which provider and model it
// asked, for ReadRequest and ReadResponse. It is not ok if the call is none
// of generateContent or streamGenerateContent, or the address names no model.
// The provider of a host that is not Google's is the host.
func ReadURL(u *url.URL) (provider, model string, ok bool) {
	colon := strings.LastIndexByte(u.Path, ':')
	if colon < 0 {
		return "", "", false
	}
	path, method := u.Path[:colon], u.Path[colon+1:]
	if method != "generateContent" && method != "streamGenerateContent" {
		return "", "", false
	}
	host := u.Hostname()
	switch {
	case host == "generativelanguage.googleapis.com":
		provider = Google
	case strings.Contains(host, "aiplatform") && strings.HasSuffix(host, ".googleapis.com"):
		provider = Vertex
	default:
		provider = host
	}
	if i := strings.LastIndex(path, "/models/"); i >= 0 {
		return provider, path[i+len("/models/"):], true
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 2 { // such as v1internal, which wraps the API's bodies
		return "", "", false
	}
	return provider, strings.Join(parts[len(parts)-2:], "/"), true
}

// ReadResponse reads a recorded answer of a provider to req, streamed or
// whole, as [Model.Stream] would have. An error of body is one of the stream.
// Req may be nil if it is not known.
func ReadResponse(body io.Reader, provider string, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	provider = providerName(provider)
	return func(yield func(reprise.Event, error) bool) {
		s := newStream(&wire.Call{Provider: provider}, req, yield)
		s.run(body)
	}
}

// ReadError reads a recorded answer whose HTTP status is not a success.
func ReadError(body []byte, status int, provider string) *reprise.Error {
	e := (&wire.Call{Provider: providerName(provider)}).ErrorFrom(body, status)
	refine(e, body)
	return e
}
