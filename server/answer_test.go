package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/server"
)

// TestRecordedOfServer: an answer that was recorded of such a server tells how
// it is matched now, and not how it was then.
func TestRecordedOfServer(t *testing.T) {
	rec := seed(t)
	in := &rec.Interactions[0]
	in.Response.Header = http.Header{server.MatchHeader: {"loose"}, server.ExchangeHeader: {"other.yaml#9"}, "X-Request-Id": {"1"}, "x-by-hand": {"2"}, "content-length": {"3"}}
	w := httptest.NewRecorder()
	h := &server.Handler{Recordings: map[string]*cassette.Recording{"seed.yaml": rec}}
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, chat, strings.NewReader(in.Request.Body)))
	got := w.Result().Header
	want := http.Header{server.MatchHeader: {"exact"}, server.ExchangeHeader: {"seed.yaml#0"}, "X-Request-Id": {"1"}, "X-By-Hand": {"2"}}
	got.Del("Content-Type")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("headers (-want +got):\n%s", d)
	}
}
