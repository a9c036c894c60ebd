package openaichat

import (
	"net/http"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// WriteError answers with an error as a server of the API does: with its
// status, its body, and the headers that tell when to come back and what the
// request was. It is the inverse of [ReadError]. An error that is no
// [reprise.Error] is the server's own.
func WriteError(w http.ResponseWriter, err error, as Answer) error {
	a, e := newWriter(nil, as), wire.AsError(err)
	a.fault(e)
	return wire.Refuse(w, e, faultOf(e.Kind).status, "X-Request-Id", a.Buf)
}

// Tell implements [wire.Form].
func (a *writer) Tell(e *reprise.Error) error {
	a.fault(e)
	return a.Send("", a.Buf)
}

// fault writes the body of an error.
func (a *writer) fault(e *reprise.Error) {
	said := faultOf(e.Kind)
	if e.Code != "" && e.Provider == a.Provider {
		said.code = e.Code
	}
	a.Buf = a.Buf[:0]
	a.Open('{')
	a.Key("error")
	a.Open('{')
	a.Field("message", wire.ErrorText(e))
	a.Field("type", said.kind)
	a.Key("param")
	a.Raw(nil)
	a.Key("code")
	if said.code == "" {
		a.Raw(nil)
	} else {
		a.String(said.code)
	}
	a.Close('}')
	a.Close('}')
}

// fault is how the API says what sort of error there is.
type fault struct {
	status     int
	kind, code string
}

func faultOf(kind reprise.Kind) fault {
	if f, ok := faults[kind]; ok {
		return f
	}
	return fault{http.StatusBadGateway, "server_error", "bad_gateway"} // something between the server and its model
}

var faults = map[reprise.Kind]fault{
	reprise.KindAuth:          {http.StatusUnauthorized, "invalid_request_error", "invalid_api_key"},
	reprise.KindRateLimit:     {http.StatusTooManyRequests, "requests", "rate_limit_exceeded"},
	reprise.KindQuota:         {http.StatusTooManyRequests, "insufficient_quota", "insufficient_quota"},
	reprise.KindOverloaded:    {http.StatusServiceUnavailable, "server_error", "overloaded"},
	reprise.KindServer:        {http.StatusInternalServerError, "server_error", ""},
	reprise.KindNotFound:      {http.StatusNotFound, "invalid_request_error", "model_not_found"},
	reprise.KindContextLength: {http.StatusBadRequest, "invalid_request_error", "context_length_exceeded"},
	reprise.KindInvalid:       {http.StatusBadRequest, "invalid_request_error", ""},
	reprise.KindContentFilter: {http.StatusBadRequest, "invalid_request_error", "content_filter"},
	reprise.KindTimeout:       {http.StatusGatewayTimeout, "server_error", "timeout"},
}
