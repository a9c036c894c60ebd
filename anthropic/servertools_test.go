package anthropic

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func TestServerTools(t *testing.T) {
	for _, c := range []struct {
		spec        reprise.ToolSpec
		name, entry string
		betas       []string
	}{
		{WebSearch(WebSearchConfig{}), "web_search", `{"type":"web_search_20250305","name":"web_search"}`, nil},
		{WebSearch(WebSearchConfig{Version: "20260209", MaxUses: 3, AllowedDomains: []string{"a.b"}, BlockedDomains: []string{"c.d"}, Location: &Location{City: "Bern", Country: "CH"}}), "web_search",
			`{"type":"web_search_20260209","name":"web_search","max_uses":3,"allowed_domains":["a.b"],"blocked_domains":["c.d"],"user_location":{"type":"approximate","city":"Bern","country":"CH"}}`, nil},
		{WebFetch(WebFetchConfig{MaxUses: 1, AllowedDomains: []string{"a"}, BlockedDomains: []string{"b"}, Citations: true, MaxContentTokens: 9}), "web_fetch",
			`{"type":"web_fetch_20250910","name":"web_fetch","max_uses":1,"allowed_domains":["a"],"blocked_domains":["b"],"citations":{"enabled":true},"max_content_tokens":9}`, nil},
		{CodeExecution(""), "code_execution", `{"type":"code_execution_20250825","name":"code_execution"}`, nil},
		{CodeExecution("20250522"), "code_execution", `{"type":"code_execution_20250522","name":"code_execution"}`, []string{"code-execution-2025-05-22"}},
		{ToolSearchRegex(""), "tool_search_tool_regex", `{"type":"tool_search_tool_regex_20251119","name":"tool_search_tool_regex"}`, nil},
		{ToolSearchBM25(""), "tool_search_tool_bm25", `{"type":"tool_search_tool_bm25_20251119","name":"tool_search_tool_bm25"}`, nil},
		{Computer(ComputerConfig{Width: 1920, Height: 1080}), "computer",
			`{"type":"computer_20250124","name":"computer","display_width_px":1920,"display_height_px":1080}`, []string{"computer-use-2025-01-24"}},
		{Computer(ComputerConfig{Version: "20251124", Width: 1, Height: 2, Display: 1, Zoom: true}), "computer",
			`{"type":"computer_20251124","name":"computer","display_width_px":1,"display_height_px":2,"display_number":1,"enable_zoom":true}`, []string{"computer-use-2025-11-24"}},
		{Bash(""), "bash", `{"type":"bash_20250124","name":"bash"}`, nil},
		{TextEditor("", 100), "str_replace_based_edit_tool", `{"type":"text_editor_20250728","name":"str_replace_based_edit_tool","max_characters":100}`, nil},
		{TextEditor("20250124", 0), "str_replace_editor", `{"type":"text_editor_20250124","name":"str_replace_editor"}`, nil},
		{Memory(""), "memory", `{"type":"memory_20250818","name":"memory"}`, nil},
		{Custom(reprise.ToolSpec{Name: "f", Strict: true}, json.RawMessage(`{"defer_loading":true,"allowed_callers":["direct"]}`)), "f",
			`{"name":"f","strict":true,"input_schema":{"type":"object","properties":{}},"allowed_callers":["direct"],"defer_loading":true}`, nil},
	} {
		if c.spec.Name != c.name || c.spec.Provider != API {
			t.Errorf("%s is %s of %s", c.name, c.spec.Name, c.spec.Provider)
		}
		req := &reprise.Request{Messages: reprise.Ask("hi"), Tools: []reprise.ToolSpec{c.spec}}
		body, warnings := encoded(t, &Model{Name: sonnet, NoCache: true}, req)
		var want object
		if err := json.Unmarshal([]byte(c.entry), &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]any{want}, body["tools"]); d != "" || warnings != nil {
			t.Errorf("%s: warnings %v (-want +got):\n%s", c.name, warnings, d)
		}
		e := newEncoder(&Model{Betas: []string{"mine"}}, sonnet)
		if _, err := e.encode(OpMessages, req); err != nil {
			t.Fatal(err)
		}
		if got := e.allBetas(); !slices.Equal(got, append([]string{"mine"}, c.betas...)) {
			t.Errorf("%s asks for %v", c.name, got)
		}
	}
}

func TestMistakesInToolsPanic(t *testing.T) {
	for name, make := range map[string]func(){
		"a version that is no date": func() { Bash("latest") },
		"fields that are no object": func() { Custom(reprise.ToolSpec{Name: "f"}, json.RawMessage(`1`)) },
		"a schema that is no JSON":  func() { Custom(reprise.ToolSpec{Name: "f", Schema: json.RawMessage(`{`)}, json.RawMessage(`{}`)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			make()
		}()
	}
}
