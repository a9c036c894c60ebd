package server

import (
	"encoding/json"
	"testing"

	"github.com/repriselabs/reprise"
)

// TestConversation: which requests are the same conversation.
func TestConversation(t *testing.T) {
	text := func(texts ...string) (parts reprise.Parts) {
		for _, s := range texts {
			parts = append(parts, reprise.Text{Text: s})
		}
		return parts
	}
	msg := func(role reprise.Role, parts ...reprise.Part) reprise.Message {
		return reprise.Message{Role: role, Parts: parts}
	}
	call := func(id, args string) reprise.Part { return reprise.ToolCall{ID: id, Name: "add", Args: args} }
	result := func(id string, parts ...reprise.Part) reprise.Part { return reprise.ToolResult{ID: id, Parts: parts} }
	tool := func(schema string) []reprise.ToolSpec {
		return []reprise.ToolSpec{{Name: "add", Description: "Add", Schema: json.RawMessage(schema)}}
	}
	hot := 0.7
	user := msg(reprise.RoleUser, reprise.Text{Text: "hi"})
	turn := func(a, b, argsA string, first reprise.Part, results ...reprise.Part) *reprise.Request {
		answer := msg(reprise.RoleAssistant, first, call(a, argsA), call(b, "{}"))
		return &reprise.Request{Messages: []reprise.Message{user, answer, msg(reprise.RoleTool, results...)}}
	}
	thrice := func(a, b, c string) *reprise.Request {
		r := &reprise.Request{}
		for _, id := range []string{a, b, c} {
			r.Messages = append(r.Messages, msg(reprise.RoleAssistant, call(id, "{}")), msg(reprise.RoleTool, result(id, text("x")...)))
		}
		return r
	}
	base := turn("c1", "c2", `{"x":1,"y":2}`, reprise.Text{}, result("c1", text("3")[0]), result("c2", text(`{"a":1}`)[0]))
	for _, tt := range []struct {
		name string
		a, b *reprise.Request
		same bool
	}{
		{"settings", &reprise.Request{Model: "m"}, &reprise.Request{Model: "m", Temperature: &hot, MaxTokens: 5, Stop: []string{"x"}, Effort: "low"}, true},
		{"the model", &reprise.Request{Model: "m"}, &reprise.Request{Model: "n"}, false},
		{"system in pieces", &reprise.Request{System: text("a", "b")}, &reprise.Request{System: text("a\nb")}, true},
		{"system as a message", &reprise.Request{System: text("a")}, &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleSystem, text("a")...)}}, true},
		{"system", &reprise.Request{System: text("a")}, &reprise.Request{System: text("b")}, false},
		{"texts in pieces", &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleUser, text("h", "", "i")...)}}, &reprise.Request{Messages: []reprise.Message{user}}, true},
		{"two messages of one role", &reprise.Request{Messages: []reprise.Message{user, user}}, &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleUser, text("hihi")...)}}, true},
		{"a text", &reprise.Request{Messages: []reprise.Message{user}}, &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleUser, text("ho")...)}}, false},
		{"a picture", &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleUser, reprise.Media{Data: []byte("a")})}}, &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleUser, reprise.Media{Data: []byte("b")})}}, false},
		{"a picture's detail", &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleUser, reprise.Media{Data: []byte("a")})}}, &reprise.Request{Messages: []reprise.Message{msg(reprise.RoleUser, reprise.Media{Data: []byte("a"), Detail: "low", Name: "x"})}}, true},
		{"ids of calls", base, turn("x", "y", `{"x":1,"y":2}`, reprise.Text{}, result("x", text("3")[0]), result("y", text(`{"a":1}`)[0])), true},
		{"ids of results, crossed", base, turn("x", "y", `{"x":1,"y":2}`, reprise.Text{}, result("y", text("3")[0]), result("x", text(`{"a":1}`)[0])), false},
		{"ids that come again", thrice("c", "c", "c"), thrice("c1", "c2", "c3"), true},
		{"the order of results", base, turn("c1", "c2", `{"x":1,"y":2}`, reprise.Text{}, result("c2", text(`{"a":1}`)[0]), result("c1", text("3")[0])), true},
		{"JSON", base, turn("c1", "c2", `{ "y":2, "x":1 }`, reprise.Text{}, result("c1", text(" 3")[0]), result("c2", text(`{ "a": 1}`)[0])), true},
		{"arguments", base, turn("c1", "c2", `{"x":1,"y":3}`, reprise.Text{}, result("c1", text("3")[0]), result("c2", text(`{"a":1}`)[0])), false},
		{"large numbers", turn("c1", "c2", `{"x":9007199254740993}`, reprise.Text{}), turn("c1", "c2", `{"x":9007199254740992}`, reprise.Text{}), false},
		{"a result", base, turn("c1", "c2", `{"x":1,"y":2}`, reprise.Text{}, result("c1", text("4")[0]), result("c2", text(`{"a":1}`)[0])), false},
		{"reasoning", base, turn("c1", "c2", `{"x":1,"y":2}`, reprise.Reasoning{Text: "hm"}, result("c1", text("3")[0]), result("c2", text(`{"a":1}`)[0])), true},
		{"what was said before a call", base, turn("c1", "c2", `{"x":1,"y":2}`, reprise.Text{Text: "so"}, result("c1", text("3")[0]), result("c2", text(`{"a":1}`)[0])), false},
		{
			"schemas", &reprise.Request{Tools: tool(`{"type":"object","properties":{"a":{"type":"string"},"b":{"enum":["X"]}},"required":["a","b"]}`)},
			&reprise.Request{Tools: tool(`{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"required":["b","a"],"properties":{"b":{"enum":["X"]},"a":{"type":"STRING"}},"type":"OBJECT"}`)}, true,
		},
		{"no properties", &reprise.Request{Tools: tool(`{"type":"object"}`)}, &reprise.Request{Tools: tool(`{"type":"object","properties":{},"required":[]}`)}, true},
		{"an enum", &reprise.Request{Tools: tool(`{"enum":["X"]}`)}, &reprise.Request{Tools: tool(`{"enum":["x"]}`)}, false},
		{"a type", &reprise.Request{Tools: tool(`{"type":"string"}`)}, &reprise.Request{Tools: tool(`{"type":"number"}`)}, false},
		{"a property that is called type", &reprise.Request{Tools: tool(`{"properties":{"type":{"type":"string"}}}`)}, &reprise.Request{Tools: tool(`{"properties":{"type":{"type":"number"}}}`)}, false},
		{"strictness", &reprise.Request{Tools: []reprise.ToolSpec{{Name: "a", Strict: true}}}, &reprise.Request{Tools: []reprise.ToolSpec{{Name: "a"}}}, true},
		{"the order of tools", &reprise.Request{Tools: []reprise.ToolSpec{{Name: "a"}, {Name: "b"}}}, &reprise.Request{Tools: []reprise.ToolSpec{{Name: "b"}, {Name: "a"}}}, true},
		{"a tool", &reprise.Request{Tools: []reprise.ToolSpec{{Name: "a"}}}, &reprise.Request{Tools: []reprise.ToolSpec{{Name: "b"}}}, false},
		{
			"how a function is written", &reprise.Request{Tools: tool(`{"type":"object","required":["a"]}`)},
			&reprise.Request{Tools: []reprise.ToolSpec{{
				Name: "add", Description: "Add", Schema: json.RawMessage(`{"type":"object","required":["a"]}`),
				Provider: "openai-responses", Config: json.RawMessage(`{"type":"function","name":"add"}`),
			}}}, true,
		},
		{
			"no schema", &reprise.Request{Tools: tool(`{"type":"object","properties":{}}`)},
			&reprise.Request{Tools: []reprise.ToolSpec{{Name: "add", Description: "Add", Provider: "openai-responses", Config: json.RawMessage(`{"type":"function"}`)}}}, true,
		},
		{"a provider's own tool", &reprise.Request{Tools: []reprise.ToolSpec{{Name: "web", Provider: "p", Config: json.RawMessage(`{"max":1}`)}}}, &reprise.Request{Tools: []reprise.ToolSpec{{Name: "web", Provider: "p", Config: json.RawMessage(`{"max":2}`)}}}, false},
	} {
		before := encode(tt.a)
		if same := encode(conversation(tt.a)) == encode(conversation(tt.b)); same != tt.same {
			t.Errorf("%s: same is %v\n%s\n%s", tt.name, same, encode(conversation(tt.a)), encode(conversation(tt.b)))
		}
		if encode(tt.a) != before {
			t.Errorf("%s: the request was changed", tt.name)
		}
		if once := conversation(tt.b); encode(once) != encode(conversation(once)) {
			t.Errorf("%s: the conversation of a conversation is another", tt.name)
		}
	}
}
