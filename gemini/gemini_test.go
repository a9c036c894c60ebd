package gemini

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// server answers each request by fn, which gets its body.
func server(t *testing.T, fn func(w http.ResponseWriter, r *http.Request, body string)) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fn(w, r, string(body))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v1beta"
}

func TestTheCall(t *testing.T) {
	type call struct{ Path, Query, Key, Authorization, Body string }
	var got call
	base := server(t, func(w http.ResponseWriter, r *http.Request, body string) {
		got = call{r.URL.Path, r.URL.RawQuery, r.Header.Get("X-Goog-Api-Key"), r.Header.Get("Authorization"), body}
		fmt.Fprint(w, sseOf(last("STOP", `{"text":"Hi"}`)))
	})
	for _, c := range []struct {
		model *Model
		req   *reprise.Request
		path  string
	}{
		{&Model{Name: "m", Key: "secret-1", BaseURL: base}, hi(func(*reprise.Request) {}), "/v1beta/models/m:streamGenerateContent"},
		{&Model{Name: "m", Key: "secret-1", BaseURL: base + "/"}, hi(func(r *reprise.Request) { r.Model = "tunedModels/n" }), "/v1beta/tunedModels/n:streamGenerateContent"},
		{&Model{Name: "m", Key: "secret-1", BaseURL: base + "/projects/p/locations/l/publishers/google", Provider: Vertex}, hi(func(*reprise.Request) {}), "/v1beta/projects/p/locations/l/publishers/google/models/m:streamGenerateContent"},
		{&Model{Name: "endpoints/7", Key: "secret-1", BaseURL: base + "/projects/p/locations/l/publishers/google", Provider: Vertex}, hi(func(*reprise.Request) {}), "/v1beta/projects/p/locations/l/endpoints/7:streamGenerateContent"},
		{&Model{Name: "projects/q/locations/l/endpoints/7", Key: "secret-1", BaseURL: base + "/projects/p/locations/l/publishers/google", Provider: Vertex}, hi(func(*reprise.Request) {}), "/v1beta/projects/q/locations/l/endpoints/7:streamGenerateContent"},
	} {
		resp, err := reprise.Generate(t.Context(), c.model, c.req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Text() != "Hi" || resp.Provider != c.model.provider() {
			t.Errorf("got %+v", resp)
		}
		want := call{c.path, "alt=sse", "secret-1", "", "{" + hiContents + "}"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestNotCalled(t *testing.T) {
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("the network was reached")
		return nil, errors.New("no")
	})}
	for _, c := range []struct {
		name  string
		model *Model
		kind  reprise.Kind
		text  string
	}{
		{"no key", New("m", ""), reprise.KindAuth, "set Model.Key"},
		{"no key, own client", &Model{Name: "m", Client: &http.Client{}}, reprise.KindAuth, "set Model.Key"},
		{"no name", &Model{Key: "k", Client: client}, reprise.KindInvalid, "set Model.Name"},
		{"a name that would change the address", &Model{Name: "m?key=1", Key: "k", Client: client}, reprise.KindInvalid, `"m?key=1" is not the name of a model`},
		{"a name that climbs", &Model{Name: "../m", Key: "k", Client: client}, reprise.KindInvalid, "is not the name"},
		{"Google Cloud without an address", &Model{Name: "m", Provider: Vertex, Client: client}, reprise.KindInvalid, "no address for vertex"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := reprise.Generate(t.Context(), c.model, hi(func(*reprise.Request) {}))
			if reprise.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %s with %q", err, c.kind, c.text)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestErrors is the table of what the API answers instead of an answer.
func TestErrors(t *testing.T) {
	const key = "AIza-secret-1"
	for _, c := range []struct {
		name   string
		status int
		header http.Header
		body   string
		want   reprise.Error
		text   string
	}{
		{"a wrong key", 400, nil, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}`,
			reprise.Error{Kind: reprise.KindAuth, Code: "INVALID_ARGUMENT"}, "API key not valid"},
		{"a key that is repeated", 403, nil, `{"error":{"code":403,"message":"The key ` + key + ` may not do that","status":"PERMISSION_DENIED"}}`,
			reprise.Error{Kind: reprise.KindAuth, Code: "PERMISSION_DENIED"}, "The key [key] may not"},
		{"no token", 401, nil, `{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}`,
			reprise.Error{Kind: reprise.KindAuth, Code: "UNAUTHENTICATED"}, "invalid authentication"},
		{"no such model", 404, nil, `{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}`,
			reprise.Error{Kind: reprise.KindNotFound, Code: "NOT_FOUND"}, "models/x is not found"},
		{"too many requests, with a delay in the details", 429, nil, `{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel","quotaValue":"10"}]},{"@type":"type.googleapis.com/google.rpc.Help","links":[]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.074824224s"}]}}`,
			reprise.Error{Kind: reprise.KindRateLimit, Code: "RESOURCE_EXHAUSTED", RetryAfter: 34074824224 * time.Nanosecond}, "exceeded your current quota"},
		{"too many requests, with a header", 429, http.Header{"Retry-After": {"20"}}, `[{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"5s"}]}}]`,
			reprise.Error{Kind: reprise.KindRateLimit, Code: "RESOURCE_EXHAUSTED", RetryAfter: 20 * time.Second}, "exhausted"},
		{"a list with a delay", 429, nil, `[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"5s"}]}}]`,
			reprise.Error{Kind: reprise.KindRateLimit, Code: "RESOURCE_EXHAUSTED", RetryAfter: 5 * time.Second}, "slow"},
		{"no more today", 429, nil, `{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50"}]}]}}`,
			reprise.Error{Kind: reprise.KindQuota, Code: "RESOURCE_EXHAUSTED"}, "exceeded"},
		{"too long", 400, nil, `{"error":{"code":400,"message":"The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`,
			reprise.Error{Kind: reprise.KindContextLength, Code: "INVALID_ARGUMENT"}, "(1048577) exceeds the maximum number of tokens allowed (1048576)"},
		{"wrong", 400, http.Header{"X-Request-Id": {"req-7"}}, `{"error":{"code":400,"message":"Invalid value at 'contents[0]'","status":"INVALID_ARGUMENT"}}`,
			reprise.Error{Kind: reprise.KindInvalid, Code: "INVALID_ARGUMENT", RequestID: "req-7"}, "Invalid value"},
		{"overloaded", 503, nil, `{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}`,
			reprise.Error{Kind: reprise.KindOverloaded, Code: "UNAVAILABLE"}, "overloaded"},
		{"broken", 500, nil, `{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}`,
			reprise.Error{Kind: reprise.KindServer, Code: "INTERNAL"}, "internal error"},
		{"slow", 504, nil, `{"error":{"code":504,"message":"Deadline expired before operation could complete.","status":"DEADLINE_EXCEEDED"}}`,
			reprise.Error{Kind: reprise.KindTimeout, Code: "DEADLINE_EXCEEDED"}, "Deadline"},
		{"cancelled", 499, nil, `{"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED"}}`,
			reprise.Error{Kind: reprise.KindServer, Code: "CANCELLED"}, "cancelled"},
		{"HTML", 502, nil, `<html><head><title>502 Bad Gateway</title></head></html>`,
			reprise.Error{Kind: reprise.KindServer}, `an HTML page ("502 Bad Gateway")`},
		{"empty", 500, nil, ``, reprise.Error{Kind: reprise.KindServer}, "internal server error, with an empty answer"},
		{"empty, not allowed", 401, nil, ``, reprise.Error{Kind: reprise.KindAuth}, "unauthorized"},
		{"text", 429, http.Header{"Retry-After-Ms": {"1500"}}, `slow down`, reprise.Error{Kind: reprise.KindRateLimit, RetryAfter: 1500 * time.Millisecond}, `"slow down"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
				for name, v := range c.header {
					w.Header()[name] = v
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			m := &Model{Name: "m", Key: key, BaseURL: base}
			_, err := reprise.Generate(t.Context(), m, hi(func(*reprise.Request) {}))
			check := func(err error, want reprise.Error) {
				t.Helper()
				var e *reprise.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want a *reprise.Error", err)
				}
				got := *e
				got.Err = nil
				want.Provider, want.Status = Google, c.status
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				if !strings.Contains(err.Error(), strings.ReplaceAll(c.text, "[key]", "")) && !strings.Contains(err.Error(), c.text) {
					t.Errorf("got %q, want %q in it", err, c.text)
				}
			}
			check(err, c.want)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the key is in the error: %v", err)
			}
			recorded := c.want
			recorded.RequestID = ""
			if c.header != nil { // which a recorded body has not
				recorded.RetryAfter = 0
				if strings.Contains(c.body, "5s") {
					recorded.RetryAfter = 5 * time.Second
				}
			}
			if c.name != "a key that is repeated" {
				check(ReadError([]byte(c.body), c.status, ""), recorded)
			}
		})
	}
}

func TestNoKeyWasSent(t *testing.T) {
	base := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Header["X-Goog-Api-Key"] != nil {
			t.Error("an empty key was sent")
		}
		w.WriteHeader(403)
	})
	m := &Model{Name: "m", BaseURL: base, Client: &http.Client{Transport: roundTrip(http.DefaultTransport.RoundTrip)}}
	_, err := reprise.Generate(t.Context(), m, hi(func(*reprise.Request) {}))
	if reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "no key was sent: set Model.Key (usually from GEMINI_API_KEY)") {
		t.Errorf("got %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	m := &Model{Name: "m", Key: "secret-1", BaseURL: "http://127.0.0.1:1"}
	_, err := reprise.Generate(t.Context(), m, hi(func(*reprise.Request) {}))
	if reprise.KindOf(err) != reprise.KindNetwork || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// TestBreakClosesTheConnection leaves a stream that never ends.
func TestBreakClosesTheConnection(t *testing.T) {
	gone := make(chan struct{})
	base := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		fmt.Fprint(w, sseOf(parts(`{"text":"a"}`)))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	})
	for ev, err := range (&Model{Name: "m", Key: "k", BaseURL: base}).Stream(t.Context(), hi(func(*reprise.Request) {})) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ev.(reprise.TextDelta); ok {
			break
		}
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	base := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("X-Request-Id", "req-7")
		fmt.Fprint(w, sseOf(parts(`{"text":"a"}`)))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	var last error
	for _, err := range (&Model{Name: "m", Key: "k", BaseURL: base}).Stream(ctx, hi(func(*reprise.Request) {})) {
		cancel()
		last = err
	}
	var e *reprise.Error
	if !errors.As(last, &e) || e.Kind != reprise.KindCanceled || e.RequestID != "req-7" || !errors.Is(last, context.Canceled) {
		t.Errorf("got %#v", last)
	}
}

func TestCountTokens(t *testing.T) {
	var path, body string
	answer := `{"totalTokens":31,"promptTokensDetails":[]}`
	base := server(t, func(w http.ResponseWriter, r *http.Request, b string) {
		path, body = r.URL.String(), b
		fmt.Fprint(w, answer)
	})
	req := hi(func(r *reprise.Request) {
		r.System, r.Tools = reprise.Parts{reprise.Text{Text: "sys"}}, []reprise.ToolSpec{{Name: "f"}}
	})
	const fields = hiContents + `,"systemInstruction":{"parts":[{"text":"sys"}],"role":"user"},"tools":[{"functionDeclarations":[{"name":"f"}]}]`
	for _, c := range []struct{ provider, body string }{
		{Google, `{"generateContentRequest":{"model":"models/m",` + fields + `,` + autoChoice + `}}`},
		{Vertex, `{` + fields + `}`},
	} {
		var model reprise.Model = &Model{Name: "m", Key: "k", BaseURL: base, Provider: c.provider}
		counter, ok := reprise.As[reprise.TokenCounter](model)
		if !ok {
			t.Fatal("it cannot count tokens")
		}
		n, err := counter.CountTokens(t.Context(), req)
		if err != nil || n != 31 {
			t.Errorf("got %d, %v", n, err)
		}
		if path != "/v1beta/models/m:countTokens" {
			t.Errorf("path %s", path)
		}
		if d := cmp.Diff(value(t, c.body), value(t, body)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.provider, d)
		}
	}
	answer = `{}`
	if _, err := (&Model{Name: "m", Key: "k", BaseURL: base}).CountTokens(t.Context(), req); reprise.KindOf(err) != reprise.KindBadResponse {
		t.Errorf("got %v", err)
	}
	if _, err := New("", "k").CountTokens(t.Context(), req); reprise.KindOf(err) != reprise.KindInvalid {
		t.Errorf("got %v", err)
	}
}

func TestModels(t *testing.T) {
	var paths []string
	base := server(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		paths = append(paths, r.Method+" "+r.URL.String())
		switch {
		case r.Header.Get("X-Goog-Api-Key") != "k":
			w.WriteHeader(401)
		case strings.Contains(r.URL.Path, "publishers"):
			fmt.Fprint(w, `{"publisherModels":[{"name":"publishers/google/models/c"}]}`)
		case r.URL.Query().Get("pageToken") == "":
			fmt.Fprint(w, `{"models":[{"name":"models/a","displayName":"A","inputTokenLimit":5,"outputTokenLimit":6}],"nextPageToken":"t/2"}`)
		default:
			fmt.Fprint(w, `{"models":[{"name":"models/b"}]}`)
		}
	})
	for _, c := range []struct {
		model *Model
		want  []reprise.ModelInfo
		paths []string
	}{
		{&Model{Key: "k", BaseURL: base},
			[]reprise.ModelInfo{{ID: "a", Name: "A", Input: 5, Output: 6, Raw: raw(`{"name":"models/a","displayName":"A","inputTokenLimit":5,"outputTokenLimit":6}`)}, {ID: "b", Raw: raw(`{"name":"models/b"}`)}},
			[]string{"GET /v1beta/models?pageSize=1000", "GET /v1beta/models?pageSize=1000&pageToken=t%2F2"}},
		{&Model{Key: "k", BaseURL: base + "/projects/p/locations/l/publishers/google", Provider: Vertex},
			[]reprise.ModelInfo{{ID: "c", Raw: raw(`{"name":"publishers/google/models/c"}`)}}, nil},
	} {
		paths = nil
		lister, ok := reprise.As[reprise.ModelLister](reprise.Model(c.model))
		if !ok {
			t.Fatal("it cannot list models")
		}
		got, err := lister.Models(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if c.paths != nil {
			if d := cmp.Diff(c.paths, paths); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}
	}
	if _, err := (&Model{Key: "wrong", BaseURL: base}).Models(t.Context()); reprise.KindOf(err) != reprise.KindAuth {
		t.Errorf("got %v", err)
	}
}

func TestFromEnv(t *testing.T) {
	for _, c := range []struct{ google, gemini, want string }{{"", "b", "b"}, {"a", "", "a"}, {"a", "b", "a"}} {
		t.Setenv("GOOGLE_API_KEY", c.google)
		t.Setenv("GEMINI_API_KEY", c.gemini)
		m, err := FromEnv("m")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(&Model{Name: "m", Key: c.want}, m); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	t.Setenv("GOOGLE_API_KEY", "")
	t.Setenv("GEMINI_API_KEY", "")
	if _, err := FromEnv("m"); reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "GEMINI_API_KEY") {
		t.Errorf("got %v", err)
	}
}
