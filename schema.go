package reprise

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/repriselabs/reprise/internal/partialjson"
)

// schemaFor makes the schema of a Go type, as encoding/json would write it.
// jsonschema.ForType does the work; what it does not know (recursive types,
// types with a text form, bytes, embedded types, tags) is told to it or mended
// after.
func schemaFor(t reflect.Type) (*jsonschema.Schema, error) {
	g := &generator{known: map[reflect.Type]*jsonschema.Schema{}, defs: map[string]reflect.Type{}}
	if err := g.visit(t, nil); err != nil {
		return nil, err
	}
	root, err := g.schema(t)
	if err == nil && root.Ref != "" {
		root, err = g.underlying(t)
	}
	if err != nil {
		return nil, err
	}
	for name, t := range g.defs {
		def, err := g.underlying(t)
		if err != nil {
			return nil, err
		}
		if root.Defs == nil {
			root.Defs = map[string]*jsonschema.Schema{}
		}
		root.Defs[name] = def
	}
	return root, nil
}

type generator struct {
	known map[reflect.Type]*jsonschema.Schema // what ForType is told
	defs  map[string]reflect.Type             // the recursive types
}

var (
	bytesType         = reflect.TypeFor[[]byte]()
	rawMessageType    = reflect.TypeFor[json.RawMessage]()
	numberType        = reflect.TypeFor[json.Number]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	jsonMarshalerType = reflect.TypeFor[json.Marshaler]()
)

// visit makes the schemas that ForType must be told of, below t.
func (g *generator) visit(t reflect.Type, path []reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if g.known[t] != nil {
		return nil
	}
	if s := special(t); s != nil {
		g.known[t] = s
		return nil
	}
	if t.Name() != "" {
		if slices.Contains(path, t) {
			g.recursive(t)
			return nil
		}
		path = append(path, t)
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return g.visit(t.Elem(), path)
	case reflect.Struct:
		for _, f := range partialjson.Fields(t) {
			if err := g.visit(f.Go.Type, path); err != nil {
				return fmt.Errorf("field %s: %w", f.Go.Name, err)
			}
		}
		if g.known[t] == nil { // else it is recursive
			var err error
			g.known[t], err = g.underlying(t)
			return err
		}
	}
	return nil
}

// unsafeInName is what is better not in the name of a definition, such as that
// of a generic type.
var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

func (g *generator) recursive(t reflect.Type) {
	base := strings.Trim(unsafeInName.ReplaceAllString(t.Name(), "_"), "_")
	name := base
	for i := 2; g.defs[name] != nil; i++ {
		name = fmt.Sprintf("%s%d", base, i)
	}
	g.defs[name] = t
	g.known[t] = &jsonschema.Schema{Ref: "#/$defs/" + name}
}

// special is the schema of a type whose JSON is not that of its kind.
func special(t reflect.Type) *jsonschema.Schema {
	switch {
	case t == bytesType:
		return &jsonschema.Schema{Type: "string", ContentEncoding: "base64"}
	case t == rawMessageType:
		return &jsonschema.Schema{}
	case t == numberType:
		return &jsonschema.Schema{Type: "number"}
	case t.PkgPath() == "time" && t.Name() == "Time":
		return &jsonschema.Schema{Type: "string", Format: "date-time"}
	case t.Kind() == reflect.Interface:
		return nil
	case t.Implements(jsonMarshalerType) || reflect.PointerTo(t).Implements(jsonMarshalerType):
		return &jsonschema.Schema{} // only the type knows
	case t.Implements(textMarshalerType) || reflect.PointerTo(t).Implements(textMarshalerType):
		return &jsonschema.Schema{Type: "string"}
	}
	return nil
}

// schema makes the schema of t, below which all is known.
func (g *generator) schema(t reflect.Type) (*jsonschema.Schema, error) {
	s, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: g.known})
	if err != nil {
		return nil, err
	}
	mend(s)
	return s, nil
}

// underlying makes the schema of t where t itself is known only as a
// reference, or not yet.
func (g *generator) underlying(t reflect.Type) (*jsonschema.Schema, error) {
	s, err := g.schema(unname(t))
	if t.Kind() != reflect.Struct {
		return s, err
	}
	if err == nil {
		return s, tags(s, t)
	}
	for _, f := range partialjson.Fields(t) {
		if _, err := g.schema(f.Go.Type); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Go.Name, err)
		}
	}
	return nil, err
}

// unname makes a type without a name that encodes as t does, and embeds
// nothing.
func unname(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Slice:
		return reflect.SliceOf(t.Elem())
	case reflect.Map:
		return reflect.MapOf(t.Key(), t.Elem())
	case reflect.Struct:
		var fields []reflect.StructField
		for i, f := range partialjson.Fields(t) {
			tag := fmt.Sprintf("json:%q", f.Name+","+f.Options)
			if text, ok := f.Go.Tag.Lookup("jsonschema"); ok {
				tag += fmt.Sprintf(" jsonschema:%q", text)
			}
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: f.Go.Type, Tag: reflect.StructTag(tag)})
		}
		return reflect.StructOf(fields)
	}
	return t
}

// mend puts right, in s and below, what ForType makes of pointers to
// references and of slices (which it lets be null), and opens its objects.
func mend(s *jsonschema.Schema) {
	for c := range subschemas(s) {
		mend(c)
	}
	if s.Ref != "" && len(s.Types) > 0 {
		*s = jsonschema.Schema{Description: s.Description, AnyOf: []*jsonschema.Schema{{Ref: s.Ref}, {Type: "null"}}}
	}
	if len(s.Types) == 1 && s.Types[0] == "null" { // a pointer to anything
		s.Types = nil
	}
	if s.Items != nil && slices.Equal(s.Types, []string{"null", "array"}) {
		s.Type, s.Types = "array", nil
	}
	if isFalse(s.AdditionalProperties) {
		s.AdditionalProperties = nil
	}
}

func isFalse(s *jsonschema.Schema) bool {
	if s == nil {
		return false
	}
	b, err := json.Marshal(s)
	return err == nil && string(b) == "false"
}

// closeObjects forbids properties that are not listed, in s and below, as
// strict tools need.
func closeObjects(s *jsonschema.Schema) *jsonschema.Schema {
	for c := range subschemas(s) {
		closeObjects(c)
	}
	if s.Properties != nil || s.Type == "object" && s.AdditionalProperties == nil {
		s.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	}
	return s
}

// subschemas yields the schemas directly below one that schemaFor makes.
func subschemas(s *jsonschema.Schema) func(yield func(*jsonschema.Schema) bool) {
	return func(yield func(*jsonschema.Schema) bool) {
		for _, m := range []map[string]*jsonschema.Schema{s.Properties, s.Defs} {
			for _, c := range m {
				if !yield(c) {
					return
				}
			}
		}
		for _, c := range append([]*jsonschema.Schema{s.Items, s.AdditionalProperties}, s.AnyOf...) {
			if c != nil && !yield(c) {
				return
			}
		}
	}
}

// tags applies what the tags of a struct's fields say beside names and
// descriptions: the option string of json, and enum.
func tags(s *jsonschema.Schema, t reflect.Type) error {
	for _, f := range partialjson.Fields(t) {
		fs := s.Properties[f.Name]
		if f.Quoted {
			quote(fs)
		}
		tag, ok := f.Go.Tag.Lookup("enum")
		if !ok {
			continue
		}
		if err := setEnum(fs, f.Go.Type, strings.Split(tag, ",")); err != nil {
			return fmt.Errorf("field %s: %w", f.Go.Name, err)
		}
	}
	return nil
}

// quote makes the schema of a value that of a string with the value in it.
func quote(s *jsonschema.Schema) {
	quoted := jsonschema.Schema{Type: "string", Description: s.Description}
	if s.Types != nil {
		quoted.Type, quoted.Types = "", []string{"null", "string"}
	}
	*s = quoted
}

// setEnum sets the values that a field, or the elements of one, may have.
func setEnum(s *jsonschema.Schema, t reflect.Type, values []string) error {
	nullable := t.Kind() == reflect.Pointer
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s.Items != nil {
		return setEnum(s.Items, t.Elem(), values)
	}
	for _, text := range values {
		value, err := enumValue(s, t, strings.TrimSpace(text))
		if err != nil {
			return err
		}
		s.Enum = append(s.Enum, value)
	}
	if nullable {
		s.Enum = append(s.Enum, nil)
	}
	return nil
}

// enumValue is a value of t that stands in a tag: a text, where the schema or
// the type wants one.
func enumValue(s *jsonschema.Schema, t reflect.Type, text string) (value any, err error) {
	if s.Type == "string" || slices.Contains(s.Types, "string") {
		return text, nil
	}
	for _, form := range []string{text, strconv.Quote(text)} {
		if json.Unmarshal([]byte(form), reflect.New(t).Interface()) == nil {
			err := json.Unmarshal([]byte(form), &value)
			return value, err
		}
	}
	return nil, fmt.Errorf("enum value %q is not a %v", text, t)
}
