package anthropic

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// reads are bodies, and what they are read as. Each is sent again as it was.
var reads = []struct {
	name, body string
	want       reprise.Request
	exact      bool // it is sent again as it is, without what is always said
}{
	{
		name: "strings for contents, and stream",
		body: `{"model":"claude-sonnet-4-5","max_tokens":7,"stream":true,"system":"S","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"{"}]}`,
		want: reprise.Request{Model: sonnet, MaxTokens: 7, System: said("S"), Messages: []reprise.Message{reprise.User("hi"), {Role: reprise.RoleAssistant, Parts: said("{"), Paused: true}}},
	},
	{
		name: "all settings",
		body: `{"model":"claude-opus-4-6","max_tokens":7000,"stop_sequences":["a"],"temperature":1,"top_p":0.95,"thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}},"tools":[{"name":"f","description":"D","input_schema":{"type":"object"},"strict":true}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"metadata":{"user_id":"u"},"service_tier":"auto","messages":[]}`,
		want: reprise.Request{Model: "claude-opus-4-6", MaxTokens: 7000, Stop: []string{"a"}, Temperature: ptr(1.0), TopP: ptr(0.95), ThinkingBudget: ptr(2000), Effort: "low",
			Output: &reprise.Schema{Strict: true, JSON: json.RawMessage(`{"type":"object"}`)}, SerialTools: true,
			Tools: []reprise.ToolSpec{{Name: "f", Description: "D", Strict: true, Schema: json.RawMessage(`{"type":"object"}`)}},
			Extra: map[string]json.RawMessage{API: json.RawMessage(`{"metadata":{"user_id":"u"},"service_tier":"auto"}`)}},
		exact: true,
	},
	{
		name: "settings that Model would send otherwise",
		body: `{"model":"claude-opus-4-8","max_tokens":0,"temperature":0.5,"thinking":{"type":"adaptive"},"output_config":{"effort":"high","task_budget":{"total":1}},"messages":[]}`,
		want: reprise.Request{Model: "claude-opus-4-8", Temperature: ptr(0.5), Effort: "high",
			Extra: map[string]json.RawMessage{API: json.RawMessage(`{"max_tokens":0,"output_config":{"effort":"high","task_budget":{"total":1}},"temperature":0.5,"thinking":{"type":"adaptive"}}`)}},
		exact: true,
	},
	{
		name:  "adaptive and disabled thinking",
		body:  `{"model":"claude-sonnet-4-6","max_tokens":1,"thinking":{"type":"adaptive"},"messages":[]}`,
		want:  reprise.Request{Model: "claude-sonnet-4-6", MaxTokens: 1, ThinkingBudget: ptr(-1)},
		exact: true,
	},
	{
		name:  "disabled thinking",
		body:  `{"model":"claude-sonnet-4-6","max_tokens":1,"thinking":{"type":"disabled"},"messages":[]}`,
		want:  reprise.Request{Model: "claude-sonnet-4-6", MaxTokens: 1, ThinkingBudget: ptr(0)},
		exact: true,
	},
	{
		name: "cache points on tools, system, results and texts",
		body: `{"model":"claude-sonnet-4-5","max_tokens":1,"tools":[{"name":"f","input_schema":{}},{"name":"g","input_schema":{},"cache_control":{"type":"ephemeral","ttl":"1h"}}],"tool_choice":{"type":"none"},
			"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"B"}],
			"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral","ttl":"5m"}}]},
				{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x":1}}]},
				{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1","cache_control":{"type":"ephemeral"}},{"type":"text","text":"and?"}]}]}`,
		want: reprise.Request{Model: sonnet, MaxTokens: 1, Choice: reprise.ToolChoice{Mode: reprise.ToolNone},
			Tools:  []reprise.ToolSpec{{Name: "f", Schema: json.RawMessage(`{}`)}, {Name: "g", Schema: json.RawMessage(`{}`)}},
			System: reprise.Parts{reprise.CachePoint{TTL: "1h"}, reprise.Text{Text: "A"}, reprise.CachePoint{}, reprise.Text{Text: "B"}},
			Messages: []reprise.Message{reprise.User("hi", reprise.CachePoint{TTL: "5m"}),
				{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}}},
				{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "a", Name: "f", Parts: said("1")}, reprise.CachePoint{}}},
				reprise.User("and?")}},
	},
	{
		name: "everything that a message can hold",
		body: `{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[{"role":"user","content":[
				{"type":"image","source":{"type":"base64","media_type":"image/png","data":"eA=="}},{"type":"image","source":{"type":"url","url":"https://a/b"}},{"type":"image","source":{"type":"file","file_id":"f"}},
				{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"eA=="},"title":"T","context":"C","citations":{"enabled":true}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}},
				{"type":"document","source":{"type":"url","url":"https://a/b"}},{"type":"document","source":{"type":"file","file_id":"f"}},{"type":"document","source":{"type":"content","content":[]}},{"type":"search_result","source":"s","title":"t","content":[]}]},
			{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"x","citations":[{"type":"char_location","cited_text":"q"}]},
				{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"tool_use","id":"a","name":"f","input":{},"caller":{"type":"x"}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"text","text":"no"},{"type":"image","source":{"type":"url","url":"https://a/b"}}]}]},
			{"role":"user","content":[{"type":"text","text":"and?"}]}]}`,
		want: reprise.Request{Model: sonnet, MaxTokens: 1, Messages: []reprise.Message{
			{Role: reprise.RoleUser, Parts: reprise.Parts{
				reprise.Media{Type: "image/png", Data: []byte("x")}, reprise.Media{Type: "image/*", URL: "https://a/b"}, reprise.Media{Type: "image/*", ID: "f"},
				reprise.Media{Type: "application/pdf", Data: []byte("x"), Name: "T", Echo: echo(`{"context":"C","citations":{"enabled":true}}`)}, reprise.Media{Type: "text/plain", Data: []byte("x")},
				reprise.Media{Type: "application/pdf", URL: "https://a/b"}, reprise.Media{ID: "f"}, opaque("document", `{"type":"document","source":{"type":"content","content":[]}}`), opaque("search_result", `{"type":"search_result","source":"s","title":"t","content":[]}`)}},
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{
				reprise.Reasoning{Text: "hm", Echo: echo(`{"type":"thinking","signature":"s"}`)}, reprise.Reasoning{Echo: echo(`{"type":"redacted_thinking","data":"d"}`)},
				reprise.Text{Text: "x", Citations: []reprise.Citation{{Quote: "q", Raw: json.RawMessage(`{"type":"char_location","cited_text":"q"}`)}}},
				opaque("server_tool_use", `{"type":"server_tool_use","id":"s","name":"web_search","input":{}}`), reprise.ToolCall{ID: "a", Name: "f", Args: "{}", Echo: echo(`{"caller":{"type":"x"}}`)}}},
			{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "a", Name: "f", IsError: true, Parts: reprise.Parts{reprise.Text{Text: "no"}, reprise.Media{Type: "image/*", URL: "https://a/b"}}}}},
			reprise.User("and?"),
		}},
	},
	{
		name: "tools with more than a ToolSpec holds",
		body: `{"model":"claude-sonnet-4-5","max_tokens":1,"tools":[{"type":"web_search_20250305","name":"web_search"},{"name":"f","input_schema":{},"defer_loading":true},{"type":"custom","name":"g","input_schema":{}},{"type":"mcp_toolset","mcp_server_name":"m"}],"tool_choice":{"type":"auto","disable_parallel_tool_use":false},"messages":[]}`,
		want: reprise.Request{Model: sonnet, MaxTokens: 1, Tools: []reprise.ToolSpec{
			{Name: "web_search", Provider: API, Config: json.RawMessage(`{"type":"web_search_20250305","name":"web_search"}`)},
			{Name: "f", Schema: json.RawMessage(`{}`), Provider: API, Config: json.RawMessage(`{"name":"f","input_schema":{},"defer_loading":true}`)},
			{Name: "g", Schema: json.RawMessage(`{}`)},
			{Name: "mcp_toolset", Provider: API, Config: json.RawMessage(`{"type":"mcp_toolset","mcp_server_name":"m"}`)}}},
	},
	{
		name: "members that say nothing",
		body: `{"model":"claude-sonnet-4-5","max_tokens":1,"tools":[{"type":null,"name":"f","description":null,"input_schema":{},"strict":null,"cache_control":null}],"messages":[
			{"role":"assistant","content":[{"type":"text","text":"a","citations":null,"cache_control":null},{"type":"tool_use","id":"a","name":"f","input":{},"caller": {"type": "direct"}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":null,"is_error":null}]}]}`,
		want: reprise.Request{Model: sonnet, MaxTokens: 1, Tools: []reprise.ToolSpec{{Name: "f", Schema: json.RawMessage(`{}`)}}, Messages: []reprise.Message{
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Text{Text: "a"}, reprise.ToolCall{ID: "a", Name: "f", Args: "{}"}}},
			{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "a", Name: "f"}}}}},
	},
	{
		name: "cache points that say more",
		body: `{"model":"claude-sonnet-4-5","max_tokens":1,"tools":[{"name":"f","input_schema":{},"cache_control":{"type":"ephemeral","scope":"global"}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":false},
			"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral","ttl":"1h","scope":"global"}}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`,
		want: reprise.Request{Model: sonnet, MaxTokens: 1, System: reprise.Parts{reprise.Text{Text: "S", Echo: echo(`{"cache_control":{"type":"ephemeral","ttl":"1h","scope":"global"}}`)}},
			Tools:    []reprise.ToolSpec{{Name: "f", Schema: json.RawMessage(`{}`), Provider: API, Config: json.RawMessage(`{"name":"f","input_schema":{},"cache_control":{"type":"ephemeral","scope":"global"}}`)}},
			Messages: []reprise.Message{reprise.User("hi")}},
		exact: true,
	},
	{
		name: "for Bedrock",
		body: `{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["b"],"max_tokens":1,"messages":[]}`,
		want: reprise.Request{MaxTokens: 1, Extra: map[string]json.RawMessage{API: json.RawMessage(`{"anthropic_beta":["b"]}`)}},
	},
	{
		name: "a system message in its place",
		body: `{"model":"claude-opus-4-8","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"system","content":[{"type":"text","text":"S"}]}]}`,
		want: reprise.Request{Model: "claude-opus-4-8", MaxTokens: 1, Messages: []reprise.Message{reprise.User("hi"), {Role: reprise.RoleSystem, Parts: said("S")}}}, exact: true,
	},
}

func TestReadRequest(t *testing.T) {
	for _, c := range reads {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadRequest([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			sent, warnings := encoded(t, &Model{Name: "claude", NoCache: true}, got)
			if !c.exact && warnings != nil {
				t.Errorf("warnings %v", warnings)
			}
			var recorded object
			if err := json.Unmarshal([]byte(c.body), &recorded); err != nil {
				t.Fatal(err)
			}
			if c.exact {
				delete(sent, "stream")
				if _, ok := recorded["tool_choice"]; !ok {
					delete(sent, "tool_choice")
				}
				if d := cmp.Diff(recorded, sent); d != "" {
					t.Errorf("sent again (-recorded +sent):\n%s", d)
				}
			}
			back, err := json.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			again, err := ReadRequest(back)
			if err != nil {
				t.Fatal(err)
			}
			resent, _ := encoded(t, &Model{Name: "claude", NoCache: true}, again)
			delete(sent, "stream")
			delete(resent, "stream")
			if d := cmp.Diff(sent, resent); d != "" {
				t.Errorf("the second time (-first +second):\n%s", d)
			}
		})
	}
}

func TestReadRequestErrors(t *testing.T) {
	for _, body := range []string{``, `[]`, `null`, `{"model":1}`, `{"messages":[{"role":"narrator"}]}`, `{"messages":[{"role":"user","content":1}]}`, `{"messages":[{"role":"user","content":["x"]}]}`, `{"system":1}`, `{"tools":1}`} {
		if got, err := ReadRequest([]byte(body)); err == nil {
			t.Errorf("%s: read as %+v", body, got)
		}
	}
}
