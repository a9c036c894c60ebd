// Package openaichat speaks the Chat Completions API
// (https://platform.openai.com/docs/api-reference/chat), OpenAI's own and
// those of the many servers that took it over. What such a server does
// differently is a [Dialect], which is data.
package openaichat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/sse"
	"github.com/repriselabs/reprise/internal/wire"
)

// API is the name of this API: in transcripts, and in [reprise.Request].Extra
// for fields that any server of the API may know. A Dialect's Provider is a
// key there too, for what only that server knows.
const API = "openai-chat"

// A Model is one model behind a Chat Completions API. Name is required, and
// BaseURL where the dialect has none. Its fields must not be changed after
// the first use; it may then be used by several goroutines at once.
type Model struct {
	Name    string       // of the model: grok-code-fast-1
	Key     string       // sent as a bearer token; empty: none is sent
	BaseURL string       // what comes before /chat/completions; empty: the dialect's
	Dialect Dialect      // zero: a server that only does what OpenAI's does
	Client  *http.Client // nil: http.DefaultClient
}

// Stream asks the model. It always asks for a stream, and takes an answer
// that comes as a whole too.
func (m *Model) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		call, warnings, err := m.call(ctx, req)
		if err != nil {
			yield(nil, err)
			return
		}
		s := newStream(&m.Dialect, call, req, yield)
		if body := s.Ask(ctx, warnings); body != nil {
			defer body.Close()
			s.run(body)
		}
	}
}

// call makes the HTTP call for a request.
func (m *Model) call(ctx context.Context, req *reprise.Request) (*wire.Call, []reprise.Warning, error) {
	if m.Name == "" && req.Model == "" {
		return nil, nil, m.invalid(errors.New("no model: set Model.Name"))
	}
	call, err := m.address("/chat/completions")
	if err != nil {
		return nil, nil, err
	}
	body, warnings, err := encode(ctx, m, req)
	if err != nil {
		return nil, nil, m.invalid(err)
	}
	call.Body = body
	return call, warnings, nil
}

// address makes a call without a body to an address of the server's.
func (m *Model) address(path string) (*wire.Call, error) {
	base := m.BaseURL
	if base == "" {
		base = m.Dialect.BaseURL
	}
	d := &m.Dialect
	switch {
	case base == "":
		return nil, m.invalid(errors.New("no address: set Model.BaseURL, such as http://localhost:8080/v1"))
	case (m.BaseURL == "" || d.BaseURL == "") && d.KeyVar != "" && wire.NoKey(m.Key, m.Client): // another address may need none
		return nil, &reprise.Error{Provider: d.name(), Kind: reprise.KindAuth, Err: fmt.Errorf("no key: set Model.Key (usually from %s)", d.KeyVar)}
	}
	call := &wire.Call{Provider: d.name(), Client: m.Client, URL: strings.TrimSuffix(base, "/") + path, Key: m.Key, Header: http.Header{}, Explain: m.explain}
	if m.Key != "" {
		header, prefix := d.KeyHeader, ""
		if header == "" {
			header, prefix = "Authorization", "Bearer "
		}
		call.Header.Set(header, prefix+m.Key)
	}
	return call, nil
}

func (m *Model) invalid(err error) error {
	return &reprise.Error{Provider: m.Dialect.name(), Kind: reprise.KindInvalid, Err: err}
}

// explain adds to an error about the key where a key comes from.
func (m *Model) explain(e *reprise.Error, _ []byte) {
	if e.Kind == reprise.KindAuth && m.Key == "" && m.Dialect.KeyVar != "" {
		e.Err = fmt.Errorf("%w; no key was sent: set Model.Key (usually from %s)", e.Err, m.Dialect.KeyVar)
	}
}

// ReadResponse reads a recorded answer to req, streamed or whole, as
// [Model.Stream] would have. An error of body is one of the stream.
func ReadResponse(body io.Reader, d *Dialect, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		s := newStream(d, &wire.Call{Provider: d.name()}, req, yield)
		s.run(body)
	}
}

// ReadError reads a recorded answer whose HTTP status is not a success.
func ReadError(body []byte, status int, d *Dialect) *reprise.Error {
	return (&wire.Call{Provider: d.name()}).ErrorFrom(body, status)
}

// run decodes a body to its end.
func (s *stream) run(body io.Reader) {
	if s.Begin(body) != 0 {
		s.whole()
		return
	}
	for s.NextEvent() {
		if bytes.Equal(bytes.TrimSpace(s.Event.Data), done) {
			s.end()
			wire.Drain(body)
			return
		}
		s.chunk(s.Event)
	}
	s.end()
}

var done = []byte("[DONE]")

// whole decodes an answer that is not a stream.
func (s *stream) whole() {
	data, ok := s.Whole()
	if !ok {
		return
	}
	s.isWhole = true
	if s.chunk(sse.Event{Data: data, Cut: wire.CutOff(data)}); s.Stopped {
		return
	}
	switch {
	case !s.seen:
		s.odd(sse.Event{Data: data}, nil)
	case s.finish == "":
		s.finish = "unknown" // nothing was cut off: the value is whole
	}
	s.end()
}
