package openaichat

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/repriselabs/reprise"
)

// WriteError answers with an error as a server of the API does: with its
// status, its body, and the headers that tell when to come back and what the
// request was. It is the inverse of [ReadError]. An error that is no
// [reprise.Error] is the server's own.
func WriteError(w http.ResponseWriter, err error, as Answer) error {
	a := &writer{Answer: as, w: w}
	if a.Dialect == nil {
		a.Dialect = &Dialect{}
	}
	e := errorOf(err)
	header := w.Header()
	if e.RequestID != "" {
		header.Set("X-Request-Id", e.RequestID)
	}
	if wait := e.RetryAfter; wait > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
		if wait%time.Second != 0 {
			header.Set("Retry-After-Ms", strconv.FormatFloat(float64(wait)/float64(time.Millisecond), 'f', -1, 64))
		}
	}
	header.Set("Content-Type", "application/json")
	status := e.Status
	if status < 400 || status > 599 {
		status = faultOf(e.Kind).status
	}
	w.WriteHeader(status)
	a.fault(e)
	_, err = w.Write(a.Buf)
	return err
}

func errorOf(err error) *reprise.Error {
	var e *reprise.Error
	if !errors.As(err, &e) {
		e = &reprise.Error{Kind: reprise.KindServer, Err: err}
	}
	return e
}

// tell sends an error in mid-stream, if it is one that servers tell: what
// befell the connection is not.
func (a *writer) tell(err error) {
	e := errorOf(err)
	switch e.Kind {
	case reprise.KindCut, reprise.KindNetwork, reprise.KindTransport, reprise.KindBadResponse, reprise.KindCanceled:
		return
	}
	a.fault(e)
	_ = a.send(a.Buf) // there is an error already
}

// fault writes the body of an error.
func (a *writer) fault(e *reprise.Error) {
	said := faultOf(e.Kind)
	if e.Code != "" && e.Provider == a.Dialect.name() {
		said.code = e.Code
	}
	text := string(e.Kind)
	if e.Err != nil {
		text = e.Err.Error()
	}
	a.Buf = a.Buf[:0]
	a.Open('{')
	a.Key("error")
	a.Open('{')
	a.Field("message", text)
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
