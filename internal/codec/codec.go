// Package codec finds the API of an HTTP exchange with a model, and what
// reads and writes it.
package codec

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/internal/wire"
	"github.com/repriselabs/reprise/openai"
	"github.com/repriselabs/reprise/openaichat"
)

type events = iter.Seq2[reprise.Event, error]

// A Codec reads and writes the exchanges of one API: their requests, and the
// answers to the request that it was made for.
type Codec struct {
	API      string
	Provider string
	Model    string // where the address names it
	Form     Form

	Request  func() (*reprise.Request, error)
	Response func(body io.Reader, req *reprise.Request) events
	Error    func(body []byte, status int) *reprise.Error

	// WriteResponse answers as a server of the API does, and WriteError with
	// an error: see openaichat.WriteResponse. Known is what is known of the
	// answer before its events come. An error of which the client was told in
	// mid-stream is one of [Told].
	WriteResponse func(w io.Writer, evs events, known *reprise.Response) ([]reprise.Warning, error)
	WriteError    func(w http.ResponseWriter, err error) error
}

// Told reports whether an error ends an answer that has begun in the words of
// the API. After any other the connection is to be broken.
func Told(err error) bool { return wire.Told(err) }

// knowing is what is known of an answer, of which the request names the model
// at least.
func knowing(asked, known *reprise.Response) *reprise.Response {
	if known == nil {
		return asked
	}
	k := *known
	k.Model = cmp.Or(k.Model, asked.Model)
	return &k
}

// Form is how a request wants to be answered.
type Form string

// The forms of answers.
const (
	Whole  Form = "whole"  // one JSON object
	Stream Form = "stream" // server-sent events
	Array  Form = "array"  // the chunks of a stream, as one JSON array
	Frames Form = "frames" // the events of a stream, in the frames of AWS
)

// APIs are the names of those that are known.
func APIs() []string {
	return []string{openaichat.API, openai.API, anthropic.API, gemini.API}
}

// Of finds the API of a request by its address.
func Of(method string, u *url.URL, body []byte) (Codec, bool) {
	if method != http.MethodPost {
		return Codec{}, false
	}
	switch path := u.Path; {
	case strings.HasSuffix(path, "/chat/completions"):
		return chat(u, body), true
	case strings.HasSuffix(path, "/responses"):
		return responses(u, body), true
	case isMessages(path, body):
		return messages(u, body), true
	}
	if provider, model, ok := gemini.ReadURL(u); ok {
		return generate(u, provider, model, body), true
	}
	return Codec{}, false
}

func formOf(stream bool) Form {
	if stream {
		return Stream
	}
	return Whole
}

func chat(u *url.URL, body []byte) Codec {
	d := openaichat.DialectOf(u.Host)
	as := openaichat.AnswerTo(u, body, &d)
	return Codec{
		API:      openaichat.API,
		Provider: d.Provider,
		Form:     formOf(as.Stream),
		Request:  func() (*reprise.Request, error) { return openaichat.ReadRequest(body, &d) },
		Response: func(body io.Reader, req *reprise.Request) events {
			return openaichat.ReadResponse(body, &d, req)
		},
		Error: func(body []byte, status int) *reprise.Error { return openaichat.ReadError(body, status, &d) },
		WriteResponse: func(w io.Writer, evs events, known *reprise.Response) ([]reprise.Warning, error) {
			as.Known = knowing(as.Known, known)
			return openaichat.WriteResponse(w, evs, as)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return openaichat.WriteError(w, err, as) },
	}
}

func responses(u *url.URL, body []byte) Codec {
	d := openai.DialectOf(u.Host)
	if chat := openaichat.DialectOf(u.Host); d.Provider == u.Host { // a server is called the same, whichever API it is asked by
		d.Provider, d.Cost, d.CostExp = chat.Provider, chat.Cost, chat.CostExp
	}
	as := openai.AnswerTo(u, body, &d)
	return Codec{
		API:      openai.API,
		Provider: d.Provider,
		Form:     formOf(as.Stream),
		Request:  func() (*reprise.Request, error) { return openai.ReadRequest(body, &d) },
		Response: func(body io.Reader, req *reprise.Request) events {
			return openai.ReadResponse(body, &d, req)
		},
		Error: func(body []byte, status int) *reprise.Error { return openai.ReadError(body, status, &d) },
		WriteResponse: func(w io.Writer, evs events, known *reprise.Response) ([]reprise.Warning, error) {
			as.Known = knowing(as.Known, known)
			return openai.WriteResponse(w, evs, as)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return openai.WriteError(w, err, as) },
	}
}

// isMessages reports whether a request is one of the Messages API. The clouds
// ask other models at addresses like those of Claude's, and other APIs have
// messages too.
func isMessages(path string, body []byte) bool {
	switch {
	case strings.HasSuffix(path, "/v1/messages"):
		return true
	case strings.HasSuffix(path, "/messages"):
		return has(body, "messages")
	case strings.HasSuffix(path, ":rawPredict"), strings.HasSuffix(path, ":streamRawPredict"):
		_, model, ok := strings.Cut(path, "/publishers/anthropic/models/")
		return ok && !strings.HasPrefix(model, "count-tokens:")
	case strings.HasSuffix(path, "/invoke"), strings.HasSuffix(path, "/invoke-with-response-stream"):
		return strings.Contains(path, "/model/") && has(body, "anthropic_version")
	}
	return false
}

// has reports whether a body is an object with a member of that name.
func has(body []byte, name string) bool {
	var fields map[string]json.RawMessage
	return bytes.Contains(body, []byte(name)) && json.Unmarshal(body, &fields) == nil && fields[name] != nil
}

func messages(u *url.URL, body []byte) Codec {
	provider, model := messagesHost(u.Host), anthropic.ModelOf(u)
	as := anthropic.AnswerTo(u, body, provider)
	form := formOf(as.Stream)
	if as.Stream && as.Bedrock {
		form = Frames
	}
	return Codec{
		API:      anthropic.API,
		Provider: provider,
		Model:    model,
		Form:     form,
		Request: func() (*reprise.Request, error) {
			req, err := anthropic.ReadRequest(body)
			if req != nil && req.Model == "" {
				req.Model = model
			}
			return req, err
		},
		Response: func(body io.Reader, req *reprise.Request) events {
			return anthropic.ReadResponse(body, provider, req)
		},
		Error: func(body []byte, status int) *reprise.Error { return anthropic.ReadError(body, status, provider) },
		WriteResponse: func(w io.Writer, evs events, known *reprise.Response) ([]reprise.Warning, error) {
			as.Known = knowing(as.Known, known)
			return anthropic.WriteResponse(w, evs, as)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return anthropic.WriteError(w, err, as) },
	}
}

// messagesHost tells the provider by the host: Anthropic, also where it serves
// the customers of a cloud itself, a cloud, or one that is known for another
// API; else the host itself.
func messagesHost(host string) string {
	aws := strings.HasSuffix(host, ".api.aws") || strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
	switch {
	case host == "api.anthropic.com", host == "claude.googleapis.com", aws && strings.HasPrefix(host, "aws-external-anthropic."):
		return "anthropic"
	case aws:
		return "bedrock"
	case strings.HasSuffix(host, ".googleapis.com"):
		return "vertex"
	case strings.HasSuffix(host, ".services.ai.azure.com"):
		return "azure"
	}
	return openaichat.DialectOf(host).Provider
}

func generate(u *url.URL, provider, model string, body []byte) Codec {
	as := gemini.AnswerTo(u, body, provider)
	form := formOf(as.Stream)
	if as.List {
		form = Array
	}
	return Codec{
		API:      gemini.API,
		Provider: provider,
		Model:    model,
		Form:     form,
		Request:  func() (*reprise.Request, error) { return gemini.ReadRequest(body, provider, model) },
		Response: func(body io.Reader, req *reprise.Request) events {
			return gemini.ReadResponse(body, provider, req)
		},
		Error: func(body []byte, status int) *reprise.Error { return gemini.ReadError(body, status, provider) },
		WriteResponse: func(w io.Writer, evs events, known *reprise.Response) ([]reprise.Warning, error) {
			as.Known = knowing(as.Known, known)
			return gemini.WriteResponse(w, evs, as)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return gemini.WriteError(w, err, as) },
	}
}
