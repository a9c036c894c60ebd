// Package codec finds the API of an HTTP exchange with a model, and what
// reads and writes it.
package codec

import (
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/gemini"
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
	// answer before its events come.
	WriteResponse func(w io.Writer, evs events, known *reprise.Response) ([]reprise.Warning, error)
	WriteError    func(w http.ResponseWriter, err error) error
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
	case strings.HasSuffix(path, "/messages"), strings.HasSuffix(path, ":rawPredict"), strings.HasSuffix(path, ":streamRawPredict"),
		strings.Contains(path, "/model/") && (strings.HasSuffix(path, "/invoke") || strings.HasSuffix(path, "/invoke-with-response-stream")):
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
			as.Known = known
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
			as.Known = known
			return openai.WriteResponse(w, evs, as)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return openai.WriteError(w, err, as) },
	}
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
			as.Known = known
			return anthropic.WriteResponse(w, evs, as)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return anthropic.WriteError(w, err, as) },
	}
}

// messagesHost tells the provider by the host: Anthropic or a cloud, else the
// host itself.
func messagesHost(host string) string {
	switch {
	case host == "api.anthropic.com":
		return "anthropic"
	case strings.HasSuffix(host, ".amazonaws.com"):
		return "bedrock"
	case strings.HasSuffix(host, ".googleapis.com"):
		return "vertex"
	}
	return host
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
			as.Known = known
			return gemini.WriteResponse(w, evs, as)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return gemini.WriteError(w, err, as) },
	}
}
