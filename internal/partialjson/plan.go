package partialjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

// plan is what is known of a type.
type plan struct {
	whole  bool    // encoding/json decodes its values when they are whole
	fields []Field // of a struct
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
			p.fields = Fields(t)
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

// field finds the field for a member: of its name, or else of its name in
// other case. It returns nil if there is none, or none that is filled in.
func (p *plan) field(name string) []int {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, f := range p.fields {
			if same(f.Name, name) {
				if f.Quoted {
					return nil
				}
				return f.Go.Index
			}
		}
	}
	return nil
}
