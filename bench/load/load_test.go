package load

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/repriselabs/reprise/bench/peer"
)

// TestRun has clients ask once each, and each sees a whole answer.
func TestRun(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "{}" || r.Header.Get("X-One") != "1" {
			t.Errorf("got %q with %v, %v", body, r.Header, err)
		}
		io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		io.WriteString(w, "data: 22\n\n")
	}))
	defer srv.Close()
	l := Load{Addr: strings.TrimPrefix(srv.URL, "http://"), Path: "/x", Body: "{}", Header: http.Header{"X-One": {"1"}}, Clients: 7}
	r, err := l.Run()
	if err != nil || r.Requests != 7 || asked.Load() != 7 || r.Bytes != 19 {
		t.Errorf("%d requests, the server had %d, %d bytes each: %v", r.Requests, asked.Load(), r.Bytes, err)
	}
}

// TestRunComplains of answers that are none, are cut, or are not alike.
func TestRunComplains(t *testing.T) {
	n := 0
	for name, answer := range map[string]http.HandlerFunc{
		"404": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"cut": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "data")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"other": func(w http.ResponseWriter, r *http.Request) {
			n++
			io.WriteString(w, strings.Repeat("x", n))
		},
	} {
		srv := httptest.NewServer(answer)
		l := Load{Addr: strings.TrimPrefix(srv.URL, "http://"), Path: "/", Clients: 1, For: 50 * time.Millisecond}
		if r, err := l.Run(); err == nil {
			t.Errorf("%s: no error, but %d requests", name, r.Requests)
		}
		srv.Close()
	}
}

// TestStamps reads the streams of the benchmark's own server.
func TestStamps(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- peer.Serve(ctx, ln) }()
	s, err := Load{Addr: ln.Addr().String(), Path: "/stamped-3/v1/chat/completions"}.Stamps(2)
	if err != nil || len(s.First) != 2 || len(s.Chunks) != 6 {
		t.Errorf("%d first bytes and %d chunks: %v", len(s.First), len(s.Chunks), err)
	}
	for _, c := range s.Chunks {
		if c < 0 || c > float64(time.Minute) {
			t.Errorf("a chunk took %v", time.Duration(c))
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
