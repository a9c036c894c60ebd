package reprise

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// schemaFor makes the schema of a Go type, as encoding/json would write it.
// jsonschema.ForType does the work; what it does not know (recursive types,
// types with a text form, bytes, enum tags) is told to it or mended after.
func schemaFor(t reflect.Type) (*jsonschema.Schema, error) {
	g := &generator{known: map[reflect.Type]*jsonschema.Schema{}, defs: map[string]reflect.Type{}}
	g.visit(t, nil)
	root, err := g.schema(t, false)
	if err != nil {
		return nil, err
	}
	for name, t := range g.defs {
		def, err := g.schema(t, true)
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

// visit finds the types that ForType must be told of, below t.
func (g *generator) visit(t reflect.Type, path []reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if g.known[t] != nil {
		return
	}
	if s := special(t); s != nil {
		g.known[t] = s
		return
	}
	if t.Name() != "" {
		if slices.Contains(path, t) {
			g.recursive(t)
			return
		}
		path = append(path, t)
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		g.visit(t.Elem(), path)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && !f.Anonymous {
				g.visit(f.Type, path)
			}
		}
	}
}

func (g *generator) recursive(t reflect.Type) {
	name := t.Name()
	for i := 2; g.defs[name] != nil; i++ {
		name = fmt.Sprintf("%s%d", t.Name(), i)
	}
	g.defs[name] = t
	g.known[t] = &jsonschema.Schema{Ref: "#/$defs/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)}
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

// schema makes the schema of t; of its underlying type if t itself is known
// only as a reference.
func (g *generator) schema(t reflect.Type, underlying bool) (*jsonschema.Schema, error) {
	base := t
	if underlying {
		base = unname(t)
	}
	s, err := jsonschema.ForType(base, &jsonschema.ForOptions{TypeSchemas: g.known})
	if err != nil {
		return nil, err
	}
	mend(s)
	return s, enums(s, base)
}

// unname makes a type without a name that encodes as t does.
func unname(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Slice:
		return reflect.SliceOf(t.Elem())
	case reflect.Map:
		return reflect.MapOf(t.Key(), t.Elem())
	case reflect.Struct:
		var fields []reflect.StructField
		seen := map[string]bool{}
		for _, f := range reflect.VisibleFields(t) {
			tagged := f.Tag.Get("json") != ""
			if !f.IsExported() || f.Anonymous && !tagged || seen[f.Name] {
				continue
			}
			seen[f.Name] = true
			fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag})
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

// enums applies the enum tags of t's fields, and of those below, to s.
func enums(s *jsonschema.Schema, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case s == nil || s.Ref != "" || s.AnyOf != nil:
		return nil
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return enums(s.Items, t.Elem())
	case t.Kind() == reflect.Map:
		return enums(s.AdditionalProperties, t.Elem())
	case t.Kind() != reflect.Struct || s.Properties == nil:
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		fs := s.Properties[name]
		if fs == nil || !f.IsExported() || f.Anonymous {
			continue
		}
		if err := enums(fs, f.Type); err != nil {
			return err
		}
		tag, ok := f.Tag.Lookup("enum")
		if !ok {
			continue
		}
		if err := setEnum(fs, f.Type, strings.Split(tag, ",")); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
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
		text = strings.TrimSpace(text)
		var value any = text
		if t.Kind() != reflect.String {
			err := json.Unmarshal([]byte(text), reflect.New(t).Interface())
			if err == nil {
				err = json.Unmarshal([]byte(text), &value)
			}
			if err != nil {
				return fmt.Errorf("enum value %q is not a %v", text, t)
			}
		}
		s.Enum = append(s.Enum, value)
	}
	if nullable {
		s.Enum = append(s.Enum, nil)
	}
	return nil
}
