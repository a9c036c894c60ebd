package modeltest

import (
	"errors"
	"io"
	"iter"
	"net/http"

	"github.com/repriselabs/reprise"
)

// exchange is a request that arrived, and its answer.
type exchange struct {
	s    *suite
	w    http.ResponseWriter
	r    *http.Request
	body []byte
	req  *reprise.Request
}

// onRequest says what the server does with requests from now on.
func (s *suite) onRequest(handle func(*exchange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handle = handle
}

// serve is the server. It runs for several requests at once.
func (s *suite) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	x := &exchange{s: s, w: w, r: r, body: body}
	if x.req, err = s.ReadRequest(r, body); err != nil {
		s.Errorf("ReadRequest: %v, of %s", err, body)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, x)
	handle := s.handle
	s.mu.Unlock()
	if handle == nil {
		s.Error("the server was asked, and should not have been")
		http.Error(w, "no", http.StatusTeapot)
		return
	}
	handle(x)
}

// arrived are the requests so far.
func (s *suite) arrived() []*exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// last is the request that arrived last. It ends the check if there is none.
func (s *suite) last() *reprise.Request {
	s.Helper()
	all := s.arrived()
	if len(all) == 0 {
		s.Fatal("no request arrived")
	}
	return all[len(all)-1].req
}

// write answers with events. It returns their error.
func (x *exchange) write(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) error {
	warnings, err := x.s.WriteResponse(w, events, known, stream)
	if len(warnings) > 0 {
		x.s.Errorf("WriteResponse cannot write this answer: %v", warnings)
	}
	return err
}

// answer answers with a stream.
func (x *exchange) answer(r *reprise.Response) {
	if err := x.write(x.w, Events(r), r, true); err != nil && !errors.Is(err, io.ErrClosedPipe) { // the client may have heard enough
		x.s.Errorf("WriteResponse: %v", err)
	}
}

func (x *exchange) refuse(err *reprise.Error) {
	if e := x.s.WriteError(x.w, err); e != nil {
		x.s.Errorf("WriteError: %v", e)
	}
}
