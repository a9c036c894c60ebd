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
	return wire.Refuse(w, e, a.fault(e), "X-Request-Id", a.Buf)
}

// Tell implements [wire.Form].
func (a *writer) Tell(e *reprise.Error) error {
	a.fault(e)
	return a.Send("", a.Buf)
}

// fault writes the body of an error, and returns the status.
func (a *writer) fault(e *reprise.Error) (status int) {
	a.Buf = a.Buf[:0]
	a.Open('{')
	a.Key("error")
	status = a.OpenAIError(e, a.Provider)
	a.Close('}')
	return status
}
