package server_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/server"
)

func TestGuard(t *testing.T) {
	type headers = map[string]string
	token := "s3cret"
	for _, tt := range []struct {
		name    string
		guard   *server.Guard
		path    string
		headers headers // Host is the request's
		want    int
		seen    bool // by the handler
	}{
		{"an address", &server.Guard{}, "/", headers{"Host": "127.0.0.1:7777"}, 200, true},
		{"another address", &server.Guard{}, "/", headers{"Host": "[fe80::1]:7777"}, 200, true},
		{"localhost", &server.Guard{}, "/", headers{"Host": "LOCALHOST:7777"}, 200, true},
		{"a name that points here", &server.Guard{}, "/", headers{"Host": "evil.example:7777"}, 403, false},
		{"its health by such a name", &server.Guard{}, "/healthz", headers{"Host": "evil.example"}, 403, false},
		{"a name that is allowed", &server.Guard{Hosts: []string{"ci.example"}}, "/", headers{"Host": "ci.example:80"}, 200, true},
		{"a name as it is written", &server.Guard{Hosts: []string{"MyMac.local"}}, "/", headers{"Host": "mymac.local:7777"}, 200, true},
		{"a page", &server.Guard{}, "/", headers{"Origin": "https://evil.example"}, 403, false},
		{"a file", &server.Guard{}, "/", headers{"Origin": "null"}, 403, false},
		{"a page that is allowed", &server.Guard{Origins: []string{"http://localhost:3000"}}, "/", headers{"Origin": "http://localhost:3000"}, 200, true},
		{"a page as it is written", &server.Guard{Origins: []string{"http://LocalHost:3000/"}}, "/", headers{"Origin": "http://localhost:3000"}, 200, true},
		{"any page", &server.Guard{Origins: []string{"*"}}, "/", headers{"Origin": "https://evil.example"}, 200, true},
		{"no token", &server.Guard{Token: token}, "/", nil, 401, false},
		{"a wrong token", &server.Guard{Token: token}, "/", headers{server.TokenHeader: "s3cre"}, 401, false},
		{"the token", &server.Guard{Token: token}, "/", headers{server.TokenHeader: token}, 200, true},
		{"the token as a key, where keys go on", &server.Guard{Token: token}, "/", headers{"Authorization": "Bearer s3cret"}, 401, false},
		{"the token as OpenAI's key", &server.Guard{Token: token, KeyIsToken: true}, "/", headers{"Authorization": "Bearer s3cret"}, 200, true},
		{"the token as Anthropic's key", &server.Guard{Token: token, KeyIsToken: true}, "/", headers{"X-Api-Key": token}, 200, true},
		{"the token as Google's key", &server.Guard{Token: token, KeyIsToken: true}, "/?key=s3cret", nil, 200, true},
		{"health needs no token", &server.Guard{Token: token}, "/healthz", nil, 200, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := false
			var done []server.Answered
			tt.guard.Done = func(a server.Answered) { done = append(done, a) }
			tt.guard.Next = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen = true
				if r.Header.Get(server.TokenHeader) != "" {
					t.Error("the token is passed on")
				}
			})
			r := httptest.NewRequest(http.MethodGet, tt.path, nil)
			r.Host = "127.0.0.1"
			for name, value := range tt.headers {
				if name == "Host" {
					r.Host = value
				}
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			tt.guard.ServeHTTP(w, r)
			if w.Code != tt.want || seen != tt.seen {
				t.Errorf("got %d %s, the handler saw it: %v", w.Code, w.Body, seen)
			}
			if told := len(done) == 1 && done[0].Status == w.Code && done[0].Err != nil; told != (w.Code >= 400) || len(done) > 1 {
				t.Errorf("Done was told %+v", done)
			}
		})
	}
}

// TestPreflight: a browser that asks first is told what a page may do.
func TestPreflight(t *testing.T) {
	g := &server.Guard{Origins: []string{"http://localhost:3000"}, Token: "t", Next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("passed on")
	})}
	r := httptest.NewRequest(http.MethodOptions, "http://127.0.0.1/v1/chat/completions", nil)
	r.Header.Set("Origin", "http://localhost:3000")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "authorization,x-stainless-os")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	want := http.Header{
		"Access-Control-Allow-Origin": {"http://localhost:3000"}, "Vary": {"Origin"}, "Access-Control-Expose-Headers": {"Reprise-Match, Reprise-Exchange"},
		"Access-Control-Allow-Methods": {"POST"}, "Access-Control-Allow-Headers": {"authorization,x-stainless-os"},
	}
	if d := cmp.Diff(want, w.Header()); d != "" || w.Code != 204 {
		t.Errorf("%d (-want +got):\n%s", w.Code, d)
	}
}

// TestMost: no more requests than that are answered at once.
func TestMost(t *testing.T) {
	in, leave := make(chan bool), make(chan bool)
	g := &server.Guard{Most: 2, Next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { in <- true; <-leave })}
	ask := func() int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
		g.ServeHTTP(w, r)
		return w.Code
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { ask() })
		<-in
	}
	if code := ask(); code != http.StatusServiceUnavailable || g.Active() != 2 {
		t.Errorf("the third got %d, with %d active", code, g.Active())
	}
	close(leave)
	wg.Wait()
	wg.Go(func() { <-in })
	if code := ask(); code != http.StatusOK {
		t.Errorf("later it got %d", code)
	}
	wg.Wait()
}
