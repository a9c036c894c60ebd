package vertex

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/gemini"
)

const answer = `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1}}` + "\n\n"

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// network answers every request, and notes what was asked.
type network struct{ asked []sent }

type sent struct{ URL, Authorization, Key, Project, Body string }

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	n.asked = append(n.asked, sent{r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("X-Goog-Api-Key"), r.Header.Get("X-Goog-User-Project"), string(body)})
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

const body = `{"contents":[{"parts":[{"text":"hi"}],"role":"user"}]}`

func ask(t *testing.T, m reprise.Model) (*reprise.Response, error) {
	t.Helper()
	return reprise.Generate(t.Context(), m, &reprise.Request{Messages: reprise.Ask("hi")})
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ location, host string }{
		{"us-central1", "us-central1-aiplatform.googleapis.com"},
		{Global, "aiplatform.googleapis.com"},
		{"eu", "aiplatform.eu.rep.googleapis.com"},
	} {
		m, err := New("gemini-2.5-flash", "my-project", c.location)
		if err != nil {
			t.Fatal(err)
		}
		var net network
		m.Client = &http.Client{Transport: &Transport{Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token-1"}), Base: &net}}
		resp, err := ask(t, m)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Text() != "Hi" || resp.Provider != gemini.Vertex {
			t.Errorf("got %+v", resp)
		}
		want := []sent{{URL: "https://" + c.host + "/v1beta1/projects/my-project/locations/" + c.location + "/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse", Authorization: "Bearer token-1", Body: body}}
		if d := cmp.Diff(want, net.asked); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestExpress(t *testing.T) {
	var net network
	m := Express("gemini-2.5-flash", "key-1")
	m.Client = &http.Client{Transport: &net}
	if _, err := ask(t, m); err != nil {
		t.Fatal(err)
	}
	want := []sent{{URL: "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse", Key: "key-1", Body: body}}
	if d := cmp.Diff(want, net.asked); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, err := ask(t, Express("m", "")); reprise.KindOf(err) != reprise.KindAuth {
		t.Errorf("without a key: got %v", err)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ project, location string }{{"", "us-central1"}, {"p", ""}, {"p/../q", "us-central1"}, {"p", "evil.example/"}, {"p", "a@evil"}, {"..", "x"}} {
		if _, err := New("m", c.project, c.location); reprise.KindOf(err) != reprise.KindInvalid {
			t.Errorf("%q, %q: got %v", c.project, c.location, err)
		}
	}
	if _, err := New("m", "example.com:my-project", "us-central1"); err != nil {
		t.Error(err)
	}
}

func TestFromEnv(t *testing.T) {
	for _, c := range []struct{ project, location, key, base string }{
		{"p", "us-east5", "k", "https://us-east5-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-east5/publishers/google"},
		{"p", "", "", "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google"},
		{"", "us-east5", "k", "https://aiplatform.googleapis.com/v1beta1/publishers/google"},
		{"", "", "", ""},
	} {
		t.Setenv("GOOGLE_CLOUD_PROJECT", c.project)
		t.Setenv("GOOGLE_CLOUD_LOCATION", c.location)
		t.Setenv("GOOGLE_API_KEY", c.key)
		m, err := FromEnv("m")
		switch {
		case c.base == "" && reprise.KindOf(err) != reprise.KindInvalid:
			t.Errorf("with nothing: got %v", err)
		case c.base != "" && (err != nil || m.BaseURL != c.base):
			t.Errorf("%+v: got %+v, %v", c, m, err)
		}
	}
}

// TestFailingCredentialsReachNoHost has credentials that cannot be used:
// nothing is sent, to Google or anyone, although there are keys around.
func TestFailingCredentialsReachNoHost(t *testing.T) {
	t.Setenv("GOOGLE_API_KEY", "key-1")
	t.Setenv("GEMINI_API_KEY", "key-2")
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"type":"no_such_type"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file string
		tokens     oauth2.TokenSource
		kind       reprise.Kind
		text       string
	}{
		{"no file", filepath.Join(t.TempDir(), "missing.json"), nil, reprise.KindAuth, "no credentials of Google Cloud"},
		{"a broken file", broken, nil, reprise.KindAuth, "no credentials of Google Cloud"},
		{"a token that is refused", "", tokens(func() (*oauth2.Token, error) {
			return nil, &oauth2.RetrieveError{ErrorCode: "invalid_grant", ErrorDescription: "Token has been revoked.", Response: &http.Response{StatusCode: 400}, Body: []byte("refresh-secret")}
		}), reprise.KindAuth, "Token has been revoked."},
		{"a server of tokens that is down", "", tokens(func() (*oauth2.Token, error) {
			return nil, &oauth2.RetrieveError{Response: &http.Response{StatusCode: 503}, Body: []byte("refresh-secret")}
		}), reprise.KindServer, "were refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", c.file)
			var net network
			m, err := New("m", "p", "us-east5")
			if err != nil {
				t.Fatal(err)
			}
			m.Client.Transport.(*Transport).Base = &net
			m.Client.Transport.(*Transport).Tokens = c.tokens
			_, err = ask(t, m)
			var e *reprise.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Provider != gemini.Vertex || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %s with %q", err, c.kind, c.text)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("a secret is in the error: %v", err)
			}
			if len(net.asked) > 0 {
				t.Errorf("sent %+v", net.asked)
			}
		})
	}
}

type tokens func() (*oauth2.Token, error)

func (f tokens) Token() (*oauth2.Token, error) { return f() }

// TestTokensStayWithGoogle has addresses that are not Google's.
func TestTokensStayWithGoogle(t *testing.T) {
	for _, base := range []string{"http://us-east5-aiplatform.googleapis.com/v1", "https://evil.example/v1", "https://evilgoogleapis.com/v1"} {
		var net network
		m := &gemini.Model{Name: "m", BaseURL: base, Provider: gemini.Vertex, Client: &http.Client{Transport: &Transport{
			Tokens: tokens(func() (*oauth2.Token, error) {
				t.Error("a token was asked for")
				return nil, errors.New("no")
			}), Base: &net,
		}}}
		if _, err := ask(t, m); reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "not sent to") {
			t.Errorf("%s: got %v", base, err)
		}
		if len(net.asked) > 0 {
			t.Errorf("sent %+v", net.asked)
		}
	}
}

// TestDefaultCredentials signs in with a file of a service account: once,
// for several requests.
func TestDefaultCredentials(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var signIns atomic.Int32
	google := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signIns.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"token-2","token_type":"Bearer","expires_in":3600}`)
	}))
	defer google.Close()
	file := filepath.Join(t.TempDir(), "account.json")
	content, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "a@b.example", "private_key_id": "1", "token_uri": google.URL, "quota_project_id": "payer",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	var net network
	m, err := New("m", "p", "us-east5")
	if err != nil {
		t.Fatal(err)
	}
	m.Client.Transport.(*Transport).Base = &net
	for range 3 {
		if _, err := ask(t, m); err != nil {
			t.Fatal(err)
		}
	}
	if n := signIns.Load(); n != 1 {
		t.Errorf("signed in %d times", n)
	}
	for _, s := range net.asked {
		if s.Authorization != "Bearer token-2" || s.Project != "payer" {
			t.Errorf("sent %+v", s)
		}
	}
}

// TestReplayNeedsNoCredentials puts a recorder over the Transport: it answers
// without one, and what it sees holds no token.
func TestReplayNeedsNoCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "missing.json"))
	m, err := New("m", "p", "us-east5")
	if err != nil {
		t.Fatal(err)
	}
	below := m.Client.Transport
	var seen http.Header
	replay := true
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		seen = r.Header
		if !replay {
			return below.RoundTrip(r)
		}
		return (&network{}).RoundTrip(r)
	})}
	resp, err := ask(t, m)
	if err != nil || resp.Text() != "Hi" {
		t.Errorf("got %v, %v", resp, err)
	}
	replay = false
	below.(*Transport).Tokens = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token-1"})
	below.(*Transport).Base = &network{}
	if _, err := ask(t, m); err != nil {
		t.Error(err)
	}
	if seen.Get("Authorization") != "" {
		t.Error("the recorder saw the token")
	}
}
