package wire

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/repriselabs/reprise"
)

// A Reply is an answer on its way to a client. It belongs to the writer of an
// API's answers, which is its Form.
type Reply struct {
	Encoder
	Provider string // in whose words, for warnings
	W        io.Writer
	Warnings []reprise.Warning

	begun  bool // something was written
	broken bool // W took no more
	line   []byte
}

// A Form writes answers as an API does.
type Form interface {
	// Restart forgets the answer so far, of which nothing was written.
	Restart()
	// Event takes the next event: a delta, a PartDone or the Finish, as
	// [InOrder] yields them.
	Event(reprise.Event) error
	// End writes what is left after the Finish.
	End() error
	// Tell writes, in a stream, that there was an error.
	Tell(*reprise.Error) error
}

// Write writes the answer that the events tell; known is what is known of it
// before, or nil. An error of the events is returned. In mid-stream it is
// told to the client too, if it is one that servers tell; after any other the
// stream just ends.
func (r *Reply) Write(form Form, events iter.Seq2[reprise.Event, error], known *reprise.Response) ([]reprise.Warning, error) {
	form.Restart()
	err := r.run(form, InOrder(events, known))
	if err != nil && r.begun && !r.broken && Told(err) {
		_ = form.Tell(AsError(err)) // there is an error already
	}
	return r.Warnings, err
}

func (r *Reply) run(form Form, events iter.Seq2[reprise.Event, error]) error {
	var finished bool
	for ev, err := range events {
		if err != nil {
			return err
		}
		switch ev := ev.(type) {
		case reprise.Warning:
			if ev.Provider == "" {
				ev.Provider = r.Provider
			}
			r.Warnings = append(r.Warnings, ev)
		case reprise.Reset:
			if r.begun {
				return &reprise.Error{Kind: reprise.KindServer, Err: fmt.Errorf("the answer began again after some of it was sent: %s", ev.Reason)}
			}
			form.Restart()
		default:
			if err := form.Event(ev); err != nil {
				return err
			}
			_, finished = ev.(reprise.Finish)
		}
	}
	if !finished {
		return &reprise.Error{Kind: reprise.KindBadResponse, Err: errors.New("the events ended without a Finish")}
	}
	return form.End()
}

// Told reports whether servers tell their clients of an error in mid-stream:
// of what befell the connection they do not.
func Told(err error) bool {
	switch AsError(err).Kind {
	case reprise.KindCut, reprise.KindNetwork, reprise.KindTransport, reprise.KindBadResponse, reprise.KindCanceled:
		return false
	}
	return true
}

// Warn adds a warning.
func (r *Reply) Warn(code, format string, args ...any) {
	r.Warnings = append(r.Warnings, reprise.Warning{Provider: r.Provider, Code: code, Message: fmt.Sprintf(format, args...)})
}

// Dropped warns of what the API cannot carry.
func (r *Reply) Dropped(format string, args ...any) { r.Warn(reprise.WarnDropped, format, args...) }

// DroppedEcho warns of an Echo, if there is one, that the API cannot carry.
func (r *Reply) DroppedEcho(e *reprise.Echo, what string) {
	if e != nil {
		r.Dropped("the signature or hidden part of %s's %s", e.Provider, what)
	}
}

// Begun reports whether something was written.
func (r *Reply) Begun() bool { return r.begun }

// Send sends data as one event of a stream; name may be empty.
func (r *Reply) Send(name string, data []byte) error {
	r.line = r.line[:0]
	if name != "" {
		r.line = append(append(append(r.line, "event: "...), name...), '\n')
	}
	r.line = append(append(append(r.line, "data: "...), data...), "\n\n"...)
	return r.Put(r.line, "text/event-stream")
}

// Put writes b and flushes it, if W can. The first one sets the Content-Type
// of an [http.ResponseWriter].
func (r *Reply) Put(b []byte, contentType string) error {
	if w, ok := r.W.(http.ResponseWriter); ok && !r.begun {
		w.Header().Set("Content-Type", contentType)
	}
	r.begun = true
	_, err := r.W.Write(b)
	if err == nil {
		err = flush(r.W)
	}
	r.broken = err != nil
	return err
}

// flush passes on what w has buffered, if it does.
func flush(w io.Writer) error {
	switch w := w.(type) {
	case http.ResponseWriter:
		err := http.NewResponseController(w).Flush()
		if errors.Is(err, http.ErrNotSupported) {
			return nil
		}
		return err
	case interface{ Flush() error }:
		return w.Flush()
	}
	return nil
}

// AsError is err as a [reprise.Error]: one that is none is the server's own.
func AsError(err error) *reprise.Error {
	var e *reprise.Error
	if !errors.As(err, &e) {
		e = &reprise.Error{Kind: reprise.KindServer, Err: err}
	}
	return e
}

// ErrorText is what an error says, without what else is known of it.
func ErrorText(e *reprise.Error) string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return string(e.Kind)
}

// Refuse answers with an error: its body, which is JSON, its status or else
// the one given, the headers that tell when to come back, and the request's
// id under the name that the API has for it, if any.
func Refuse(w http.ResponseWriter, e *reprise.Error, status int, idHeader string, body []byte) error {
	header := w.Header()
	if e.RequestID != "" && idHeader != "" {
		header.Set(idHeader, e.RequestID)
	}
	if wait := e.RetryAfter; wait > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
		if wait%time.Second != 0 {
			header.Set("Retry-After-Ms", strconv.FormatFloat(float64(wait)/float64(time.Millisecond), 'f', -1, 64))
		}
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(StatusOf(e, status))
	_, err := w.Write(body)
	return err
}

// StatusOf is the HTTP status of an error, or else the one given.
func StatusOf(e *reprise.Error, status int) int {
	if e.Status >= 400 && e.Status <= 599 {
		return e.Status
	}
	return status
}
