package reprise

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/repriselabs/reprise/internal/partialjson"
)

// view is the value of an answer that is still coming. It is told the events
// with add; next then says how often there is a new value.
type view[T any] struct {
	form    *form
	dec     *partialjson.Decoder
	begun   bool // the JSON has
	changed bool
	seen    map[int]bool // the parts that came in deltas

	// What is decoded into: the value as it is on the wire. Of a list the
	// elements come as they stand.
	plain T
	boxed struct {
		Value T `json:"value"`
	}
	list struct {
		Value []json.RawMessage `json:"value"`
	}

	elements T    // of a list: those that were decoded
	decoded  int  // how many
	stuck    bool // the next one is wrong: so is the answer
}

func newView[T any](f *form) *view[T] {
	v := &view[T]{form: f, seen: map[int]bool{}}
	switch {
	case f.isList:
		v.dec = partialjson.New(&v.list)
	case f.wrapped:
		v.dec = partialjson.New(&v.boxed)
	default:
		v.dec = partialjson.New(&v.plain)
	}
	return v
}

// add takes an event of the answer.
func (v *view[T]) add(ev Event) {
	byTool := v.form.mode == OutputTool
	switch ev := ev.(type) {
	case TextDelta:
		if !byTool {
			v.seen[ev.Part] = true
			v.write(ev.Text)
		}
	case ArgsDelta:
		if byTool && ev.Name == v.form.schema.Name {
			v.seen[ev.Part] = true
			v.write(ev.Args)
		}
	case PartDone:
		if v.seen[ev.Index] {
			return
		}
		switch p := ev.Part.(type) {
		case Text:
			if !byTool {
				v.write(p.Text)
			}
		case ToolCall:
			if byTool && p.Name == v.form.schema.Name {
				v.write(p.Args)
			}
		}
	}
}

// write takes text, in which the JSON begins somewhere.
func (v *view[T]) write(text string) {
	if !v.begun {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return
		}
		v.begun = true
		text = text[i:]
	}
	v.changed = v.dec.Write(text)
}

// next reports whether there is a new value, and makes it.
func (v *view[T]) next() bool {
	if v.form.isList {
		return v.nextElement()
	}
	changed := v.changed
	v.changed = false
	return changed
}

// nextElement decodes the next element of a list, if it is there and valid.
func (v *view[T]) nextElement() bool {
	if v.stuck || v.decoded == len(v.list.Value) {
		return false
	}
	raw := v.list.Value[v.decoded]
	elements := reflect.ValueOf(&v.elements).Elem()
	element := reflect.New(elements.Type().Elem())
	if v.form.checkElement(raw) != nil || json.Unmarshal(raw, element.Interface()) != nil {
		v.stuck = true
		return false
	}
	v.list.Value[v.decoded] = nil
	v.decoded++
	elements.Set(reflect.Append(elements, element.Elem()))
	return true
}

// value is the value that next made.
func (v *view[T]) value() T {
	switch {
	case v.form.isList:
		return v.elements
	case v.form.wrapped:
		return v.boxed.Value
	}
	return v.plain
}
