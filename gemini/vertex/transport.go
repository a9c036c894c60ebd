package vertex

import (
	"net/http"

	"github.com/repriselabs/reprise/internal/googleauth"
	"golang.org/x/oauth2"
)

// A Transport adds the credentials of Google Cloud to requests that have none.
// It is an http.RoundTripper to put below a cassette: a replay needs no
// credentials, and a recording never sees them. Its fields must not be changed
// after the first use; it may be used by several goroutines at once.
//
// Without a token nothing is sent. Requests go to hosts of googleapis.com,
// over https, and to no other.
type Transport struct {
	Tokens oauth2.TokenSource // nil: the application default credentials, looked for with the first request
	Base   http.RoundTripper  // the network; nil: http.DefaultTransport

	found googleauth.Default
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.found.RoundTrip(req, t.Tokens, t.Base)
}
