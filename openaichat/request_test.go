package openaichat

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// body is what a model sends for a request, and what it warns of.
func body(t *testing.T, m *Model, req *reprise.Request) (map[string]any, []string) {
	t.Helper()
	b, warnings, err := encode(t.Context(), m, req)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	var texts []string
	for _, w := range warnings {
		if w.Code != reprise.WarnDropped {
			t.Errorf("a warning of code %q", w.Code)
		}
		texts = append(texts, w.Message)
	}
	return got, texts
}

func TestRequest(t *testing.T) {
	user := reprise.Ask("hi")
	call := reprise.ToolCall{ID: "c1", Name: "f", Args: `{ "x": 1 }`}
	for _, c := range []struct {
		name     string
		model    *Model
		req      reprise.Request
		want     string // the members beside model, stream, stream_options and (if not there) messages
		warnings []string
	}{
		{"settings", OpenAI("gpt-5", ""), reprise.Request{
			Messages: user, MaxTokens: 7, Temperature: ptr(0.5), TopP: ptr(0.25), Stop: []string{"a", "b"}, Seed: ptr(int64(3)),
			PresencePenalty: ptr(1.0), FrequencyPenalty: ptr(-1.0), Effort: "low", TopK: ptr(4), ThinkingBudget: ptr(9),
		}, `{"max_completion_tokens":7,"temperature":0.5,"top_p":0.25,"stop":["a","b"],"seed":3,"presence_penalty":1,"frequency_penalty":-1,"reasoning_effort":"low"}`,
			[]string{"top_k: the API has none", "the thinking budget: the API has none; use Effort"}},
		{"max_tokens of an older model", OpenAI("gpt-4o-mini", ""), reprise.Request{Messages: user, MaxTokens: 7}, `{"max_tokens":7}`, nil},
		{"max_tokens of a reasoning model elsewhere", &Model{Name: "openai/gpt-5", Dialect: openrouter}, reprise.Request{Messages: user, MaxTokens: 7}, `{"max_completion_tokens":7,"usage":{"include":true}}`, nil},
		{"top_k where it is known", &Model{Name: "m", Dialect: openrouter}, reprise.Request{Messages: user, TopK: ptr(4)}, `{"top_k":4,"usage":{"include":true}}`, nil},
		{"tools", XAI("m", ""), reprise.Request{Messages: user, SerialTools: true, Tools: []reprise.ToolSpec{
			{Name: "f", Description: "d", Schema: json.RawMessage(`{"type":"object","$defs":{"a":{}},"additionalProperties":false}`), Strict: true}, {Name: "g"},
			{Name: "search", Provider: "xai", Config: json.RawMessage(`{"type":"live_search"}`)}, {Name: "web", Provider: "anthropic"},
		}}, `{"tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"parameters":{"type":"object","$defs":{"a":{}},"additionalProperties":false}}},
			{"type":"function","function":{"name":"g","strict":false,"parameters":{"type":"object","properties":{}}}},{"type":"live_search"}],
			"tool_choice":"auto","parallel_tool_calls":false}`, []string{"tool web: it is anthropic's own"}},
		{"a tool named auto", XAI("m", ""), reprise.Request{Messages: user, Tools: []reprise.ToolSpec{{Name: "auto"}}, Choice: reprise.ToolChoice{Name: "auto"}},
			`{"tools":[{"type":"function","function":{"name":"auto","strict":false,"parameters":{"type":"object","properties":{}}}}],"tool_choice":{"type":"function","function":{"name":"auto"}}}`, nil},
		{"output", XAI("m", ""), reprise.Request{Messages: user, Output: &reprise.Schema{Name: "o", Description: "d", JSON: json.RawMessage(`{"type":"object"}`), Strict: true}},
			`{"response_format":{"type":"json_schema","json_schema":{"name":"o","description":"d","strict":true,"schema":{"type":"object"}}}}`, nil},
		{"extra", XAI("m", ""), reprise.Request{Messages: user, MaxTokens: 3, Extra: map[string]json.RawMessage{
			API: json.RawMessage(`{"user":"<u>","max_tokens":4}`), "xai": json.RawMessage(`{"deferred":true}`), "anthropic": json.RawMessage(`{"x":1}`)}},
			`{"user":"<u>","max_tokens":4,"deferred":true}`, nil},
		{"messages", XAI("m", ""), reprise.Request{
			System: reprise.Parts{reprise.Text{Text: "s"}},
			Messages: []reprise.Message{
				reprise.User("", reprise.Text{Text: "a"}, reprise.Text{Text: "b"}),
				{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Reasoning{Text: "hm"}, reprise.Text{Text: "I"}, reprise.Text{Text: "call"}, call, reprise.ToolCall{ID: "c2", Name: "g"}}},
				{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "c1", Parts: text("1")}, reprise.ToolResult{ID: "c2", IsError: true}}},
				{Role: reprise.RoleSystem, Parts: text("now")},
				{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Text{Text: "no", Refusal: true}}},
			}},
			`{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
			{"role":"assistant","content":[{"type":"text","text":"I"},{"type":"text","text":"call"}],"reasoning_content":"hm","tool_calls":[
				{"id":"c1","type":"function","function":{"name":"f","arguments":"{ \"x\": 1 }"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":""},
			{"role":"system","content":"now"},{"role":"assistant","refusal":"no"}]}`, nil},
		{"media", XAI("m", ""), reprise.Request{Messages: []reprise.Message{reprise.User("see",
			reprise.Media{Type: "image/png", Data: []byte("PNG"), Detail: "low"}, reprise.Media{URL: "https://example.org/a.jpg"},
			reprise.Media{Type: "audio/wav", Data: []byte("W")}, reprise.Media{Type: "audio/mpeg", Data: []byte("M")},
			reprise.Media{Type: "application/pdf", Data: []byte("P"), Name: "a.pdf"}, reprise.Media{ID: "file-1"}, reprise.Media{Type: "text/csv", Data: []byte("a,b")},
		)}}, `{"messages":[{"role":"user","content":[{"type":"text","text":"see"},
			{"type":"image_url","image_url":{"url":"data:image/png;base64,UE5H","detail":"low"}},{"type":"image_url","image_url":{"url":"https://example.org/a.jpg"}},
			{"type":"input_audio","input_audio":{"data":"Vw==","format":"wav"}},{"type":"input_audio","input_audio":{"data":"TQ==","format":"mp3"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,UA=="}},{"type":"file","file":{"file_id":"file-1"}},{"type":"text","text":"a,b"}]}]}`, nil},
		{"media in a result", XAI("m", ""), reprise.Request{Messages: []reprise.Message{
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{call}},
			{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "c1", Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte("PNG")}}}}},
		}}, `{"messages":[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{ \"x\": 1 }"}}]},
			{"role":"tool","tool_call_id":"c1","content":"The result is in the next user message."},
			{"role":"user","content":[{"type":"text","text":"The result of tool call c1:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,UE5H"}}]}]}`, nil},
		{"what cannot go", OpenAI("m", ""), reprise.Request{Messages: []reprise.Message{
			reprise.User("hi", reprise.CachePoint{}),
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{
				reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "anthropic", Data: json.RawMessage(`{}`)}}, reprise.Text{Text: "a"},
				reprise.Opaque{Provider: "anthropic", Kind: "server_tool_use", Data: json.RawMessage(`{}`)}}},
		}}, `{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"a"}]}`, []string{
			"a cache point: the API caches by itself", "a server_tool_use block of anthropic",
			"the signature or hidden part of anthropic's reasoning", "reasoning: openai has no field for it"}},
		{"reasoning details", &Model{Name: "m", Dialect: openrouter}, reprise.Request{Messages: []reprise.Message{
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "openrouter", Data: json.RawMessage(`[{"type":"reasoning.encrypted","data":"x"}]`)}}}}}},
			`{"messages":[{"role":"assistant","content":"","reasoning":"hm","reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]}],"usage":{"include":true}}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, warnings := body(t, c.model, &c.req)
			if d := cmp.Diff(c.warnings, warnings); d != "" {
				t.Errorf("warnings (-want +got):\n%s", d)
			}
			if got["stream"] != true || got["model"] != c.model.Name {
				t.Errorf("got stream %v, model %v", got["stream"], got["model"])
			}
			delete(got, "stream")
			delete(got, "stream_options")
			delete(got, "model")
			var want map[string]any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if want["messages"] == nil {
				delete(got, "messages")
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	user := reprise.Ask("hi")
	for text, req := range map[string]reprise.Request{
		`messages[0]: openai-chat cannot send a file of type "video/mp4"`:    {Messages: reprise.Ask("", reprise.Media{Type: "video/mp4", Data: []byte("v")})},
		"messages[0]: openai-chat takes only images by URL, not audio/wav":   {Messages: reprise.Ask("", reprise.Media{Type: "audio/wav", URL: "https://example.org"})},
		`messages[0]: unknown role "robot"`:                                  {Messages: []reprise.Message{{Role: "robot"}}},
		"messages[0]: a tool message holds results only, not a reprise.Text": {Messages: []reprise.Message{{Role: reprise.RoleTool, Parts: text("x")}}},
		"messages[0]: openai-chat cannot send a reprise.ToolCall here":       {Messages: reprise.Ask("", reprise.ToolCall{})},
		"system: openai-chat cannot send a reprise.Reasoning here":           {System: reprise.Parts{reprise.Reasoning{}}, Messages: user},
		`the schema of tool "f" is not JSON`:                                 {Messages: user, Tools: []reprise.ToolSpec{{Name: "f", Schema: json.RawMessage(`{`)}}},
		"the output schema is not JSON":                                      {Messages: user, Output: &reprise.Schema{}},
		`extra["xai"] is not a JSON object`:                                  {Messages: user, Extra: map[string]json.RawMessage{"xai": json.RawMessage(`[]`)}},
	} {
		_, err := reprise.Generate(t.Context(), XAI("m", "k"), &req)
		if err == nil || !strings.Contains(err.Error(), text) || reprise.KindOf(err) != reprise.KindInvalid {
			t.Errorf("got %v (%s), want %q", err, reprise.KindOf(err), text)
		}
	}
}

func TestIncompleteModels(t *testing.T) {
	req := &reprise.Request{Messages: reprise.Ask("hi")}
	for text, m := range map[string]*Model{
		"xai: no model: set Model.Name":                         XAI("", "k"),
		"openai-chat: no address: set Model.BaseURL":            {Name: "m"},
		"xai: no key: set Model.Key (usually from XAI_API_KEY)": XAI("m", ""),
		"azure: no key: set Model.Key (usually from AZURE_":     Azure("http://127.0.0.1:1/openai/v1", "d", ""),
		`openai-chat: the address "://x/chat/completions"`:      {Name: "m", BaseURL: "://x"},
	} {
		if _, err := reprise.Generate(t.Context(), m, req); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %q", err, text)
		}
	}
}

// FuzzReadRequest checks that what is read can be written, and is then read
// as the same.
func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(`{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,UE5H"}}]},{"role":"assistant","reasoning_content":"hm","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"required","stop":"x","max_tokens":3,"user":"u"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := XAI("m", "").Dialect
		first, err := ReadRequest(data, &d)
		if err != nil {
			return
		}
		written, _, err := encode(t.Context(), &Model{Name: "m", Dialect: d}, first)
		if err != nil {
			return // it held what the API does not take
		}
		if !json.Valid(written) {
			t.Fatalf("written as %s, which is not JSON", written)
		}
		if _, err := ReadRequest(written, &d); err != nil {
			t.Fatalf("%s was written as %s, which is not read: %v", data, written, err)
		}
	})
}
