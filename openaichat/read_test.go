package openaichat

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func message(role reprise.Role, parts ...reprise.Part) reprise.Message {
	return reprise.Message{Role: role, Parts: parts}
}

// TestReadMessages reads messages in the forms that clients send, and writes
// them as they were.
func TestReadMessages(t *testing.T) {
	echo := func(data string) *reprise.Echo { return &reprise.Echo{Provider: "p", Data: json.RawMessage(data)} }
	for _, c := range []struct {
		name, messages string
		want           []reprise.Message
		written        string // empty: as read
	}{
		{"names", `[{"role":"user","content":"a","name":"bob"}]`,
			[]reprise.Message{message(reprise.RoleUser, reprise.Text{Text: "a", Echo: echo(`{"message":{"name":"bob"}}`)})}, ""},
		{"the beginning of an answer", `[{"role":"assistant","content":"a","prefix":true}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.Text{Text: "a", Echo: echo(`{"message":{"prefix":true}}`)})}, ""},
		{"what clients write for nothing", `[{"role":"assistant","content":"a","refusal":null,"annotations":[],"audio":null,"function_call":null,"tool_calls":null,"reasoning_content":null}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.Text{Text: "a"})}, `[{"role":"assistant","content":"a"}]`},
		{"a function of before tools", `[{"role":"assistant","function_call":{"name":"f","arguments":"{\"x\":1}"}},{"role":"function","name":"f","content":"3"}]`,
			[]reprise.Message{
				message(reprise.RoleAssistant, reprise.ToolCall{Name: "f", Args: `{"x":1}`, Echo: echo(`{"type":"function_call"}`)}),
				message(reprise.RoleTool, reprise.ToolResult{Name: "f", Parts: text("3"), Echo: echo(`{"message":{"role":"function"}}`)}),
			}, ""},
		{"a custom tool", `[{"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{"name":"run","input":"<\"hi\">"}}]},{"role":"tool","tool_call_id":"a","content":"ok"}]`,
			[]reprise.Message{
				message(reprise.RoleAssistant, reprise.ToolCall{ID: "a", Name: "run", Args: `{"input":"<\"hi\">"}`, Echo: echo(`{"type":"custom"}`)}),
				message(reprise.RoleTool, reprise.ToolResult{ID: "a", Name: "run", Parts: text("ok")}),
			}, ""},
		{"a thought signature", `[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.ToolCall{ID: "a", Name: "f", Args: "{}", Echo: echo(`{"extra_content":{"google":{"thought_signature":"s"}}}`)})}, ""},
		{"a call with what the message has besides", `[{"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{"name":"run","input":""}}],"weight":0}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.ToolCall{ID: "a", Name: "run", Args: `{"input":""}`, Echo: echo(`{"message":{"weight":0},"type":"custom"}`)})}, ""},
		{"arguments that are an object", `[{"role":"assistant","tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1}}}]}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`})},
			`[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]}]`},
		{"a result that repeats the name", `[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","name":"f","content":"ok"}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.ToolCall{ID: "a", Name: "f", Args: "{}"}), message(reprise.RoleTool, reprise.ToolResult{ID: "a", Name: "f", Parts: text("ok")})},
			`[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"ok"}]`},
		{"pieces", `[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UE5H","format":"flac"}},{"type":"input_audio","input_audio":{"data":"?","format":"wav"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"https://example.org/a.pdf"}},{"type":"file","file":{"filename":"a.docx","file_data":"data:application/msword;base64,UE5H"}},{"type":"video_url","video_url":{"url":"u"}}]}]`,
			[]reprise.Message{message(reprise.RoleUser, reprise.Media{Type: "audio/flac", Data: []byte("PNG")},
				reprise.Opaque{Provider: API, Kind: "input_audio", Data: raw(`{"type":"input_audio","input_audio":{"data":"?","format":"wav"}}`)},
				reprise.Opaque{Provider: API, Kind: "file", Data: raw(`{"type":"file","file":{"filename":"a.pdf","file_data":"https://example.org/a.pdf"}}`)},
				reprise.Media{Type: "application/msword", Data: []byte("PNG"), Name: "a.docx"},
				reprise.Opaque{Provider: API, Kind: "video_url", Data: raw(`{"type":"video_url","video_url":{"url":"u"}}`)})}, ""},
		{"a piece of an answer", `[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]}]}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.Text{Text: "a"}, reprise.Opaque{Provider: API, Kind: "reference", Data: raw(`{"type":"reference","reference_ids":[1]}`)})}, ""},
		{"cached up to an answer", `[{"role":"assistant","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.Text{Text: "a"}, reprise.CachePoint{TTL: "1h"})}, ""},
		{"an image by a mere address", `[{"role":"user","content":["see",{"type":"image_url","image_url":"https://example.org/a.png"}]}]`,
			[]reprise.Message{message(reprise.RoleUser, reprise.Text{Text: "see"}, reprise.Media{URL: "https://example.org/a.png"})},
			`[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}]`},
		{"reasoning under the other name beside details", `[{"role":"assistant","content":"a","reasoning_content":"hm","reasoning_details":[{"type":"reasoning.text"}]}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.Reasoning{Text: "hm", Echo: echo(`[{"type":"reasoning.text"}]`)}, reprise.Text{Text: "a"})},
			`[{"role":"assistant","content":"a","reasoning":"hm","reasoning_details":[{"type":"reasoning.text"}]}]`},
		{"reasoning in the details only", `[{"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.summary","summary":"hm"}]}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.Reasoning{Echo: echo(`[{"type":"reasoning.summary","summary":"hm"}]`)}, reprise.Text{Text: "a"})},
			`[{"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.summary","summary":"hm"}]}]`},
		{"nothing but a name", `[{"role":"assistant","content":null,"name":"bob"}]`,
			[]reprise.Message{message(reprise.RoleAssistant, reprise.Text{Echo: echo(`{"message":{"name":"bob"}}`)})},
			`[{"role":"assistant","content":"","name":"bob"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &Model{Name: "m", Dialect: Dialect{Provider: "p", Reasoning: ReasoningDetails, CacheControl: true}}
			req, err := ReadRequest([]byte(`{"messages":`+c.messages+`}`), &m.Dialect)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, req.Messages); d != "" {
				t.Errorf("read (-want +got):\n%s", d)
			}
			if c.written == "" {
				c.written = c.messages
			}
			var want any
			if err := json.Unmarshal([]byte(c.written), &want); err != nil {
				t.Fatal(err)
			}
			got, warnings := body(t, m, req)
			if d := cmp.Diff(want, got["messages"]); d != "" || warnings != nil {
				t.Errorf("written, with warnings %q (-want +got):\n%s", warnings, d)
			}
		})
	}
}

// TestReadSettings reads fields that a Request has no place for, or whose
// values it cannot hold.
func TestReadSettings(t *testing.T) {
	const tools = `[{"type":"custom","custom":{"name":"run","format":{"type":"text"}}},{"type":"function","function":{"name":"f","description":"d"},"cache_control":{"type":"ephemeral"}},{"type":"function","function":{"name":"g","parameters":null}},{"type":"web_search"}]`
	req, err := ReadRequest([]byte(`{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage": true},"stop":"","seed":1.5,"max_tokens":"9","temperature":0.5,
		"tool_choice":{"type":"function","name":"f"},"tools":`+tools+`}`), &xai)
	if err != nil {
		t.Fatal(err)
	}
	each := []json.RawMessage{}
	if err := json.Unmarshal([]byte(tools), &each); err != nil {
		t.Fatal(err)
	}
	want := &reprise.Request{
		Model: "m", Temperature: ptr(0.5), Tools: []reprise.ToolSpec{
			{Name: "run", Provider: API, Config: each[0]}, {Name: "f", Description: "d", Provider: API, Config: each[1]},
			{Name: "g"}, {Name: "web_search", Provider: API, Config: each[3]},
		},
		Extra: map[string]json.RawMessage{API: raw(`{"max_tokens":"9","seed":1.5,"tool_choice":{"type":"function","name":"f"}}`)},
	}
	if d := cmp.Diff(want, req); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestReadWrongRequests(t *testing.T) {
	for text, body := range map[string]string{
		"the request is not a JSON object":             `[]`,
		`messages[1]: unknown role "robot"`:            `{"messages":[{"role":"user"},{"role":"robot"}]}`,
		"messages[0]: content is neither a string nor": `{"messages":[{"role":"user","content":3}]}`,
		"messages[0]: content[1]: 3 is no piece":       `{"messages":[{"role":"user","content":[{"type":"text"},3]}]}`,
	} {
		if _, err := ReadRequest([]byte(body), &xai); err == nil || !strings.HasPrefix(err.Error(), text) {
			t.Errorf("%s: got %v, want %q", body, err, text)
		}
	}
}

// What another API wants back is left out with a warning.
func TestOtherEcho(t *testing.T) {
	other := &reprise.Echo{Provider: "openai-responses/openai", Data: raw(`{"item":{"id":"x"}}`)}
	_, warnings := body(t, XAI("m", ""), &reprise.Request{Messages: []reprise.Message{
		message(reprise.RoleAssistant, reprise.Text{Text: "a", Echo: other}, reprise.ToolCall{ID: "c", Name: "f", Echo: other}),
		message(reprise.RoleTool, reprise.ToolResult{ID: "c", Echo: other}),
		message(reprise.RoleUser, reprise.Media{URL: "https://example.org/a.png"}, reprise.CachePoint{}),
	}})
	if d := cmp.Diff([]string{"what openai-responses/openai wants back with a part", "a cache point: the API caches by itself"}, warnings); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
