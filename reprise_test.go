package reprise_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

var allParts = reprise.Parts{
	reprise.Text{Text: "a <b> & c", Citations: []reprise.Citation{{URL: "https://example.org", Title: "t", Start: 1, End: 2, Raw: json.RawMessage(`{"x":1}`)}}},
	reprise.Text{Text: "no", Refusal: true},
	reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "p", Data: json.RawMessage(`{"signature":"s"}`)}},
	reprise.Media{Type: "image/png", Data: []byte{0, 1, 255}, Name: "a.png", Detail: "low"},
	reprise.Media{URL: "https://example.org/a.png"},
	reprise.ToolCall{ID: "1", Name: "add", Args: `{"a":2}`},
	reprise.ToolCall{ID: "2", Name: "add", Args: `{ "a" : "<&>" }`},
	reprise.ToolCall{ID: "3", Name: "add", Args: `{"a":`},
	reprise.ToolCall{ID: "4", Name: "add"},
	reprise.ToolResult{ID: "1", Name: "add", Parts: reprise.Parts{reprise.Text{Text: "5"}, reprise.Media{Type: "image/png", Data: []byte{1}}}},
	reprise.ToolResult{ID: "2", Parts: reprise.Parts{}, IsError: true},
	reprise.CachePoint{TTL: "1h"},
	reprise.CachePoint{},
	reprise.Opaque{Provider: "p", Kind: "web_search_call", Data: json.RawMessage(`{"id":"ws"}`)},
}

func TestPartsJSON(t *testing.T) {
	b, err := json.Marshal(allParts)
	if err != nil {
		t.Fatal(err)
	}
	var got reprise.Parts
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(allParts, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestToolCallJSON(t *testing.T) {
	for args, want := range map[string]string{
		`{"a":2}`:    `{"type":"tool_call","id":"1","name":"add","args":{"a":2}}`,
		`{"a": 2}`:   `{"type":"tool_call","id":"1","name":"add","args":{"a":2},"raw":"{\"a\": 2}"}`,
		`{"a":`:      `{"type":"tool_call","id":"1","name":"add","args":"{\"a\":","invalid":true}`,
		``:           `{"type":"tool_call","id":"1","name":"add","args":{},"raw":""}`,
		`"a string"`: `{"type":"tool_call","id":"1","name":"add","args":"a string"}`,
	} {
		got, err := json.Marshal(reprise.ToolCall{ID: "1", Name: "add", Args: args})
		if err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", args, got, err, want)
		}
	}
}

func TestUnknownPart(t *testing.T) {
	var ps reprise.Parts
	err := json.Unmarshal([]byte(`[{"type":"text","text":"a"},{"type":"hologram"}]`), &ps)
	if err == nil || !strings.Contains(err.Error(), `part 1: unknown type "hologram"`) {
		t.Errorf("got %v, want an error that names the part and its type", err)
	}
}

// FuzzParts checks that whatever is read is written and read the same.
func FuzzParts(f *testing.F) {
	for _, p := range allParts {
		b, err := json.Marshal(reprise.Parts{p})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second reprise.Parts
		if json.Unmarshal(b, &first) != nil {
			return
		}
		out, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("read but cannot be written: %v", err)
		}
		if err := json.Unmarshal(out, &second); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		again, err := json.Marshal(second)
		if err != nil || !bytes.Equal(out, again) {
			t.Errorf("written as\n%s\nthen as\n%s (%v)", out, again, err)
		}
		for i, p := range first {
			if c, ok := p.(reprise.ToolCall); ok && second[i].(reprise.ToolCall).Args != c.Args {
				t.Errorf("arguments %q became %q", c.Args, second[i].(reprise.ToolCall).Args)
			}
		}
	})
}

func TestUSD(t *testing.T) {
	for in, want := range map[string]string{
		"0.00071502": "0.00071502", "7.1502e-4": "0.00071502", "5596400e-10": "0.00055964", "0": "0", "-0.5": "-0.5",
		"12": "12", "1.255E-5": "0.00001255", "0.0000000000005": "0.000000000001", "0.0000000000004": "0", "-0.0000000000005": "-0.000000000001",
		"0e99": "0", "1e-99": "0", "9000000": "9000000", "1e+3": "1000",
	} {
		got, err := reprise.ParseUSD(in)
		if err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "x", "1,5", "0x10", "1e99", "9300000", "-9300000", "NaN", "null", "true", `"1"`, "[1]", "--1", "1e9999999999"} {
		if got, err := reprise.ParseUSD(in); err == nil {
			t.Errorf("%q was read as %s", in, got)
		}
	}
}

func TestUSDJSON(t *testing.T) {
	type costs struct{ A, B, C, D reprise.USD }
	got := costs{D: 3}
	err := json.Unmarshal([]byte(`{"A":"0.5","B":0.25,"C":1e-3,"D":null}`), &got)
	if d := cmp.Diff(costs{500_000_000_000, 250_000_000_000, 1_000_000_000, 3}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

// FuzzUSD checks that text and amount are the same thing.
func FuzzUSD(f *testing.F) {
	f.Add(int64(715020000))
	f.Add(int64(-1))
	f.Fuzz(func(t *testing.T, n int64) {
		want := reprise.USD(n)
		got, err := reprise.ParseUSD(want.String())
		if n > -1<<63 && n < 1<<63-1 && (err != nil || got != want) {
			t.Errorf("%s was read as %s, %v", want, got, err)
		}
	})
}

func TestUsageAdd(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	got := reprise.Usage{Input: 466, Output: 334, Reasoning: n(266), CacheRead: 192}.
		Add(reprise.Usage{Input: 818, Output: 79, Reasoning: n(54), CacheRead: 704}).
		Add(reprise.Usage{CacheWrite: 3})
	want := reprise.Usage{Input: 1284, Output: 413, Reasoning: n(320), CacheRead: 896, CacheWrite: 3}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func events(evs ...reprise.Event) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		for _, ev := range evs {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

func TestCollect(t *testing.T) {
	got, err := reprise.Collect(events(
		reprise.TextDelta{Part: 0, Text: "void"},
		reprise.Reset{Reason: "retry"},
		reprise.ReasoningDelta{Part: 0, Text: "h"}, reprise.ReasoningDelta{Part: 0, Text: "m"},
		reprise.TextDelta{Part: 1, Text: "Hi"}, reprise.PartDone{Index: 1, Part: reprise.Text{Text: "Hi!"}},
		reprise.Warning{Code: reprise.WarnUsage},
		reprise.Finish{Reason: reprise.ReasonStop},
	))
	if err != nil {
		t.Fatal(err)
	}
	want := &reprise.Response{
		Message:  reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Reasoning{Text: "hm"}, reprise.Text{Text: "Hi!"}}},
		Reason:   reprise.ReasonStop,
		Warnings: []reprise.Warning{{Code: reprise.WarnUsage}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestGenerateKeepsPartial(t *testing.T) {
	down := errors.New("down")
	m := reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			if yield(reprise.TextDelta{Text: "half"}, nil) && yield(reprise.ArgsDelta{Part: 1, ID: "c", Name: "f", Args: `{"x`}, nil) {
				yield(nil, down)
			}
		}
	})
	got, err := reprise.Generate(t.Context(), m, &reprise.Request{})
	if err != down || got.Text() != "half" || got.Calls()[0].Args != `{"x` {
		t.Errorf("got %+v, %v, want the half answer and the error", got, err)
	}
	if _, err := reprise.Collect(events(reprise.TextDelta{Text: "a"})); err == nil {
		t.Error("a stream without a Finish gave no error")
	}
}

type base struct {
	ID int `json:"id" jsonschema:"which"`
}

type tree struct {
	Value    int     `json:"value"`
	Children []*tree `json:"children,omitempty"`
	Parent   *tree   `json:"parent,omitempty"`
}

type level int

type everything struct {
	base
	Name   string            `json:"name"`
	When   time.Time         `json:"when"`
	Tags   map[string]string `json:"tags,omitempty"`
	Note   *string           `json:"note"`
	Color  string            `json:"color" enum:"red,green"`
	Level  level             `json:"level,omitzero" enum:"1,2"`
	Levels []level           `json:"levels,omitempty" enum:"1,2"`
	Tree   tree              `json:"tree"`
	Any    any               `json:"any,omitempty"`
	Bytes  []byte            `json:"bytes,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	UserID string
	_      int
}

func TestSchema(t *testing.T) {
	tool := reprise.Func("f", "", func(context.Context, everything) (string, error) { return "", nil })
	want := `{
		"type": "object",
		"required": ["id", "name", "when", "note", "color", "tree", "UserID"],
		"properties": {
			"id": {"type": "integer", "description": "which"},
			"name": {"type": "string"},
			"when": {"type": "string", "format": "date-time"},
			"tags": {"type": "object", "additionalProperties": {"type": "string"}},
			"note": {"type": ["null", "string"]},
			"color": {"type": "string", "enum": ["red", "green"]},
			"level": {"type": "integer", "enum": [1, 2]},
			"levels": {"type": "array", "items": {"type": "integer", "enum": [1, 2]}},
			"tree": {"$ref": "#/$defs/tree"},
			"any": true,
			"bytes": {"type": "string", "contentEncoding": "base64"},
			"raw": true,
			"UserID": {"type": "string"}
		},
		"$defs": {"tree": {
			"type": "object",
			"required": ["value"],
			"properties": {
				"value": {"type": "integer"},
				"children": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]}},
				"parent": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]}
			}
		}}
	}`
	equalJSON(t, want, tool.Spec().Schema)
}

type (
	linked[T any] struct {
		X    T          `json:"x"`
		Next *linked[T] `json:"next,omitempty"`
	}
	Word  string
	Place struct {
		City string `json:"city" enum:"Faro,Porto"`
	}
	embedding struct {
		base   `json:"-"`
		Place  `json:"place"`
		*Pet                    // a pointer
		Word                    // no struct
		Links  linked[Word]     `json:"links"`
		Quoted int              `json:"quoted,string" jsonschema:"how many"`
		Maybe  *bool            `json:"maybe,string"`
		Level  slog.Level       `json:"level" enum:"INFO,WARN"`
		Places map[string]Place `json:"places"`
	}
	Pet struct {
		Name string `json:"name"`
		City int    `json:"city"`
	}
)

// TestSchemaOfEmbedded: what encoding/json writes is what the schema asks for.
func TestSchemaOfEmbedded(t *testing.T) {
	var got embedding
	tool := reprise.Func("f", "", func(_ context.Context, in embedding) (string, error) { got = in; return "", nil })
	const place = `{"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "enum": ["Faro", "Porto"]}}}`
	equalJSON(t, `{
		"type": "object",
		"required": ["place", "name", "city", "Word", "links", "quoted", "maybe", "level", "places"],
		"properties": {
			"place": `+place+`,
			"name": {"type": "string"},
			"city": {"type": "integer"},
			"Word": {"type": "string"},
			"links": {"$ref": "#/$defs/linked_github_com_repriselabs_reprise_test_Word"},
			"quoted": {"type": "string", "description": "how many"},
			"maybe": {"type": ["null", "string"]},
			"level": {"enum": ["INFO", "WARN"]},
			"places": {"type": "object", "additionalProperties": `+place+`}
		},
		"$defs": {"linked_github_com_repriselabs_reprise_test_Word": {
			"type": "object",
			"required": ["x"],
			"properties": {
				"x": {"type": "string"},
				"next": {"anyOf": [{"$ref": "#/$defs/linked_github_com_repriselabs_reprise_test_Word"}, {"type": "null"}]}
			}
		}}
	}`, tool.Spec().Schema)
	yes := true
	want := embedding{
		Place: Place{"Faro"}, Pet: &Pet{"Rex", 3}, Word: "w", Links: linked[Word]{X: "a", Next: &linked[Word]{X: "b"}}, Quoted: 5, Maybe: &yes,
		Level: slog.LevelWarn, Places: map[string]Place{"home": {"Porto"}},
	}
	args, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tool.Call(t.Context(), reprise.ToolCall{Args: string(args)})
	if d := cmp.Diff(want, got, cmp.AllowUnexported(embedding{})); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestSchemaOfRecursiveArguments(t *testing.T) {
	var got tree
	tool := reprise.Func("f", "", func(_ context.Context, in tree) (string, error) { got = in; return "", nil })
	_, err := tool.Call(t.Context(), reprise.ToolCall{Args: `{"value":1,"children":[{"value":2}]}`})
	if d := cmp.Diff(tree{Value: 1, Children: []*tree{{Value: 2}}}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if _, err := tool.Call(t.Context(), reprise.ToolCall{Args: `{"value":1,"children":[{"value":"2"}]}`}); err == nil {
		t.Error("a wrong value further down was taken")
	}
}

func equalJSON(t *testing.T, want string, got []byte) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if d := cmp.Diff(w, g); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestStrictClosesObjects(t *testing.T) {
	tool := reprise.Func("f", "", func(context.Context, struct {
		In struct {
			A int `json:"a"`
		} `json:"in"`
	}) (string, error) {
		return "", nil
	})
	tool.Strict = true
	equalJSON(t, `{"type":"object","required":["in"],"additionalProperties":false,"properties":{"in":
		{"type":"object","required":["a"],"additionalProperties":false,"properties":{"a":{"type":"integer"}}}}}`, tool.Spec().Schema)
}

func TestCall(t *testing.T) {
	type in struct {
		A int   `json:"a"`
		B *int  `json:"b,omitempty"`
		C level `json:"c,omitempty" enum:"1,2"`
	}
	tool := reprise.Func("f", "", func(_ context.Context, v in) (any, error) {
		switch v.A {
		case 1:
			return "text", nil
		case 2:
			return reprise.Media{Type: "image/png"}, nil
		case 3:
			return map[string]string{"x": "<y>"}, nil
		case 4:
			return nil, errors.New("no luck")
		}
		return v.A, nil
	})
	for args, want := range map[string]reprise.Part{
		`{"a":1}`:           reprise.Text{Text: "text"},
		`{"a":2}`:           reprise.Media{Type: "image/png"},
		`{"a":1.0,"c":1e0}`: reprise.Text{Text: "text"},
		`{"a":3,"c":2}`:     reprise.Text{Text: `{"x":"<y>"}`},
		`{"a":7,"b":null}`:  reprise.Text{Text: "7"},
	} {
		got, err := tool.Call(t.Context(), reprise.ToolCall{Args: args})
		if d := cmp.Diff(reprise.Parts{want}, got.Parts); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", args, err, d)
		}
	}
	for args, want := range map[string]string{
		`{"a":4}`:        "no luck",
		``:               `required: missing properties: ["a"]`,
		`{}`:             `required: missing properties: ["a"]`,
		`{"a":"2"}`:      "integer",
		`{"a":1,"c":3}`:  "enum",
		`[1]`:            "want a JSON object, got [1]",
		`{"a":`:          "not JSON",
		`{"a":1}}`:       "more than one JSON value",
		`{"a":1}{"a":2}`: "more than one JSON value",
	} {
		_, err := tool.Call(t.Context(), reprise.ToolCall{Args: args})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
		var e *reprise.ArgsError
		if errors.As(err, &e) == (args == `{"a":4}`) {
			t.Errorf("%s: %v is of type %T", args, err, err)
		}
	}
}

func TestCallReturnsAResult(t *testing.T) {
	want := reprise.ToolResult{Parts: reprise.Parts{reprise.Text{Text: "closed on Mondays"}}, IsError: true}
	tool := reprise.Func("f", "", func(context.Context, struct{}) (reprise.ToolResult, error) { return want, nil })
	got, err := tool.Call(t.Context(), reprise.ToolCall{})
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestEmptyArgs(t *testing.T) {
	tool := reprise.Func("now", "", func(context.Context, struct{}) (string, error) { return "noon", nil })
	for _, args := range []string{"", " ", "{}"} {
		got, err := tool.Call(t.Context(), reprise.ToolCall{Args: args})
		if d := cmp.Diff(reprise.Parts{reprise.Text{Text: "noon"}}, got.Parts); d != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", args, err, d)
		}
	}
}

func TestRawTool(t *testing.T) {
	tool := &reprise.FuncTool{
		ToolSpec: reprise.ToolSpec{Name: "raw", Schema: json.RawMessage(`{"type":"object","properties":{"n":{"type":"integer","minimum":3}}}`)},
		Run: func(_ context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{Parts: reprise.Parts{reprise.Text{Text: c.Args}}}, nil
		},
	}
	if _, err := tool.Call(t.Context(), reprise.ToolCall{Args: `{"n":2}`}); err == nil {
		t.Error("arguments below the minimum were taken")
	}
	if got, err := tool.Call(t.Context(), reprise.ToolCall{Args: `{"n":3}`}); err != nil || got.Parts.Text() != `{"n":3}` {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFuncPanics(t *testing.T) {
	panics(t, `reprise.Func "f": arguments must be a struct or a map, not int`, func() {
		reprise.Func("f", "", func(context.Context, int) (string, error) { return "", nil })
	})
	panics(t, `reprise.Func "f": field Deep: field ByNumber: ForType(map[int]string): unsupported map key type int`, func() {
		reprise.Func("f", "", func(context.Context, struct {
			Deep struct{ ByNumber map[int]string }
		}) (string, error) {
			return "", nil
		})
	})
	panics(t, `reprise.Func "f": field N: enum value "one" is not a int`, func() {
		reprise.Func("f", "", func(context.Context, struct {
			N int `enum:"one"`
		}) (string, error) {
			return "", nil
		})
	})
}

func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("got %v, want the panic %q", got, want)
		}
	}()
	f()
}

func TestErrorText(t *testing.T) {
	err := &reprise.Error{Provider: "xai", Kind: reprise.KindRateLimit, Status: 429, RetryAfter: 2 * time.Second, RequestID: "r1", Err: errors.New("slow down")}
	if got, want := err.Error(), "xai: slow down (status 429, request r1, retry after 2s)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !err.Temporary() || reprise.KindOf(errors.Join(err)) != reprise.KindRateLimit {
		t.Error("a rate limit is not told from a lasting error")
	}
}
