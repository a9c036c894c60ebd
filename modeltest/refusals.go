package modeltest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
)

// fails asks, and fails the check unless that ends with an error of the kind,
// from a provider. It returns what was there beside the error.
func (s *suite) fails(kind reprise.Kind) (*reprise.Response, *reprise.Error) {
	s.Helper()
	resp, err := s.generate(s.Context(), &reprise.Request{Messages: reprise.Ask("hi")})
	var e *reprise.Error
	switch {
	case err == nil:
		s.Fatalf("got an answer (%q), want an error of the kind %s", resp.Text(), kind)
	case !errors.As(err, &e):
		s.Fatalf("got the error %v, which is no *reprise.Error", err)
	case e.Kind != kind:
		s.Errorf("got an error of the kind %s, want %s: %v", e.Kind, kind, err)
	case e.Provider == "":
		s.Errorf("the error does not name the provider: %v", err)
	}
	return resp, e
}

// refused has the server refuse with said, and checks what of it arrives.
func (s *suite) refused(said *reprise.Error) *reprise.Error {
	s.Helper()
	s.onRequest(func(x *exchange) { x.refuse(said) })
	_, got := s.fails(said.Kind)
	if !strings.Contains(got.Error(), said.Err.Error()) {
		s.Errorf("the error is %q, the provider said %q", got, said.Err)
	}
	if got.Status < 400 {
		s.Errorf("the error has the status %d", got.Status)
	}
	return got
}

func (s *suite) unauthorized() {
	got := s.refused(&reprise.Error{Kind: reprise.KindAuth, Status: http.StatusUnauthorized, Err: errors.New("who are you?")})
	if got.Status != http.StatusUnauthorized || got.Temporary() {
		s.Errorf("got the status %d, temporary: %v", got.Status, got.Temporary())
	}
}

func (s *suite) rateLimit() {
	got := s.refused(&reprise.Error{Kind: reprise.KindRateLimit, Status: http.StatusTooManyRequests, RetryAfter: 7 * time.Second, Err: errors.New("slow down")})
	if got.RetryAfter != 7*time.Second || got.Status != http.StatusTooManyRequests || !got.Temporary() {
		s.Errorf("got the status %d, retry after %v, temporary: %v", got.Status, got.RetryAfter, got.Temporary())
	}
}

func (s *suite) rateLimitDate() {
	s.onRequest(func(x *exchange) {
		x.w.Header().Set("Retry-After", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat))
		x.refuse(&reprise.Error{Kind: reprise.KindRateLimit, Status: http.StatusTooManyRequests, Err: errors.New("slow down")})
	})
	if _, got := s.fails(reprise.KindRateLimit); got.RetryAfter != 90*time.Second {
		s.Errorf("got retry after %v, want 1m30s", got.RetryAfter)
	}
}

func (s *suite) serverError() {
	got := s.refused(&reprise.Error{Kind: reprise.KindServer, Status: http.StatusInternalServerError, RequestID: "request-7", Err: errors.New("it broke")})
	if got.RequestID != "request-7" || got.Status != http.StatusInternalServerError || !got.Temporary() {
		s.Errorf("got the status %d of the request %q, temporary: %v", got.Status, got.RequestID, got.Temporary())
	}
}

func (s *suite) overloaded() {
	got := s.refused(&reprise.Error{Kind: reprise.KindOverloaded, Err: errors.New("come back later")})
	if !got.Temporary() {
		s.Error("it is not temporary")
	}
}

// halfway has the server say "so far" and then fail.
func (s *suite) halfway(err error) {
	s.onRequest(func(x *exchange) {
		_ = x.write(x.w, func(yield func(reprise.Event, error) bool) {
			if yield(reprise.TextDelta{Text: "so far"}, nil) {
				yield(nil, err)
			}
		}, s.said(text("so far")), true)
	})
}

func (s *suite) midStreamError() {
	s.halfway(&reprise.Error{Kind: reprise.KindOverloaded, Err: errors.New("come back later")})
	resp, got := s.fails(reprise.KindOverloaded)
	if resp.Text() != "so far" {
		s.Errorf("of the answer %q is kept", resp.Text())
	}
	if !strings.Contains(got.Error(), "come back later") || !got.Temporary() {
		s.Errorf("the error is %q, temporary: %v", got, got.Temporary())
	}
}

// nonsense has the server answer with something that is no answer of the API.
func (s *suite) nonsense(page string) error {
	s.onRequest(func(x *exchange) { _, _ = io.WriteString(x.w, page) })
	return s.failure()
}

func (s *suite) garbage() {
	for _, page := range []string{"<!DOCTYPE html><html><body>Sign in</body></html>", "", "null", "[]", `"fine"`, "data: fine\n\n", "data: null\n\n", "\x00\x00\x00\x10"} {
		var e *reprise.Error
		if err := s.nonsense(page); !errors.As(err, &e) {
			s.Errorf("%q: got error %v", page, err)
		}
	}
}

func (s *suite) noMessage() {
	for _, page := range []string{"{}", "data: {}\n\n", `{"id":"answer-1","model":"model-1"}`} {
		var e *reprise.Error
		if err := s.nonsense(page); !errors.As(err, &e) {
			s.Errorf("%q: got error %v", page, err)
		}
	}
}

func (s *suite) unreachable() {
	s.wires.Close()
	s.fails(reprise.KindNetwork)
}

func (s *suite) keySent() {
	s.answers(s.said(text("fine")))
	s.ask(&reprise.Request{Messages: reprise.Ask("hi")})
	r := s.arrived()[0].r
	if !strings.Contains(fmt.Sprint(r.Header, r.URL), secret) {
		s.Errorf("it is neither in the headers nor in the address: %v %v", r.URL, r.Header)
	}
}

func (s *suite) keyMissing() {
	s.model = s.Model(Endpoint{Client: s.client})
	s.fails(reprise.KindAuth)
	if n := s.wires.dialled(); n > 0 {
		s.Errorf("the network was dialled %d times", n)
	}
}

// hidden fails the check if the key is in err, or there is none.
func (s *suite) hidden(what string, err error) {
	s.Helper()
	if err == nil {
		s.Errorf("%s: there is no error", what)
	} else if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
		s.Errorf("%s: the key is in the error %v", what, err)
	}
}

// failure asks for an answer that will not come.
func (s *suite) failure() error {
	_, err := s.generate(s.Context(), &reprise.Request{Messages: reprise.Ask("hi")})
	return err
}

// errQuoting is what a provider says that quotes the key.
var errQuoting = errors.New("the key " + secret + " is wrong")

func (s *suite) keyHidden() {
	s.onRequest(func(x *exchange) {
		x.refuse(&reprise.Error{Kind: reprise.KindAuth, Status: http.StatusUnauthorized, Err: errQuoting})
	})
	s.hidden("an error that quotes it", s.failure())
	s.onRequest(func(x *exchange) {
		x.w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(x.w, "<title>"+secret+"</title>")
	})
	s.hidden("a page that quotes it", s.failure())
	s.wires.Close()
	s.client.CloseIdleConnections()
	s.hidden("a provider that is not there", s.failure())
}

func (s *suite) keyHiddenInStream() {
	if s.Lacks.StreamErrors == "" {
		s.halfway(&reprise.Error{Kind: reprise.KindServer, Err: errQuoting})
		s.hidden("an error in mid-stream that quotes it", s.failure())
	}
	for _, page := range []string{"data: " + secret + "\n\n", "<title>" + secret + "</title>", `"` + secret + `"`} {
		s.hidden("an answer that makes no sense", s.nonsense(page))
	}
}
