package reprise

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

// plainSchemas are what holds can tell of, and values of which some are valid.
var plainSchemas = []string{
	`{"type":"object"}`,
	`{"type":"object","properties":{"a":{"type":"integer","description":"first"},"b":{"type":["null","number"]}},"required":["a"]}`,
	`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`,
	`{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"boolean"}}}}},"required":["a","b"]}`,
	`{"title":"anything"}`,
}

var plainValues = []string{
	`{}`, `[]`, `null`, `7`, `{"a":null}`, `{"a":1}`, `{"a":1.0,"b":null}`, `{"a":1.5,"b":2}`, `{"a":1e30,"b":"2"}`, `{"a":"x"}`, `{"a":"x","b":true}`,
	`{"a":[],"b":1}`, `{"a":[{"b":true},{}],"b":1}`, `{"a":[{"b":0}],"b":1}`, `{"a":{},"b":1}`,
}

func TestIsPlain(t *testing.T) {
	for _, schema := range plainSchemas {
		if !isPlain(parse(t, schema)) {
			t.Errorf("%s is not taken for plain", schema)
		}
	}
	for _, schema := range []string{
		`{"type":"integer","minimum":3}`,
		`{"properties":{"a":{"enum":["x"]}}}`,
		`{"items":{"$ref":"#"}}`,
		`{"additionalProperties":{"type":"string"}}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#"}`,
		`false`,
	} {
		if isPlain(parse(t, schema)) {
			t.Errorf("%s is taken for plain", schema)
		}
	}
}

func parse(t *testing.T, schema string) *jsonschema.Schema {
	s := new(jsonschema.Schema)
	if err := json.Unmarshal([]byte(schema), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// FuzzHolds checks that holds says of plain schemas what their validation
// says.
func FuzzHolds(f *testing.F) {
	for _, schema := range plainSchemas {
		for _, value := range plainValues {
			f.Add([]byte(schema), []byte(value))
		}
	}
	f.Fuzz(func(t *testing.T, schema, value []byte) {
		var v any
		s := new(jsonschema.Schema)
		if json.Unmarshal(value, &v) != nil || json.Unmarshal(schema, s) != nil {
			return
		}
		resolved, err := s.Resolve(nil)
		if err != nil || !isPlain(s) {
			return
		}
		if want := resolved.Validate(v); holds(s, v) != (want == nil) {
			t.Errorf("%s by %s: %v, and the validation says %v", value, schema, holds(s, v), want)
		}
	})
}

func TestDecodeValid(t *testing.T) {
	type value struct {
		N    int            `json:"n"`
		F    float64        `json:"f"`
		List []uint8        `json:"list"`
		Map  map[string]int `json:"map"`
		Any  any            `json:"any"`
		Raw  json.RawMessage
	}
	for _, test := range []struct {
		text string
		want value
	}{
		{`{"n":3.0,"f":2.50,"list":[1e2,7],"map":{"a":-4.0,"b":5},"any":[1.5,2.0]}`, value{N: 3, F: 2.5, List: []uint8{100, 7}, Map: map[string]int{"a": -4, "b": 5}, Any: []any{1.5, 2.0}}},
		{`{"n":9007199254740993,"map":{"a":1.0}}`, value{N: 9007199254740993, Map: map[string]int{"a": 1}}},
		{`{"n":1,"Raw":1.0}`, value{N: 1, Raw: json.RawMessage("1.0")}},
	} {
		var got value
		err := decodeValid([]byte(test.text), &got)
		if d := cmp.Diff(test.want, got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", test.text, err, d)
		}
	}
	for _, text := range []string{`{"n":3.5}`, `{"n":1e30}`, `{"n":"3"}`, `{"list":[256.0]}`, `{"n":99999999999999999999}`, `{"n":3.0,`, `{"n":1e999}`} {
		if err := decodeValid([]byte(text), new(value)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}
