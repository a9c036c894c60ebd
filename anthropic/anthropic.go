// Package anthropic speaks the Messages API
// (https://docs.anthropic.com/en/api/messages): Anthropic's own, and that of
// servers that took it over. The packages below it hold what the clouds need
// besides: addresses and signing.
//
// Prompts are cached by default: the last tool, the last block of the system
// prompt and the last block of the conversation get a cache_control. A
// [reprise.CachePoint] anywhere in the request replaces that; one that comes
// first in System caches the tools; [Model].NoCache turns it off.
//
// The API demands a max_tokens. Where the request has none it is 32,000, or
// 64,000 for the efforts xhigh and max, or less where the model takes less,
// and 8,192 for a model that is not known; a thinking budget comes on top.
//
// An effort turns adaptive thinking on, on models that have it; a
// ThinkingBudget of tokens is for those before, 0 turns thinking off and -1
// leaves it to the model.
//
// Structured output is output_config.format where the model knows it and
// takes the schema, and a tool that the model must call where not; either way
// it is the text of the answer.
//
// What a provider ran itself (web search, code execution, …) and any block
// that is not known are [reprise.Opaque] parts, which go back unchanged.
package anthropic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// API is the name of this API: in transcripts, in [reprise.Request].Extra, and
// as the Provider of Echo, Opaque and ToolSpec. It is the same behind every
// [Host], since signatures and blocks are.
const API = "anthropic"

// A Model is one model behind the Messages API. Name is required. Its fields
// must not be changed after the first use; it may then be used by several
// goroutines at once.
type Model struct {
	Name    string       // of the model: claude-sonnet-4-5
	Key     string       // empty: none is sent
	BaseURL string       // what comes before /messages; empty: https://api.anthropic.com/v1, or the Host's
	Client  *http.Client // nil: http.DefaultClient

	// Betas are sent as anthropic-beta, besides those that a request needs,
	// such as interleaved-thinking-2025-05-14:
	// https://docs.anthropic.com/en/api/beta-headers.
	Betas []string

	NoCache  bool   // no automatic cache points
	CacheTTL string // of automatic cache points: 5m or 1h; empty: 5m

	Host *Host // where the API is served; nil: Anthropic itself
}

// New is a model of Anthropic's.
func New(name, key string) *Model { return &Model{Name: name, Key: key} }

// FromEnv is a model of Anthropic's, with the key in ANTHROPIC_API_KEY and,
// if that is set, at ANTHROPIC_BASE_URL (which is without /v1).
func FromEnv(name string) (*Model, error) {
	if name == "" {
		return nil, errors.New("anthropic: no model name, such as claude-sonnet-4-5")
	}
	m := New(name, os.Getenv("ANTHROPIC_API_KEY"))
	if base := os.Getenv("ANTHROPIC_BASE_URL"); base != "" {
		m.BaseURL = strings.TrimSuffix(base, "/") + "/v1"
	}
	return m, nil
}

// Stream asks the model. It always asks for a stream, and takes an answer
// that comes as a whole too.
func (m *Model) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		call, warnings, err := m.call(ctx, OpMessages, req)
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

// call makes the HTTP call for a request.
func (m *Model) call(ctx context.Context, op Op, req *reprise.Request) (*wire.Call, []reprise.Warning, error) {
	name := req.Model
	if name == "" {
		name = m.Name
	}
	if name == "" {
		return nil, nil, m.invalid(errors.New("no model: set Model.Name"))
	}
	call, err := m.newCall(op, name)
	if err != nil {
		return nil, nil, err
	}
	e := newEncoder(m, name)
	e.Begin(ctx)
	body, err := e.encode(op, req)
	if err != nil {
		return nil, nil, m.invalid(err)
	}
	if op == OpCountTokens && m.Host != nil && m.Host.WrapCount != nil {
		body = m.Host.WrapCount(body)
	}
	call.Body = body
	if betas := e.allBetas(); len(betas) > 0 && !m.bodyBetas() {
		call.Header.Set("Anthropic-Beta", strings.Join(betas, ","))
	}
	return call, e.warnings, nil
}

// defaultBase is the address of Anthropic's own API.
const defaultBase = "https://api.anthropic.com/v1"

// apiVersion is https://docs.anthropic.com/en/api/versioning.
const apiVersion = "2023-06-01"

// newCall makes a call without a body.
func (m *Model) newCall(op Op, name string) (*wire.Call, error) {
	base, path := defaultBase, op.path()
	if m.Host != nil {
		base = m.Host.BaseURL(op)
		path = m.Host.Path(op, name)
	}
	if path == "" || base == "" {
		return nil, m.invalid(fmt.Errorf("%s does not offer %s", m.provider(), op))
	}
	ours := m.BaseURL == ""
	if !ours {
		base = m.BaseURL
	}
	if (ours || m.Host != nil) && wire.NoKey(m.Key, m.Client) {
		return nil, &reprise.Error{Provider: m.provider(), Kind: reprise.KindAuth, Err: errors.New(m.noKey())}
	}
	call := &wire.Call{Provider: m.provider(), Client: m.Client, URL: strings.TrimSuffix(base, "/") + path, Key: m.Key, Header: http.Header{}, Explain: m.explain}
	if m.Host == nil {
		call.Header.Set("Anthropic-Version", apiVersion)
	}
	switch {
	case m.Key == "":
	case m.Host == nil:
		call.Header.Set("X-Api-Key", m.Key)
	default:
		call.Header.Set("Authorization", "Bearer "+m.Key)
	}
	return call, nil
}

func (m *Model) noKey() string {
	if m.Host != nil {
		return m.Host.NoKey
	}
	return "no key: set Model.Key (usually from ANTHROPIC_API_KEY)"
}

func (m *Model) provider() string {
	if m.Host != nil {
		return m.Host.Provider
	}
	return API
}

func (m *Model) invalid(err error) error {
	return &reprise.Error{Provider: m.provider(), Kind: reprise.KindInvalid, Err: err}
}

// explain makes the kind of an error exact, and adds to one about the key
// where a key comes from.
func (m *Model) explain(e *reprise.Error, _ []byte) {
	var inner *reprise.Error
	if errors.As(e.Err, &inner) { // the transport could not sign
		e.Kind = inner.Kind
	}
	refine(e)
	if e.Kind == reprise.KindAuth && m.Key == "" && m.Host == nil {
		e.Err = fmt.Errorf("%w; no key was sent: set Model.Key (usually from ANTHROPIC_API_KEY)", e.Err)
	}
}

// ReadResponse reads a recorded answer to req, streamed or whole, in events
// or in the binary frames of Bedrock, as [Model.Stream] would have. The
// provider is who served it; empty is Anthropic itself. An error of body is
// one of the stream. The request may be nil.
func ReadResponse(body io.Reader, provider string, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	if provider == "" {
		provider = API
	}
	return func(yield func(reprise.Event, error) bool) {
		s := newStream(&wire.Call{Provider: provider}, req, yield)
		s.run(body)
	}
}

// ReadError reads a recorded answer whose HTTP status is not a success. The
// provider is who served it; empty is Anthropic itself.
func ReadError(body []byte, status int, provider string) *reprise.Error {
	if provider == "" {
		provider = API
	}
	return errorFrom(&wire.Call{Provider: provider}, body, status)
}
