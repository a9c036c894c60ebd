package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/recordings"
)

// server answers each request with handle, and gives a Model that asks it.
func server(t *testing.T, handle http.HandlerFunc) *Model {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return &Model{Name: "gpt-5", Key: "sk-secret-1", BaseURL: s.URL + "/v1"}
}

var hello = &reprise.Request{Messages: reprise.Ask("hi")}

func TestHTTPErrors(t *testing.T) {
	const html = "<html><head><title>500 Oops</title></head></html>"
	date := time.Date(2026, 3, 12, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   reprise.Error // but Err
		text   string
	}{
		{
			name: "a wrong key", status: 401, body: `{"error":{"message":"Incorrect API key provided: sk-secret-1.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`,
			want: reprise.Error{Kind: reprise.KindAuth, Status: 401, Code: "invalid_api_key"}, text: "Incorrect API key provided: [key]",
		},
		{name: "unauthorized, without a body", status: 401, want: reprise.Error{Kind: reprise.KindAuth, Status: 401}, text: "unauthorized"},
		{
			name: "a rate limit", status: 429, header: map[string]string{"Retry-After": "20", "X-Request-Id": "req_1"}, body: `{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}`,
			want: reprise.Error{Kind: reprise.KindRateLimit, Status: 429, Code: "rate_limit_exceeded", RetryAfter: 20 * time.Second, RequestID: "req_1"}, text: "slow down",
		},
		{
			name: "a rate limit until a date", status: 429, header: map[string]string{"Date": date.Format(http.TimeFormat), "Retry-After": date.Add(90 * time.Second).Format(http.TimeFormat)}, body: `{"error":{"message":"slow down"}}`,
			want: reprise.Error{Kind: reprise.KindRateLimit, Status: 429, RetryAfter: 90 * time.Second},
		},
		{
			name: "a rate limit in words", status: 429, body: `{"error":{"message":"Rate limit reached. Please try again in 1m2.5s.","code":"rate_limit_exceeded"}}`,
			want: reprise.Error{Kind: reprise.KindRateLimit, Status: 429, Code: "rate_limit_exceeded", RetryAfter: 62500 * time.Millisecond},
		},
		{
			name: "no quota", status: 429, body: `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`,
			want: reprise.Error{Kind: reprise.KindQuota, Status: 429, Code: "insufficient_quota"},
		},
		{name: "a server error", status: 500, body: `{"error":{"message":"The server had an error","type":"server_error","code":null}}`, want: reprise.Error{Kind: reprise.KindServer, Status: 500, Code: "server_error"}},
		{name: "a server error with another's code", status: 500, body: `{"error":{"message":"x","code":"invalid_state"}}`, want: reprise.Error{Kind: reprise.KindServer, Status: 500, Code: "invalid_state"}},
		{name: "HTML", status: 500, body: html, want: reprise.Error{Kind: reprise.KindServer, Status: 500}, text: `an HTML page ("500 Oops")`},
		{name: "an empty body", status: 502, want: reprise.Error{Kind: reprise.KindServer, Status: 502}, text: "bad gateway"},
		{name: "overloaded", status: 503, body: `{"error":{"message":"That model is currently overloaded","type":"server_error"}}`, want: reprise.Error{Kind: reprise.KindOverloaded, Status: 503, Code: "server_error"}},
		{name: "slow down", status: 503, body: `{"error":{"message":"x","code":"slow_down"}}`, want: reprise.Error{Kind: reprise.KindOverloaded, Status: 503, Code: "slow_down"}},
		{
			name: "too long", status: 400, body: `{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}`,
			want: reprise.Error{Kind: reprise.KindContextLength, Status: 400, Code: "context_length_exceeded"},
		},
		{
			name: "a parameter that reasoning models refuse", status: 400, body: `{"error":{"message":"Unsupported parameter: 'temperature' is not supported with this model.","type":"invalid_request_error","param":"temperature","code":null}}`,
			want: reprise.Error{Kind: reprise.KindInvalid, Status: 400, Code: "invalid_request_error"}, text: "'temperature'",
		},
		{
			name: "encrypted reasoning of a model that does not reason", status: 400, body: `{"error":{"message":"Encrypted content is not supported with this model.","type":"invalid_request_error","param":"include","code":null}}`,
			want: reprise.Error{Kind: reprise.KindInvalid, Status: 400, Code: "invalid_request_error"}, text: `set Request.Extra["openai-responses"] to {"include":[]}`,
		},
		{
			name: "a flagged prompt", status: 400, body: `{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","type":"invalid_request_error","code":"invalid_prompt"}}`,
			want: reprise.Error{Kind: reprise.KindContentFilter, Status: 400, Code: "invalid_prompt"},
		},
		{
			name: "an answer that is not kept", status: 400, body: `{"error":{"message":"Previous response with id 'resp_1' not found.","type":"invalid_request_error","param":"previous_response_id","code":"previous_response_not_found"}}`,
			want: reprise.Error{Kind: reprise.KindNotFound, Status: 400, Code: "previous_response_not_found"},
		},
		{name: "no such model", status: 404, body: `{"error":{"message":"The model does not exist","code":"model_not_found"}}`, want: reprise.Error{Kind: reprise.KindNotFound, Status: 404, Code: "model_not_found"}},
		{name: "an error of another form", status: 400, body: `{"code":"invalid-argument","error":"no such tool"}`, want: reprise.Error{Kind: reprise.KindInvalid, Status: 400, Code: "invalid-argument"}, text: "no such tool"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := server(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range c.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			for range 20 { // the same each time
				_, err := reprise.Generate(t.Context(), m, hello)
				var e *reprise.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want a *reprise.Error", err)
				}
				got := *e
				got.Err, c.want.Provider = nil, "openai"
				if d := cmp.Diff(c.want, got); d != "" || !strings.Contains(e.Error(), c.text) {
					t.Fatalf("got %q, want %q (-want +got):\n%s", e, c.text, d)
				}
				if strings.Contains(fmt.Sprintf("%v %+v", err, e), "sk-secret-1") {
					t.Fatalf("the key is in the error: %v", err)
				}
			}
			if got := ReadError([]byte(c.body), c.status, nil); got.Kind != c.want.Kind || got.Code != c.want.Code {
				t.Errorf("recorded: got %s %q", got.Kind, got.Code)
			}
		})
	}
}

// TestUnauthorizedWithoutAKey asks a server of one's own that wants a key.
func TestUnauthorizedWithoutAKey(t *testing.T) {
	m := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	m.Key = ""
	_, err := reprise.Generate(t.Context(), m, hello)
	if reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "no key was sent: set Model.Key (usually from OPENAI_API_KEY)") {
		t.Errorf("got %v", err)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTransportThatKnows shows that an error of a transport keeps its kind,
// and that no key is missed where a transport may add one.
func TestTransportThatKnows(t *testing.T) {
	m := New("gpt-5", "")
	m.Client = &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		return nil, &reprise.Error{Kind: reprise.KindQuota, Err: errors.New("no money")}
	})}
	if _, err := reprise.Generate(t.Context(), m, hello); reprise.KindOf(err) != reprise.KindQuota {
		t.Errorf("got %v", err)
	}
}

func TestLeavingAtAWarning(t *testing.T) {
	asked := false
	m := server(t, func(http.ResponseWriter, *http.Request) { asked = true })
	for ev := range m.Stream(t.Context(), &reprise.Request{Stop: []string{"x"}}) {
		if _, ok := ev.(reprise.Warning); !ok {
			t.Errorf("got %T, want a Warning", ev)
		}
		break
	}
	if asked {
		t.Error("the request was sent")
	}
}

func TestUnreachable(t *testing.T) {
	m := &Model{Name: "gpt-5", Key: "sk-secret-1", BaseURL: "http://127.0.0.1:1/v1"}
	if _, err := reprise.Generate(t.Context(), m, hello); reprise.KindOf(err) != reprise.KindNetwork {
		t.Errorf("got %v, want a network error", err)
	}
}

// TestNoKeyInErrorsOfAStream shows what a server says that repeats the key.
func TestNoKeyInErrorsOfAStream(t *testing.T) {
	for _, body := range []string{
		hiAnd(`{"type":"error","message":"bad key sk-secret-1"}`), hiAnd(`{"type":"response.failed","response":{"error":{"message":"bad key sk-secret-1"}}}`),
		`{"error":{"message":"bad key sk-secret-1"}}`, `<html><title>sk-secret-1</title>`, hiAnd(`sk-secret-1`),
	} {
		m := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		_, err := reprise.Generate(t.Context(), m, hello)
		if err == nil || strings.Contains(err.Error(), "sk-secret-1") || !strings.Contains(err.Error(), "[key]") {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

// TestRequestIDOfBrokenAnswers shows that an answer that breaks tells which
// one it was.
func TestRequestIDOfBrokenAnswers(t *testing.T) {
	m := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req_1")
		_, _ = io.WriteString(w, hiAnd())
	})
	got, err := reprise.Generate(t.Context(), m, hello)
	var e *reprise.Error
	if !errors.As(err, &e) || e.Kind != reprise.KindCut || e.RequestID != "req_1" || got.Text() != "Hi" {
		t.Errorf("got %q, %v", got.Text(), err)
	}
}

func TestHeaders(t *testing.T) {
	for _, c := range []struct {
		m    Model
		want map[string]string
	}{
		{Model{Key: "k"}, map[string]string{"Authorization": "Bearer k"}},
		{Model{Key: "k", Dialect: azure}, map[string]string{"Api-Key": "k"}},
		{Model{}, map[string]string{}},
	} {
		var got http.Header
		var path string
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			got, path = r.Header, r.URL.Path
			_, _ = io.WriteString(w, hiAnd(completed))
		})
		c.m.Name, c.m.BaseURL = "gpt-5", s.BaseURL+"/"
		if _, err := reprise.Generate(t.Context(), &c.m, hello); err != nil {
			t.Fatal(err)
		}
		have := map[string]string{}
		for _, name := range []string{"Authorization", "Api-Key"} {
			if v := got.Get(name); v != "" {
				have[name] = v
			}
		}
		if d := cmp.Diff(c.want, have); d != "" || path != "/v1/responses" || got.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v (-want +got):\n%s", path, got, d)
		}
	}
}

// endless sends the beginning of an answer, and pings until nobody listens.
func endless(w http.ResponseWriter, r *http.Request, begin string) {
	_, _ = io.WriteString(w, begin)
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, ": ping\n\n"); err != nil {
			return
		}
		w.(http.Flusher).Flush()
	}
}

// TestBreakClosesTheConnection leaves the loop early, and waits for the
// server to notice.
func TestBreakClosesTheConnection(t *testing.T) {
	gone := make(chan struct{})
	m := server(t, func(w http.ResponseWriter, r *http.Request) {
		endless(w, r, sseOf(textDelta(0, 0, "H")))
		close(gone)
	})
	for range m.Stream(t.Context(), hello) {
		break
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}

func TestCancel(t *testing.T) {
	m := server(t, func(w http.ResponseWriter, r *http.Request) {
		endless(w, r, sseOf(textDelta(0, 0, "H")))
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var err error
	for _, err = range m.Stream(ctx, hello) {
		cancel()
	}
	if reprise.KindOf(err) != reprise.KindCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a canceled one", err)
	}
}

// TestReasoningThroughAToolLoop runs two turns against a server that demands
// what the API demands: reasoning before the call that it led to.
func TestReasoningThroughAToolLoop(t *testing.T) {
	reasoning := string(thought.Echo.Data)
	call := `{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"a\":2}","call_id":"call_1","name":"add"}`
	var bodies []recordings.Object
	m := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, recordings.Parse(t, string(body)))
		if len(bodies) == 1 {
			_, _ = io.WriteString(w, sseOf(created, done(0, reasoning), done(1, call), completed))
			return
		}
		_, _ = io.WriteString(w, hiAnd(completed))
	})
	req := &reprise.Request{Messages: reprise.Ask("2+3?")}
	first, err := reprise.Generate(t.Context(), m, req)
	if err != nil {
		t.Fatal(err)
	}
	req.Messages = append(req.Messages, first.Message, toolMessage(sum))
	if _, err := reprise.Generate(t.Context(), m, req); err != nil {
		t.Fatal(err)
	}
	want := []any{
		map[string]any{"role": "user", "content": []any{map[string]any{"type": "input_text", "text": "2+3?"}}},
		map[string]any(recordings.Parse(t, reasoning)), map[string]any(recordings.Parse(t, call)),
		map[string]any{"type": "function_call_output", "call_id": "call_1", "output": "5"},
	}
	if d := cmp.Diff(want, bodies[1]["input"]); d != "" {
		t.Errorf("second request (-want +got):\n%s", d)
	}
}

// TestKeptAnswersThroughAToolLoop runs three turns with Stored: each names the
// answer before it and sends only what is new.
func TestKeptAnswersThroughAToolLoop(t *testing.T) {
	var bodies []recordings.Object
	m := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, recordings.Parse(t, string(body)))
		n := len(bodies)
		head := fmt.Sprintf(`"id":"resp_%d","model":"m","store":true`, n)
		item := fmt.Sprintf(`{"type":"function_call","call_id":"call_%d","name":"add","arguments":"{}"}`, n)
		_, _ = io.WriteString(w, sseOf(`{"type":"response.created","response":{`+head+`}}`, done(0, item), `{"type":"response.completed","response":{`+head+`,"status":"completed"}}`))
	})
	m.Stored = true
	req := &reprise.Request{System: textOf("be brief"), Messages: reprise.Ask("2+3?")}
	for range 3 {
		resp, err := reprise.Generate(t.Context(), m, req)
		if err != nil {
			t.Fatal(err)
		}
		result := reprise.ToolResult{ID: resp.Calls()[0].ID, Parts: textOf("5")}
		req.Messages = append(req.Messages, resp.Message, toolMessage(result))
	}
	for n, body := range bodies[1:] {
		want := recordings.Object{
			"model": "gpt-5", "store": true, "stream": true, "include": []any{encryptedContent}, "instructions": "be brief",
			"previous_response_id": fmt.Sprintf("resp_%d", n+1),
			"input":                []any{map[string]any{"type": "function_call_output", "call_id": fmt.Sprintf("call_%d", n+1), "output": "5"}},
		}
		if d := cmp.Diff(want, body); d != "" {
			t.Errorf("request %d (-want +got):\n%s", n+2, d)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	m := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, hiAnd(completed)) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			resp, err := reprise.Generate(t.Context(), m, hello)
			if err != nil || resp.Text() != "Hi" {
				t.Errorf("got %q, %v", resp.Text(), err)
			}
		})
	}
	wg.Wait()
}

func TestModels(t *testing.T) {
	m := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/v1/models" || r.Header.Get("Authorization") != "Bearer sk-secret-1" {
			t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
		}
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"gpt-5","object":"model"},{"id":"openai/gpt-5","name":"GPT-5","context_length":400000,"top_provider":{"max_completion_tokens":128000}}]}`)
	})
	lister, ok := reprise.As[reprise.ModelLister](m)
	if !ok {
		t.Fatal("a Model cannot list models")
	}
	got, err := lister.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []reprise.ModelInfo{
		{ID: "gpt-5", Raw: json.RawMessage(`{"id":"gpt-5","object":"model"}`)},
		{ID: "openai/gpt-5", Name: "GPT-5", Input: 400000, Output: 128000, Raw: json.RawMessage(`{"id":"openai/gpt-5","name":"GPT-5","context_length":400000,"top_provider":{"max_completion_tokens":128000}}`)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for body, status := range map[string]int{`{"error":{"message":"no"}}`: 200, `<html>`: 200, ``: 200, `{"data":[{"id":1}]}`: 200, `{"error":{"message":"no","code":"invalid_api_key"}}`: 401} {
		m := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
		want := map[int]reprise.Kind{200: reprise.KindBadResponse, 401: reprise.KindAuth}[status]
		if got, err := m.Models(t.Context()); reprise.KindOf(err) != want {
			t.Errorf("%d %q: got %v, %v, want %s", status, body, got, err, want)
		}
	}
}

func TestFromEnv(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "k")
	t.Setenv("OPENAI_BASE_URL", "http://proxy/v1")
	m, err := FromEnv("gpt-5")
	if err != nil || m.Name != "gpt-5" || m.Key != "k" || m.BaseURL != "http://proxy/v1" {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := FromEnv(""); err == nil {
		t.Error("a model without a name was made")
	}
}
