package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/repriselabs/reprise/internal/wire"
)

// added is what deltas add to a member of an opaque block.
type added struct {
	name  string
	value []byte // a string's text, or JSON
	kind  byte   // 's': a string that grows, 'l': elements of a list, 'v': the value
}

// addOpaque adds to a member of an opaque block: JSON in pieces to its input,
// a citation to its citations, a string to a string; anything else takes the
// place of what was there.
func (s *stream) addOpaque(b *block, key string) {
	a := added{name: key, kind: 's'}
	switch {
	case key == "partial_json":
		a.name, a.kind = "input", 'v'
	case key == "citation":
		a.name, a.kind = "citations", 'l'
	case s.Peek() != '"':
		if raw := s.Raw(); raw != nil && string(raw) != "null" {
			b.adds = slices.DeleteFunc(b.adds, func(have added) bool { return have.name == key })
			b.adds = append(b.adds, added{name: key, kind: 'v', value: bytes.Clone(raw)})
		}
		return
	}
	i := slices.IndexFunc(b.adds, func(have added) bool { return have.name == a.name && have.kind == a.kind })
	if i < 0 {
		i = len(b.adds)
		b.adds = append(b.adds, a)
	}
	to := &b.adds[i]
	if a.kind != 'l' {
		to.value = s.Append(to.value)
		return
	}
	to.value = append(append(to.value, s.Raw()...), ',')
}

// whole is an opaque block with what its deltas added.
func (b *block) whole() json.RawMessage {
	raw := b.raw
	for _, a := range b.adds {
		have := memberOf(raw, a.name)
		var e wire.Encoder
		switch {
		case a.kind == 'l':
			list := bytes.TrimSuffix(bytes.TrimSpace(have), []byte("]"))
			if len(list) == 0 || list[0] != '[' {
				list = []byte("[")
			}
			if len(bytes.TrimSpace(list)) > 1 {
				list = append(bytes.Clone(list), ',')
			}
			e.Buf = append(append(bytes.Clone(list), bytes.TrimSuffix(a.value, []byte(","))...), ']')
		case a.kind == 's':
			var text string
			_ = json.Unmarshal(have, &text) // what is no string gives way
			e.String(text + string(a.value))
		case wire.Valid(a.value):
			e.Buf = a.value
		case len(a.value) == 0:
			continue
		default: // the model wrote no JSON, or was cut off
			e.Open('{')
			e.Field("INVALID_JSON", string(a.value))
			e.Close('}')
		}
		raw = setMember(raw, a.name, e.Buf)
	}
	return raw
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
