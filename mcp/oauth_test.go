package mcp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/oauth2"

	"github.com/repriselabs/reprise/mcp"
)

// grants is an OAuth handler that gets a token when the server refuses.
type grants struct {
	mu    sync.Mutex
	token string
	asked int
}

func (g *grants) TokenSource(context.Context) (oauth2.TokenSource, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token == "" {
		return nil, nil
	}
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: g.token}), nil
}

func (g *grants) Authorize(_ context.Context, _ *http.Request, resp *http.Response) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	g.token = "granted"
	return resp.Body.Close()
}

// TestOAuth: the handler is asked when the server refuses, and what it gets
// goes along from then on. What the protocol prescribes for it is in
// TestConformance.
func TestOAuth(t *testing.T) {
	server := newServer(nil)
	handler := sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, nil)
	var mu sync.Mutex
	var keys []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Authorization")
		mu.Lock()
		keys = append(keys, key)
		mu.Unlock()
		if key != "Bearer granted" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer web.Close()
	g := new(grants)
	s := &mcp.Server{URL: web.URL, OAuth: g}
	defer s.Close()
	got, err := call(t.Context(), tools(t, s)["add"], `{"a":2,"b":3}`)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil || got.Parts.Text() != "5" || g.asked != 1 {
		t.Errorf("got %v, %v, asked %d times, want 5 after one", got, err, g.asked)
	}
	mu.Lock()
	defer mu.Unlock()
	if d := cmp.Diff([]string{"", "Bearer granted"}, slices.Compact(keys)); d != "" {
		t.Errorf("authorizations (-want +got):\n%s", d)
	}
}
