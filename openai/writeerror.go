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

// Tell implements [wire.Form]. OpenAI's servers have the error as a member of
// the event, xAI's and the documentation have it as the event. Clients look
// for the one or the other, so both are there.
func (a *writer) Tell(e *reprise.Error) error {
	var fault wire.Encoder
	fault.OpenAIError(e, a.Provider)
	return a.send("error", func() {
		_ = eachMember(fault.Buf, func(key string, value []byte) { // it is an object
			if key != "type" {
				a.Key(key)
				a.Raw(value)
			}
		})
		a.Key("error")
		a.Raw(fault.Buf)
	})
}
