package azure_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/openaichat"
	"github.com/repriselabs/reprise/openaichat/azure"
)

func TestTransport(t *testing.T) {
	tokens := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			tokens++
			body, err := io.ReadAll(r.Body)
			if err != nil || !strings.Contains(string(body), "cognitiveservices") {
				t.Errorf("asked for a token with %s, %v", body, err)
			}
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"token-1","token_type":"Bearer","expires_in":3600}`)
			return
		}
		if r.Header.Get("Authorization") != "Bearer token-1" || r.Header.Get("Api-Key") != "" {
			t.Errorf("sent with %v", r.Header)
		}
		io.WriteString(w, `{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}`)
	}))
	defer server.Close()
	m := openaichat.Azure(server.URL+"/openai/v1", "d", "")
	m.Client = &http.Client{Transport: &azure.Transport{TenantID: "t", ClientID: "c", ClientSecret: "s", TokenURL: server.URL + "/token"}}
	for range 2 {
		resp, err := reprise.Generate(t.Context(), m, &reprise.Request{Messages: reprise.Ask("hi")})
		if err != nil || resp.Text() != "hi" {
			t.Fatalf("got %v, %v", resp, err)
		}
	}
	if tokens != 1 {
		t.Errorf("asked for %d tokens, want 1", tokens)
	}
}

// TestNoToken checks that a request without a token reaches nobody.
func TestNoToken(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			t.Errorf("%s was reached", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(401)
		io.WriteString(w, `{"error":"invalid_client","error_description":"no such client"}`)
	}))
	defer server.Close()
	for want, transport := range map[string]*azure.Transport{
		"no Entra token: set TenantID, ClientID and ClientSecret, or Source": {TenantID: "t"},
		"no Entra token: 401 Unauthorized: invalid_client no such client":    {TenantID: "t", ClientID: "c", ClientSecret: "secret-1", TokenURL: server.URL + "/token"},
	} {
		m := openaichat.Azure(server.URL+"/openai/v1", "d", "")
		m.Client = &http.Client{Transport: transport}
		_, err := reprise.Generate(t.Context(), m, &reprise.Request{Messages: reprise.Ask("hi")})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret-1") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
