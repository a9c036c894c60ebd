package anthropic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func ptr[T any](v T) *T { return &v }

func said(text string) reprise.Parts { return reprise.Parts{reprise.Text{Text: text}} }

func echo(data string) *reprise.Echo {
	return &reprise.Echo{Provider: API, Data: json.RawMessage(data)}
}

func foreign(data string) *reprise.Echo {
	return &reprise.Echo{Provider: "openai", Data: json.RawMessage(data)}
}

func opaque(kind, data string) reprise.Opaque {
	return reprise.Opaque{Provider: API, Kind: kind, Data: json.RawMessage(data)}
}

// sonnet is a model for which nothing is special.
const sonnet = "claude-sonnet-4-5"

var weather = reprise.ToolSpec{Name: "weather", Description: "Get it", Schema: json.RawMessage(`{"type":"object","properties":{"at":{"$ref":"#/$defs/place"}},"required":["at"],"additionalProperties":false,"$defs":{"place":{"type":"string"}}}`)}

const weatherJSON = `{"name":"weather","description":"Get it","input_schema":{"type":"object","properties":{"at":{"$ref":"#/$defs/place"}},"required":["at"],"additionalProperties":false,"$defs":{"place":{"type":"string"}}}}`

const auto = `{"type":"auto","disable_parallel_tool_use":false}`

// requests are golden: fields is what a request adds to, or changes of, the
// body of a request that only says hi.
var requests = []struct {
	name     string
	model    string // empty: sonnet
	req      reprise.Request
	fields   string
	warnings []string // parts of their texts
}{
	{name: "nothing but a text"},
	{
		name:   "several system blocks, and white space where the API takes none",
		req:    reprise.Request{System: reprise.Parts{reprise.Text{Text: "A"}, reprise.Text{Text: ""}, reprise.Text{Text: "B"}}},
		fields: `{"system":[{"type":"text","text":"A"},{"type":"text","text":"B"}]}`,
	},
	{
		name:   "settings",
		req:    reprise.Request{MaxTokens: 5, Temperature: ptr(0.25), TopP: ptr(0.5), TopK: ptr(3), Stop: []string{"a", "b"}},
		fields: `{"max_tokens":5,"temperature":0.25,"top_p":0.5,"top_k":3,"stop_sequences":["a","b"]}`,
	},
	{
		name:     "settings that the API has not",
		req:      reprise.Request{PresencePenalty: ptr(1.0), FrequencyPenalty: ptr(1.0), Seed: ptr(int64(1))},
		warnings: []string{"presence_penalty", "frequency_penalty", "seed"},
	},
	{
		name:   "tools, passed whole, and one without arguments",
		req:    reprise.Request{Tools: []reprise.ToolSpec{weather, {Name: "now"}}},
		fields: `{"tools":[` + weatherJSON + `,{"name":"now","input_schema":{"type":"object","properties":{}}}],"tool_choice":` + auto + `}`,
	},
	{
		name:   "a strict tool",
		req:    reprise.Request{Tools: []reprise.ToolSpec{{Name: "f", Strict: true}}},
		fields: `{"tools":[{"name":"f","strict":true,"input_schema":{"type":"object","properties":{}}}],"tool_choice":` + auto + `}`,
	},
	{
		name:     "a strict tool for a model that has none",
		model:    "claude-sonnet-4-20250514",
		req:      reprise.Request{Tools: []reprise.ToolSpec{{Name: "f", Strict: true}}},
		fields:   `{"model":"claude-sonnet-4-20250514","tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":` + auto + `}`,
		warnings: []string{"strict for tool f"},
	},
	{
		name:   "a tool choice: required, one at a time",
		req:    reprise.Request{Tools: []reprise.ToolSpec{weather}, Choice: reprise.ToolChoice{Mode: reprise.ToolRequired}, SerialTools: true},
		fields: `{"tools":[` + weatherJSON + `],"tool_choice":{"type":"any","disable_parallel_tool_use":true}}`,
	},
	{
		name:   "a tool choice: none",
		req:    reprise.Request{Tools: []reprise.ToolSpec{weather}, Choice: reprise.ToolChoice{Mode: reprise.ToolNone}},
		fields: `{"tools":[` + weatherJSON + `],"tool_choice":{"type":"none"}}`,
	},
	{
		name:   "a tool choice: by name, although the name is a mode's",
		req:    reprise.Request{Tools: []reprise.ToolSpec{{Name: "auto"}}, Choice: reprise.ToolChoice{Name: "auto"}},
		fields: `{"tools":[{"name":"auto","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"tool","name":"auto","disable_parallel_tool_use":false}}`,
	},
	{
		name:     "tools of other providers",
		req:      reprise.Request{Tools: []reprise.ToolSpec{{Name: "x", Provider: "openai", Config: json.RawMessage(`{}`)}}},
		warnings: []string{"tool x: it is openai's own"},
	},
	{
		name:   "a thinking budget, above which the default limit is raised",
		req:    reprise.Request{ThinkingBudget: ptr(10_000)},
		fields: `{"thinking":{"type":"enabled","budget_tokens":10000},"max_tokens":42000}`,
	},
	{
		name:     "a thinking budget above the limit that was set",
		req:      reprise.Request{ThinkingBudget: ptr(10_000), MaxTokens: 4096},
		fields:   `{"thinking":{"type":"enabled","budget_tokens":10000},"max_tokens":14096}`,
		warnings: []string{"raised to 14096"},
	},
	{
		name:   "a thinking budget below the limit",
		req:    reprise.Request{ThinkingBudget: ptr(4000), MaxTokens: 4096},
		fields: `{"thinking":{"type":"enabled","budget_tokens":4000},"max_tokens":4096}`,
	},
	{
		name:   "a thinking budget that with the default is more than the model takes",
		req:    reprise.Request{ThinkingBudget: ptr(60_000)},
		fields: `{"thinking":{"type":"enabled","budget_tokens":60000},"max_tokens":64000}`,
	},
	{
		name:   "no thinking",
		req:    reprise.Request{ThinkingBudget: ptr(0)},
		fields: `{"thinking":{"type":"disabled"}}`,
	},
	{
		name:     "thinking as the model likes, of one that does not choose",
		req:      reprise.Request{ThinkingBudget: ptr(-1)},
		warnings: []string{"thinking budget -1"},
	},
	{
		name:     "a thinking budget for a model that chooses its own",
		model:    "claude-opus-4-7",
		req:      reprise.Request{ThinkingBudget: ptr(10_000)},
		fields:   `{"model":"claude-opus-4-7","thinking":{"type":"adaptive","display":"summarized"}}`,
		warnings: []string{"claude-opus-4-7 chooses its own"},
	},
	{
		name:     "no thinking, of a model that always thinks",
		model:    "claude-fable-5-1",
		req:      reprise.Request{ThinkingBudget: ptr(0)},
		fields:   `{"model":"claude-fable-5-1"}`,
		warnings: []string{"always thinks"},
	},
	{
		name:     "a thinking budget for a model that does not think",
		model:    "claude-3-haiku-20240307",
		req:      reprise.Request{ThinkingBudget: ptr(2000)},
		fields:   `{"model":"claude-3-haiku-20240307","max_tokens":4096}`,
		warnings: []string{"does not think"},
	},
	{
		name:   "effort",
		model:  "claude-sonnet-4-6",
		req:    reprise.Request{Effort: "medium"},
		fields: `{"model":"claude-sonnet-4-6","thinking":{"type":"adaptive"},"output_config":{"effort":"medium"}}`,
	},
	{
		name:   "effort beside a budget",
		model:  "claude-opus-4-6",
		req:    reprise.Request{Effort: "max", ThinkingBudget: ptr(2000)},
		fields: `{"model":"claude-opus-4-6","thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"max"},"max_tokens":66000}`,
	},
	{
		name:   "effort without adaptive thinking",
		model:  "claude-opus-4-5",
		req:    reprise.Request{Effort: "low"},
		fields: `{"model":"claude-opus-4-5","output_config":{"effort":"low"}}`,
	},
	{
		name:     "effort that the model has not",
		req:      reprise.Request{Effort: "low"},
		warnings: []string{"effort: claude-sonnet-4-5 has none"},
	},
	{
		name:     "sampling together with thinking",
		req:      reprise.Request{ThinkingBudget: ptr(2000), Temperature: ptr(0.5), TopP: ptr(0.5), TopK: ptr(3)},
		fields:   `{"thinking":{"type":"enabled","budget_tokens":2000},"max_tokens":34000}`,
		warnings: []string{"temperature", "top_p", "top_k"},
	},
	{
		name:   "sampling that goes together with thinking",
		req:    reprise.Request{ThinkingBudget: ptr(2000), Temperature: ptr(1.0), TopP: ptr(0.95)},
		fields: `{"thinking":{"type":"enabled","budget_tokens":2000},"max_tokens":34000,"temperature":1,"top_p":0.95}`,
	},
	{
		name:     "sampling that the model has not",
		model:    "claude-opus-4-8",
		req:      reprise.Request{Temperature: ptr(0.5), TopP: ptr(0.99), TopK: ptr(3)},
		fields:   `{"model":"claude-opus-4-8"}`,
		warnings: []string{"temperature: claude-opus-4-8 has none", "top_p", "top_k"},
	},
	{
		name:     "thinking together with a forced tool",
		req:      reprise.Request{ThinkingBudget: ptr(2000), Tools: []reprise.ToolSpec{weather}, Choice: reprise.ToolChoice{Name: "weather"}},
		fields:   `{"tools":[` + weatherJSON + `],"tool_choice":{"type":"tool","name":"weather","disable_parallel_tool_use":false}}`,
		warnings: []string{"together with a forced tool"},
	},
	{
		name:   "output by the API's own way",
		req:    reprise.Request{Output: &reprise.Schema{Name: "x", JSON: json.RawMessage(`{"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false}`)}},
		fields: `{"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false}}}}`,
	},
	{
		name:   "output by a tool: the schema is open",
		req:    reprise.Request{Output: &reprise.Schema{Name: "a b", Description: "D", JSON: json.RawMessage(`{"type":"object","properties":{}}`)}},
		fields: `{"tools":[{"name":"a_b","description":"D","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"tool","name":"a_b","disable_parallel_tool_use":false}}`,
	},
	{
		name:   "output by a tool: the model has no other way, and there are tools",
		model:  "claude-sonnet-4-0",
		req:    reprise.Request{Tools: []reprise.ToolSpec{weather}, Output: &reprise.Schema{Strict: true, JSON: json.RawMessage(`{"type":"object","additionalProperties":false}`)}},
		fields: `{"model":"claude-sonnet-4-0","tools":[` + weatherJSON + `,{"name":"output","description":"Give the answer with this tool.","input_schema":{"type":"object","additionalProperties":false}}],"tool_choice":{"type":"any","disable_parallel_tool_use":false}}`,
	},
	{
		name:   "output of an open schema for a model that cannot be forced",
		model:  "claude-opus-5-5",
		req:    reprise.Request{Output: &reprise.Schema{JSON: json.RawMessage(`{"type":"object"}`)}},
		fields: `{"model":"claude-opus-5-5","output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}}`,
	},
	{
		name: "images: bytes, address, file",
		req: reprise.Request{Messages: []reprise.Message{reprise.User("hi", reprise.Media{Type: "image/png", Data: []byte("x")},
			reprise.Media{URL: "https://a/b.png"}, reprise.Media{Type: "image/png", ID: "file_1", Detail: "low"})}},
		fields: `{"messages":[{"role":"user","content":[{"type":"text","text":"hi"},
			{"type":"image","source":{"type":"base64","media_type":"image/png","data":"eA=="}},
			{"type":"image","source":{"type":"url","url":"https://a/b.png"}},
			{"type":"image","source":{"type":"file","file_id":"file_1"}}]}]}`,
		warnings: []string{`the detail "low"`},
	},
	{
		name: "documents: PDF, text, address, file, and one to be cited",
		req: reprise.Request{Messages: []reprise.Message{reprise.User("", reprise.Media{Type: "application/pdf", Data: []byte("x"), Name: "a.pdf"},
			Cite(reprise.Media{Type: "text/markdown", Data: []byte("# T")}), reprise.Media{URL: "https://a/b.PDF"}, reprise.Media{Type: "application/pdf", ID: "file_1"})}},
		fields: `{"messages":[{"role":"user","content":[
			{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"eA=="},"title":"a.pdf"},
			{"type":"document","source":{"type":"text","media_type":"text/plain","data":"# T"},"citations":{"enabled":true}},
			{"type":"document","source":{"type":"url","url":"https://a/b.PDF"}},
			{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}`,
	},
	{
		name: "a turn with reasoning, tools and results, byte for byte and in order",
		req: reprise.Request{Messages: []reprise.Message{
			reprise.User("hi"),
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{
				reprise.Reasoning{Text: "hm", Echo: echo(`{"type":"thinking","signature":"s1"}`)},
				reprise.Reasoning{Echo: echo(`{"type":"redacted_thinking","data":"xx"}`)},
				reprise.Text{Text: "I look."},
				reprise.ToolCall{ID: "a", Name: "f", Args: `{"x": 1.0}`, Echo: echo(`{"caller":{"type":"code_execution_20250825","tool_id":"t"}}`)},
				reprise.Reasoning{Echo: echo(`{"type":"thinking","signature":"s2"}`)},
				reprise.ToolCall{ID: "b", Name: "g"},
			}},
			{Role: reprise.RoleTool, Parts: reprise.Parts{
				reprise.ToolResult{ID: "a", Parts: reprise.Parts{reprise.Text{Text: "1"}, reprise.Media{Type: "image/png", Data: []byte("x")}}},
				reprise.ToolResult{ID: "b", IsError: true},
			}},
			reprise.User("and?"),
		}},
		fields: `{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},
			{"role":"assistant","content":[
				{"type":"thinking","thinking":"hm","signature":"s1"},{"type":"redacted_thinking","data":"xx"},{"type":"text","text":"I look."},
				{"type":"tool_use","id":"a","name":"f","input":{"x":1.0},"caller":{"type":"code_execution_20250825","tool_id":"t"}},
				{"type":"thinking","thinking":"","signature":"s2"},{"type":"tool_use","id":"b","name":"g","input":{}}]},
			{"role":"user","content":[
				{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"1"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"eA=="}}]},
				{"type":"tool_result","tool_use_id":"b","is_error":true,"content":[{"type":"text","text":"The tool failed."}]},
				{"type":"text","text":"and?"}]}]}`,
	},
	{
		name: "what another provider said",
		req: reprise.Request{Messages: []reprise.Message{
			reprise.User("hi"),
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{
				reprise.Reasoning{Text: "hm"},
				reprise.Reasoning{Text: "hm", Echo: foreign(`{"encrypted":"x"}`)},
				reprise.Opaque{Provider: "openai", Kind: "web_search_call", Data: json.RawMessage(`{}`)},
				reprise.Text{Text: "T", Echo: foreign(`{}`), Citations: []reprise.Citation{{URL: "https://a", Raw: json.RawMessage(`{"type":"url_citation"}`)}}},
				reprise.Media{Type: "image/png", Data: []byte("x")},
				reprise.ToolCall{ID: "functions.f:0", Name: "f", Args: "{", Echo: foreign(`{}`)},
			}},
			{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{ID: "functions.f:0", Parts: said("1")}}},
		}},
		fields: `{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},
			{"role":"assistant","content":[{"type":"text","text":"T"},{"type":"tool_use","id":"functions_f_0_465b9878","name":"f","input":{"INVALID_JSON":"{"}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_f_0_465b9878","content":[{"type":"text","text":"1"}]}]}]}`,
		warnings: []string{"without a signature", "reasoning of openai", "web_search_call block of openai", "a citation", "with a text", "a file of type", "with a tool call"},
	},
	{
		name: "the API's own tools and their results, and citations, unchanged",
		req: reprise.Request{Messages: []reprise.Message{
			reprise.User("hi"),
			{Role: reprise.RoleAssistant, Paused: true, Parts: reprise.Parts{
				opaque("server_tool_use", `{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1.0}}`),
				opaque("web_search_tool_result", `{"type":"web_search_tool_result","tool_use_id":"s","content":{"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}}`),
				opaque("of_tomorrow", `{"type":"of_tomorrow","z":null}`),
				reprise.Text{Text: "T", Citations: []reprise.Citation{{URL: "https://a", Raw: json.RawMessage(`{"type":"web_search_result_location","encrypted_index":"e"}`)}}},
			}},
		}},
		fields: `{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},
			{"role":"assistant","content":[
				{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1.0}},
				{"type":"web_search_tool_result","tool_use_id":"s","content":{"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}},
				{"type":"of_tomorrow","z":null},
				{"type":"text","text":"T","citations":[{"type":"web_search_result_location","encrypted_index":"e"}]}]}]}`,
	},
	{
		name: "white space goes beside text, and not alone",
		req: reprise.Request{Messages: []reprise.Message{
			reprise.User("hi"), {Role: reprise.RoleAssistant, Parts: said("\n")}, reprise.User("a", reprise.Text{Text: " \n"}, reprise.Text{}), {Role: reprise.RoleUser},
		}},
		fields: `{"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"text","text":"a"},{"type":"text","text":" \n"}]}]}`,
	},
	{
		name:   "a later system message that the model takes",
		model:  "claude-opus-4-8",
		req:    reprise.Request{System: said("S"), Messages: []reprise.Message{reprise.User("hi"), {Role: reprise.RoleSystem, Parts: said("be brief")}}},
		fields: `{"model":"claude-opus-4-8","system":[{"type":"text","text":"S"}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"system","content":[{"type":"text","text":"be brief"}]}]}`,
	},
	{
		name:     "a later system message in a place that the API does not take",
		model:    "claude-opus-4-8",
		req:      reprise.Request{Messages: []reprise.Message{reprise.User("hi"), {Role: reprise.RoleSystem, Parts: said("be brief")}, reprise.User("go")}},
		fields:   `{"model":"claude-opus-4-8","system":[{"type":"text","text":"be brief"}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"text","text":"go"}]}]}`,
		warnings: []string{"the place of system message 1"},
	},
	{
		name:     "a later system message for a model that takes none",
		req:      reprise.Request{System: said("S"), Messages: []reprise.Message{reprise.User("hi"), {Role: reprise.RoleSystem, Parts: said("be brief")}}},
		fields:   `{"system":[{"type":"text","text":"S"},{"type":"text","text":"be brief"}]}`,
		warnings: []string{"the place of system message 1"},
	},
	{
		name:   "a system message before the conversation",
		req:    reprise.Request{Messages: []reprise.Message{{Role: reprise.RoleSystem, Parts: said("S")}, reprise.User("hi")}},
		fields: `{"system":[{"type":"text","text":"S"}]}`,
	},
	{
		name:   "fields that only this API has, which win",
		req:    reprise.Request{MaxTokens: 1, Extra: map[string]json.RawMessage{API: json.RawMessage(`{"max_tokens":2,"metadata":{"user_id":"<u>"}}`), "openai": json.RawMessage(`{"x":1}`)}},
		fields: `{"max_tokens":2,"metadata":{"user_id":"<u>"}}`,
	},
}

func TestRequests(t *testing.T) {
	for _, c := range requests {
		t.Run(c.name, func(t *testing.T) {
			if c.model == "" {
				c.model = sonnet
			}
			if c.req.Messages == nil {
				c.req.Messages = reprise.Ask("hi")
			}
			var want object
			const base = `{"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`
			for _, part := range []string{base, c.fields} {
				if part == "" {
					continue
				}
				if err := json.Unmarshal([]byte(part), &want); err != nil {
					t.Fatal(err)
				}
			}
			got, warnings := encoded(t, &Model{Name: c.model, NoCache: true}, &c.req)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if len(warnings) != len(c.warnings) {
				t.Errorf("got warnings %v, want %q", warnings, c.warnings)
				return
			}
			for i, w := range warnings {
				if w.Code != reprise.WarnDropped || w.Provider != API || !strings.Contains(w.Message, c.warnings[i]) {
					t.Errorf("got warning %v, want one of %q", w, c.warnings[i])
				}
			}
			again, _ := encoded(t, &Model{Name: c.model, NoCache: true}, &c.req)
			if d := cmp.Diff(got, again); d != "" {
				t.Errorf("the second time is another:\n%s", d)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	user := func(p reprise.Part) []reprise.Message { return reprise.Ask("hi", p) }
	for name, req := range map[string]reprise.Request{
		"thinking budget 500":                  {ThinkingBudget: ptr(500)},
		"thinking budget -2":                   {ThinkingBudget: ptr(-2)},
		"not image/tiff":                       {Messages: user(reprise.Media{Type: "image/tiff", Data: []byte("x")})},
		`a file of type "audio/wav"`:           {Messages: user(reprise.Media{Type: "audio/wav", Data: []byte("x")})},
		"by URL, not text/html":                {Messages: user(reprise.Media{Type: "text/html", URL: "https://a"})},
		"messages[0]: a user message cannot":   {Messages: []reprise.Message{{Role: reprise.RoleUser, Parts: reprise.Parts{reprise.ToolCall{}}}}},
		"an answer cannot hold":                {Messages: []reprise.Message{{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.ToolResult{}}}}},
		"a tool message holds results only":    {Messages: []reprise.Message{{Role: reprise.RoleTool, Parts: said("x")}}},
		"unknown role":                         {Messages: []reprise.Message{{Role: "narrator"}}},
		"system: the API takes text":           {System: reprise.Parts{reprise.Media{}}},
		"the output schema is not JSON":        {Output: &reprise.Schema{JSON: json.RawMessage(`{`)}},
		`the schema of tool "f" is not JSON`:   {Tools: []reprise.ToolSpec{{Name: "f", Schema: json.RawMessage(`{`)}}},
		`the config of tool "f" is not a JSON`: {Tools: []reprise.ToolSpec{{Name: "f", Provider: API, Config: json.RawMessage(`[]`)}}},
		`both named "f"`:                       {Tools: []reprise.ToolSpec{{Name: "f"}}, Output: &reprise.Schema{Name: "f", JSON: json.RawMessage(`{"type":"object"}`)}},
		"5 cache points: the API takes 4": {System: reprise.Parts{
			reprise.Text{Text: "a"}, reprise.CachePoint{}, reprise.Text{Text: "b"}, reprise.CachePoint{}, reprise.Text{Text: "c"}, reprise.CachePoint{},
			reprise.Text{Text: "d"}, reprise.CachePoint{}, reprise.Text{Text: "e"}, reprise.CachePoint{}}},
		`extra["anthropic"] is not a JSON object`: {Extra: map[string]json.RawMessage{API: json.RawMessage(`[1]`)}},
		"the x block is not a JSON object":        {Messages: user(opaque("x", `"x"`))},
		"the Echo of a text":                      {Messages: user(reprise.Text{Text: "x", Echo: echo(`[]`)})},
	} {
		if req.Messages == nil {
			req.Messages = reprise.Ask("hi")
		}
		_, err := reprise.Generate(t.Context(), New(sonnet, "k"), &req)
		if reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want a refusal that says %q", err, name)
		}
	}
}
