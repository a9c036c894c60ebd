// Package openai speaks the Responses API
// (https://platform.openai.com/docs/api-reference/responses): OpenAI's own,
// and those of servers that took it over. What such a server does differently
// is a [Dialect], which is data.
//
// Nothing is kept at the provider: each request holds the whole conversation,
// says store: false, and asks reasoning models for their reasoning in
// encrypted form, which goes back with the next one exactly as it came.
// [Model].Stored is the other way.
//
// What the provider ran itself (web search, file search, code interpreter,
// remote MCP, …) and any item that is not known are [reprise.Opaque] parts,
// which go back unchanged; a generated image is a [reprise.Media] part. Calls
// that wait for the caller (functions, and the tools that [CustomTool],
// [ComputerUse], [Shell] and [ApplyPatch] describe) are [reprise.ToolCall]
// parts, and their results go back as the items that answer them.
package openai

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

// API is the name of this API: in transcripts, as the Provider of a
// [reprise.ToolSpec], and in [reprise.Request].Extra for fields that any
// server of the API may know. A Dialect's Provider is a key there too, for
// what only that server knows. The fields win over what the request says;
// objects (reasoning, text, …) are merged member by member, and include gains
// reasoning.encrypted_content unless it is an empty list.
//
// What goes back of an answer (Echo, Opaque) has the Provider
// openai-responses/NAME, since no server can read another's.
const API = "openai-responses"

// A Model is one model behind the Responses API. Name is required, and
// BaseURL where the dialect has none. Its fields must not be changed after
// the first use; it may then be used by several goroutines at once.
type Model struct {
	Name    string       // of the model: gpt-5
	Key     string       // sent as a bearer token; empty: none is sent
	BaseURL string       // what comes before /responses; empty: the dialect's
	Dialect Dialect      // zero: OpenAI's
	Client  *http.Client // nil: http.DefaultClient

	// Summary asks for summaries of the reasoning: auto, concise or
	// detailed; empty: none.
	Summary string

	// Stored lets the provider keep the answers. A request whose history
	// holds such an answer then names the last one (previous_response_id)
	// and sends only the messages after it; System goes in the instructions
	// field, which holds for one answer at a time. Where a server takes no
	// such field beside the id, System is what the first request said.
	//
	// An id can also be given as previous_response_id in the request's
	// Extra. Messages up to the answer with this id are then left out; if it
	// is not among them, all are taken to be new.
	Stored bool
}

// New is a model of OpenAI's.
func New(name, key string) *Model { return &Model{Name: name, Key: key} }

// FromEnv is a model of OpenAI's, with the key in OPENAI_API_KEY and, if that
// is set, at OPENAI_BASE_URL. A missing key is no error here.
func FromEnv(name string) (*Model, error) { return openai.Model(name, os.Getenv) }

// Stream asks the model. It always asks for a stream, and takes an answer
// that comes as a whole too.
func (m *Model) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		call, warnings, err := m.ask(ctx, req)
		if err != nil {
			yield(nil, err)
			return
		}
		s := newStream(m.dialect(), call, req, yield)
		if body := s.Ask(ctx, warnings); body != nil {
			defer body.Close()
			s.run(body)
		}
	}
}

// OutputMode says that the output is asked for by a schema, or by a tool
// beside others at a server whose schemas would keep the model from calling
// those.
func (m *Model) OutputMode(req *reprise.Request) reprise.OutputMode {
	if len(req.Tools) > 0 && m.dialect().SchemaAlone {
		return reprise.OutputTool
	}
	return reprise.OutputSchema
}

func (m *Model) dialect() *Dialect { return m.Dialect.orOpenAI() }

// ask makes the HTTP call for a request.
func (m *Model) ask(ctx context.Context, req *reprise.Request) (*wire.Call, []reprise.Warning, error) {
	if m.Name == "" && req.Model == "" {
		return nil, nil, m.invalid(errors.New("no model: set Model.Name"))
	}
	call, err := m.call("/responses")
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

// call makes a call without a body.
func (m *Model) call(path string) (*wire.Call, error) {
	d := m.dialect()
	base := m.BaseURL
	if base == "" {
		base = d.BaseURL
	}
	switch {
	case base == "":
		return nil, m.invalid(errors.New("no address: set Model.BaseURL, such as http://localhost:8080/v1"))
	case m.BaseURL == "" && d.KeyVar != "" && wire.NoKey(m.Key, m.Client):
		return nil, &reprise.Error{Provider: d.name(), Kind: reprise.KindAuth, Err: fmt.Errorf("no key: set Model.Key (usually from %s)", d.KeyVar)}
	}
	call := &wire.Call{Provider: d.name(), Client: m.Client, URL: strings.TrimSuffix(base, "/") + path, Key: m.Key, Header: http.Header{}, Explain: m.explain}
	switch {
	case m.Key == "":
	case d.KeyHeader != "":
		call.Header.Set(d.KeyHeader, m.Key)
	default:
		call.Header.Set("Authorization", "Bearer "+m.Key)
	}
	return call, nil
}

func (m *Model) invalid(err error) error {
	return &reprise.Error{Provider: m.dialect().name(), Kind: reprise.KindInvalid, Err: err}
}

// explain makes the kind of an error exact, and adds what to do about it.
func (m *Model) explain(e *reprise.Error, _ []byte) {
	if e.Err == nil {
		return
	}
	refine(e)
	d := m.dialect()
	switch {
	case e.Kind == reprise.KindAuth && m.Key == "" && d.KeyVar != "":
		e.Err = fmt.Errorf("%w; no key was sent: set Model.Key (usually from %s)", e.Err, d.KeyVar)
	case strings.Contains(e.Err.Error(), "Encrypted content is not supported"):
		e.Err = fmt.Errorf(`%w; set Request.Extra[%q] to {"include":[]}`, e.Err, API)
	}
}

// ReadResponse reads a recorded answer to req, streamed or whole, as
// [Model.Stream] would have. An error of body is one of the stream. A nil
// Dialect is OpenAI's; the request may be nil.
func ReadResponse(body io.Reader, d *Dialect, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		d := d.orOpenAI()
		s := newStream(d, &wire.Call{Provider: d.name()}, req, yield)
		s.run(body)
	}
}

// ReadError reads a recorded answer whose HTTP status is not a success. A nil
// Dialect is OpenAI's.
func ReadError(body []byte, status int, d *Dialect) *reprise.Error {
	return errorFrom(&wire.Call{Provider: d.orOpenAI().name()}, body, status)
}
