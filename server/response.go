package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// patience is how long a client may take to send a request, or to take a
// piece of an answer.
const patience = time.Minute

// response is an answer on its way to a client. It counts, and gives up on
// a client that takes nothing any more.
type response struct {
	http.ResponseWriter
	control *http.ResponseController
	http2   bool
	began   time.Time
	renewed time.Time // when the deadline for writing was set
	first   time.Duration
	status  int
	bytes   int64
	buf     []byte // of WriteString
}

func newResponse(w http.ResponseWriter, r *http.Request) *response {
	return &response{ResponseWriter: w, control: http.NewResponseController(w), http2: r.ProtoMajor == 2, began: time.Now()}
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// patience sets how long the client may take to send the rest; 0: for ever.
func (w *response) patience(d time.Duration) {
	var until time.Time
	if d > 0 {
		until = time.Now().Add(d)
	}
	_ = w.control.SetReadDeadline(until) // where there is none to set, tests are
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 || w.status < 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// WriteString is Write for what net/http need not have a copy of. Middleware
// may know Write only.
func (w *response) WriteString(s string) (int, error) {
	to, ok := w.ResponseWriter.(io.StringWriter)
	if !ok {
		w.buf = append(w.buf[:0], s...)
		return w.Write(w.buf)
	}
	w.begin()
	n, err := to.WriteString(s)
	w.bytes += int64(n)
	return n, err
}

// begin comes before what is written.
func (w *response) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	now := w.hurry()
	if w.first == 0 {
		w.first = now.Sub(w.began)
	}
}

// hurry sees to it that there is a deadline for what is written now. With it
// at the end, that is also what net/http writes by itself then.
func (w *response) hurry() (now time.Time) {
	now = time.Now()
	if now.Sub(w.renewed) > patience/4 {
		w.renewed = now
		_ = w.control.SetWriteDeadline(now.Add(patience))
	}
	return now
}

// FlushError passes on what was written. HTTP/2 ends a stream at its deadline
// even if there is nothing to write, so there is none until there is.
func (w *response) FlushError() error {
	w.hurry()
	err := w.control.Flush()
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if w.http2 {
		w.renewed = time.Time{}
		_ = w.control.SetWriteDeadline(w.renewed)
	}
	return nil
}

// end tells what became of the request. What must not look like a whole answer
// ends in a panic, which breaks the connection.
func (w *response) end(done Answered, tell func(Answered)) {
	w.hurry()
	done.Status, done.Bytes = w.status, w.bytes
	done.FirstByte, done.Took = w.first, time.Since(w.began)
	if tell != nil {
		tell(done)
	}
	if done.Err != nil && !errors.As(done.Err, new(*refusal)) {
		panic(http.ErrAbortHandler)
	}
}
