package googleauth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

type tokens func() (*oauth2.Token, error)

func (f tokens) Token() (*oauth2.Token, error) { return f() }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// body tells whether it was closed.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

func post(t *testing.T, ctx context.Context) (*http.Request, *body) {
	t.Helper()
	b := &body{Reader: strings.NewReader("x")}
	req, err := http.NewRequestWithContext(ctx, "POST", "https://aiplatform.googleapis.com/", b)
	if err != nil {
		t.Fatal(err)
	}
	return req, b
}

// none fails for a token that nobody should ask for.
func none(t *testing.T) tokens {
	return func() (*oauth2.Token, error) {
		t.Error("a token was asked for")
		return nil, errors.New("no")
	}
}

func TestCanceledBeforeTheToken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, b := post(t, ctx)
	_, err := new(Default).RoundTrip(req, none(t), nil)
	if !errors.Is(err, context.Canceled) || !b.closed {
		t.Errorf("got %v; the body was closed: %v", err, b.closed)
	}
}

func TestOnlyACopyIsSigned(t *testing.T) {
	var sent http.Header
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = r.Header
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	})
	req, _ := post(t, t.Context())
	static := tokens(func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: "token"}, nil })
	if _, err := new(Default).RoundTrip(req, static, base); err != nil {
		t.Fatal(err)
	}
	if sent.Get("Authorization") != "Bearer token" || req.Header.Get("Authorization") != "" {
		t.Errorf("sent %v, and the request has %v", sent, req.Header)
	}
	req.Header.Set("Authorization", "Bearer own")
	if _, err := new(Default).RoundTrip(req, none(t), base); err != nil || sent.Get("Authorization") != "Bearer own" {
		t.Errorf("%v: sent %v, want the caller's own", err, sent)
	}
}
