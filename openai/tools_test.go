package openai

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/recordings"
)

func TestProvidedTools(t *testing.T) {
	for _, c := range []struct {
		got          reprise.ToolSpec
		name, config string
	}{
		{WebSearch(WebSearchOptions{}), "web_search", `{"type":"web_search"}`},
		{
			WebSearch(WebSearchOptions{ContextSize: "low", AllowedDomains: []string{"a.b"}, Location: &Location{City: "Florence", Country: "IT"}}), "web_search",
			`{"type":"web_search","search_context_size":"low","filters":{"allowed_domains":["a.b"]},"user_location":{"type":"approximate","city":"Florence","country":"IT"}}`,
		},
		{FileSearch(FileSearchOptions{VectorStoreIDs: []string{"vs_1"}, MaxResults: 5, Filters: json.RawMessage(`{"type":"eq"}`)}), "file_search", `{"type":"file_search","vector_store_ids":["vs_1"],"max_num_results":5,"filters":{"type":"eq"}}`},
		{CodeInterpreter(CodeInterpreterOptions{}), "code_interpreter", `{"type":"code_interpreter","container":{"type":"auto"}}`},
		{CodeInterpreter(CodeInterpreterOptions{FileIDs: []string{"f"}, MemoryLimit: "4g"}), "code_interpreter", `{"type":"code_interpreter","container":{"type":"auto","file_ids":["f"],"memory_limit":"4g"}}`},
		{CodeInterpreter(CodeInterpreterOptions{Container: "cntr_1"}), "code_interpreter", `{"type":"code_interpreter","container":"cntr_1"}`},
		{ImageGeneration(ImageGenerationOptions{Size: "auto", Format: "webp"}), "image_generation", `{"type":"image_generation","size":"auto","output_format":"webp"}`},
		{MCP(MCPServer{Label: "docs", URL: "https://a/mcp", Approval: "never", AllowedTools: []string{"ask"}}), "docs", `{"type":"mcp","server_label":"docs","server_url":"https://a/mcp","require_approval":"never","allowed_tools":["ask"]}`},
		{ComputerUse(Display{}), "computer", `{"type":"computer"}`},
		{ComputerUse(Display{1024, 768, "browser"}), "computer", `{"type":"computer_use_preview","display_width":1024,"display_height":768,"environment":"browser"}`},
		{Shell(), "shell", `{"type":"shell","environment":{"type":"local"}}`},
		{ApplyPatch(), "apply_patch", `{"type":"apply_patch"}`},
		{CustomTool("sql", "runs SQL", json.RawMessage(`{"type":"text"}`)), "sql", `{"type":"custom","name":"sql","description":"runs SQL","format":{"type":"text"}}`},
	} {
		if c.got.Name != c.name || c.got.Provider != API {
			t.Errorf("got name %q, provider %q, want %q", c.got.Name, c.got.Provider, c.name)
		}
		if d := cmp.Diff(recordings.Parse(t, c.config), recordings.Parse(t, string(c.got.Config))); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// TestCustomToolAsFunction runs a custom tool's call with a typed function.
func TestCustomToolAsFunction(t *testing.T) {
	tool := reprise.Func("sql", "", func(_ context.Context, in struct {
		Input string `json:"input"`
	}) (string, error) {
		return "ran " + in.Input, nil
	})
	got, err := tool.Call(t.Context(), reprise.ToolCall{Name: "sql", Args: `{"input":"select 1"}`})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(textOf("ran select 1"), got.Parts); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestOutputMode(t *testing.T) {
	alone := &reprise.Request{}
	beside := &reprise.Request{Tools: []reprise.ToolSpec{{Name: "add"}}}
	var got []reprise.OutputMode
	for _, m := range []reprise.Model{&Model{Name: "m"}, Ollama("m")} {
		moder, ok := reprise.As[reprise.OutputModer](m)
		if !ok {
			t.Fatal("the model knows no mode")
		}
		got = append(got, moder.OutputMode(alone), moder.OutputMode(beside))
	}
	if d := cmp.Diff([]reprise.OutputMode{reprise.OutputSchema, reprise.OutputSchema, reprise.OutputSchema, reprise.OutputTool}, got); d != "" {
		t.Errorf("modes (-want +got):\n%s", d)
	}
}

// TestServerRunsCustom: xAI tells of its own searches as of calls of a custom
// tool, which no one else must answer.
func TestServerRunsCustom(t *testing.T) {
	const search = `{"type":"custom_tool_call","id":"x","call_id":"c","name":"x_keyword_search","input":"{}","status":"completed"}`
	tool := reprise.ToolSpec{Name: "x_keyword_search", Provider: API, Config: json.RawMessage(`{"type":"custom","name":"x_keyword_search"}`)}
	opaque := reprise.Opaque{Provider: "openai-responses/xai", Kind: "custom_tool_call", Data: json.RawMessage(search)}
	call := reprise.ToolCall{ID: "c", Name: "x_keyword_search", Args: `{"input":"{}"}`, Echo: &reprise.Echo{Provider: "openai-responses/xai", Data: json.RawMessage(`{"item":{"type":"custom_tool_call","id":"x","status":"completed"}}`)}}
	streamed := sseOf(created, added(0, `{"type":"custom_tool_call","id":"x","call_id":"c","name":"x_keyword_search","input":""}`),
		ev("custom_tool_call_input.delta", 0, `"delta":"{}"`), done(0, search), end("completed", ""))
	for _, body := range []string{streamed, `{"status":"completed","output":[` + search + `]}`} {
		for _, c := range []struct {
			tools  []reprise.ToolSpec
			want   reprise.Part
			reason reprise.FinishReason
		}{
			{nil, opaque, reprise.ReasonStop},
			{[]reprise.ToolSpec{tool}, call, reprise.ReasonToolCalls},
		} {
			var args string
			var got reprise.Accumulator
			for ev, err := range ReadResponse(strings.NewReader(body), &xai, &reprise.Request{Tools: c.tools}) {
				if err != nil {
					t.Fatal(err)
				}
				if d, ok := ev.(reprise.ArgsDelta); ok {
					args += d.Args
				}
				got.Add(ev)
			}
			r := got.Response()
			if d := cmp.Diff(reprise.Parts{c.want}, r.Message.Parts); d != "" || r.Reason != c.reason || (args != "") != (c.tools != nil) {
				t.Errorf("reason %s, arguments %q (-want +got):\n%s", r.Reason, args, d)
			}
		}
	}
	req, err := ReadRequest([]byte(`{"model":"m","input":[`+search+`]}`), &xai)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]reprise.Message{{Role: reprise.RoleAssistant, Parts: reprise.Parts{opaque}}}, req.Messages); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
}
