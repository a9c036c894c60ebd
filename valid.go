package reprise

import (
	"math"
	"reflect"
	"slices"

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
