package openai

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
	a.Open('{')
	a.Key("error")
	status := a.OpenAIError(e, a.Provider)
	a.Close('}')
	return wire.Refuse(w, e, status, "X-Request-Id", a.Buf)
}

// Tell implements [wire.Form]. The error is a member of the event: that is how
// servers do it and what clients look for, although the API's documentation
// has its members in the event itself.
func (a *writer) Tell(e *reprise.Error) error {
	return a.send("error", func() {
		a.Key("error")
		a.OpenAIError(e, a.Provider)
	})
}
