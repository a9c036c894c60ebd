package gemini

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
)

// explain adds to an error what Google's body says of it, and where a key
// comes from.
func (m *Model) explain(e *reprise.Error, body []byte) {
	if body == nil {
		return
	}
	refine(e, body)
	if e.Kind == reprise.KindAuth && m.Key == "" && m.provider() == Google {
		e.Err = fmt.Errorf("%w; no key was sent: set Model.Key (usually from GEMINI_API_KEY)", e.Err)
	}
}

// status is Google's error (https://google.aip.dev/193).
type status struct {
	Error struct {
		Code    int      `json:"code"`
		Status  string   `json:"status"`
		Message string   `json:"message"`
		Details []detail `json:"details"`
	} `json:"error"`
}

// detail is an element of an error's details: a RetryInfo, a QuotaFailure or
// an ErrorInfo.
type detail struct {
	RetryDelay string `json:"retryDelay"`
	Reason     string `json:"reason"`
	Violations []struct {
		QuotaID    string          `json:"quotaId"`
		QuotaValue json.RawMessage `json:"quotaValue"`
	} `json:"violations"`
}

// kinds are what Google's codes mean, where that is not clear anyway.
var kinds = map[string]reprise.Kind{
	"DEADLINE_EXCEEDED": reprise.KindTimeout,
	"CANCELLED":         reprise.KindServer,
	"UNKNOWN":           reprise.KindServer,
	"DATA_LOSS":         reprise.KindServer,
	"ABORTED":           reprise.KindServer,
	"UNIMPLEMENTED":     reprise.KindInvalid,
}

// refine adds to an error what only Google's bodies say.
func refine(e *reprise.Error, body []byte) {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) == 1 {
		body = list[0]
	}
	var s status
	if json.Unmarshal(body, &s) != nil {
		return
	}
	if kind, ok := kinds[s.Error.Status]; ok {
		e.Kind = kind
	}
	if s.Error.Status == "INVALID_ARGUMENT" && e.Kind == reprise.KindServer {
		e.Kind = reprise.KindInvalid // in mid-stream there is no HTTP status to tell
	}
	if strings.HasPrefix(s.Error.Message, "API key ") { // not valid, not found, expired: the status is 400
		e.Kind = reprise.KindAuth
	}
	for _, d := range s.Error.Details {
		if wait, err := time.ParseDuration(d.RetryDelay); err == nil && wait > 0 && e.RetryAfter == 0 {
			e.RetryAfter = wait
		}
		if strings.HasPrefix(d.Reason, "API_KEY_") {
			e.Kind = reprise.KindAuth
		}
		for _, v := range d.Violations {
			if strings.Contains(v.QuotaID, "PerDay") || strings.Trim(string(v.QuotaValue), `"`) == "0" {
				e.Kind = reprise.KindQuota
			}
		}
	}
}

// errorIn makes an error of one that came in the place of an answer.
func (s *stream) errorIn(body []byte) *reprise.Error {
	var st status
	_ = json.Unmarshal(body, &st) // a body that is none has no code
	e := s.Call.ErrorFrom(body, st.Error.Code)
	e.Status = 0 // the HTTP status was a success
	refine(e, body)
	return e
}
