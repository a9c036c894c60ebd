package server

import (
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
	began   time.Time
	renewed time.Time // when the deadline for writing was set
	first   time.Duration
	status  int
	bytes   int64
	buf     []byte // of WriteString
}

func newResponse(w http.ResponseWriter) *response {
	return &response{ResponseWriter: w, control: http.NewResponseController(w), began: time.Now()}
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
	now := time.Now()
	if w.first == 0 {
		w.first = now.Sub(w.began)
	}
	if now.Sub(w.renewed) > patience/4 {
		w.renewed = now
		_ = w.control.SetWriteDeadline(now.Add(patience))
	}
}

// flush passes on what was written.
func (w *response) flush() error {
	err := w.control.Flush()
	if err == http.ErrNotSupported {
		return nil
	}
	return err
}
