package vertex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/gemini"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// scope is what the credentials are asked for.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// A Transport adds the credentials of Google Cloud to requests. It is an
// http.RoundTripper to put below a cassette: a replay needs no credentials,
// and a recording never sees them. Its fields must not be changed after the
// first use; it may be used by several goroutines at once.
//
// Without a token nothing is sent. A token is sent to hosts of
// googleapis.com, over https, and to no other.
type Transport struct {
	Tokens oauth2.TokenSource // nil: the application default credentials
	Base   http.RoundTripper  // the network; nil: http.DefaultTransport

	mu      sync.Mutex
	found   oauth2.TokenSource
	project string // that pays for the quota, if the credentials name one
}

// tokenTimeout bounds one request for a token.
const tokenTimeout = 30 * time.Second

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	signed, err := t.sign(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close() // as a RoundTripper must
		}
		return nil, err
	}
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	return base.RoundTrip(signed)
}

// sign returns the request with credentials.
func (t *Transport) sign(req *http.Request) (*http.Request, error) {
	if host := req.URL.Hostname(); req.URL.Scheme != "https" || !strings.HasSuffix(host, ".googleapis.com") {
		return nil, &reprise.Error{Provider: gemini.Vertex, Kind: reprise.KindInvalid, Err: fmt.Errorf("credentials of Google Cloud are not sent to %s://%s", req.URL.Scheme, host)}
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	token, project, err := t.token()
	if err != nil {
		return nil, credentialsError(err)
	}
	signed := req.Clone(req.Context())
	token.SetAuthHeader(signed)
	if project != "" {
		signed.Header.Set("X-Goog-User-Project", project)
	}
	return signed, nil
}

// token gets a token. Credentials that were found are kept; if there were
// none, the next request looks for them again.
func (t *Transport) token() (*oauth2.Token, string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	source := t.Tokens
	if source == nil {
		if t.found == nil {
			// The source keeps this context for as long as it is used.
			ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Timeout: tokenTimeout})
			c, err := google.FindDefaultCredentials(ctx, scope)
			if err != nil {
				return nil, "", err
			}
			t.found, t.project = c.TokenSource, quotaProject(c.JSON)
		}
		source = t.found
	}
	token, err := source.Token()
	return token, t.project, err
}

// quotaProject is the project that a file of credentials names as the one to
// pay.
func quotaProject(file []byte) string {
	var c struct {
		Project string `json:"quota_project_id"`
	}
	_ = json.Unmarshal(file, &c) // there may be no file
	return c.Project
}

// credentialsError makes an error of one of the credentials. That the network
// was not reached stays visible as what it is.
func credentialsError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		e := &reprise.Error{Provider: gemini.Vertex, Kind: reprise.KindAuth, Code: refused.ErrorCode}
		text := refused.ErrorDescription
		if refused.Response != nil {
			e.Status = refused.Response.StatusCode
			if e.Status >= 500 {
				e.Kind = reprise.KindServer
			}
		}
		if text == "" {
			text = "the credentials of Google Cloud were refused"
		}
		e.Err = errors.New(text)
		return e
	}
	kind := reprise.KindAuth
	if t := (interface{ Timeout() bool })(nil); errors.As(err, &t) && t.Timeout() {
		kind = reprise.KindTimeout
	}
	return &reprise.Error{Provider: gemini.Vertex, Kind: kind, Err: fmt.Errorf("no credentials of Google Cloud: %w", err)}
}
