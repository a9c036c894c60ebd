package reprise

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/repriselabs/reprise/internal/partialjson"
)

// A View is the value in an answer that is still coming: [Object] for those
// who ask the model themselves, such as an agent. Add tells it the events;
// while Next then reports that there is more, Value is what has come.
type View[T any] struct {
	form *form
	state[T]
}

// state is what a View has of one attempt at the answer.
type state[T any] struct {
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

// View returns a view of an answer to what [Object.Request] returns for the
// request.
func (o *Object[T]) View(req *Request) (*View[T], error) {
	f, err := o.form(req)
	if err != nil {
		return nil, err
	}
	return newView[T](f), nil
}

func newView[T any](f *form) *View[T] {
	v := &View[T]{form: f}
	v.begin()
	return v
}

// begin forgets what has come.
func (v *View[T]) begin() {
	v.state = state[T]{seen: map[int]bool{}}
	switch {
	case v.form.isList:
		v.dec = partialjson.New(&v.list)
	case v.form.wrapped:
		v.dec = partialjson.New(&v.boxed)
	default:
		v.dec = partialjson.New(&v.plain)
	}
}

// Add takes the next event of the answer. A [Reset] makes it forget those
// before.
func (v *View[T]) Add(ev Event) {
	byTool := v.form.mode == OutputTool
	switch ev := ev.(type) {
	case Reset:
		v.begin()
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
func (v *View[T]) write(text string) {
	if !v.begun {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return
		}
		v.begun = true
		text = text[i:]
	}
	v.changed = v.dec.Write(text) || v.changed
}

// Next reports whether there is a new value, and makes it.
func (v *View[T]) Next() bool {
	if v.form.isList {
		return v.nextElement()
	}
	changed := v.changed
	v.changed = false
	return changed
}

// nextElement decodes the next element of a list, if it is there and valid.
func (v *View[T]) nextElement() bool {
	if v.stuck || v.decoded == len(v.list.Value) {
		return false
	}
	raw := v.list.Value[v.decoded]
	elements := reflect.ValueOf(&v.elements).Elem()
	element := reflect.New(elements.Type().Elem())
	if v.form.checkElement(raw) != nil || decodeValid(raw, element.Interface()) != nil {
		v.stuck = true
		return false
	}
	v.list.Value[v.decoded] = nil
	v.decoded++
	elements.Set(reflect.Append(elements, element.Elem()))
	return true
}

// Value is the value that Next made. It is for looking at until the next
// Add, as that of a [Partial].
func (v *View[T]) Value() T {
	switch {
	case v.form.isList:
		return v.elements
	case v.form.wrapped:
		return v.boxed.Value
	}
	return v.plain
}
