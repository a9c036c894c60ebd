package modeltest

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// NoNetwork is a client for models that must not reach the network: one that
// does fails the test, and gets an error. Give it to every model that a test
// makes but does not mean to ask.
func NoNetwork(t testing.TB) *http.Client {
	return &http.Client{Transport: forbidden{t}}
}

type forbidden struct{ t testing.TB }

// RoundTrip fails the test.
func (f forbidden) RoundTrip(r *http.Request) (*http.Response, error) {
	f.t.Helper()
	if r.Body != nil {
		r.Body.Close()
	}
	address := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path} // no key
	err := fmt.Errorf("this test may not reach the network: %s %s; play a recording (cassette.Test), or use a modeltest.Script", r.Method, &address)
	f.t.Error(err)
	return nil, err
}
