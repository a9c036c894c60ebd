package demo_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/demo"
	"github.com/repriselabs/reprise/openaichat"
)

func recording(t testing.TB) *cassette.Recording {
	t.Helper()
	rec, err := cassette.Read(bytes.NewReader(demo.Cassette))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func newAgent(client *http.Client, baseURL string) *agent.Agent {
	m := openaichat.XAI(demo.Model, "")
	m.Client, m.BaseURL = client, baseURL
	return &agent.Agent{Model: m, System: demo.System, Tools: demo.Tools(), Settings: reprise.Request{MaxTokens: demo.MaxTokens}}
}

// bodies keeps what is sent through it.
type bodies struct {
	next http.RoundTripper
	sent [][]byte
}

func (b *bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	b.sent = append(b.sent, body)
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return b.next.RoundTrip(r)
}

// TestRun plays the recorded run: the requests are the recorded ones, and
// the result is what the recorded program got.
func TestRun(t *testing.T) {
	rec := recording(t)
	tape := &cassette.Cassette{File: "demo", Recording: rec}
	spy := &bodies{next: tape}
	got, err := newAgent(&http.Client{Transport: spy}, "").Generate(t.Context(), reprise.Ask(demo.Prompt))
	if err != nil {
		t.Fatal(err)
	}
	if err := tape.Close(); err != nil {
		t.Error(err)
	}
	if text := "The sum of 2 and 3 is 5, and the product of 2 and 3 is 6."; got.Text() != text {
		t.Errorf("got %q, want %q", got.Text(), text)
	}
	reasoning := int64(320)
	if d := cmp.Diff(reprise.Usage{Input: 1284, Output: 413, Reasoning: &reasoning, CacheRead: 896}, got.Usage); d != "" {
		t.Errorf("usage (-want +got):\n%s", d)
	}
	if got.Cost == nil || got.Cost.String() != "0.00071502" {
		t.Errorf("got cost %v, want 0.00071502", got.Cost)
	}
	if len(spy.sent) != len(rec.Interactions) {
		t.Fatalf("%d requests, want %d", len(spy.sent), len(rec.Interactions))
	}
	for i, body := range spy.sent {
		if d := cmp.Diff(decode(t, []byte(rec.Interactions[i].Request.Body)), decode(t, body)); d != "" {
			t.Errorf("request %d (-recorded +sent):\n%s", i, d)
		}
	}
}

func decode(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
