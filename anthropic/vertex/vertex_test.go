package vertex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
)

const sonnet = "claude-sonnet-4-5@20250929"

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func hi() *reprise.Request { return &reprise.Request{Messages: reprise.Ask("hi")} }

const answer = `event: vertex_event
data: {"type": "ping"}

data: {"type":"message_start","message":{"id":"msg","type":"message","model":"claude-sonnet-4-5","usage":{"input_tokens":10,"output_tokens":1}}}

data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Olá"}}

data: {"type":"content_block_stop","index":0}

data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}

data: {"type":"message_stop"}

`

// bare is an environment without credentials.
func bare(t *testing.T) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("GCE_METADATA_HOST", "127.0.0.1:1") // nobody listens there
	for _, name := range []string{"ANTHROPIC_VERTEX_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", "CLOUD_ML_REGION", "GOOGLE_CLOUD_LOCATION"} {
		t.Setenv(name, "")
	}
}

func TestRequestsHaveATokenAndTheirAddress(t *testing.T) {
	m := New(sonnet, "my-project", "us-east5")
	m.NoCache, m.Betas = true, []string{"b1"}
	var got *http.Request
	var body any
	tr := m.Client.Transport.(*Transport)
	tr.Tokens = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})
	tr.Base = roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r
		return respond(answer), json.NewDecoder(r.Body).Decode(&body)
	})
	resp, err := reprise.Generate(t.Context(), m, hi())
	if err != nil {
		t.Fatal(err)
	}
	want := &reprise.Response{ID: "msg", Provider: "vertex", Model: "claude-sonnet-4-5", Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 10, Output: 4},
		Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Text{Text: "Olá"}}}}
	if d := cmp.Diff(want, resp); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if url := got.URL.String(); url != "https://us-east5-aiplatform.googleapis.com/v1/projects/my-project/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict" {
		t.Errorf("asked %s", url)
	}
	if got.Header.Get("Authorization") != "Bearer token" || got.Header.Get("Anthropic-Version") != "" || got.Header.Get("Anthropic-Beta") != "b1" {
		t.Errorf("headers %v", got.Header)
	}
	var plain any
	_ = json.Unmarshal([]byte(`{"anthropic_version":"vertex-2023-10-16","stream":true,"max_tokens":32000,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`), &plain)
	if d := cmp.Diff(plain, body); d != "" {
		t.Errorf("body (-want +got):\n%s", d)
	}
}

func TestHostsOfLocations(t *testing.T) {
	for location, want := range map[string]string{
		"global": "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models",
		"us":     "https://aiplatform.us.rep.googleapis.com/v1/projects/p/locations/us/publishers/anthropic/models",
		"eu":     "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/anthropic/models",
		"asia-1": "https://asia-1-aiplatform.googleapis.com/v1/projects/p/locations/asia-1/publishers/anthropic/models",
		"x.y/z@": "https://x.y%2Fz@-aiplatform.googleapis.com/v1/projects/p/locations/x.y%2Fz@/publishers/anthropic/models",
		"":       "",
	} {
		if got := Host("p", location).BaseURL(anthropic.OpMessages); got != want {
			t.Errorf("%s: got %s, want %s", location, got, want)
		}
	}
}

func TestFailingCredentialsAreAnErrorAndNothingIsSent(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, tr *Transport){
		"no credentials": func(t *testing.T, tr *Transport) {
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "not-there"))
		},
		"a file that is no credentials": func(t *testing.T, tr *Transport) {
			file := filepath.Join(t.TempDir(), "adc.json")
			if err := os.WriteFile(file, []byte(`{"type":"nonsense"}`), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
		},
		"tokens that fail": func(t *testing.T, tr *Transport) { tr.Tokens = failing{errors.New("the session has expired")} },
		"tokens that are refused": func(t *testing.T, tr *Transport) {
			tr.Tokens = failing{&oauth2.RetrieveError{Response: &http.Response{StatusCode: 400}, Body: []byte("refresh-secret")}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bare(t)
			t.Setenv("ANTHROPIC_API_KEY", "sk-ant-1")
			m := New(sonnet, "p", "global")
			tr := m.Client.Transport.(*Transport)
			tr.Base = roundTrip(func(r *http.Request) (*http.Response, error) {
				t.Errorf("sent to %s", r.URL)
				return nil, errors.New("sent")
			})
			prepare(t, tr)
			_, err := reprise.Generate(t.Context(), m, hi())
			if reprise.KindOf(err) != reprise.KindAuth {
				t.Errorf("got %s %v, want an error about credentials", reprise.KindOf(err), err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("a secret is in the error: %v", err)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Token() (*oauth2.Token, error) { return nil, f.err }

func TestNothingIsSentToAnotherHost(t *testing.T) {
	for _, base := range []string{"http://us-east5-aiplatform.googleapis.com/v1", "https://evil.example/v1", "https://evilgoogleapis.com/v1"} {
		m := New(sonnet, "p", "global")
		m.BaseURL, m.Key = base, "token"
		m.Client.Transport.(*Transport).Base = roundTrip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("sent to %s", r.URL)
			return nil, errors.New("sent")
		})
		if _, err := reprise.Generate(t.Context(), m, hi()); reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "nothing was sent") {
			t.Errorf("%s: got %v", base, err)
		}
	}
}

func TestKeysAndClientsOfTheCallers(t *testing.T) {
	bare(t)
	m := New(sonnet, "p", "global")
	m.Client = nil
	if _, err := reprise.Generate(t.Context(), m, hi()); reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "vertex.Transport") {
		t.Errorf("got %v", err)
	}
	want := ""
	replay := roundTrip(func(r *http.Request) (*http.Response, error) {
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("authorized by %q, want %q", got, want)
		}
		return respond(answer), nil
	})
	m.Client = &http.Client{Transport: replay}
	if _, err := reprise.Generate(t.Context(), m, hi()); err != nil {
		t.Errorf("a replay needs credentials: %v", err)
	}
	m.Key, want = "token", "Bearer token"
	m.Client = &http.Client{Transport: &Transport{Base: replay}}
	if _, err := reprise.Generate(t.Context(), m, hi()); err != nil {
		t.Errorf("a key needs credentials: %v", err)
	}
}

func TestCountTokensAndModels(t *testing.T) {
	m := New(sonnet, "p", "global")
	m.NoCache = true
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		const want = `{"model":"claude-sonnet-4-5@20250929","anthropic_version":"vertex-2023-10-16","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`
		if r.URL.String() != "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models/count-tokens:rawPredict" || string(body) != want {
			return nil, fmt.Errorf("asked %s with %s", r.URL, body)
		}
		return respond(`{"input_tokens":8}`), nil
	})}
	if n, err := m.CountTokens(t.Context(), hi()); n != 8 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := m.Models(t.Context()); reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), "vertex does not offer a model list") {
		t.Errorf("got %v", err)
	}
}

func TestFromEnv(t *testing.T) {
	bare(t)
	if _, err := FromEnv(sonnet); err == nil || !strings.Contains(err.Error(), "GOOGLE_CLOUD_PROJECT") {
		t.Errorf("without a project: %v", err)
	}
	t.Setenv("GOOGLE_CLOUD_PROJECT", "p")
	m, err := FromEnv(sonnet)
	if err != nil || !strings.Contains(m.Host.BaseURL(anthropic.OpMessages), "/projects/p/locations/global/") {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := FromEnv(""); err == nil {
		t.Error("no error without a name")
	}
	if _, err := reprise.Generate(t.Context(), New(sonnet, "", "global"), hi()); reprise.KindOf(err) != reprise.KindInvalid {
		t.Errorf("without a project: %v", err)
	}
}

func ExampleNew() {
	m := New("claude-sonnet-4-5@20250929", "my-project", "global")
	// In place of Google, so that the example runs anywhere:
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return respond(answer), nil })}
	resp, err := reprise.Generate(context.Background(), m, &reprise.Request{Messages: reprise.Ask("Say hi in Portuguese")})
	fmt.Println(resp.Text(), err)
	// Output: Olá <nil>
}
