package modeltest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/repriselabs/reprise"
)

var schemas = []struct{ schema, want string }{
	{`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b","a"]}`, `{"a":1,"b":"a"}`},
	{`{"type":"object","properties":{"a":{"type":"integer"}}}`, `{}`},
	{`{"type":"object","minProperties":2,"properties":{"b":{"const":null}},"additionalProperties":{"type":"boolean"}}`, `{"a2":false,"b":null}`},
	{`{"enum":["<b>",2]}`, `"<b>"`},
	{`{"const":12345678901234567890}`, `12345678901234567890`},
	{`{"type":"string","default":"x"}`, `"x"`},
	{`{"type":["null","integer"],"minimum":5}`, `5`},
	{`{"type":"null"}`, `null`},
	{`{"type":["null"]}`, `null`},
	{`{"type":"integer","exclusiveMinimum":3,"multipleOf":4}`, `4`},
	{`{"type":"integer","maximum":-2}`, `-2`},
	{`{"type":"integer","minimum":0.5,"maximum":1.5}`, `1`},
	{`{"type":"number","exclusiveMinimum":0,"maximum":0.5}`, `0.5`},
	{`{"type":"number","multipleOf":0.25,"exclusiveMaximum":1}`, `0.5`},
	{`{"type":"number","minimum":1,"exclusiveMaximum":1.5}`, `1`},
	{`{"type":"number","exclusiveMinimum":1,"exclusiveMaximum":1.5}`, `1.25`},
	{`{"minimum":7}`, `7`},
	{`{"type":"array","items":{"type":"string"}}`, `[]`},
	{`{"type":"array","items":{"type":"string"},"minItems":2,"uniqueItems":true}`, `["a","a1"]`},
	{`{"type":"array","items":{"type":"string","minLength":2,"maxLength":2},"minItems":3,"uniqueItems":true}`, `["aa","a1","a2"]`},
	{`{"type":"array","items":{"type":"integer"},"minItems":2,"uniqueItems":true}`, `[1,2]`},
	{`{"type":"array","items":{"enum":["x","y"]},"minItems":2,"uniqueItems":true}`, `["x","y"]`},
	{`{"prefixItems":[{"type":"boolean"},{"type":"null"}],"minItems":3,"items":{"type":"integer"}}`, `[false,null,3]`},
	{`{"type":"string","minLength":3}`, `"aaa"`},
	{`{"type":"string","maxLength":0}`, `""`},
	{`{"type":"string","format":"date-time"}`, `"2026-01-02T03:04:05Z"`},
	{`{"type":"string","contentEncoding":"base64"}`, `"YQ=="`},
	{`{"type":"string","pattern":"^[A-Z]{2}-\\d+(x|y)?$"}`, `"AA-0"`},
	{`{"type":"string","pattern":"^(ab)*$","minLength":3}`, `"abab"`},
	{`{"type":"string","pattern":"^[^a-zA-Z0-9 ]\\.[\\s]$"}`, `"!.\t"`},
	{`{"anyOf":[false,{"type":"string","pattern":"(?=x)"},{"type":"integer"}]}`, `1`},
	{`{"type":"object","required":["k"],"oneOf":[{"properties":{"k":{"const":"one"}}},{"properties":{"k":{"const":"two"}}}]}`, `{"k":"one"}`},
	{`{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"integer"}},"required":["b"]}]}`, `{"a":"a","b":1}`},
	{`{"allOf":[{"type":"integer","minimum":3,"maximum":9},{"minimum":5,"maximum":20}]}`, `5`},
	{`{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"boolean"}}}`, `false`},
	{`{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]},"name":{"type":"string"}},"required":["next","name"]}}}`, `{"name":"a","next":null}`},
	{`{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"a":{"minLength":3}}}]}`, `{"a":"aaa"}`},
	{`{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]},"minItems":2,"uniqueItems":true}`, `[{"n":1},{"n":2}]`},
	{`{"type":"array","items":{"type":"integer"},"contains":{"minimum":5},"minContains":2,"minItems":3}`, `[5,6,3]`},
	{`{"type":"array","contains":{"type":"boolean"}}`, `[false]`},
	{`{"$ref":"#/prefixItems/1","prefixItems":[true,{"type":"boolean"}]}`, `false`},
	{`true`, `"a"`},
	{`{}`, `"a"`},
}

func TestInstance(t *testing.T) {
	for _, c := range schemas {
		got, err := instance(json.RawMessage(c.schema))
		if err != nil {
			t.Errorf("%s: %v", c.schema, err)
			continue
		}
		if !strings.Contains(c.schema, "node") && got != c.want {
			t.Errorf("%s: got %s, want %s", c.schema, got, c.want)
		}
		if err := valid(t, c.schema, got); err != nil {
			t.Errorf("%s: %s is not valid: %v", c.schema, got, err)
		}
	}
}

// valid asks another implementation of JSON Schema.
func valid(t *testing.T, schema, value string) error {
	t.Helper()
	if schema == "true" || strings.Contains(schema, "(?=") {
		return nil // it does not read these
	}
	s := new(jsonschema.Schema)
	if err := json.Unmarshal([]byte(schema), s); err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return r.Validate(v)
}

func TestNoInstance(t *testing.T) {
	for schema, want := range map[string]string{
		`{`:                    "the schema is not JSON",
		`false`:                "it allows nothing",
		`{"allOf":[false]}`:    "it allows nothing",
		`{"anyOf":[]}`:         "it has no options",
		`{"type":"hologram"}`:  `the type "hologram"`,
		`{"$ref":"#/$defs/x"}`: `refers to "#/$defs/x", which is not found`,
		`{"$ref":"#anchor"}`:   `refers to "#anchor", which is not found`,
		`{"$ref":"#/anyOf/2","anyOf":[{"$anchor":"anchor"}]}`: `refers to "#/anyOf/2", which is not found`,
		`{"$ref":"https://x.y"}`:                              "which is elsewhere",
		`{"$ref":"#"}`:                                        "it nests too deeply",
		`{"required":[1]}`:                                    "a required name is no text",
		`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`:                                "it nests too deeply",
		`{"type":"string","pattern":"(?=x)"}`:                                                               `the pattern "(?=x)"`,
		`{"type":"string","pattern":"^ab$","minLength":3}`:                                                  "nothing of 3 to 65536 characters",
		`{"type":"string","pattern":"^a+$","maxLength":0}`:                                                  "nothing of 0 to 0 characters",
		`{"type":"string","minLength":3,"maxLength":2}`:                                                     "a text of 3 to 2 characters",
		`{"type":"string","pattern":"^a\\bb$"}`:                                                             `nothing of 0 to 65536 characters`,
		`{"type":"array","minItems":1e9}`:                                                                   "it has more than 10000 values",
		`{"type":"object","minProperties":1e9}`:                                                             "it has more than 10000 values",
		`{"type":"integer","minimum":3,"maximum":2}`:                                                        "a number that its bounds allow",
		`{"type":"object","properties":{"a":{"type":"array","minItems":1,"items":false}},"required":["a"]}`: "a: [0]: it allows nothing",
	} {
		if got, err := instance(json.RawMessage(schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %s, %v, want %q", schema, got, err, want)
		}
	}
}

// FuzzInstance checks that any schema gives JSON or an error.
func FuzzInstance(f *testing.F) {
	for _, c := range schemas {
		f.Add([]byte(c.schema))
	}
	f.Add([]byte(`{"allOf":[{"properties":1,"required":2,"minimum":"x"},{"properties":{},"required":[],"minimum":1}]}`))
	f.Fuzz(func(t *testing.T, schema []byte) {
		got, err := instance(schema)
		if err == nil && !json.Valid([]byte(got)) {
			t.Errorf("got %s", got)
		}
	})
}

func TestAuto(t *testing.T) {
	add := reprise.ToolSpec{Name: "add", Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}`)}
	now := reprise.ToolSpec{Name: "now"}
	search := reprise.ToolSpec{Name: "search", Provider: "xai"}
	call := func(id, name, args string) reprise.ToolCall { return reprise.ToolCall{ID: id, Name: name, Args: args} }
	called := []reprise.Message{
		reprise.User("go"),
		{Role: reprise.RoleAssistant, Parts: reprise.Parts{call("1", "add", "{}"), call("2", "now", "{}")}},
		{Role: reprise.RoleTool, Parts: reprise.Parts{result("1", "add", "5"), result("2", "now", "noon")}},
	}
	tools := []reprise.ToolSpec{add, search, now}
	for name, c := range map[string]struct {
		model Auto
		req   reprise.Request
		want  reprise.Parts
	}{
		"every tool":     {Auto{}, reprise.Request{Messages: reprise.Ask("go"), Tools: tools}, reprise.Parts{call("auto_1_0", "add", `{"a":1}`), call("auto_1_1", "now", "{}")}},
		"one by one":     {Auto{}, reprise.Request{Messages: reprise.Ask("go"), Tools: tools, SerialTools: true}, reprise.Parts{call("auto_1_0", "add", `{"a":1}`)}},
		"the other one":  {Auto{}, reprise.Request{Messages: []reprise.Message{called[0], {Role: reprise.RoleAssistant, Parts: reprise.Parts{call("1", "add", "{}")}}}, Tools: tools, SerialTools: true}, reprise.Parts{call("auto_2_0", "now", "{}")}},
		"one by name":    {Auto{}, reprise.Request{Messages: reprise.Ask("go"), Tools: tools, Choice: reprise.ToolChoice{Name: "now"}}, reprise.Parts{call("auto_1_0", "now", "{}")}},
		"none":           {Auto{Text: "fine"}, reprise.Request{Messages: reprise.Ask("go"), Tools: tools, Choice: reprise.ToolChoice{Mode: reprise.ToolNone}}, reprise.Parts{text("fine")}},
		"the answer":     {Auto{}, reprise.Request{Messages: called, Tools: tools}, reprise.Parts{text(`{"add":"5","now":"noon"}`)}},
		"its own text":   {Auto{Text: "fine"}, reprise.Request{Messages: called, Tools: tools}, reprise.Parts{text("fine")}},
		"output":         {Auto{Text: "fine"}, reprise.Request{Messages: called, Tools: tools, Output: &reprise.Schema{JSON: json.RawMessage(`{"type":"boolean"}`)}}, reprise.Parts{text("false")}},
		"a new question": {Auto{}, reprise.Request{Messages: append(called[:3:3], reprise.User("again")), Tools: tools[2:]}, reprise.Parts{call("auto_4_0", "now", "{}")}},
	} {
		got, err := reprise.Generate(t.Context(), c.model, &c.req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, got.Message.Parts); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		reason := reprise.ReasonStop
		if len(got.Calls()) > 0 {
			reason = reprise.ReasonToolCalls
		}
		if got.Reason != reason || got.Usage != (reprise.Usage{Input: int64(len(c.req.Messages)), Output: int64(len(c.want))}) {
			t.Errorf("%s: ended with %q, and %+v", name, got.Reason, got.Usage)
		}
		if problems, _ := ordered(c.model.Stream(t.Context(), &c.req)); problems != nil {
			t.Errorf("%s: %q", name, problems)
		}
	}
}

func TestAutoErrors(t *testing.T) {
	for want, req := range map[string]reprise.Request{
		"modeltest.Auto: tool f: no value can be made": {Messages: reprise.Ask("go"), Tools: []reprise.ToolSpec{{Name: "f", Schema: json.RawMessage("false")}}},
		"modeltest.Auto: the output: no value":         {Messages: reprise.Ask("go"), Output: &reprise.Schema{JSON: json.RawMessage("false")}},
	} {
		if _, err := reprise.Generate(t.Context(), Auto{}, &req); err == nil || !strings.Contains(err.Error(), want) || reprise.KindOf(err) != reprise.KindInvalid {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
