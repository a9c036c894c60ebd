package transcript

import (
	"io"
	"iter"
	"net/url"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
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
	for _, find := range []func(*url.URL, []byte) (codec, bool){chatCodec} {
		if c, ok := find(u, []byte(in.Request.Body)); ok {
			return c, true
		}
	}
	return codec{}, false
}

func chatCodec(u *url.URL, body []byte) (codec, bool) {
	if !strings.HasSuffix(u.Path, "/chat/completions") {
		return codec{}, false
	}
	d := openaichat.DialectOf(u.Host)
	return codec{
		api:      openaichat.API,
		provider: d.Provider,
		request:  func() (*reprise.Request, error) { return openaichat.ReadRequest(body, &d) },
		response: func(body io.Reader, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return openaichat.ReadResponse(body, &d, req)
		},
		fail: func(body []byte, status int) *reprise.Error { return openaichat.ReadError(body, status, &d) },
	}, true
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
