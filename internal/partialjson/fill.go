package partialjson

import (
	"encoding/json"
	"reflect"
)

// frame is an object or array that is open.
type frame struct {
	object bool
	kind   frameKind
	v      reflect.Value // what it is decoded into
	box    reflect.Value // the interface that holds a copy of v, if v is in one

	field []int         // of a struct: where the member goes that was named; nil: nowhere
	name  reflect.Value // of a map: the member that was named
	elem  reflect.Value // and its value
	begun bool          // there is one
}

type frameKind int

const (
	skipped  frameKind = iota // what is in it is not wanted
	recorded                  // it goes to its type as it stands
	inStruct
	inMap
	inSlice
)

func (d *Decoder) top() *frame { return &d.stack[len(d.stack)-1] }

// nextType is the type of the value that comes next; nil: it is not wanted.
func (d *Decoder) nextType() reflect.Type {
	if len(d.stack) == 0 {
		return d.root.Type()
	}
	switch f := d.top(); f.kind {
	case inStruct:
		if f.field == nil {
			return nil
		}
		return f.v.Type().FieldByIndex(f.field).Type
	case inMap, inSlice:
		return f.v.Type().Elem()
	}
	return nil
}

// slot makes the place of the value that comes next, of which nextType is
// not nil.
func (d *Decoder) slot() reflect.Value {
	d.dirty = true
	if len(d.stack) == 0 {
		return d.root
	}
	f := d.top()
	switch f.kind {
	case inStruct:
		v := f.v
		for _, i := range f.field {
			v = pointed(v).Field(i)
		}
		return v
	case inMap:
		f.elem.SetZero()
		f.begun = true
		return f.elem
	default:
		n := f.v.Len()
		if n == f.v.Cap() {
			f.v.Grow(n + 1) // doubles
		}
		f.v.SetLen(n + 1)
		return f.v.Index(n)
	}
}

// pointed follows pointers, and makes what they do not point to yet.
func pointed(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	return v
}

var (
	anyMap   = reflect.TypeFor[map[string]any]()
	anySlice = reflect.TypeFor[[]any]()
)

// open begins an object or array.
func (d *Decoder) open(c byte) {
	f := frame{object: c == '{'}
	switch t := d.nextType(); {
	case t == nil:
	case d.plan(t).whole:
		f.kind = recorded
		d.startRecord()
	default:
		d.enter(&f, pointed(d.slot()))
	}
	d.stack = append(d.stack, f)
}

// enter sets a frame up to decode into v.
func (d *Decoder) enter(f *frame, v reflect.Value) {
	if v.Kind() == reflect.Interface {
		f.box = v
		t := anySlice
		if f.object {
			t = anyMap
		}
		v = reflect.New(t).Elem()
	}
	f.v = v
	switch {
	case f.object && v.Kind() == reflect.Struct:
		f.kind = inStruct
	case f.object && v.Kind() == reflect.Map:
		f.kind = inMap
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		f.elem = reflect.New(v.Type().Elem()).Elem()
	case !f.object && v.Kind() == reflect.Slice:
		f.kind = inSlice
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
}

// named takes the name of the member that comes next.
func (d *Decoder) named(name string) {
	switch f := d.top(); f.kind {
	case inStruct:
		f.field = d.plan(f.v.Type()).field(name)
	case inMap:
		f.name = reflect.ValueOf(name).Convert(f.v.Type().Key())
		f.begun = false
	}
}

// closed ends the innermost object or array.
func (d *Decoder) closed() {
	f := *d.top()
	if f.box.IsValid() {
		f.box.Set(f.v)
	}
	d.stack = d.stack[:len(d.stack)-1]
	if f.kind == recorded {
		d.unmarshal(d.endRecord())
	}
	d.store()
}

// store puts the value of a map's member, which is elsewhere, into the map.
func (d *Decoder) store() {
	if len(d.stack) > 0 {
		d.top().store()
	}
}

func (f *frame) store() {
	if f.kind == inMap && f.begun {
		f.v.SetMapIndex(f.name, f.elem)
	}
}

// settle makes what is open show in the value.
func (d *Decoder) settle() {
	d.showText()
	for i := len(d.stack) - 1; i >= 0; i-- {
		f := &d.stack[i]
		f.store()
		if f.box.IsValid() {
			f.box.Set(f.v)
		}
	}
}

// beginText begins a string that is a value.
func (d *Decoder) beginText() {
	d.noText()
	d.leaf, d.drop = reflect.Value{}, true
	t := d.nextType()
	switch {
	case t == nil:
		return
	case d.plan(t).whole:
		d.startRecord()
		return
	}
	v := pointed(d.slot())
	if k := v.Kind(); k == reflect.String || k == reflect.Interface {
		d.leaf, d.drop = v, false
	}
}

// endText ends a string that is a value.
func (d *Decoder) endText() {
	d.showText()
	d.leaf = reflect.Value{}
	if d.recording && (len(d.stack) == 0 || d.top().wants()) {
		d.unmarshal(d.endRecord())
	}
	d.store()
}

// wants reports whether values in the frame have a place.
func (f *frame) wants() bool { return f.kind >= inStruct }

// showText puts the string where it goes, as far as it is.
func (d *Decoder) showText() {
	switch {
	case !d.leaf.IsValid():
	case d.leaf.Kind() == reflect.String:
		d.leaf.SetString(d.text.String()) // a view: what a Builder holds never changes
	default:
		d.leaf.Set(reflect.ValueOf(d.text.String()))
	}
}

// scalar takes a number or literal.
func (d *Decoder) scalar(token []byte) {
	if d.nextType() != nil {
		d.unmarshal(token)
		d.store()
	}
}

// unmarshal has encoding/json decode the next value.
func (d *Decoder) unmarshal(raw []byte) {
	_ = json.Unmarshal(raw, d.slot().Addr().Interface()) // what does not fit is passed over
}

func (d *Decoder) startRecord() {
	d.recording, d.from, d.record = true, d.pos, d.record[:0]
}

// endRecord returns the value since startRecord as it stands.
func (d *Decoder) endRecord() []byte {
	d.recording = false
	return append(d.record, d.piece[d.from:d.pos]...)
}
