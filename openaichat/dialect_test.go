package openaichat

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func dialect(t *testing.T, provider string) *Dialect {
	t.Helper()
	d, ok := DialectFor(provider)
	if !ok {
		t.Fatalf("no dialect of %s", provider)
	}
	return &d
}

// thought is a conversation in which the model thought twice: before it
// called a tool, and before it answered.
var thought = []reprise.Message{
	reprise.User("hi"),
	{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Reasoning{Text: "call"}, reprise.ToolCall{ID: "abc-def-ghi", Name: "f", Args: `{}`}}},
	{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "abc-def-ghi", Parts: text("1")}}},
	{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Reasoning{Text: "answer"}, reprise.Text{Text: "one"}}},
	reprise.User("again"),
	{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.ToolCall{ID: "abcDEF123", Name: "f", Args: `{}`}}},
}

func TestReasoningGoesBack(t *testing.T) {
	for provider, want := range map[string][]string{
		"xai":        {`"reasoning_content":"call"`, `"reasoning_content":"answer"`, ``},
		"deepseek":   {`"reasoning_content":"call"`, ``, `"reasoning_content":""`},
		"groq":       {`"reasoning":"call"`, `"reasoning":"answer"`, ``},
		"openrouter": {`"reasoning":"call"`, `"reasoning":"answer"`, ``},
		"mistral":    {`"content":[{"type":"thinking","thinking":[{"type":"text","text":"call"}]}]`, `"content":[{"type":"thinking","thinking":[{"type":"text","text":"answer"}]},{"type":"text","text":"one"}]`, ``},
		"openai":     {``, ``, ``},
	} {
		t.Run(provider, func(t *testing.T) {
			b, _, err := encode(t.Context(), &Model{Name: "m", Dialect: *dialect(t, provider)}, &reprise.Request{Messages: thought})
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Messages []json.RawMessage `json:"messages"`
			}
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			for i, at := range []int{1, 3, 5} {
				m := string(got.Messages[at])
				if want[i] != "" && !strings.Contains(m, want[i]) || want[i] == "" && (strings.Contains(m, "reasoning") || strings.Contains(m, "thinking")) {
					t.Errorf("messages[%d] is %s, want %s in it", at, m, want[i])
				}
			}
		})
	}
}

func TestShortIDs(t *testing.T) {
	b, _, err := encode(t.Context(), &Model{Name: "m", Dialect: mistral}, &reprise.Request{Messages: thought})
	if err != nil {
		t.Fatal(err)
	}
	req, err := ReadRequest(b, &mistral)
	if err != nil {
		t.Fatal(err)
	}
	made := req.Messages[1].Calls()[0].ID
	if len(made) != 9 || strings.Trim(made, letters) != "" || req.Messages[2].Results()[0].ID != made {
		t.Errorf("the call has id %q, and its result %q", made, req.Messages[2].Results()[0].ID)
	}
	if kept := req.Messages[5].Calls()[0].ID; kept != "abcDEF123" {
		t.Errorf("an id of the server's own became %q", kept)
	}
}

func TestDialectFields(t *testing.T) {
	req := reprise.Request{
		Messages: reprise.Ask("hi"), Seed: ptr(int64(1)), Effort: "high", ThinkingBudget: ptr(100),
		Tools: []reprise.ToolSpec{{Name: "f"}}, Choice: reprise.ToolChoice{Mode: reprise.ToolRequired},
	}
	for provider, want := range map[string]string{
		"openai":     `{"seed":1,"reasoning_effort":"high","tool_choice":"required","stream_options":{"include_usage":true}}`,
		"mistral":    `{"random_seed":1,"reasoning_effort":"high","tool_choice":"any"}`,
		"openrouter": `{"seed":1,"reasoning":{"effort":"high","max_tokens":100},"tool_choice":"required","stream_options":{"include_usage":true},"usage":{"include":true}}`,
	} {
		got, _ := body(t, &Model{Name: "m", Dialect: *dialect(t, provider)}, &req)
		for _, name := range []string{"model", "messages", "tools", "stream"} {
			delete(got, name)
		}
		var w map[string]any
		if err := json.Unmarshal([]byte(want), &w); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(w, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", provider, d)
		}
	}
}

func TestCacheControl(t *testing.T) {
	want := []reprise.Message{reprise.User("a", reprise.CachePoint{TTL: "1h"}, reprise.Text{Text: "b"}, reprise.CachePoint{})}
	b, warnings, err := encode(t.Context(), &Model{Name: "m", Dialect: openrouter}, &reprise.Request{Messages: want})
	if err != nil || warnings != nil {
		t.Fatal(err, warnings)
	}
	if s := `[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]`; !strings.Contains(string(b), s) {
		t.Errorf("got %s, want %s in it", b, s)
	}
	req, err := ReadRequest(b, &openrouter)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, req.Messages); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
}

// TestOutputByTool asks for structured output where only a tool can give it.
func TestOutputByTool(t *testing.T) {
	req := &reprise.Request{Messages: reprise.Ask("hi"), Output: &reprise.Schema{Name: "city", JSON: json.RawMessage(`{"type":"object"}`)}}
	got, _ := body(t, &Model{Name: "m", Dialect: deepseek}, req)
	if got["response_format"] != nil || cmp.Diff(map[string]any{"type": "function", "function": map[string]any{"name": "city"}}, got["tool_choice"]) != "" {
		t.Errorf("got response_format %v, tool_choice %v", got["response_format"], got["tool_choice"])
	}
	withTool := *req
	withTool.Tools = []reprise.ToolSpec{{Name: "f"}}
	got, _ = body(t, &Model{Name: "m", Dialect: deepseek}, &withTool)
	if got["tool_choice"] != "required" || len(got["tools"].([]any)) != 2 {
		t.Errorf("beside a tool: got tool_choice %v, tools %v", got["tool_choice"], got["tools"])
	}

	got, _ = body(t, &Model{Name: "m", Dialect: ollama}, req)
	if got["response_format"] == nil || got["tools"] != nil {
		t.Errorf("alone: got response_format %v, tools %v", got["response_format"], got["tools"])
	}
	got, _ = body(t, &Model{Name: "m", Dialect: ollama}, &withTool)
	if got["response_format"] != nil || len(got["tools"].([]any)) != 2 {
		t.Errorf("not alone: got response_format %v, tools %v", got["response_format"], got["tools"])
	}

	stream := sseOf(delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"city","arguments":""}}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":"{\"name\":"}}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":"\"Rome\"}"}}]`), finishCalls, someUsage)
	resp, err := reprise.Collect(ReadResponse(strings.NewReader(stream), &deepseek, req))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(text(`{"name":"Rome"}`), resp.Message.Parts); d != "" || resp.Reason != reprise.ReasonStop {
		t.Errorf("ended by %s (-want +got):\n%s", resp.Reason, d)
	}
	deltas(t, stream, calls(reprise.ToolCall{ID: "a", Name: "city", Args: `{"name":"Rome"}`})) // for others it is a call
}

func TestDialectAnswers(t *testing.T) {
	for _, c := range []struct {
		name, provider, stream string
		want                   *reprise.Response
	}{
		{"usage of a stream at Groq", "groq", sseOf(delta(`"content":"a"`), `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}}`),
			&reprise.Response{Message: reprise.Message{Parts: text("a")}, Usage: reprise.Usage{Input: 3, Output: 1}}},
		{"usage inside a choice, cached tokens outside their details", "moonshot", sseOf(delta(`"content":"a"`), `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"cached_tokens":2}}]}`),
			&reprise.Response{Message: reprise.Message{Parts: text("a")}, Usage: reprise.Usage{Input: 3, Output: 1, CacheRead: 2}}},
		{"cache hits at DeepSeek", "deepseek", sseOf(delta(`"content":"a"`), finishStop, `{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"prompt_cache_hit_tokens":2,"prompt_cache_miss_tokens":1}}`),
			&reprise.Response{Message: reprise.Message{Parts: text("a")}, Usage: reprise.Usage{Input: 3, Output: 1, CacheRead: 2}}},
		{"sources and cost at Perplexity", "perplexity", sseOf(`{"citations":["https://a.example","https://b.example"],"choices":[{"index":0,"delta":{"content":"a[1]"}}]}`, `{"citations":["https://a.example","https://b.example"],"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"cost":{"input_tokens_cost":0.1,"total_cost":0.005}}}`),
			&reprise.Response{Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "a[1]", Citations: []reprise.Citation{{URL: "https://a.example"}, {URL: "https://b.example"}}}}}, Usage: reprise.Usage{Input: 3, Output: 1}, Cost: ptr(reprise.USD(5_000_000_000))}},
		{"citations, counted in characters", "openai", sseOf(delta(`"content":"é is a letter"`), delta(`"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":1}}]`), finishStop, someUsage),
			&reprise.Response{Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "é is a letter", Citations: []reprise.Citation{{URL: "https://a.example", Title: "A", Start: 0, End: 2,
				Raw: json.RawMessage(`{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":1}}`)}}}}}, Usage: reprise.Usage{Input: 10, Output: 4}}},
		{"sound", "openai", sseOf(delta(`"audio":{"id":"au1","transcript":"he"}`), delta(`"audio":{"id":"au1","data":"UA=="}`), delta(`"audio":{"data":"Q00=","transcript":"y"}`), finishStop, someUsage),
			&reprise.Response{Message: reprise.Message{Parts: reprise.Parts{reprise.Media{Type: "audio", ID: "au1", Data: []byte("PCM")}, reprise.Text{Text: "hey"}}}, Usage: reprise.Usage{Input: 10, Output: 4}}},
		{"probabilities and service tier", "openai", sseOf(`{"service_tier":"flex","choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a"}]}}]}`, `{"choices":[{"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b"}]},"finish_reason":"stop"}]}`, someUsage),
			&reprise.Response{Message: reprise.Message{Parts: text("ab")}, Usage: reprise.Usage{Input: 10, Output: 4}, Extra: map[string]json.RawMessage{"logprobs": json.RawMessage(`[{"token":"a"},{"token":"b"}]`), "service_tier": json.RawMessage(`"flex"`)}}},
		{"pieces of reasoning details", "openrouter", sseOf(delta(`"reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","index":0,"format":"f"}]`), delta(`"reasoning":"m","reasoning_details":[{"type":"reasoning.text","text":"m","index":0}]`), delta(`"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0}]`), delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"x","index":1}]`), delta(`"content":"a"`), finishStop, someUsage),
			&reprise.Response{Message: reprise.Message{Parts: reprise.Parts{reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "openrouter",
				Data: json.RawMessage(`[{"format":"f","index":0,"signature":"s","text":"hm","type":"reasoning.text"},{"data":"x","index":1,"type":"reasoning.encrypted"}]`)}}, reprise.Text{Text: "a"}}}, Usage: reprise.Usage{Input: 10, Output: 4}}},
		{"reasoning details whose first index is 1", "openrouter", sseOf(delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"x","index":1}]`), delta(`"content":"a"`), finishStop, someUsage),
			&reprise.Response{Message: reprise.Message{Parts: reprise.Parts{reprise.Reasoning{Echo: &reprise.Echo{Provider: "openrouter", Data: json.RawMessage(`[{"type":"reasoning.encrypted","data":"x","index":1}]`)}}, reprise.Text{Text: "a"}}}, Usage: reprise.Usage{Input: 10, Output: 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := reprise.Collect(ReadResponse(strings.NewReader(c.stream), dialect(t, c.provider), nil))
			if err != nil {
				t.Fatal(err)
			}
			want := *c.want
			want.Provider, want.Reason, want.Message.Role = c.provider, reprise.ReasonStop, reprise.RoleAssistant
			want.ID, want.Model = got.ID, got.Model
			if d := cmp.Diff(&want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestDialectOf(t *testing.T) {
	for host, want := range map[string]string{
		"api.x.ai": "xai", "api.openai.com": "openai", "my-resource.openai.azure.com": "azure", "openrouter.ai": "openrouter",
		"ai-gateway.vercel.sh": "vercel", "api.z.ai": "zai", "localhost:11434": "localhost:11434", "api.x.ai.evil.example": "api.x.ai.evil.example",
		"n.cognitiveservices.azure.com": "azure", "n.services.ai.azure.com": "azure", "api.moonshot.cn": "moonshot", "eu.api.openai.com": "openai",
	} {
		if d := DialectOf(host); d.Provider != want {
			t.Errorf("%s: got %s, want %s", host, d.Provider, want)
		}
	}
}

// TestDialects checks that each is complete.
func TestDialects(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Dialects() {
		if d.Provider == "" || seen[d.Provider] {
			t.Errorf("provider %q is empty or there twice", d.Provider)
		}
		seen[d.Provider] = true
		if d.BaseURL == "" && d.BaseURLVar == "" || (d.KeyVar == "") != d.Local || len(d.Body) > 0 && !json.Valid(d.Body) {
			t.Errorf("%s: address %q, key variable %q, body %s", d.Provider, d.BaseURL, d.KeyVar, d.Body)
		}
	}
}

func TestModels(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != "GET" || r.Header.Get("Authorization") != "Bearer k":
			w.WriteHeader(401)
		case r.URL.Path == "/v1/models":
			w.Write([]byte(`{"data":[{"id":"a","name":"A","context_length":100,"top_provider":{"max_completion_tokens":10}},{"id":"b","max_model_len":7}]}`))
		case r.URL.Path == "/bare/models":
			w.Write([]byte(`[{"id":"c","display_name":"C"}]`))
		default:
			w.Write([]byte("<html></html>"))
		}
	}))
	defer server.Close()
	for path, want := range map[string][]reprise.ModelInfo{
		"/v1":   {{ID: "a", Name: "A", Input: 100, Output: 10, Raw: json.RawMessage(`{"id":"a","name":"A","context_length":100,"top_provider":{"max_completion_tokens":10}}`)}, {ID: "b", Input: 7, Raw: json.RawMessage(`{"id":"b","max_model_len":7}`)}},
		"/bare": {{ID: "c", Name: "C", Raw: json.RawMessage(`{"id":"c","display_name":"C"}`)}},
	} {
		lister, ok := reprise.As[reprise.ModelLister](&Model{Key: "k", BaseURL: server.URL + path})
		if !ok {
			t.Fatal("a Model is no ModelLister")
		}
		got, err := lister.Models(t.Context())
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", path, err, d)
		}
	}
	if _, err := (&Model{Key: "k", BaseURL: server.URL + "/page"}).Models(t.Context()); reprise.KindOf(err) != reprise.KindBadResponse {
		t.Errorf("got %v, want a bad response", err)
	}
	if _, err := (&Model{Key: "wrong", BaseURL: server.URL + "/v1"}).Models(t.Context()); reprise.KindOf(err) != reprise.KindAuth {
		t.Errorf("got %v, want an auth error", err)
	}
}

func TestFromEnv(t *testing.T) {
	t.Setenv("GROQ_API_KEY", "k")
	t.Setenv("GROQ_BASE_URL", "")
	m, err := FromEnv("groq", "m")
	if err != nil || m.Key != "k" || m.Dialect.Provider != "groq" {
		t.Errorf("got %+v, %v", m, err)
	}
	t.Setenv("GROQ_API_KEY", "")
	if _, err := FromEnv("groq", "m"); err == nil || !strings.Contains(err.Error(), "GROQ_API_KEY is not set") {
		t.Errorf("got %v, want an error that names the variable", err)
	}
}
