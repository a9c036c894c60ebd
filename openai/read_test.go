package openai

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/recordings"
)

// bodies are requests as others make them, and what they are read into.
var bodies = []struct {
	name, body string
	want       reprise.Request
	again      string // what is written of it; empty: the body, and what is always said
}{
	{
		name:  "a string",
		body:  `{"model":"gpt-5","input":"hi"}`,
		want:  reprise.Request{Model: "gpt-5", Messages: reprise.Ask("hi"), Extra: extraOf(`{"store":true}`)},
		again: `{"model":"gpt-5","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}],"store":true,"include":["reasoning.encrypted_content"],"stream":true}`,
	},
	{
		name: "instructions, and a system message besides",
		body: `{"model":"gpt-4o","instructions":"be brief","input":[{"role":"system","content":"rhyme"},{"role":"user","content":[{"type":"input_text","text":"hi"}]}],"store":false}`,
		want: reprise.Request{
			Model: "gpt-4o", System: reprise.Parts{reprise.Text{Text: "be brief", Echo: own(`{"field":"instructions"}`)}},
			Messages: []reprise.Message{{Role: reprise.RoleSystem, Parts: textOf("rhyme")}, reprise.User("hi")},
		},
	},
	{
		name: "another role than is usual, and members of messages and pieces",
		body: `{"model":"gpt-5","input":[{"role":"system","content":"be brief","id":"msg_0"},{"role":"user","status":"completed","content":[{"type":"input_text","text":"hi","prompt_cache_breakpoint":{"mode":"explicit"}},{"type":"input_audio","input_audio":{"data":"eA==","format":"wav"}}]}],"store":false}`,
		want: reprise.Request{
			Model: "gpt-5", System: reprise.Parts{reprise.Text{Text: "be brief", Echo: own(`{"item":{"id":"msg_0","role":"system"}}`)}},
			Messages: []reprise.Message{{Role: reprise.RoleUser, Parts: reprise.Parts{
				reprise.Text{Text: "hi", Echo: own(`{"item":{"status":"completed","role":"user"},"part":{"prompt_cache_breakpoint":{"mode":"explicit"}}}`)},
				opaque("input_audio", `{"type":"input_audio","input_audio":{"data":"eA==","format":"wav"}}`),
			}}},
		},
	},
	{
		name: "members of a message that begins with a picture",
		body: `{"model":"gpt-5","input":[{"role":"user","status":"completed","content":[{"type":"input_image","image_url":"https://a/b"}]}],"store":false}`,
		want: reprise.Request{Model: "gpt-5", Messages: reprise.Ask("", reprise.Media{URL: "https://a/b", Echo: own(`{"item":{"status":"completed","role":"user"}}`)})},
	},
	{
		name: "settings",
		body: `{"model":"gpt-5","input":[],"max_output_tokens":9,"temperature":0.5,"top_p":1,"reasoning":{"effort":"high","summary":"auto"},"text":{"verbosity":"low","format":{"type":"json_schema","name":"o","description":"d","schema":{"type":"object"},"strict":true}},"parallel_tool_calls":false,"tool_choice":"none","include":["reasoning.encrypted_content","file_search_call.results"],"store":false,"service_tier":"flex","metadata":{"k":"v"},"stream_options":{"include_obfuscation":false}}`,
		want: reprise.Request{
			Model: "gpt-5", MaxTokens: 9, Temperature: ptr(0.5), TopP: ptr(1.0), Effort: "high", SerialTools: true, Choice: reprise.ToolChoice{Mode: reprise.ToolNone},
			Output: &reprise.Schema{Name: "o", Description: "d", JSON: json.RawMessage(`{"type":"object"}`), Strict: true},
			Extra:  extraOf(`{"include":["file_search_call.results"],"metadata":{"k":"v"},"reasoning":{"summary":"auto"},"service_tier":"flex","stream_options":{"include_obfuscation":false},"text":{"verbosity":"low"}}`),
		},
	},
	{
		name:  "a schema that does not say whether it is strict",
		body:  `{"model":"gpt-5","input":[],"text":{"format":{"type":"json_schema","name":"o","schema":{}}},"store":false}`,
		want:  reprise.Request{Model: "gpt-5", Output: &reprise.Schema{Name: "o", JSON: json.RawMessage(`{}`)}, Extra: extraOf(`{"text":{"format":{"strict":null}}}`)},
		again: `{"model":"gpt-5","input":[],"text":{"format":{"type":"json_schema","name":"o","schema":{},"strict":null}},"store":false,"include":["reasoning.encrypted_content"],"stream":true}`,
	},
	{
		name: "tools",
		body: `{"model":"gpt-4o","input":[],"tools":[{"type":"function","name":"f","description":"d","strict":false,"parameters":{"type":"object"}},{"type":"function","name":"g","parameters":{}},{"type":"computer_use_preview","display_width":1},{"type":"mcp","server_label":"docs"},{"type":"custom","name":"sql","description":"s"}],"tool_choice":{"type":"computer_use_preview"},"store":false}`,
		want: reprise.Request{
			Model: "gpt-4o", Choice: reprise.ToolChoice{Name: "computer"},
			Tools: []reprise.ToolSpec{
				{Name: "f", Description: "d", Schema: json.RawMessage(`{"type":"object"}`)},
				{Name: "g", Schema: json.RawMessage(`{}`), Provider: API, Config: json.RawMessage(`{"type":"function","name":"g","parameters":{}}`)},
				{Name: "computer", Provider: API, Config: json.RawMessage(`{"type":"computer_use_preview","display_width":1}`)},
				{Name: "docs", Provider: API, Config: json.RawMessage(`{"type":"mcp","server_label":"docs"}`)},
				{Name: "sql", Description: "s", Provider: API, Config: json.RawMessage(`{"type":"custom","name":"sql","description":"s"}`)},
			},
		},
	},
	{
		name: "a choice that a Request has no place for",
		body: `{"model":"gpt-4o","input":[],"tools":[{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]},"store":false}`,
		want: reprise.Request{
			Model: "gpt-4o", Tools: []reprise.ToolSpec{{Name: "web_search", Provider: API, Config: json.RawMessage(`{"type":"web_search"}`)}},
			Extra: extraOf(`{"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}}`),
		},
	},
	{
		name: "files",
		body: `{"model":"gpt-4o","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,cG5n","detail":"low"},{"type":"input_image","image_url":"https://a/b"},{"type":"input_image","file_id":"f1"},{"type":"input_file","file_id":"f2"},{"type":"input_file","file_url":"https://a/b.pdf"},{"type":"input_file","file_data":"data:text/csv;base64,YSxi","filename":"t.csv"},{"type":"input_file"},{"type":"input_image","image_url":"data:text/plain,x"},{"type":"input_file","filename":"a.png","file_data":"data:image/png;base64,cG5n"}]}],"store":false}`,
		want: reprise.Request{Model: "gpt-4o", Messages: []reprise.Message{{Role: reprise.RoleUser, Parts: reprise.Parts{
			reprise.Media{Type: "image/png", Data: []byte("png"), Detail: "low"},
			reprise.Media{URL: "https://a/b"},
			reprise.Media{Type: "image/*", ID: "f1"},
			reprise.Media{ID: "f2"},
			reprise.Media{Type: "application/pdf", URL: "https://a/b.pdf"},
			reprise.Media{Type: "text/csv", Data: []byte("a,b"), Name: "t.csv"},
			opaque("input_file", `{"type":"input_file"}`),
			reprise.Media{URL: "data:text/plain,x"},
			opaque("input_file", `{"type":"input_file","filename":"a.png","file_data":"data:image/png;base64,cG5n"}`),
		}}}},
	},
	{
		name: "what the model gave is one answer, results are one message",
		body: `{"model":"gpt-5","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]},
			{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"x"},
			{"id":"ws_1","type":"web_search_call","status":"completed"},
			{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","start_index":0,"end_index":1,"url":"u","title":"t"}]},{"type":"refusal","refusal":"no"}]},
			{"type":"function_call","call_id":"1","name":"f","arguments":"{ }"},
			{"type":"computer_call","call_id":"2","id":"cc","action":{"type":"wait"}},
			{"type":"function_call_output","call_id":"1","output":"ok"},
			{"type":"computer_call_output","call_id":"2","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,cG5n"},"acknowledged_safety_checks":[]},
			{"role":"assistant","content":"done"},
			{"type":"item_reference","id":"x"}],"store":false}`,
		want: reprise.Request{Model: "gpt-5", Messages: []reprise.Message{
			reprise.User("hi"),
			assistant(
				reprise.Reasoning{Text: "hm", Echo: own(`{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"x"}`)},
				opaque("web_search_call", `{"id":"ws_1","type":"web_search_call","status":"completed"}`),
				reprise.Text{Text: "a", Echo: own(`{"item":{"id":"msg_1","status":"completed"},"part":{}}`), Citations: []reprise.Citation{{URL: "u", Title: "t", End: 1, Raw: json.RawMessage(`{"type":"url_citation","start_index":0,"end_index":1,"url":"u","title":"t"}`)}}},
				reprise.Text{Text: "no", Refusal: true, Echo: own(`{"index":1}`)},
				reprise.ToolCall{ID: "1", Name: "f", Args: "{ }"},
				reprise.ToolCall{ID: "2", Name: "computer", Args: `{"action":{"type":"wait"}}`, Echo: own(`{"item":{"type":"computer_call","id":"cc"}}`)},
			),
			toolMessage(
				reprise.ToolResult{ID: "1", Name: "f", Parts: textOf("ok")},
				reprise.ToolResult{ID: "2", Name: "computer", Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte("png")}}, Echo: own(`{"item":{"type":"computer_call_output","acknowledged_safety_checks":[]}}`)},
			),
			assistant(reprise.Text{Text: "done"}, opaque("item_reference", `{"type":"item_reference","id":"x"}`)),
		}},
	},
	{
		name: "results of calls that are not there, in every form",
		body: `{"model":"gpt-4o","previous_response_id":"resp_1","input":[
			{"type":"custom_tool_call_output","call_id":"1","output":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"https://a/b"}]},
			{"type":"shell_call_output","call_id":"2","output":[{"stdout":"o","stderr":"","outcome":{"type":"exit","exit_code":0}}],"max_output_length":9},
			{"type":"apply_patch_call_output","call_id":"3","status":"failed","output":"no"},
			{"type":"apply_patch_call_output","call_id":"4","status":"completed"},
			{"type":"local_shell_call_output","call_id":"5","output":"o"},
			{"type":"computer_call_output","call_id":"6","output":{"type":"new"}},
			{"type":"function_call_output","call_id":"7","output":"","id":"fco","status":"completed"},
			{"type":"mcp_approval_response","approval_request_id":"r","approve":true}],"store":false}`,
		want: reprise.Request{Model: "gpt-4o", Extra: extraOf(`{"previous_response_id":"resp_1"}`), Messages: []reprise.Message{
			toolMessage(
				reprise.ToolResult{ID: "1", Parts: append(textOf("a"), reprise.Media{URL: "https://a/b"}), Echo: own(`{"item":{"type":"custom_tool_call_output"}}`)},
				reprise.ToolResult{ID: "2", Parts: textOf(`[{"stdout":"o","stderr":"","outcome":{"type":"exit","exit_code":0}}]`), Echo: own(`{"item":{"type":"shell_call_output","max_output_length":9}}`)},
				reprise.ToolResult{ID: "3", Parts: textOf("no"), IsError: true, Echo: own(`{"item":{"type":"apply_patch_call_output","status":"failed"}}`)},
				reprise.ToolResult{ID: "4", Echo: own(`{"item":{"type":"apply_patch_call_output","status":"completed"}}`)},
				reprise.ToolResult{ID: "5", Parts: textOf("o"), Echo: own(`{"item":{"type":"local_shell_call_output"}}`)},
				opaque("computer_call_output", `{"type":"computer_call_output","call_id":"6","output":{"type":"new"}}`),
				reprise.ToolResult{ID: "7", Parts: textOf(""), Echo: own(`{"item":{"id":"fco","status":"completed"}}`)},
			),
			{Role: reprise.RoleUser, Parts: reprise.Parts{opaque("mcp_approval_response", `{"type":"mcp_approval_response","approval_request_id":"r","approve":true}`)}},
		}},
	},
}

func TestReadRequest(t *testing.T) {
	for _, c := range bodies {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadRequest([]byte(c.body), nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			body, warnings, err := encode(t.Context(), &Model{}, got)
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			want := recordings.Parse(t, c.body)
			if c.again != "" {
				want = recordings.Parse(t, c.again)
			}
			have := recordings.Parse(t, string(body))
			if c.again == "" {
				want["stream"] = true
				if _, ok := want["tools"]; ok && want["tool_choice"] == nil {
					want["tool_choice"] = "auto"
				}
				if reasons(want.Text("model")) && want["include"] == nil {
					want["include"] = []any{encryptedContent}
				}
			}
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("written again (-want +got):\n%s", d)
			}
		})
	}
}

func TestReadRequestRefuses(t *testing.T) {
	for _, body := range []string{
		``, `null`, `[]`, `{"model":1}`, `{"input":5}`, `{"input":[5]}`, `{"input":[{"role":"robot","content":"x"}]}`, `{"input":[{"role":"user","content":5}]}`,
		`{"input":[{"role":"user","content":[5]}]}`, `{"input":[{"role":"user","content":[{"type":"item_reference"}]}]}`, `{"tools":[1]}`, `{"tools":{}}`, `{"max_output_tokens":"x"}`,
		`{"include":{}}`, `{"store":"yes"}`, `{"previous_response_id":1}`,
	} {
		if got, err := ReadRequest([]byte(body), nil); err == nil {
			t.Errorf("%s was read as %+v", body, got)
		}
	}
}

// FuzzReadRequest checks that what can be read can be written, and that what
// was written reads the same.
func FuzzReadRequest(f *testing.F) {
	for _, c := range bodies {
		f.Add([]byte(c.body))
	}
	for _, c := range requests {
		f.Add([]byte(c.want))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := ReadRequest(body, nil)
		if err != nil {
			return
		}
		if _, err := json.Marshal(first); err != nil {
			t.Fatalf("cannot be stored: %v", err)
		}
		written, _, err := encode(t.Context(), &Model{}, first)
		if err != nil {
			t.Fatalf("read, but not written: %v", err)
		}
		if !json.Valid(written) {
			t.Fatalf("written as %s", written)
		}
		if _, err := ReadRequest(written, nil); err != nil {
			t.Fatalf("written, but not read: %v\n%s", err, written)
		}
	})
}
