package transcript

import (
	"io"
	"iter"
	"net/url"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/openai"
	"github.com/repriselabs/reprise/openaichat"
)

// codec reads the exchanges of one API.
type codec struct {
	api      string
	provider string
	model    string // where the address names it
	request  func() (*reprise.Request, error)
	response func(body io.Reader, req *reprise.Request) iter.Seq2[reprise.Event, error]
	fail     func(body []byte, status int) *reprise.Error
}

// codecOf finds the API of an exchange by its address.
func codecOf(in *cassette.Interaction) (codec, bool) {
	u, err := url.Parse(in.Request.URL)
	if err != nil || in.Request.Method != "POST" {
		return codec{}, false
	}
	body := []byte(in.Request.Body)
	switch path := u.Path; {
	case strings.HasSuffix(path, "/chat/completions"):
		return chatCodec(u, body), true
	case strings.HasSuffix(path, "/responses"):
		return responsesCodec(u, body), true
	case strings.HasSuffix(path, "/messages"), strings.HasSuffix(path, ":rawPredict"), strings.HasSuffix(path, ":streamRawPredict"),
		strings.Contains(path, "/model/") && (strings.HasSuffix(path, "/invoke") || strings.HasSuffix(path, "/invoke-with-response-stream")):
		return messagesCodec(u, body), true
	}
	if provider, model, ok := gemini.ReadURL(u); ok {
		return geminiCodec(provider, model, body), true
	}
	return codec{}, false
}

func chatCodec(u *url.URL, body []byte) codec {
	d := openaichat.DialectOf(u.Host)
	return codec{
		api:      openaichat.API,
		provider: d.Provider,
		request:  func() (*reprise.Request, error) { return openaichat.ReadRequest(body, &d) },
		response: func(body io.Reader, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return openaichat.ReadResponse(body, &d, req)
		},
		fail: func(body []byte, status int) *reprise.Error { return openaichat.ReadError(body, status, &d) },
	}
}

func responsesCodec(u *url.URL, body []byte) codec {
	d := openai.DialectOf(u.Host)
	return codec{
		api:      openai.API,
		provider: d.Provider,
		request:  func() (*reprise.Request, error) { return openai.ReadRequest(body, &d) },
		response: func(body io.Reader, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return openai.ReadResponse(body, &d, req)
		},
		fail: func(body []byte, status int) *reprise.Error { return openai.ReadError(body, status, &d) },
	}
}

func messagesCodec(u *url.URL, body []byte) codec {
	provider, model := messagesHost(u.Host), anthropic.ModelOf(u)
	return codec{
		api:      anthropic.API,
		provider: provider,
		model:    model,
		request: func() (*reprise.Request, error) {
			req, err := anthropic.ReadRequest(body)
			if req != nil && req.Model == "" {
				req.Model = model
			}
			return req, err
		},
		response: func(body io.Reader, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return anthropic.ReadResponse(body, provider, req)
		},
		fail: func(body []byte, status int) *reprise.Error { return anthropic.ReadError(body, status, provider) },
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

func geminiCodec(provider, model string, body []byte) codec {
	return codec{
		api:      gemini.API,
		provider: provider,
		model:    model,
		request:  func() (*reprise.Request, error) { return gemini.ReadRequest(body, provider, model) },
		response: func(body io.Reader, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return gemini.ReadResponse(body, provider, req)
		},
		fail: func(body []byte, status int) *reprise.Error { return gemini.ReadError(body, status, provider) },
	}
}

// bodyOf is the recorded body, which breaks off where the recorded one did.
func bodyOf(in *cassette.Interaction) io.Reader {
	body := io.Reader(strings.NewReader(in.Response.Body))
	if in.Outcome != cassette.Complete {
		body = io.MultiReader(body, broken{})
	}
	return body
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
