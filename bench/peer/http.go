package peer

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Memory is a transport that answers without a network.
type Memory struct {
	Work string // what every request is for; empty: what its path says, as for [Serve]

	mu   sync.Mutex
	made bodies
}

// RoundTrip answers at once.
func (m *Memory) RoundTrip(r *http.Request) (*http.Response, error) {
	var request []byte
	if r.Body != nil {
		var err error
		if request, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	work := m.Work
	if work == "" {
		work = workOf(r.URL.Path)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made == nil {
		m.made = bodies{}
	}
	return &http.Response{
		Status: "200 OK", StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"text/event-stream"}},
		ContentLength: -1,
		Body:          io.NopCloser(bytes.NewReader(m.made.answer(work, request))),
		Request:       r,
	}, nil
}

// workOf is the first element of a path.
func workOf(path string) string {
	work, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return work
}

// Serve answers at the address until ctx is done. The first element of the
// path is the work, so that a base address is http://host/text-1000/v1.
func Serve(ctx context.Context, l net.Listener) error {
	made, mu := bodies{}, sync.Mutex{}
	events, whole := eventsOf(seedCalls), [][]byte{seedCalls}
	s := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		work := workOf(r.URL.Path)
		switch kind, size := Split(work); kind {
		case Slow:
			paced(w, r, size, pace, word)
			return
		case Stamped:
			paced(w, r, size, Tick, stamp)
			return
		case Flushed:
			pieces(w, events)
			return
		case Once:
			pieces(w, whole)
			return
		}
		mu.Lock()
		body := made.answer(work, request)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		w.Write(body) // an error is the client's to see
	})}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}
