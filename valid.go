package reprise

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// isPlain reports whether a schema, with all below it, says nothing but types,
// properties and items: then holds is the same as its validation, which takes
// many times as long.
func isPlain(s *jsonschema.Schema) bool {
	rest := *s
	rest.Title, rest.Description = "", ""
	rest.Type, rest.Types, rest.Items = "", nil, nil
	rest.Properties, rest.PropertyOrder, rest.Required = nil, nil, nil
	if isFalse(s.AdditionalProperties) {
		rest.AdditionalProperties = nil
	}
	if !reflect.ValueOf(rest).IsZero() || s.Items != nil && !isPlain(s.Items) {
		return false
	}
	for _, p := range s.Properties {
		if !isPlain(p) {
			return false
		}
	}
	return true
}

// holds reports whether a decoded JSON value is valid by a plain schema.
func holds(s *jsonschema.Schema, v any) bool {
	switch {
	case s.Type != "" && !isOf(v, s.Type):
		return false
	case s.Types != nil && !slices.ContainsFunc(s.Types, func(t string) bool { return isOf(v, t) }):
		return false
	}
	switch v := v.(type) {
	case []any:
		return s.Items == nil || !slices.ContainsFunc(v, func(e any) bool { return !holds(s.Items, e) })
	case map[string]any:
		return holdsAll(s, v)
	}
	return true
}

func holdsAll(s *jsonschema.Schema, object map[string]any) bool {
	listed := 0
	for name, p := range s.Properties {
		v, ok := object[name]
		if ok && !holds(p, v) {
			return false
		}
		if ok {
			listed++
		}
	}
	if s.AdditionalProperties != nil && listed < len(object) { // it is false
		return false
	}
	return !slices.ContainsFunc(s.Required, func(name string) bool { _, ok := object[name]; return !ok })
}

// isOf reports whether a value is of a JSON Schema type.
func isOf(v any, kind string) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// decodeValid decodes JSON that is valid by the schema of v. To a schema 3.0 is
// an integer, and models write it; to encoding/json it is none.
func decodeValid(raw []byte, v any) error {
	err := json.Unmarshal(raw, v)
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Value, "number") {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var plain any
	if dec.Decode(&plain) != nil {
		return err
	}
	if raw, err = json.Marshal(integers(plain)); err != nil {
		return err
	}
	reflect.ValueOf(v).Elem().SetZero()
	return json.Unmarshal(raw, v)
}

// integers writes the numbers in v that are integers as such.
func integers(v any) any {
	switch v := v.(type) {
	case json.Number:
		const exact = 1 << 53
		f, err := v.Float64()
		if err == nil && strings.ContainsAny(v.String(), ".eE") && f == math.Trunc(f) && math.Abs(f) <= exact {
			return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
		}
	case []any:
		for i := range v {
			v[i] = integers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = integers(v[name])
		}
	}
	return v
}
