package anthropic

import (
	"net/http"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// WriteError answers with an error as a server of the API does: with its
// status, its body, and the headers that tell when to come back and what the
// request was. It is the inverse of [ReadError]. An error that is no
// [reprise.Error] is the server's own.
func WriteError(w http.ResponseWriter, err error, as Answer) error {
	a, e := newWriter(nil, as), wire.AsError(err)
	said := a.faultOf(e)
	a.Buf = a.Buf[:0]
	if a.Bedrock {
		w.Header().Set("X-Amzn-Errortype", said.code)
		a.Open('{')
		a.Field("__type", said.code)
		a.Field("message", wire.ErrorText(e))
		a.Close('}')
		return wire.Refuse(w, e, said.status, "X-Amzn-Requestid", a.Buf)
	}
	a.fault(e, said.code)
	a.Close('}')
	return wire.Refuse(w, e, said.status, "Request-Id", a.Buf)
}

// Tell implements [wire.Form].
func (a *writer) Tell(e *reprise.Error) error {
	code := a.faultOf(e).code
	if !a.Bedrock {
		a.fault(e, code)
		return a.send("error")
	}
	a.Buf = a.Buf[:0]
	a.Open('{')
	a.Field("message", wire.ErrorText(e))
	a.Close('}')
	name := strings.ToLower(code[:1]) + code[1:]
	return a.frame(a.Buf, ":exception-type", name, ":content-type", "application/json", ":message-type", "exception")
}

// fault begins the body of an error.
func (a *writer) fault(e *reprise.Error, code string) {
	a.head("error")
	a.Key("error")
	a.Open('{')
	a.Field("type", code)
	a.Field("message", wire.ErrorText(e))
	a.Close('}')
	if e.RequestID != "" {
		a.Field("request_id", e.RequestID)
	}
}

// fault is how the API says what sort of error there is.
type fault struct {
	status int
	code   string
}

// faultOf keeps the provider's own word, if it is this one's.
func (a *writer) faultOf(e *reprise.Error) fault {
	known, other := faults, fault{http.StatusBadGateway, "api_error"} // something between the server and its model
	if a.Bedrock {
		known, other = exceptions, fault{http.StatusFailedDependency, "ModelErrorException"}
	}
	said, ok := known[e.Kind]
	if !ok {
		said = other
	}
	if e.Code != "" && e.Provider == a.Reply.Provider && (!a.Bedrock || strings.HasSuffix(e.Code, "Exception")) {
		said.code = e.Code
	}
	return said
}

// faults are https://docs.anthropic.com/en/api/errors.
var faults = map[reprise.Kind]fault{
	reprise.KindAuth:          {http.StatusUnauthorized, "authentication_error"},
	reprise.KindRateLimit:     {http.StatusTooManyRequests, "rate_limit_error"},
	reprise.KindQuota:         {http.StatusPaymentRequired, "billing_error"},
	reprise.KindOverloaded:    {529, "overloaded_error"},
	reprise.KindServer:        {http.StatusInternalServerError, "api_error"},
	reprise.KindNotFound:      {http.StatusNotFound, "not_found_error"},
	reprise.KindContextLength: {http.StatusRequestEntityTooLarge, "request_too_large"},
	reprise.KindInvalid:       {http.StatusBadRequest, "invalid_request_error"},
	reprise.KindContentFilter: {http.StatusBadRequest, "invalid_request_error"},
	reprise.KindTimeout:       {http.StatusGatewayTimeout, "timeout_error"},
}

// exceptions are Bedrock's, by
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html.
var exceptions = map[reprise.Kind]fault{
	reprise.KindAuth:          {http.StatusForbidden, "AccessDeniedException"},
	reprise.KindRateLimit:     {http.StatusTooManyRequests, "ThrottlingException"},
	reprise.KindQuota:         {http.StatusBadRequest, "ServiceQuotaExceededException"},
	reprise.KindOverloaded:    {http.StatusServiceUnavailable, "ServiceUnavailableException"},
	reprise.KindServer:        {http.StatusInternalServerError, "InternalServerException"},
	reprise.KindNotFound:      {http.StatusNotFound, "ResourceNotFoundException"},
	reprise.KindContextLength: {http.StatusBadRequest, "ValidationException"},
	reprise.KindInvalid:       {http.StatusBadRequest, "ValidationException"},
	reprise.KindContentFilter: {http.StatusBadRequest, "ValidationException"},
	reprise.KindTimeout:       {http.StatusRequestTimeout, "ModelTimeoutException"},
}
