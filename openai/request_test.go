package openai

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/recordings"
)

func ptr[T any](v T) *T { return &v }

// own is an Echo of OpenAI's.
func own(data string) *reprise.Echo {
	return &reprise.Echo{Provider: "openai-responses/openai", Data: json.RawMessage(data)}
}

func opaque(kind, data string) reprise.Opaque {
	return reprise.Opaque{Provider: "openai-responses/openai", Kind: kind, Data: json.RawMessage(data)}
}

func extraOf(fields string) map[string]json.RawMessage {
	return map[string]json.RawMessage{API: json.RawMessage(fields)}
}

func assistant(parts ...reprise.Part) reprise.Message {
	return reprise.Message{Role: reprise.RoleAssistant, Parts: parts}
}

func toolMessage(results ...reprise.Part) reprise.Message {
	return reprise.Message{Role: reprise.RoleTool, Parts: results}
}

func textOf(s string) reprise.Parts { return reprise.Parts{reprise.Text{Text: s}} }

var (
	thought  = reprise.Reasoning{Text: "hm", Echo: own(`{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA/+=="}`)}
	unsealed = reprise.Reasoning{Text: "hm", Echo: own(`{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]}`)}
	add      = reprise.ToolCall{ID: "call_1", Name: "add", Args: `{"a": 2}`, Echo: own(`{"item":{"id":"fc_1","status":"completed"}}`)}
	sum      = reprise.ToolResult{ID: "call_1", Name: "add", Parts: textOf("5")}
)

// requests are what is sent: the fields that every request has are left out
// of want unless they are not model, store, stream and include as usual.
var requests = []struct {
	name     string
	model    Model
	req      reprise.Request
	want     string
	warnings []string
}{
	{
		name: "a system prompt is a developer's for a reasoning model",
		req:  reprise.Request{System: textOf("be brief"), Messages: reprise.Ask("hi")},
		want: `{"input":[{"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}`,
	},
	{
		name:  "and the system's for others, which are not asked for encrypted reasoning",
		model: Model{Name: "gpt-4o"},
		req:   reprise.Request{System: textOf("be brief"), Messages: reprise.Ask("hi")},
		want:  `{"model":"gpt-4o","include":null,"input":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}`,
	},
	{
		name:  "a system message between others",
		model: Model{Name: "llama", Dialect: ollama},
		req:   reprise.Request{Messages: append(reprise.Ask("hi"), reprise.Message{Role: reprise.RoleSystem, Parts: textOf("now rhyme")})},
		want:  `{"model":"llama","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]},{"role":"system","content":"now rhyme"}]}`,
	},
	{
		name:  "the request's model before the Model's",
		model: Model{Name: "gpt-4o"},
		req:   reprise.Request{Model: "o3"},
		want:  `{"model":"o3","input":[]}`,
	},
	{
		name:  "settings",
		model: Model{Summary: "auto"},
		req: reprise.Request{
			MaxTokens: 100, Temperature: ptr(0.5), TopP: ptr(0.9), Effort: "high", SerialTools: true,
			Choice: reprise.ToolChoice{Mode: reprise.ToolRequired},
			Output: &reprise.Schema{Description: "a book", JSON: json.RawMessage(`{"type":"object"}`), Strict: true},
		},
		want: `{"input":[],"max_output_tokens":100,"temperature":0.5,"top_p":0.9,"reasoning":{"effort":"high","summary":"auto"},"parallel_tool_calls":false,"tool_choice":"required","text":{"format":{"type":"json_schema","name":"output","description":"a book","strict":true,"schema":{"type":"object"}}}}`,
	},
	{
		name: "settings that the API has not",
		req: reprise.Request{
			TopK: ptr(1), PresencePenalty: ptr(0.1), FrequencyPenalty: ptr(0.1), Stop: []string{"x"}, Seed: ptr(int64(1)), ThinkingBudget: ptr(0),
			Messages: reprise.Ask("hi", reprise.CachePoint{}),
		},
		want: `{"input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}`,
		warnings: []string{
			"a cache point: the API caches by itself", "top_k: the API has none", "presence_penalty: the API has none", "frequency_penalty: the API has none",
			"stop: the API has none", "seed: the API has none", "the thinking budget: the API has none; use Effort",
		},
	},
	{
		name: "extra fields, merged with what the request says",
		req: reprise.Request{
			Effort: "low", Output: &reprise.Schema{Name: "o", JSON: json.RawMessage(`{}`)},
			Extra: extraOf(`{"reasoning":{"summary":"detailed"},"text":{"verbosity":"low"},"service_tier":"flex","truncation":"auto","metadata":{"k":"v"},"prompt_cache_key":"p","safety_identifier":"s","max_tool_calls":3,"background":false}`),
		},
		want: `{"input":[],"reasoning":{"effort":"low","summary":"detailed"},"text":{"verbosity":"low","format":{"type":"json_schema","name":"o","strict":false,"schema":{}}},"service_tier":"flex","truncation":"auto","metadata":{"k":"v"},"prompt_cache_key":"p","safety_identifier":"s","max_tool_calls":3,"background":false}`,
	},
	{
		name: "extra fields win, and the server's over the API's",
		req:  reprise.Request{Effort: "low", MaxTokens: 5, Extra: map[string]json.RawMessage{API: json.RawMessage(`{"max_output_tokens":6,"reasoning":{"effort":"high"}}`), "openai": json.RawMessage(`{"max_output_tokens":7,"x":"<&>"}`), "xai": json.RawMessage(`{"y":1}`)}},
		want: `{"input":[],"max_output_tokens":7,"reasoning":{"effort":"high"},"x":"<&>"}`,
	},
	{
		name: "more to include, beside encrypted reasoning",
		req:  reprise.Request{Extra: extraOf(`{"include":["web_search_call.action.sources"]}`)},
		want: `{"input":[],"include":["reasoning.encrypted_content","web_search_call.action.sources"]}`,
	},
	{
		name: "nothing to include",
		req:  reprise.Request{Extra: extraOf(`{"include":[]}`)},
		want: `{"input":[],"include":null}`,
	},
	{
		name: "tools",
		req: reprise.Request{Tools: []reprise.ToolSpec{
			{Name: "add", Description: "adds", Schema: json.RawMessage(`{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"integer"}}}`)},
			{Name: "now", Strict: true},
			{Name: "web_search", Provider: API, Config: json.RawMessage(`{"type":"web_search"}`)},
			{Name: "googling", Provider: "gemini", Config: json.RawMessage(`{}`)},
		}},
		want: `{"input":[],"tool_choice":"auto","tools":[
			{"type":"function","name":"add","description":"adds","strict":false,"parameters":{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"integer"}}}},
			{"type":"function","name":"now","strict":true,"parameters":{"type":"object","properties":{}}},
			{"type":"web_search"}]}`,
		warnings: []string{"tool googling: it is gemini's own"},
	},
	{
		name: "the choice of a function named auto",
		req:  reprise.Request{Tools: []reprise.ToolSpec{{Name: "auto"}}, Choice: reprise.ToolChoice{Name: "auto"}},
		want: `{"input":[],"tool_choice":{"type":"function","name":"auto"},"tools":[{"type":"function","name":"auto","strict":false,"parameters":{"type":"object","properties":{}}}]}`,
	},
	{
		name: "the choice of a tool of the provider's",
		req:  reprise.Request{Tools: []reprise.ToolSpec{MCP(MCPServer{Label: "docs"}), WebSearch(WebSearchOptions{})}, Choice: reprise.ToolChoice{Name: "web_search"}},
		want: `{"input":[],"tool_choice":{"type":"web_search"},"tools":[{"type":"mcp","server_label":"docs"},{"type":"web_search"}]}`,
	},
	{
		name: "the choice of a custom tool",
		req:  reprise.Request{Tools: []reprise.ToolSpec{CustomTool("sql", "", nil)}, Choice: reprise.ToolChoice{Name: "sql"}},
		want: `{"input":[],"tool_choice":{"type":"custom","name":"sql"},"tools":[{"type":"custom","name":"sql"}]}`,
	},
	{
		name: "the choice of an MCP server",
		req:  reprise.Request{Tools: []reprise.ToolSpec{MCP(MCPServer{Label: "docs"})}, Choice: reprise.ToolChoice{Name: "docs"}},
		want: `{"input":[],"tool_choice":{"type":"mcp","server_label":"docs"},"tools":[{"type":"mcp","server_label":"docs"}]}`,
	},
	{
		name: "files",
		req: reprise.Request{Messages: reprise.Ask("look",
			reprise.Media{Type: "image/png", Data: []byte("png"), Detail: "high"},
			reprise.Media{URL: "https://example.com/a.jpg"},
			reprise.Media{Type: "image/webp", ID: "file-1"},
			reprise.Media{Type: "application/pdf", Data: []byte("pdf")},
			reprise.Media{Type: "text/csv", Data: []byte("a,b"), Name: "t.csv"},
			reprise.Media{Type: "application/pdf", URL: "https://example.com/a.pdf"},
			reprise.Media{ID: "file-2"},
		)},
		want: `{"input":[{"role":"user","content":[{"type":"input_text","text":"look"},
			{"type":"input_image","image_url":"data:image/png;base64,cG5n","detail":"high"},
			{"type":"input_image","image_url":"https://example.com/a.jpg"},
			{"type":"input_image","file_id":"file-1"},
			{"type":"input_file","file_data":"data:application/pdf;base64,cGRm","filename":"document.pdf"},
			{"type":"input_file","file_data":"data:text/csv;base64,YSxi","filename":"t.csv"},
			{"type":"input_file","file_url":"https://example.com/a.pdf"},
			{"type":"input_file","file_id":"file-2"}]}]}`,
	},
	{
		name: "reasoning goes back as it came, and what followed it with its id",
		req:  reprise.Request{Messages: []reprise.Message{reprise.User("2+3?"), assistant(thought, add), toolMessage(sum)}},
		want: `{"input":[{"role":"user","content":[{"type":"input_text","text":"2+3?"}]},
			{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA/+=="},
			{"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\": 2}","id":"fc_1","status":"completed"},
			{"type":"function_call_output","call_id":"call_1","output":"5"}]}`,
	},
	{
		name:     "reasoning that is not encrypted, and then no ids that would demand it",
		req:      reprise.Request{Messages: []reprise.Message{assistant(unsealed, add, reprise.Text{Text: "so", Echo: own(`{"item":{"id":"msg_1","status":"completed"}}`)}), toolMessage(sum), assistant(reprise.Text{Text: "5", Echo: own(`{"item":{"id":"msg_2"}}`)})}},
		want:     `{"input":[{"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\": 2}","status":"completed"},{"type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"so","annotations":[]}]},{"type":"function_call_output","call_id":"call_1","output":"5"},{"type":"message","role":"assistant","id":"msg_2","content":[{"type":"output_text","text":"5","annotations":[]}]}]}`,
		warnings: []string{"reasoning without its encrypted content, which the API would not find"},
	},
	{
		name:  "reasoning that is not encrypted, to a provider that keeps it",
		model: Model{Stored: true},
		req:   reprise.Request{Messages: []reprise.Message{assistant(unsealed, add), toolMessage(sum)}},
		want:  `{"store":true,"input":[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\": 2}","id":"fc_1","status":"completed"},{"type":"function_call_output","call_id":"call_1","output":"5"}]}`,
	},
	{
		name:  "reasoning that is not encrypted, of a server that gives no other",
		model: Model{Dialect: ollama},
		req:   reprise.Request{Messages: []reprise.Message{assistant(reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "openai-responses/ollama", Data: json.RawMessage(`{"type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}]}`)}})}},
		want:  `{"input":[{"type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}]}]}`,
	},
	{
		name:     "reasoning that led to nothing",
		req:      reprise.Request{Messages: []reprise.Message{assistant(thought), reprise.User("go on")}},
		want:     `{"input":[{"role":"user","content":[{"type":"input_text","text":"go on"}]}]}`,
		warnings: []string{"reasoning that led to nothing, which the API refuses"},
	},
	{
		name:     "reasoning, to a model that does not reason",
		model:    Model{Name: "gpt-4o"},
		req:      reprise.Request{Messages: []reprise.Message{assistant(thought, add), toolMessage(sum)}},
		want:     `{"model":"gpt-4o","include":null,"input":[{"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\": 2}","status":"completed"},{"type":"function_call_output","call_id":"call_1","output":"5"}]}`,
		warnings: []string{"reasoning, to a model that does not reason and refuses it"},
	},
	{
		name: "what is another provider's",
		req: reprise.Request{Messages: []reprise.Message{assistant(
			reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "anthropic", Data: json.RawMessage(`{"signature":"x"}`)}},
			reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "openai-responses/azure", Data: thought.Echo.Data}},
			reprise.Reasoning{Text: "hm"},
			reprise.Opaque{Provider: "anthropic", Kind: "server_tool_use", Data: json.RawMessage(`{}`)},
			reprise.Media{Type: "image/png", Data: []byte("x")},
			reprise.Text{Text: "so", Citations: []reprise.Citation{{URL: "u"}}, Echo: &reprise.Echo{Provider: "gemini", Data: json.RawMessage(`1`)}},
			reprise.ToolCall{ID: "c", Name: "f", Echo: &reprise.Echo{Provider: "gemini", Data: json.RawMessage(`"s"`)}},
		)}},
		want: `{"input":[{"role":"assistant","content":"so"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}`,
		warnings: []string{
			"anthropic's reasoning", "openai-responses/azure's reasoning", "reasoning that has no Echo: the API takes only what it gave",
			"a server_tool_use block of anthropic", "a file in an answer: the API carries only images that it generated",
			"what gemini wants back with a part", "the citations of a text that is not from this API",
		},
	},
	{
		name: "an answer of several texts, a refusal, citations, and what the provider ran",
		req: reprise.Request{Messages: []reprise.Message{assistant(
			opaque("web_search_call", `{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search"}}`),
			reprise.Text{Text: "a", Echo: own(`{"item":{"id":"msg_1","phase":"final_answer"},"part":{"logprobs":[{"token":"a"}]}}`), Citations: []reprise.Citation{{URL: "u", Raw: json.RawMessage(`{"type":"url_citation","url":"u"}`)}}},
			reprise.Text{Text: "no", Refusal: true, Echo: own(`{"index":1}`)},
			reprise.Text{Text: "b", Echo: own(`{"item":{"id":"msg_2"}}`)},
			reprise.Media{Type: "image/webp", Data: []byte("webp"), Echo: own(`{"item":{"type":"image_generation_call","id":"ig_1","status":"completed","output_format":"webp"}}`)},
		)}},
		want: `{"input":[
			{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search"}},
			{"type":"message","role":"assistant","id":"msg_1","phase":"final_answer","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u"}],"logprobs":[{"token":"a"}]},{"type":"refusal","refusal":"no"}]},
			{"type":"message","role":"assistant","id":"msg_2","content":[{"type":"output_text","text":"b","annotations":[]}]},
			{"type":"image_generation_call","id":"ig_1","status":"completed","output_format":"webp","result":"d2VicA=="}]}`,
	},
	{
		name: "an answer of another's, of several texts and a refusal",
		req:  reprise.Request{Messages: []reprise.Message{assistant(reprise.Text{Text: "a"}, reprise.Text{Text: "b"}, reprise.Text{Text: "no", Refusal: true})}},
		want: `{"input":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"},{"type":"refusal","refusal":"no"}]}]}`,
	},
	{
		name: "two messages in a row, and an image whose reasoning cannot go",
		req: reprise.Request{Messages: []reprise.Message{assistant(
			reprise.Text{Text: "a", Echo: own(`{"item":{"id":"msg_1"}}`)}, reprise.Text{Text: "b", Echo: own(`{"item":{"id":"msg_2"}}`)}, unsealed,
			reprise.Media{Type: "image/png", Data: []byte("png"), Echo: own(`{"item":{"type":"image_generation_call","id":"ig_1"}}`)},
		)}},
		want: `{"input":[
			{"type":"message","role":"assistant","id":"msg_1","content":[{"type":"output_text","text":"a","annotations":[]}]},
			{"type":"message","role":"assistant","id":"msg_2","content":[{"type":"output_text","text":"b","annotations":[]}]},
			{"type":"image_generation_call","id":"ig_1","result":"cG5n"}]}`,
		warnings: []string{"reasoning without its encrypted content, which the API would not find"},
	},
	{
		name: "results with an image, of several texts, and of nothing",
		req: reprise.Request{Messages: []reprise.Message{toolMessage(
			reprise.ToolResult{ID: "a", Parts: append(textOf("see"), reprise.Media{Type: "image/png", Data: []byte("png")})},
			reprise.ToolResult{ID: "b", Parts: append(textOf("x"), textOf("y")...)},
			reprise.ToolResult{ID: "c", Echo: own(`{"item":{"id":"fco_1","status":"completed"}}`)},
		)}},
		want: `{"input":[
			{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,cG5n"}]},
			{"type":"function_call_output","call_id":"b","output":[{"type":"input_text","text":"x"},{"type":"input_text","text":"y"}]},
			{"type":"function_call_output","call_id":"c","output":"","id":"fco_1","status":"completed"}]}`,
	},
	{
		name: "calls of the provider's tools, and their results",
		req: reprise.Request{Messages: []reprise.Message{
			assistant(
				reprise.ToolCall{ID: "1", Name: "sql", Args: `{"input":"select \"x\""}`, Echo: own(`{"item":{"type":"custom_tool_call","id":"ctc_1"}}`)},
				reprise.ToolCall{ID: "2", Name: "computer", Args: `{"action":{"type":"click","x":1},"pending_safety_checks":[{"id":"cu_1"}]}`, Echo: own(`{"item":{"type":"computer_call","id":"cc_1","status":"completed"}}`)},
				reprise.ToolCall{ID: "3", Name: "shell", Args: `{"action":{"commands":["ls"]}}`, Echo: own(`{"item":{"type":"shell_call","id":"sh_1"}}`)},
				reprise.ToolCall{ID: "4", Name: "apply_patch", Args: `{"operation":{"type":"delete_file","path":"p"}}`, Echo: own(`{"item":{"type":"apply_patch_call","id":"ap_1"}}`)},
				reprise.ToolCall{ID: "5", Name: "local_shell", Args: `{"action":{"type":"exec"}}`, Echo: own(`{"item":{"type":"local_shell_call","id":"ls_1"}}`)},
				reprise.ToolCall{ID: "6", Name: "f", Args: `{}`, Echo: own(`{"item":{"id":"fc_6","caller":{"type":"program","caller_id":"p_1"}}}`)},
			),
			toolMessage(
				reprise.ToolResult{ID: "1", Parts: textOf("rows")},
				reprise.ToolResult{ID: "2", Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte("png")}}, Echo: Acknowledge(json.RawMessage(`[{"id":"cu_1"}]`))},
				reprise.ToolResult{ID: "3", Parts: textOf("README"), IsError: true},
				reprise.ToolResult{ID: "4", Parts: textOf("no such file"), IsError: true},
				reprise.ToolResult{ID: "5", Parts: textOf("out")},
				reprise.ToolResult{ID: "6", Parts: textOf("1")},
			),
		}},
		want: `{"input":[
			{"type":"custom_tool_call","call_id":"1","name":"sql","input":"select \"x\"","id":"ctc_1"},
			{"type":"computer_call","call_id":"2","action":{"type":"click","x":1},"pending_safety_checks":[{"id":"cu_1"}],"id":"cc_1","status":"completed"},
			{"type":"shell_call","call_id":"3","action":{"commands":["ls"]},"id":"sh_1"},
			{"type":"apply_patch_call","call_id":"4","operation":{"type":"delete_file","path":"p"},"id":"ap_1"},
			{"type":"local_shell_call","call_id":"5","action":{"type":"exec"},"id":"ls_1"},
			{"type":"function_call","call_id":"6","name":"f","arguments":"{}","id":"fc_6","caller":{"type":"program","caller_id":"p_1"}},
			{"type":"custom_tool_call_output","call_id":"1","output":"rows"},
			{"type":"computer_call_output","call_id":"2","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,cG5n"},"acknowledged_safety_checks":[{"id":"cu_1"}]},
			{"type":"shell_call_output","call_id":"3","output":[{"stdout":"README","stderr":"","outcome":{"type":"exit","exit_code":1}}]},
			{"type":"apply_patch_call_output","call_id":"4","status":"failed","output":"no such file"},
			{"type":"local_shell_call_output","call_id":"5","output":"out"},
			{"type":"function_call_output","call_id":"6","output":"1","caller":{"type":"program","caller_id":"p_1"}}]}`,
	},
	{
		name: "what the model said, and what it drew, in a message of the user's",
		req: reprise.Request{Messages: []reprise.Message{
			{Role: reprise.RoleUser, Parts: reprise.Parts{reprise.Text{Text: "a", Echo: own(`{"item":{"id":"msg_1","status":"completed"}}`)}}},
			{Role: reprise.RoleUser, Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte("png"), Echo: own(`{"item":{"type":"image_generation_call","id":"ig_1"}}`)}}},
		}},
		want: `{"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]},{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,cG5n"}]}]}`,
	},
	{
		name: "an approval",
		req:  reprise.Request{Messages: []reprise.Message{assistant(opaque("mcp_approval_request", `{"type":"mcp_approval_request","id":"mcpr_1"}`)), reprise.User("", Approval(opaque("mcp_approval_request", `{"id":"mcpr_1"}`), true, ""))}},
		want: `{"input":[{"type":"mcp_approval_request","id":"mcpr_1"},{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true}]}`,
	},
	{
		name: "an approval between texts",
		req:  reprise.Request{Messages: reprise.Ask("well", Approval(opaque("", `{"id":"mcpr_1"}`), false, "no"), reprise.Text{Text: "then"})},
		want: `{"input":[{"role":"user","content":[{"type":"input_text","text":"well"}]},{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":false,"reason":"no"},{"role":"user","content":[{"type":"input_text","text":"then"}]}]}`,
	},
	{
		name: "a piece with a member of its own",
		req:  reprise.Request{Messages: []reprise.Message{{Role: reprise.RoleUser, Parts: reprise.Parts{reprise.Text{Text: "long", Echo: own(`{"part":{"prompt_cache_breakpoint":{"mode":"explicit"}}}`)}}}}},
		want: `{"input":[{"role":"user","content":[{"type":"input_text","text":"long","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}`,
	},
	{
		name:  "an answer that is kept: its id, and what is new; the system prompt holds for one answer",
		model: Model{Stored: true},
		req: reprise.Request{System: textOf("be brief"), Messages: []reprise.Message{
			reprise.User("2+3?"), assistant(thought, reprise.ToolCall{ID: "call_1", Name: "add", Args: "{}", Echo: own(`{"response":"resp_1","item":{"id":"fc_1"}}`)}), toolMessage(sum),
		}},
		want: `{"store":true,"previous_response_id":"resp_1","instructions":"be brief","input":[{"type":"function_call_output","call_id":"call_1","output":"5"}]}`,
	},
	{
		name:  "the first of a conversation that is kept",
		model: Model{Stored: true},
		req:   reprise.Request{System: textOf("be brief"), Messages: reprise.Ask("hi")},
		want:  `{"store":true,"instructions":"be brief","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}`,
	},
	{
		name:  "what is new to a server without instructions",
		model: Model{Stored: true, Dialect: xai},
		req:   reprise.Request{System: textOf("be brief"), Messages: []reprise.Message{reprise.User("hi"), assistant(reprise.Text{Text: "ho", Echo: &reprise.Echo{Provider: "openai-responses/xai", Data: json.RawMessage(`{"response":"resp_1"}`)}}), reprise.User("on")}},
		want:  `{"store":true,"previous_response_id":"resp_1","input":[{"role":"user","content":[{"type":"input_text","text":"on"}]}]}`,
	},
	{
		name: "an id that was asked for, in the history",
		req: reprise.Request{Extra: extraOf(`{"previous_response_id":"resp_1"}`), Messages: []reprise.Message{
			reprise.User("hi"), assistant(reprise.Text{Text: "ho", Echo: own(`{"response":"resp_1"}`)}), reprise.User("2+3?"), assistant(add), toolMessage(sum),
		}},
		want: `{"previous_response_id":"resp_1","input":[{"role":"user","content":[{"type":"input_text","text":"2+3?"}]},{"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\": 2}","id":"fc_1","status":"completed"},{"type":"function_call_output","call_id":"call_1","output":"5"}]}`,
	},
	{
		name: "an id that was asked for, not in the history: all is new, also in the second turn of a tool loop",
		req: reprise.Request{System: textOf("be brief"), Extra: extraOf(`{"previous_response_id":"resp_0","store":true}`), Messages: []reprise.Message{
			reprise.User("2+3?"), assistant(unsealed, reprise.ToolCall{ID: "call_1", Name: "add", Args: "{}", Echo: own(`{"response":"resp_1"}`)}), toolMessage(sum),
		}},
		want: `{"store":true,"previous_response_id":"resp_0","input":[{"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"input_text","text":"2+3?"}]},{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"function_call","call_id":"call_1","name":"add","arguments":"{}"},{"type":"function_call_output","call_id":"call_1","output":"5"}]}`,
	},
}

func TestRequests(t *testing.T) {
	for _, c := range requests {
		t.Run(c.name, func(t *testing.T) {
			if c.model.Name == "" {
				c.model.Name = "gpt-5"
			}
			before, err := json.Marshal(c.req)
			if err != nil {
				t.Fatal(err)
			}
			body, warnings, err := encode(t.Context(), &c.model, &c.req)
			if err != nil {
				t.Fatal(err)
			}
			want := recordings.Object{"model": "gpt-5", "store": false, "stream": true, "include": []any{"reasoning.encrypted_content"}}
			for k, v := range recordings.Parse(t, c.want) {
				want[k] = v
			}
			if want["include"] == nil {
				delete(want, "include")
			}
			if d := cmp.Diff(want, recordings.Parse(t, string(body))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			var told []string
			for _, w := range warnings {
				if w.Code != reprise.WarnDropped || w.Provider != c.model.dialect().name() {
					t.Errorf("got %+v", w)
				}
				told = append(told, w.Message)
			}
			if d := cmp.Diff(c.warnings, told); d != "" {
				t.Errorf("warnings (-want +got):\n%s", d)
			}
			if after, err := json.Marshal(c.req); err != nil || string(after) != string(before) {
				t.Errorf("the request was changed: %v\n%s\n%s", err, before, after)
			}
			if again, _, _ := encode(t.Context(), &c.model, &c.req); string(again) != string(body) {
				t.Errorf("not the same twice:\n%s\n%s", body, again)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	call := func(kind string) []reprise.Message {
		return []reprise.Message{
			assistant(reprise.ToolCall{ID: "c", Name: "x", Echo: own(`{"item":{"type":"` + kind + `"}}`)}),
			toolMessage(reprise.ToolResult{ID: "c", Parts: reprise.Parts{reprise.Media{Type: "application/pdf", ID: "f"}}}),
		}
	}
	for _, c := range []struct {
		text string
		m    *Model // nil: one that is right
		req  reprise.Request
		kind reprise.Kind
	}{
		{text: "no model: set Model.Name", m: &Model{Key: "k"}},
		{text: "no address: set Model.BaseURL", m: &Model{Name: "x", Dialect: azure}},
		{text: "no key: set Model.Key (usually from OPENAI_API_KEY)", m: New("gpt-5", ""), kind: reprise.KindAuth},
		{text: "no key: set Model.Key (usually from XAI_API_KEY)", m: XAI("grok-4", ""), kind: reprise.KindAuth},
		{text: `not a file of type "audio/wav"`, req: reprise.Request{Messages: reprise.Ask("", reprise.Media{Type: "audio/wav", Data: []byte("x")})}},
		{text: `not a file of type "video/mp4"`, req: reprise.Request{Messages: reprise.Ask("", reprise.Media{Type: "video/mp4", URL: "u"})}},
		{text: `a file of type "application/pdf" has no data`, req: reprise.Request{Messages: reprise.Ask("", reprise.Media{Type: "application/pdf"})}},
		{text: `has no media type`, req: reprise.Request{Messages: reprise.Ask("", reprise.Media{Name: "n", Data: []byte("x")})}},
		{text: "the output schema is not JSON", req: reprise.Request{Output: &reprise.Schema{JSON: json.RawMessage(`{`)}}},
		{text: `the schema of tool "f" is not JSON`, req: reprise.Request{Tools: []reprise.ToolSpec{{Name: "f", Schema: json.RawMessage(`{`)}}}},
		{text: `the config of tool "f" is not a JSON object`, req: reprise.Request{Tools: []reprise.ToolSpec{{Name: "f", Provider: API}}}},
		{text: `messages[0]: unknown role "robot"`, req: reprise.Request{Messages: []reprise.Message{{Role: "robot"}}}},
		{text: "messages[1]: openai-responses cannot send a reprise.ToolCall here", req: reprise.Request{Messages: append(reprise.Ask("hi"), reprise.User("", add))}},
		{text: "system: openai-responses cannot send a reprise.ToolResult here", req: reprise.Request{System: reprise.Parts{sum}}},
		{text: "a tool message holds results only, not a reprise.Text", req: reprise.Request{Messages: []reprise.Message{toolMessage(reprise.Text{})}}},
		{text: `extra["openai-responses"] is not a JSON object`, req: reprise.Request{Extra: extraOf(`[]`)}},
		{text: "include in Extra", req: reprise.Request{Extra: extraOf(`{"include":"all"}`)}},
		{text: `an opaque block "x" is not a JSON object`, req: reprise.Request{Messages: []reprise.Message{assistant(opaque("x", `1`))}}},
		{text: `the arguments of the shell call "c" are not a JSON object`, req: reprise.Request{Messages: []reprise.Message{assistant(reprise.ToolCall{ID: "c", Name: "shell", Args: "[", Echo: own(`{"item":{"type":"shell_call"}}`)})}}},
		{text: `the result of the call "c": the API takes only a screenshot`, req: reprise.Request{Messages: call("computer_call")}},
		{text: `the result of the call "c": it can only be text, not a reprise.Media`, req: reprise.Request{Messages: call("shell_call")}},
	} {
		if c.m == nil {
			c.m = New("gpt-5", "sk-1")
		}
		if c.kind == "" {
			c.kind = reprise.KindInvalid
		}
		_, err := reprise.Generate(t.Context(), c.m, &c.req)
		var e *reprise.Error
		if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(e.Error(), c.text) {
			t.Errorf("got %v, want %s with %q", err, c.kind, c.text)
		}
	}
}

func TestDialectFor(t *testing.T) {
	getenv := func(name string) string {
		return map[string]string{"XAI_API_KEY": "k", "OPENAI_API_KEY": "o", "AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY": "a"}[name]
	}
	for provider, want := range map[string]*Model{
		"openai": {Name: "m", Key: "o", Dialect: openai}, "xai": XAI("m", "k"), "azure": Azure("https://r.openai.azure.com/openai/v1", "m", "a"),
		"openrouter": OpenRouter("m", ""), "ollama": Ollama("m"),
	} {
		d, ok := DialectFor(provider)
		got, err := d.Model("m", getenv)
		if !ok || err != nil {
			t.Fatal(provider, ok, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", provider, d)
		}
	}
	if _, ok := DialectFor("gemini"); ok {
		t.Error("there is a dialect of gemini's")
	}
	for _, d := range []Dialect{{}, azure} {
		if m, err := d.Model(map[bool]string{true: "m"}[d == azure], func(string) string { return "" }); err == nil {
			t.Errorf("got %+v without a name or an address", m)
		}
	}
}

func TestDialectOf(t *testing.T) {
	for host, want := range map[string]string{
		"api.openai.com": "openai", "eu.api.openai.com": "openai", "res.openai.azure.com": "azure", "res.services.ai.azure.com": "azure",
		"api.x.ai": "xai", "openrouter.ai": "openrouter", "localhost:11434": "localhost:11434", "example.com": "example.com", "notopenai.azure.com": "notopenai.azure.com",
	} {
		if got := DialectOf(host); got.Provider != want {
			t.Errorf("%s: got %q, want %q", host, got.Provider, want)
		}
	}
	for model, want := range map[string]bool{
		"gpt-5": true, "o3-mini": true, "gpt-6-astra": true, "openai/gpt-5.1": true, "codex-mini-latest": true,
		"gpt-4o": false, "gpt-4.1-mini": false, "openai/gpt-4o": false, "ft:gpt-4.1:x": false, "gpt-5-chat-latest": false, "chatgpt-4o-latest": false, "gpt-3.5-turbo": false,
	} {
		if got := reasons(model); got != want {
			t.Errorf("%s reasons: got %v, want %v", model, got, want)
		}
	}
}
