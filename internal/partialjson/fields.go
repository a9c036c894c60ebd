package partialjson

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// A Field is a field of a struct as encoding/json sees it.
type Field struct {
	Name    string              // in JSON
	Options string              // of its tag, after the name
	Quoted  bool                // its value is in a string, by the option string
	Go      reflect.StructField // with its Index from the struct, through those that it embeds

	tagged, ambiguous bool
}

// Fields finds the fields of a struct by the rules of encoding/json: those of
// embedded structs count as its own, of several with a name the outermost
// counts, then the one with a tag, and none if that does not tell.
func Fields(t reflect.Type) []Field {
	var out []Field
	at := map[string]int{}
	for _, c := range candidates(nil, t, nil, nil) {
		i, ok := at[c.Name]
		if !ok {
			at[c.Name] = len(out)
			out = append(out, c)
			continue
		}
		depth := len(c.Go.Index)
		switch old := &out[i]; {
		case depth < len(old.Go.Index), depth == len(old.Go.Index) && c.tagged && !old.tagged:
			*old = c
		case depth == len(old.Go.Index) && c.tagged == old.tagged:
			old.ambiguous = true
		}
	}
	return slices.DeleteFunc(out, func(f Field) bool { return f.ambiguous })
}

// candidates adds the fields of t, and of what it embeds, to fields. above are
// the types around it, the last of which has it at index.
func candidates(fields []Field, t reflect.Type, above []reflect.Type, index []int) []Field {
	if slices.Contains(above, t) {
		return fields // deeper than the same fields above
	}
	above = append(slices.Clip(above), t)
	for i := range t.NumField() {
		f := t.Field(i)
		f.Index = append(slices.Clip(index), i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		isPointer := f.Type.Kind() == reflect.Pointer
		switch {
		case f.Tag.Get("json") == "-":
		case embeds(f) && (f.IsExported() || !isPointer): // else there is no way to make what it points to
			embedded := f.Type
			if isPointer {
				embedded = embedded.Elem()
			}
			fields = candidates(fields, embedded, above, f.Index)
		case f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct && !decodesItself(f.Type):
			fields = append(fields, Field{
				Name: cmp.Or(name, f.Name), Options: options, Go: f, tagged: name != "",
				Quoted: slices.Contains(strings.Split(options, ","), "string") && quotable(f.Type),
			})
		}
	}
	return fields
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

// quotable reports whether the option string does anything to values of t.
func quotable(t reflect.Type) bool {
	if t.Name() == "" && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	k := t.Kind()
	return reflect.Bool <= k && k <= reflect.Float64 || k == reflect.String
}
