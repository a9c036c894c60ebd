package reprise

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of thing went wrong, in words that hold for every
// provider. Programs decide by it.
type Kind string

// The kinds of an [Error].
const (
	KindAuth          Kind = "auth"           // no key, a wrong key, or not allowed
	KindRateLimit     Kind = "rate_limit"     // too many requests or tokens for now
	KindQuota         Kind = "quota"          // no money or quota left: waiting does not help
	KindOverloaded    Kind = "overloaded"     // the provider has no capacity just now
	KindServer        Kind = "server"         // the provider broke
	KindNotFound      Kind = "not_found"      // no such model or address
	KindContextLength Kind = "context_length" // the prompt is too long for the model
	KindInvalid       Kind = "invalid"        // the request is wrong
	KindContentFilter Kind = "content_filter" // the provider would not take the prompt
	KindBadResponse   Kind = "bad_response"   // the answer could not be understood
	KindCut           Kind = "cut"            // the answer ended before its end
	KindNetwork       Kind = "network"        // the provider was not reached
	KindTransport     Kind = "transport"      // the HTTP client would not send it: a replay without a recording, a guard
	KindTimeout       Kind = "timeout"        // a deadline passed
	KindCanceled      Kind = "canceled"       // the caller gave up
)

// An Error is what a model's stream ends with when it does not finish. It
// never holds a key.
type Error struct {
	Provider   string        // who said so; empty: this module
	Kind       Kind          // what sort of error it is
	Status     int           // the HTTP status; 0: there was none
	Code       string        // the provider's own word for it
	RetryAfter time.Duration // how long the provider asks to wait; 0: it did not say
	RequestID  string        // the provider's id of the request
	Err        error         // what happened
}

// Error tells the provider, what happened, and the status and request id.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Provider != "" {
		b.WriteString(e.Provider + ": ")
	}
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	} else {
		b.WriteString(string(e.Kind))
	}
	var notes []string
	if e.Status != 0 && e.Status != 200 {
		notes = append(notes, fmt.Sprintf("status %d", e.Status))
	}
	if e.RequestID != "" {
		notes = append(notes, "request "+e.RequestID)
	}
	if e.RetryAfter > 0 {
		notes = append(notes, "retry after "+e.RetryAfter.String())
	}
	if notes != nil {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same request may well succeed later.
func (e *Error) Temporary() bool {
	switch e.Kind {
	case KindRateLimit, KindOverloaded, KindServer, KindCut, KindNetwork, KindTimeout:
		return true
	}
	return false
}

// KindOf returns the kind of the first [Error] in err's chain, or "".
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
