package gemini

import (
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise/internal/wire"
)

// camel spells a field's name as the API answers with it. It takes snake case
// too, and its documentation uses both.
func camel(name string) string {
	if strings.IndexByte(name, '_') <= 0 {
		return name
	}
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		if w != "" {
			words[i+1] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// camelKeys spells the names of an object's members so.
func camelKeys(raw []byte) []byte {
	var d wire.Decoder
	d.Reset(raw)
	if d.Peek() != '{' {
		return raw
	}
	var e wire.Encoder
	e.Open('{')
	changed := false
	for more := d.Open('{'); more; more = d.Next('}') {
		key := string(d.Key())
		name := camel(key)
		changed = changed || name != key
		value := d.Raw()
		e.Key(name)
		e.Raw(value)
	}
	e.Close('}')
	if !changed || d.End() != nil {
		return raw
	}
	return e.Buf
}

// decode decodes an object whose members may be spelled either way.
func decode(raw []byte, into any) bool {
	return json.Unmarshal(camelKeys(raw), into) == nil
}
