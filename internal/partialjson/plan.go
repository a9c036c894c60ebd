package partialjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// plan is what is known of a type.
type plan struct {
	whole  bool    // encoding/json decodes its values when they are whole
	fields []field // of a struct
}

// field is a field of a struct by its name in JSON.
type field struct {
	name   string
	index  []int
	tagged bool
	left   bool // it is not filled in
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	numberType      = reflect.TypeFor[json.Number]()
)

func (d *Decoder) plan(t reflect.Type) *plan {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	p := d.known[t]
	if p == nil {
		p = &plan{whole: decodesWhole(t)}
		if t.Kind() == reflect.Struct && !p.whole {
			p.fields = fieldsOf(t)
		}
		d.known[t] = p
	}
	return p
}

// decodesWhole reports whether values of t say nothing before they are whole.
func decodesWhole(t reflect.Type) bool {
	if decodesItself(t) || t == numberType {
		return true
	}
	switch t.Kind() {
	case reflect.Slice:
		return t.Elem().Kind() == reflect.Uint8 // base64
	case reflect.Map:
		return t.Key().Kind() != reflect.String || decodesItself(t.Key())
	case reflect.Interface:
		return t.NumMethod() > 0
	case reflect.Array:
		return true
	}
	return false
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(jsonUnmarshaler) || p.Implements(textUnmarshaler)
}

// fieldsOf finds the fields of a struct by the rules of encoding/json: those
// of embedded structs count as its own, of several with a name the outermost
// counts, then the one with a tag, and none if that does not tell.
func fieldsOf(t reflect.Type) []field {
	var out []field
	at := map[string]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("json") == "-" || !f.IsExported() || embeds(f) || !reachable(t, f.Index) {
			continue
		}
		c := field{name: name, index: f.Index, tagged: name != "", left: slices.Contains(strings.Split(options, ","), "string")}
		if name == "" {
			c.name = f.Name
		}
		i, ok := at[c.name]
		if !ok {
			at[c.name] = len(out)
			out = append(out, c)
			continue
		}
		switch old := &out[i]; {
		case len(c.index) < len(old.index), len(c.index) == len(old.index) && c.tagged && !old.tagged:
			*old = c
		case len(c.index) == len(old.index) && c.tagged == old.tagged:
			old.left = true
		}
	}
	return out
}

// embeds reports whether a field is an embedded struct that gives its fields
// to the one around it.
func embeds(f reflect.StructField) bool {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.Anonymous && name == "" && t.Kind() == reflect.Struct
}

// reachable reports whether what is above a field embeds it, and can be made
// where it is a pointer.
func reachable(t reflect.Type, index []int) bool {
	for i := 1; i < len(index); i++ {
		f := t.FieldByIndex(index[:i])
		if !embeds(f) || f.Tag.Get("json") == "-" || f.Type.Kind() == reflect.Pointer && !f.IsExported() {
			return false
		}
	}
	return true
}

// field finds the field for a member: of its name, or else of its name in
// other case. It returns nil if there is none, or none that is filled in.
func (p *plan) field(name string) []int {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, f := range p.fields {
			if same(f.name, name) {
				if f.left {
					return nil
				}
				return f.index
			}
		}
	}
	return nil
}
