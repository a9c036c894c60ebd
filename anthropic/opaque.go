package anthropic

import (
	"bytes"
	"encoding/json"

	"github.com/repriselabs/reprise/internal/wire"
)

// added is what deltas add to a member of an opaque block.
type added struct {
	name  string
	value []byte // a string's text, or JSON
	kind  byte   // 's': a string that grows, 'l': elements of a list, 'j': JSON in pieces, 'v': the value
}

// addOpaque adds to a member of an opaque block: JSON in pieces to its input,
// a citation to its citations, a string to a string; anything else takes the
// place of what was there.
func (s *stream) addOpaque(b *block, key string) {
	switch {
	case key == "partial_json":
		a := b.added("input", 'j')
		a.value = s.Append(a.value)
	case key == "citation":
		a := b.added("citations", 'l')
		a.value = append(append(a.value, s.Raw()...), ',')
	case s.Peek() == '"':
		a := b.added(key, 's')
		a.value = s.Append(a.value)
	default:
		if raw := s.Raw(); raw != nil && string(raw) != "null" {
			b.added(key, 'v').value = bytes.Clone(raw)
		}
	}
}

// added finds what is added to a member. What is of another kind than before
// begins anew.
func (b *block) added(name string, kind byte) *added {
	a := b.addTo[name]
	if a == nil {
		if b.addTo == nil {
			b.addTo = map[string]*added{}
		}
		a = &added{name: name}
		b.addTo[name] = a
		b.adds = append(b.adds, a)
	}
	if a.kind != kind {
		a.kind, a.value = kind, nil
	}
	return a
}

// whole is an opaque block with what its deltas added.
func (b *block) whole() json.RawMessage {
	if len(b.adds) == 0 {
		return b.raw
	}
	var e wire.Encoder
	var d wire.Decoder
	d.Reset(b.raw)
	e.Open('{')
	seen := map[string]bool{}
	for more := d.Open('{'); more; more = d.Next('}') {
		name := string(d.Key())
		value := d.Raw()
		if a := b.addTo[name]; a != nil && !seen[name] {
			value = a.to(value)
			seen[name] = true
		}
		e.Key(name)
		e.Raw(value)
	}
	for _, a := range b.adds {
		if value := a.to(nil); !seen[a.name] && value != nil {
			e.Key(a.name)
			e.Raw(value)
		}
	}
	e.Close('}')
	return e.Buf
}

// to is the value that a member has with what is added; nil: none.
func (a *added) to(have []byte) []byte {
	var e wire.Encoder
	switch {
	case a.kind == 'l':
		list := bytes.TrimSuffix(bytes.TrimSpace(have), []byte("]"))
		if len(list) == 0 || list[0] != '[' {
			list = []byte("[")
		}
		list = bytes.Clone(list)
		if len(bytes.TrimSpace(list)) > 1 {
			list = append(list, ',')
		}
		return append(append(list, bytes.TrimSuffix(a.value, []byte(","))...), ']')
	case a.kind == 's':
		var text string
		_ = json.Unmarshal(have, &text) // what is no string gives way
		e.String(text + string(a.value))
	case wire.Valid(a.value):
		return a.value
	case len(a.value) == 0:
		return have
	default: // the model wrote no JSON, or was cut off
		e.Open('{')
		e.Field("INVALID_JSON", string(a.value))
		e.Close('}')
	}
	return e.Buf
}

// memberOf finds a member of an object; nil if there is none.
func memberOf(object []byte, name string) (found []byte) {
	var d wire.Decoder
	d.Reset(object)
	for more := d.Open('{'); more; more = d.Next('}') {
		if string(d.Key()) == name {
			found = d.Raw()
		} else {
			d.Skip()
		}
	}
	return found
}

// setMember returns an object with a member in place of the one of that name,
// or at the end. A nil value takes it out.
func setMember(object []byte, name string, value []byte) []byte {
	var e wire.Encoder
	var d wire.Decoder
	d.Reset(object)
	set := value == nil
	e.Open('{')
	for more := d.Open('{'); more; more = d.Next('}') {
		key := string(d.Key())
		raw := d.Raw()
		switch {
		case key != name:
			e.Key(key)
			e.Raw(raw)
		case !set:
			e.Key(key)
			e.Raw(value)
			set = true
		}
	}
	if !set {
		e.Key(name)
		e.Raw(value)
	}
	e.Close('}')
	return e.Buf
}
