// Package googleauth adds the credentials of Google Cloud to requests, for
// what asks Claude and Gemini there.
package googleauth

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
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// scope is what the credentials are asked for.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// tokenTimeout bounds one request for a token.
const tokenTimeout = 30 * time.Second

// Default are the application default credentials: looked for with the first
// request, and kept. If there were none, the next request looks again.
type Default struct {
	mu      sync.Mutex
	found   oauth2.TokenSource
	project string // that pays for the quota, if the credentials name one
}

// RoundTrip sends a copy of the request that has a token, of tokens or, if
// that is nil, of d. One that has an Authorization header already it leaves
// as it is. It sends to hosts of googleapis.com, over https, and to no other.
// Without a token nothing is sent. A nil base is http.DefaultTransport.
func (d *Default) RoundTrip(req *http.Request, tokens oauth2.TokenSource, base http.RoundTripper) (*http.Response, error) {
	signed, err := d.sign(req, tokens)
	if err != nil {
		if req.Body != nil {
			req.Body.Close() // as a RoundTripper must
		}
		return nil, err
	}
	if base == nil {
		base = http.DefaultTransport
	}
	return base.RoundTrip(signed)
}

func (d *Default) sign(req *http.Request, tokens oauth2.TokenSource) (*http.Request, error) {
	ctx, host := req.Context(), req.URL.Hostname()
	switch {
	case req.URL.Scheme != "https" || !strings.HasSuffix(host, ".googleapis.com"):
		return nil, &reprise.Error{Kind: reprise.KindAuth, Err: fmt.Errorf("credentials of Google Cloud are not sent to %s://%s: nothing was sent", req.URL.Scheme, host)}
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case req.Header.Get("Authorization") != "":
		return req, nil
	}
	project := ""
	if tokens == nil {
		var err error
		if tokens, project, err = d.find(); err != nil {
			return nil, failed(err)
		}
	}
	token, err := tokens.Token()
	if err != nil {
		return nil, failed(err)
	}
	signed := req.Clone(ctx)
	token.SetAuthHeader(signed)
	if project != "" && signed.Header.Get("X-Goog-User-Project") == "" {
		signed.Header.Set("X-Goog-User-Project", project)
	}
	return signed, nil
}

func (d *Default) find() (oauth2.TokenSource, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.found == nil {
		// The source keeps this context for as long as it is used.
		ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Timeout: tokenTimeout})
		c, err := google.FindDefaultCredentials(ctx, scope)
		if err != nil {
			return nil, "", err
		}
		d.found, d.project = c.TokenSource, quotaProject(c.JSON)
	}
	return d.found, d.project, nil
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

// failed makes an error of one of the credentials, without what Google
// answered, which may hold a secret. That the network was not reached stays
// visible as what it is.
func failed(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		e := &reprise.Error{Kind: reprise.KindAuth, Code: refused.ErrorCode}
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
	return &reprise.Error{Kind: kind, Err: fmt.Errorf("no credentials of Google Cloud: %w", err)}
}
