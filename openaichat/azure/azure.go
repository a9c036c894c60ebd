// Package azure signs in to Azure OpenAI with Entra, in place of a key.
//
//	m := openaichat.Azure("https://RESOURCE.openai.azure.com/openai/v1", "DEPLOYMENT", "")
//	m.Client = &http.Client{Transport: &azure.Transport{TenantID: …, ClientID: …, ClientSecret: …}}
//
// To record, put the transport below the cassette, as its Transport: a replay
// then needs no credentials.
package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// scope is what a token must be for:
// https://learn.microsoft.com/azure/ai-foundry/openai/how-to/managed-identity.
const scope = "https://cognitiveservices.azure.com/.default"

// A Transport adds an Entra token to each request. It gets a token when it
// needs one; if it cannot, the request is not sent. Its fields must not be
// changed after the first use; it may be used by several goroutines at once.
type Transport struct {
	// TenantID, ClientID and ClientSecret are a service principal's. They
	// are not needed with a Source.
	TenantID, ClientID, ClientSecret string
	// Source gives tokens in another way, such as a managed identity.
	Source oauth2.TokenSource
	// TokenURL is where tokens come from; empty: Entra's address of the tenant.
	TokenURL string
	// Base is the network, for requests and for tokens; nil: http.DefaultTransport.
	Base http.RoundTripper

	once   sync.Once
	source oauth2.TokenSource
	err    error
}

// RoundTrip implements [http.RoundTripper]. It does not change the request.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.once.Do(t.prepare)
	token, err := (*oauth2.Token)(nil), t.err
	if err == nil {
		token, err = t.source.Token()
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("no Entra token: %w", withoutSecret(err))
	}
	req = req.Clone(req.Context())
	token.SetAuthHeader(req)
	return t.base().RoundTrip(req)
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

func (t *Transport) prepare() {
	switch {
	case t.Source != nil:
		t.source = oauth2.ReuseTokenSource(nil, t.Source)
		return
	case t.TenantID == "" || t.ClientID == "" || t.ClientSecret == "":
		t.err = errors.New("set TenantID, ClientID and ClientSecret, or Source")
		return
	}
	address := t.TokenURL
	if address == "" {
		address = "https://login.microsoftonline.com/" + t.TenantID + "/oauth2/v2.0/token"
	}
	config := clientcredentials.Config{ClientID: t.ClientID, ClientSecret: t.ClientSecret, TokenURL: address, Scopes: []string{scope}}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: t.base()})
	t.source = config.TokenSource(ctx)
}

// withoutSecret keeps the reason of a refused token and leaves out the
// answer's body.
func withoutSecret(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil {
		return fmt.Errorf("%s: %s %s", refused.Response.Status, refused.ErrorCode, refused.ErrorDescription)
	}
	return err
}
