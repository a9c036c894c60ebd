package gemini

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// WriteError answers with an error as a server of the API does: with its
// status, its body, and the headers that tell when to come back. It is the
// inverse of [ReadError]. An error that is no [reprise.Error] is the server's
// own.
//
// A prompt that was not taken is no error to the API, but an answer with
// promptFeedback, which is for [ReadResponse].
func WriteError(w http.ResponseWriter, err error, as Answer) error {
	a, e := newWriter(w, as), wire.AsError(err)
	if e.Kind == reprise.KindContentFilter {
		a.Restart()
		return a.Tell(e)
	}
	said := a.fault(e)
	if as.List {
		a.Close(']')
	}
	return wire.Refuse(w, e, said.status, "X-Goog-Request-Id", a.Buf)
}

// Tell implements [wire.Form].
func (a *writer) Tell(e *reprise.Error) error {
	if e.Kind == reprise.KindContentFilter {
		a.blocked(e)
	} else {
		a.fault(e)
	}
	return a.send(true)
}

// tooLong are the words by which clients know a prompt that is too long: the
// API has no code for it.
const tooLong = "input token count"

// fault writes the body of an error (https://google.aip.dev/193).
func (a *writer) fault(e *reprise.Error) fault {
	said, message := faultOf(e.Kind), wire.ErrorText(e)
	if e.Kind == reprise.KindContextLength && !strings.Contains(strings.ToLower(message), tooLong) {
		message = "The " + tooLong + " is too high: " + message
	}
	if e.Code != "" && e.Provider == a.enc.provider {
		said.code = e.Code
	}
	said.status = wire.StatusOf(e, said.status)
	a.head()
	a.Key("error")
	a.Open('{')
	a.Key("code")
	a.Int(int64(said.status))
	a.Field("message", message)
	a.Field("status", said.code)
	if details := detailsOf(e); details != nil {
		a.Key("details")
		a.Raw(details)
	}
	a.Close('}')
	a.Close('}')
	return said
}

// fault is how the API says what sort of error there is.
type fault struct {
	status int
	code   string
}

func faultOf(kind reprise.Kind) fault {
	if f, ok := faults[kind]; ok {
		return f
	}
	return fault{http.StatusBadGateway, "UNKNOWN"} // something between the server and its model
}

var faults = map[reprise.Kind]fault{
	reprise.KindAuth:          {http.StatusUnauthorized, "UNAUTHENTICATED"},
	reprise.KindRateLimit:     {http.StatusTooManyRequests, "RESOURCE_EXHAUSTED"},
	reprise.KindQuota:         {http.StatusTooManyRequests, "RESOURCE_EXHAUSTED"},
	reprise.KindOverloaded:    {http.StatusServiceUnavailable, "UNAVAILABLE"},
	reprise.KindServer:        {http.StatusInternalServerError, "INTERNAL"},
	reprise.KindNotFound:      {http.StatusNotFound, "NOT_FOUND"},
	reprise.KindContextLength: {http.StatusBadRequest, "INVALID_ARGUMENT"},
	reprise.KindInvalid:       {http.StatusBadRequest, "INVALID_ARGUMENT"},
	reprise.KindTimeout:       {http.StatusGatewayTimeout, "DEADLINE_EXCEEDED"},
}

// detailsOf are the details of an error, which tell what its code does not;
// nil if there are none.
func detailsOf(e *reprise.Error) []byte {
	var list wire.Encoder
	begin := func(kind string) {
		list.Open('{')
		list.Field("@type", "type.googleapis.com/google.rpc."+kind)
	}
	list.Open('[')
	switch {
	case e.Kind == reprise.KindAuth && e.Status == http.StatusBadRequest:
		begin("ErrorInfo")
		list.Field("reason", "API_KEY_INVALID")
		list.Close('}')
	case e.Kind == reprise.KindQuota: // a quota of nothing: to wait does not help
		begin("QuotaFailure")
		list.Key("violations")
		list.Raw([]byte(`[{"quotaValue":"0"}]`))
		list.Close('}')
	}
	if e.RetryAfter > 0 {
		begin("RetryInfo")
		list.Field("retryDelay", strconv.FormatFloat(e.RetryAfter.Seconds(), 'f', -1, 64)+"s")
		list.Close('}')
	}
	list.Close(']')
	if len(list.Buf) == len("[]") {
		return nil
	}
	return list.Buf
}

// blockReasons are those that the API has for a prompt.
// https://ai.google.dev/api/generate-content#BlockReason
var blockReasons = []string{"SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"}

// blocked writes the answer to a prompt that was not taken.
func (a *writer) blocked(e *reprise.Error) {
	reason, why := "SAFETY", wire.ErrorText(e)
	if slices.Contains(blockReasons, e.Code) {
		reason = e.Code
	}
	a.head()
	a.Key("promptFeedback")
	a.Open('{')
	a.Field("blockReason", reason)
	if own, ok := strings.CutPrefix(why, blockedText(reason, "")); ok {
		why = strings.TrimPrefix(own, ": ")
	}
	if why != "" {
		a.Field("blockReasonMessage", why)
	}
	a.Close('}')
	a.tail()
}
