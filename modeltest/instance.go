package modeltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// instance makes JSON that a JSON Schema allows: the least of it, that is the
// required members, the fewest elements and the shortest texts. It does not
// understand all of JSON Schema (not, if, dependencies, patterns of names).
func instance(schema json.RawMessage) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(schema))
	dec.UseNumber()
	var root any
	if err := dec.Decode(&root); err != nil {
		return "", fmt.Errorf("the schema is not JSON: %w", err)
	}
	v, err := any(nil), errDeep
	for limit := 4; limit <= 64 && errors.Is(err, errDeep); limit *= 2 {
		m := &maker{root: root, limit: limit}
		v, err = m.make(root, 0, 0)
	}
	if err != nil {
		return "", fmt.Errorf("no value can be made of the schema: %w", err)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err = enc.Encode(v)
	return strings.TrimSuffix(buf.String(), "\n"), err
}

// maker makes values of the schemas in one document.
type maker struct {
	root  any
	limit int // of how deep values nest
	made  int
}

// maxValues bounds how many values are made, all in all.
const maxValues = 10_000

// errDeep is of a value that nests deeper than the limit: the schema may
// refer to itself.
var errDeep = errors.New("it nests too deeply")

// object is a JSON object.
type object = map[string]any

// make makes the nth of the values that a schema allows, where several must
// differ.
func (m *maker) make(schema any, nth, depth int) (any, error) {
	if m.made++; m.made > maxValues {
		return nil, fmt.Errorf("it has more than %d values", maxValues)
	}
	if depth > m.limit {
		return nil, errDeep
	}
	s, ok := schema.(object)
	if !ok {
		if schema == false {
			return nil, errors.New("it allows nothing")
		}
		s = object{} // true: anything
	}
	s, err := m.resolve(s, depth)
	if err != nil {
		return nil, err
	}
	for _, word := range []string{"anyOf", "oneOf"} {
		if options, ok := s[word].([]any); ok {
			return m.firstOf(s, word, options, nth, depth)
		}
	}
	if v, ok := s["const"]; ok {
		return v, nil
	}
	if values, ok := s["enum"].([]any); ok && len(values) > 0 {
		return values[nth%len(values)], nil
	}
	if v, ok := s["default"]; ok && nth == 0 {
		return v, nil
	}
	switch kind := kindOf(s); kind {
	case "object":
		return m.object(s, nth, depth)
	case "array":
		return m.array(s, depth)
	case "string":
		return word(s, nth)
	case "integer", "number":
		return number(s, kind == "integer", nth)
	case "boolean":
		return nth%2 == 1, nil
	case "null":
		return nil, nil
	default:
		return nil, fmt.Errorf("it has the type %q", kind)
	}
}

// kindOf is the type of value to make: of several the first that is not null,
// and where none is named, that of which there are rules.
func kindOf(s object) string {
	switch t := s["type"].(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if one, ok := one.(string); ok && one != "null" {
				return one
			}
		}
		return "null"
	}
	for _, hint := range []struct {
		kind  string
		words []string
	}{
		{"object", []string{"properties", "required", "additionalProperties", "minProperties"}},
		{"array", []string{"items", "prefixItems", "minItems"}},
		{"number", []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}},
	} {
		for _, word := range hint.words {
			if _, ok := s[word]; ok {
				return hint.kind
			}
		}
	}
	return "string"
}

// resolve puts what a schema refers to, and all of what it is made of, into
// one.
func (m *maker) resolve(s object, depth int) (object, error) {
	if depth > m.limit {
		return nil, errDeep
	}
	ref, hasRef := s["$ref"].(string)
	all, hasAll := s["allOf"].([]any)
	if !hasRef && !hasAll {
		return s, nil
	}
	s = maps.Clone(s)
	delete(s, "$ref")
	delete(s, "allOf")
	if hasRef {
		target, err := m.find(ref)
		if err != nil {
			return nil, err
		}
		all = append([]any{target}, all...)
	}
	for _, part := range all {
		if part == false {
			return nil, errors.New("it allows nothing")
		}
		p, ok := part.(object)
		if !ok {
			continue
		}
		p, err := m.resolve(p, depth+1)
		if err != nil {
			return nil, err
		}
		s = merge(s, p)
	}
	return s, nil
}

// find looks up a reference within the document.
func (m *maker) find(ref string) (any, error) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, fmt.Errorf("it refers to %q, which is elsewhere", ref)
	}
	at := m.root
	for i, step := range strings.Split(path, "/") {
		if i == 0 && step == "" {
			continue // before the first slash
		}
		if plain, err := url.PathUnescape(step); err == nil {
			step = plain
		}
		if list, isList := at.([]any); isList {
			n, err := strconv.Atoi(step)
			if ok = err == nil && n >= 0 && n < len(list); ok {
				at = list[n]
			}
		} else {
			o, _ := at.(object)
			at, ok = o[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
		}
		if !ok || i == 0 { // the name of an anchor
			return nil, fmt.Errorf("it refers to %q, which is not found", ref)
		}
	}
	return at, nil
}

// merge joins two schemas that both must hold.
func merge(a, b object) object {
	out := maps.Clone(a)
	for word, v := range b {
		have, both := out[word]
		switch {
		case !both:
			out[word] = v
		case word == "properties":
			out[word] = union(have, v)
		case word == "required":
			x, _ := have.([]any)
			y, _ := v.([]any)
			out[word] = slices.Concat(x, y)
		case strings.HasPrefix(strings.ToLower(word), "min") || word == "exclusiveMinimum":
			out[word] = json.Number(fmt.Sprint(math.Max(bound(a, word, 0), bound(b, word, 0))))
		case strings.HasPrefix(strings.ToLower(word), "max") || word == "exclusiveMaximum":
			out[word] = json.Number(fmt.Sprint(math.Min(bound(a, word, 0), bound(b, word, 0))))
		}
	}
	return out
}

// union has the properties of both; one that is in both must hold for both.
func union(a, b any) object {
	out := object{}
	for _, props := range []any{a, b} {
		props, _ := props.(object)
		for name, schema := range props {
			if have, both := out[name]; both {
				schema = object{"allOf": []any{have, schema}}
			}
			out[name] = schema
		}
	}
	return out
}

// firstOf makes a value of the first option that has one.
func (m *maker) firstOf(s object, word string, options []any, nth, depth int) (any, error) {
	base := maps.Clone(s)
	delete(base, word)
	err := errors.New("it has no options")
	for _, option := range options {
		if option == false {
			continue
		}
		merged := base
		if o, ok := option.(object); ok {
			merged = merge(object{"allOf": []any{o}}, base)
		}
		var v any
		if v, err = m.make(merged, nth, depth+1); err == nil {
			return v, nil
		}
	}
	return nil, err
}

func (m *maker) object(s object, nth, depth int) (any, error) {
	props, _ := s["properties"].(object)
	out := object{}
	add := func(name string) error {
		schema, ok := props[name]
		if !ok {
			schema = s["additionalProperties"]
		}
		if schema == nil {
			schema = true
		}
		v, err := m.make(schema, nth, depth+1)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out[name] = v
		return nil
	}
	required, _ := s["required"].([]any)
	for _, name := range required {
		name, ok := name.(string)
		if !ok {
			return nil, errors.New("a required name is no text")
		}
		if err := add(name); err != nil {
			return nil, err
		}
	}
	optional := slices.Sorted(maps.Keys(props))
	for i := 1; len(out) < int(bound(s, "minProperties", 0)); i++ {
		name := fmt.Sprintf("a%d", i)
		if len(optional) > 0 {
			name, optional = optional[0], optional[1:]
		}
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (m *maker) array(s object, depth int) (any, error) {
	out := []any{}
	first, _ := s["prefixItems"].([]any)
	contained, contains := s["contains"]
	special := 0
	if contains {
		special = int(bound(s, "minContains", 1))
	}
	for i := range max(special, int(bound(s, "minItems", 0))) {
		schema := s["items"]
		if i < len(first) {
			schema = first[i]
		}
		if schema == nil {
			schema = true
		}
		if i < special {
			schema = object{"allOf": []any{contained, schema}}
		}
		v, err := m.make(schema, i, depth+1)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// bound is a number of a schema.
func bound(s object, word string, otherwise float64) float64 {
	n, ok := s[word].(json.Number)
	if !ok {
		return otherwise
	}
	f, err := n.Float64()
	if err != nil {
		return otherwise
	}
	return f
}
