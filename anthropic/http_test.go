package anthropic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// roundTrip is a RoundTripper that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func hi() *reprise.Request { return &reprise.Request{Messages: reprise.Ask("hi")} }

func TestCallHasTheHeadersThatItNeeds(t *testing.T) {
	for _, c := range []struct {
		name  string
		model Model
		req   *reprise.Request
		url   string
		want  http.Header
	}{
		{"Anthropic", Model{Key: "k", Betas: []string{"a", "b"}}, hi(), "https://api.anthropic.com/v1/messages",
			http.Header{"X-Api-Key": {"k"}, "Anthropic-Version": {"2023-06-01"}, "Anthropic-Beta": {"a,b"}}},
		{"another address, no key", Model{BaseURL: "http://localhost:11434/v1/"}, hi(), "http://localhost:11434/v1/messages",
			http.Header{"Anthropic-Version": {"2023-06-01"}}},
		{"what needs betas", Model{Key: "k", Betas: []string{"files-api-2025-04-14"}},
			&reprise.Request{Messages: reprise.Ask("", reprise.Media{ID: "file_1", Type: "image/png"}), Tools: []reprise.ToolSpec{Computer(ComputerConfig{Width: 1, Height: 1})}},
			"https://api.anthropic.com/v1/messages",
			http.Header{"X-Api-Key": {"k"}, "Anthropic-Version": {"2023-06-01"}, "Anthropic-Beta": {"files-api-2025-04-14,computer-use-2025-01-24"}}},
	} {
		var got *http.Request
		c.model.Name = sonnet
		c.model.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r
			return respond(answer("end_turn")), nil
		})}
		if _, err := reprise.Generate(t.Context(), &c.model, c.req); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Content-Type", "Accept", "User-Agent"} {
			if got.Header.Get(name) == "" {
				t.Errorf("%s: no %s", c.name, name)
			}
			got.Header.Del(name)
		}
		if d := cmp.Diff(c.want, got.Header); d != "" || got.URL.String() != c.url || got.Method != "POST" {
			t.Errorf("%s: %s %s (-want +got):\n%s", c.name, got.Method, got.URL, d)
		}
	}
}

func TestNoKeyIsAnErrorOnlyBeforeTheNetwork(t *testing.T) {
	_, err := reprise.Generate(t.Context(), New(sonnet, ""), hi())
	if reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "ANTHROPIC_API_KEY") {
		t.Errorf("got %v", err)
	}
	m := New(sonnet, "")
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("X-Api-Key") != "" {
			t.Error("a key was sent")
		}
		return respond(answer("end_turn")), nil
	})}
	if _, err := reprise.Generate(t.Context(), m, hi()); err != nil {
		t.Error(err)
	}
	if _, err := reprise.Generate(t.Context(), New("", "k"), hi()); reprise.KindOf(err) != reprise.KindInvalid {
		t.Errorf("without a name: %v", err)
	}
}

func TestAToolChoiceForASparseHost(t *testing.T) {
	m := &Model{Name: sonnet, NoCache: true, Host: &Host{Provider: "h", Sparse: true}}
	for serial, want := range map[bool]object{false: {"type": "auto"}, true: {"type": "auto", "disable_parallel_tool_use": true}} {
		body, _ := encoded(t, m, &reprise.Request{Messages: reprise.Ask("hi"), Tools: []reprise.ToolSpec{weather}, SerialTools: serial})
		if d := cmp.Diff(want, body["tool_choice"]); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestNothingIsSentBeforeTheSequenceIsRangedOver(t *testing.T) {
	sent := 0
	m := New(sonnet, "k")
	m.Client = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		sent++
		return respond(answer("end_turn")), nil
	})}
	seq := m.Stream(t.Context(), hi())
	if sent != 0 {
		t.Error("sent before anyone asked for events")
	}
	if _, err := script(seq); err != nil || sent != 1 {
		t.Errorf("sent %d times, %v", sent, err)
	}
}

func TestRetryAfterIsThereEveryTime(t *testing.T) {
	m := New(sonnet, "k")
	m.Client = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		resp := respond(apiError("rate_limit_error", "slow"))
		resp.StatusCode = 429
		resp.Header.Set("retry-after", "7")
		return resp, nil
	})}
	for range 50 {
		_, err := reprise.Generate(t.Context(), m, hi())
		var e *reprise.Error
		if !errors.As(err, &e) || e.RetryAfter != 7*time.Second {
			t.Fatalf("got %v", err)
		}
	}
}

func TestFromEnv(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "k")
	t.Setenv("ANTHROPIC_BASE_URL", "http://localhost:1/")
	got, err := FromEnv(sonnet)
	if d := cmp.Diff(&Model{Name: sonnet, Key: "k", BaseURL: "http://localhost:1/v1"}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if _, err := FromEnv(""); err == nil {
		t.Error("no error without a name")
	}
}

// TestBreakClosesTheConnection holds the server's answer open and leaves.
func TestBreakClosesTheConnection(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, sseOf(msgStart, start("0", `{"type":"text","text":""}`), delta("0", `"text":"a"`)))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer server.Close()
	m := &Model{Name: sonnet, BaseURL: server.URL}
	for ev, err := range m.Stream(t.Context(), hi()) {
		if err != nil || ev != (reprise.TextDelta{Text: "a"}) {
			t.Errorf("got %v, %v", ev, err)
		}
		break
	}
	<-gone
}

func TestCancelIsTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := &Model{Name: sonnet, Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			pr, pw := io.Pipe()
			go func() {
				_, _ = io.WriteString(pw, sseOf(msgStart))
				<-r.Context().Done()
				pw.CloseWithError(r.Context().Err())
			}()
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: pr}, nil
		})}}
		go func() {
			synctest.Wait()
			cancel()
		}()
		_, err := reprise.Generate(ctx, m, hi())
		if reprise.KindOf(err) != reprise.KindCanceled || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCountTokens(t *testing.T) {
	var body object
	m := New(sonnet, "k")
	answers := []string{`{"input_tokens":2095}`, `{"inputTokens":7}`, `{"x":1}`, `[`}
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.String() != "https://api.anthropic.com/v1/messages/count_tokens" {
			t.Errorf("asked %s", r.URL)
		}
		body = nil
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		a := answers[0]
		answers = answers[1:]
		return respond(a), nil
	})}
	counter, ok := reprise.As[reprise.TokenCounter](m)
	if !ok {
		t.Fatal("no TokenCounter")
	}
	req := &reprise.Request{System: said("S"), Tools: []reprise.ToolSpec{weather}, Messages: reprise.Ask("hi"), Temperature: ptr(0.5), MaxTokens: 7, Stop: []string{"x"}, ThinkingBudget: ptr(2000),
		Extra: map[string]json.RawMessage{API: json.RawMessage(`{"metadata":{"user_id":"u"},"max_tokens":9,"context_management":{"edits":[]}}`)}}
	for _, want := range []int64{2095, 7} {
		if n, err := counter.CountTokens(t.Context(), req); n != want || err != nil {
			t.Errorf("got %d, %v, want %d", n, err, want)
		}
	}
	for range 2 {
		if _, err := counter.CountTokens(t.Context(), req); reprise.KindOf(err) != reprise.KindBadResponse {
			t.Errorf("got %v, want a bad response", err)
		}
	}
	var got []string
	for _, name := range []string{"model", "system", "tools", "tool_choice", "messages", "thinking", "stream", "max_tokens", "temperature", "stop_sequences", "metadata", "context_management"} {
		if _, ok := body[name]; ok {
			got = append(got, name)
		}
	}
	if d := cmp.Diff([]string{"model", "system", "tools", "tool_choice", "messages", "thinking", "context_management"}, got); d != "" {
		t.Errorf("what is counted (-want +got):\n%s", d)
	}
}

func TestModels(t *testing.T) {
	m := New("", "k")
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		switch r.Method + " " + r.URL.String() {
		case "GET https://api.anthropic.com/v1/models?limit=1000":
			return respond(`{"data":[{"id":"a","display_name":"A","max_input_tokens":200000,"max_tokens":64000}],"has_more":true,"last_id":"a b"}`), nil
		case "GET https://api.anthropic.com/v1/models?limit=1000&after_id=a+b":
			return respond(`{"data":[{"id":"b"}],"has_more":false,"last_id":"b"}`), nil
		}
		return nil, fmt.Errorf("asked %s %s", r.Method, r.URL)
	})}
	lister, ok := reprise.As[reprise.ModelLister](m)
	if !ok {
		t.Fatal("no ModelLister")
	}
	got, err := lister.Models(t.Context())
	want := []reprise.ModelInfo{
		{ID: "a", Name: "A", Input: 200_000, Output: 64_000, Raw: json.RawMessage(`{"id":"a","display_name":"A","max_input_tokens":200000,"max_tokens":64000}`)},
		{ID: "b", Raw: json.RawMessage(`{"id":"b"}`)},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestModelOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://api.anthropic.com/v1/messages": "",
		"https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke":                   "us.anthropic.claude-haiku-4-5-20251001-v1:0",
		"https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Ax%2Fy/invoke-with-response-stream":                "arn:aws:bedrock:x/y",
		"https://bedrock-runtime.us-east-1.amazonaws.com/model/arn:aws:bedrock:x/y/invoke":                                             "arn:aws:bedrock:x/y",
		"https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:streamRawPredict": "claude-x@1",
		"https://aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict":              "",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := ModelOf(u); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestArgumentsGoBackByteForByte(t *testing.T) {
	const args = `{"b": 1.0,  "a":"<\u00e9>", "a2": 12345678901234567890}`
	req := &reprise.Request{Messages: []reprise.Message{reprise.User("hi"), {Role: reprise.RoleAssistant, Parts: reprise.Parts{
		reprise.ToolCall{ID: "a", Name: "f", Args: args}, opaque("server_tool_use", `{"type":"server_tool_use","input":`+args+`}`)}}}}
	body, err := newEncoder(&Model{NoCache: true}, sonnet).encode(OpMessages, req)
	if err != nil || strings.Count(string(body), args) != 2 {
		t.Errorf("%v: %s", err, body)
	}
}

func TestManyAtOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, answer("end_turn")+"")
	}))
	defer server.Close()
	m := &Model{Name: sonnet, BaseURL: server.URL}
	req := hi()
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := reprise.Generate(t.Context(), m, req)
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
