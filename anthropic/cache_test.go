package anthropic

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// marks lists where a body has a cache_control, and its TTL.
func marks(path string, v any) (list []string) {
	switch v := v.(type) {
	case object:
		if c, ok := v["cache_control"].(object); ok {
			ttl, _ := c["ttl"].(string)
			list = append(list, path+ttl)
		}
		for _, name := range []string{"tools", "system", "messages", "content"} {
			if below, ok := v[name]; ok {
				list = append(list, marks(path+name+".", below)...)
			}
		}
	case []any:
		for i, below := range v {
			list = append(list, marks(path+string(rune('0'+i))+".", below)...)
		}
	}
	return list
}

func TestCachePoints(t *testing.T) {
	point, hour := reprise.CachePoint{}, reprise.CachePoint{TTL: "1h"}
	system := reprise.Parts{reprise.Text{Text: "A"}, reprise.Text{Text: "B"}}
	tools := []reprise.ToolSpec{{Name: "f"}, {Name: "g"}}
	call := reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.ToolCall{ID: "a", Name: "f"}}}
	result := func(p ...reprise.Part) reprise.Message {
		return reprise.Message{Role: reprise.RoleTool, Parts: p}
	}
	one := reprise.ToolResult{ID: "a", Parts: said("1")}
	for _, c := range []struct {
		name  string
		model Model
		req   reprise.Request
		want  []string
		warns int
	}{
		{name: "automatic", req: reprise.Request{System: system, Tools: tools, Messages: []reprise.Message{reprise.User("hi"), call, result(one)}},
			want: []string{"tools.1.", "system.1.", "messages.2.content.0."}},
		{name: "automatic, of an hour", model: Model{CacheTTL: "1h"}, req: reprise.Request{System: system, Messages: reprise.Ask("hi")},
			want: []string{"system.1.1h", "messages.0.content.0.1h"}},
		{name: "turned off", model: Model{NoCache: true}, req: reprise.Request{System: system, Tools: tools, Messages: reprise.Ask("hi")}},
		{name: "turned off, but by hand", model: Model{NoCache: true}, req: reprise.Request{System: append(system[:2:2], point), Messages: reprise.Ask("hi")},
			want: []string{"system.1."}},
		{name: "by hand instead of automatic", req: reprise.Request{System: reprise.Parts{hour, system[0], hour, system[1]}, Tools: tools, Messages: reprise.Ask("hi", point, reprise.Text{Text: "you"})},
			want: []string{"tools.1.1h", "system.0.1h", "messages.0.content.0."}},
		{name: "by hand, after results", req: reprise.Request{Messages: []reprise.Message{reprise.User("hi"), call, result(one, point), reprise.User("go")}},
			want: []string{"messages.2.content.0."}},
		{name: "by hand, within a result", req: reprise.Request{Messages: []reprise.Message{reprise.User("hi"), call,
			result(reprise.ToolResult{ID: "a", Parts: reprise.Parts{reprise.Text{Text: "1"}, point, reprise.Text{Text: "2"}}})}},
			want: []string{"messages.2.content.0.content.0."}},
		{name: "by hand, at the beginning of a message", req: reprise.Request{Messages: []reprise.Message{reprise.User("hi"), call, {Role: reprise.RoleTool, Parts: reprise.Parts{point, one}}}},
			want: []string{"messages.1.content.0."}},
		{name: "with nothing before it, and twice in a place", req: reprise.Request{Messages: []reprise.Message{{Role: reprise.RoleUser, Parts: reprise.Parts{point, reprise.Text{Text: "hi"}, point, point}}}},
			want: []string{"messages.0.content.0."}, warns: 2},
		{name: "not on thinking or white space", req: reprise.Request{Messages: []reprise.Message{reprise.User("hi", reprise.Text{Text: " "}), {Role: reprise.RoleAssistant, Parts: reprise.Parts{
			reprise.Reasoning{Echo: echo(`{"type":"thinking","signature":"s"}`)}}}}},
			want: []string{"messages.0.content.0."}},
		{name: "on a block of the API's own", req: reprise.Request{Messages: []reprise.Message{reprise.User("hi"), {Role: reprise.RoleAssistant, Parts: reprise.Parts{
			opaque("web_search_tool_result", `{"type":"web_search_tool_result","content":[]} `), opaque("of_tomorrow", `{"type":"of_tomorrow"}`)}}}},
			want: []string{"messages.1.content.0."}},
		{name: "one in the config of a tool", req: reprise.Request{System: system, Tools: []reprise.ToolSpec{
			{Provider: API, Name: "f", Config: json.RawMessage(`{"name":"f","cache_control":{"type":"ephemeral"}}`)}, {Name: "g"}}, Messages: reprise.Ask("hi")},
			want: []string{"tools.0."}},
		{name: "one that a text has", req: reprise.Request{System: append(system[:2:2], reprise.Text{Text: "C", Echo: echo(`{"cache_control":{"type":"ephemeral","ttl":"1h","scope":"global"}}`)}, point), Tools: tools, Messages: reprise.Ask("hi")},
			want: []string{"system.2.1h"}, warns: 1},
		{name: "one that a block of the API's own has", req: reprise.Request{System: system, Messages: reprise.Ask("", opaque("search_result", `{"type":"search_result","cache_control":{"type":"ephemeral","scope":"global"}}`))},
			want: []string{"messages.0.content.0."}},
		{name: "one in Extra", req: reprise.Request{System: system, Messages: reprise.Ask("hi"),
			Extra: map[string]json.RawMessage{API: json.RawMessage(`{"cache_control":{"type":"ephemeral"}}`)}}, want: []string{""}},
	} {
		m := c.model
		m.Name = sonnet
		body, warnings := encoded(t, &m, &c.req)
		if d := cmp.Diff(c.want, marks("", body)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		if len(warnings) != c.warns {
			t.Errorf("%s: warnings %v, want %d", c.name, warnings, c.warns)
		}
	}
}
