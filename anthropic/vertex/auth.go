package vertex

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/repriselabs/reprise"
)

// scope is what the credentials must be good for.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// A Transport adds a token of Google's to requests and sends them on. One
// that has an Authorization header already it leaves as it is. Without
// credentials a request is an error and is not sent, and neither is one to a
// host that is not Google's.
type Transport struct {
	// Tokens are what is sent; nil: those of the application default
	// credentials, looked for with the first request
	// (https://cloud.google.com/docs/authentication/application-default-credentials).
	Tokens oauth2.TokenSource
	Base   http.RoundTripper // nil: http.DefaultTransport

	mu    sync.Mutex
	found *found
}

// found are the application default credentials.
type found struct {
	tokens oauth2.TokenSource
	quota  string // the project that pays, for credentials of a person
}

// RoundTrip sends a copy of the request that has a token.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	var err error
	switch host := req.URL.Hostname(); {
	case !strings.HasSuffix(host, ".googleapis.com"):
		err = fmt.Errorf("%s is not a host of Google's: nothing was sent to it", host)
	case req.Header.Get("Authorization") == "":
		var with *http.Request
		if with, err = t.authorize(req); err == nil {
			req = with
		}
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, &reprise.Error{Kind: reprise.KindAuth, Err: err}
	}
	return base.RoundTrip(req)
}

func (t *Transport) authorize(req *http.Request) (*http.Request, error) {
	ctx := req.Context()
	f, err := t.credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("no Google credentials: %w", err)
	}
	token, err := f.tokens.Token()
	if err != nil {
		return nil, fmt.Errorf("no Google token: %w", err)
	}
	with := req.Clone(ctx)
	token.SetAuthHeader(with)
	if f.quota != "" && with.Header.Get("X-Goog-User-Project") == "" {
		with.Header.Set("X-Goog-User-Project", f.quota)
	}
	return with, nil
}

// credentials are those that were set, or found once and kept.
func (t *Transport) credentials(ctx context.Context) (*found, error) {
	if t.Tokens != nil {
		return &found{tokens: t.Tokens}, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.found != nil {
		return t.found, nil
	}
	// The tokens outlive this request, and so must their context.
	c, err := google.FindDefaultCredentials(context.WithoutCancel(ctx), scope)
	if err != nil {
		return nil, err
	}
	var file struct {
		Quota string `json:"quota_project_id"`
	}
	_ = json.Unmarshal(c.JSON, &file) // a machine's own have no file
	t.found = &found{tokens: c.TokenSource, quota: file.Quota}
	return t.found, nil
}
