package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/server"
)

// nowhere is a client that takes everything at no cost.
type nowhere struct {
	header http.Header
	status int
}

func (w *nowhere) Header() http.Header               { return w.header }
func (w *nowhere) WriteHeader(status int)            { w.status = status }
func (w *nowhere) Write(b []byte) (int, error)       { return len(b), nil }
func (w *nowhere) WriteString(s string) (int, error) { return len(s), nil }
func (w *nowhere) Flush()                            {}

// BenchmarkHandler answers the seed's first request, with a piece for each
// event, as it was recorded; and one that is the same conversation only.
func BenchmarkHandler(b *testing.B) {
	rec := seed(b)
	in := &rec.Interactions[0]
	in.Response.Chunks = cassette.Events(in.Response.Body, nil)
	for _, request := range []struct {
		rung server.Rung
		body string
	}{
		{server.Exact, in.Request.Body},
		{server.Conversation, strings.Replace(in.Request.Body, "{", `{"temperature":0.7,`, 1)},
	} {
		b.Run(string(request.rung), func(b *testing.B) {
			h := &server.Handler{Recordings: map[string]*cassette.Recording{"seed.yaml": rec}}
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, chat, strings.NewReader(request.body))
				w := &nowhere{header: http.Header{}}
				h.ServeHTTP(w, r)
				if got := w.header.Get(server.MatchHeader); got != string(request.rung) || w.status != http.StatusOK {
					b.Fatalf("answered with %d on the rung %q", w.status, got)
				}
			}
		})
	}
}
