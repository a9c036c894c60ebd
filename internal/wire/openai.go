package wire

import (
	"cmp"
	"net/http"

	"github.com/repriselabs/reprise"
)

// OpenAIError writes an error as OpenAI's APIs have it in their "error"
// member, and returns the HTTP status that goes with it. The code is the
// error's own if it is of provider.
func (e *Encoder) OpenAIError(err *reprise.Error, provider string) (status int) {
	said, ok := openAIErrors[err.Kind]
	if !ok { // something between the server and its model
		said = openAIError{http.StatusBadGateway, "server_error", "bad_gateway"}
	}
	if err.Provider == provider {
		said.code = cmp.Or(err.Code, said.code)
	}
	e.Open('{')
	e.Field("message", ErrorText(err))
	e.Field("type", said.kind)
	e.Key("param")
	e.Raw(nil)
	e.Key("code")
	if said.code == "" {
		e.Raw(nil)
	} else {
		e.String(said.code)
	}
	e.Close('}')
	return said.status
}

// openAIError is how OpenAI's APIs say what sort of error there is.
type openAIError struct {
	status     int
	kind, code string
}

var openAIErrors = map[reprise.Kind]openAIError{
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

// OpenAISchema writes the members that say what JSON is asked for, as
// OpenAI's APIs have them.
func (e *Encoder) OpenAISchema(s *reprise.Schema) {
	e.Field("name", cmp.Or(s.Name, "output"))
	if s.Description != "" {
		e.Field("description", s.Description)
	}
	e.Key("strict")
	e.Bool(s.Strict)
	e.Key("schema")
	e.Raw(s.JSON)
}
