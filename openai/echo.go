package openai

import (
	"bytes"
	"encoding/json"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// echo is the Data of an Echo: what the API gave with a part, or wants with
// it, that the part itself has no place for. That of a [reprise.Reasoning] is
// not of this form: it is the item as it came.
type echo struct {
	// Response is the id of the answer that the part is of, if the
	// provider keeps it.
	Response string `json:"response,omitempty"`
	// Item holds members of the item: id, status, …
	Item json.RawMessage `json:"item,omitempty"`
	// Index is the place of a text in its message.
	Index int `json:"index,omitempty"`
	// Part holds members of the piece of content.
	Part json.RawMessage `json:"part,omitempty"`
	// Field names the field of the body that the text was in.
	Field string `json:"field,omitempty"`
}

// pack makes an Echo, or nil if there is nothing in it.
func (e echo) pack(d *Dialect) *reprise.Echo {
	if e.Response == "" && e.Item == nil && e.Index == 0 && e.Part == nil && e.Field == "" {
		return nil
	}
	data, _ := json.Marshal(e) // of valid JSON
	return &reprise.Echo{Provider: d.key(), Data: data}
}

// unpack reads an Echo; ok is false if it is not for this server.
func unpack(d *Dialect, e *reprise.Echo) (out echo, ok bool) {
	if e == nil || !d.owns(e.Provider) {
		return echo{}, false
	}
	if json.Unmarshal(e.Data, &out) != nil || !isObject(out.Item) || !isObject(out.Part) {
		return echo{}, false
	}
	return out, true
}

// isObject reports whether raw is an object, or nothing.
func isObject(raw json.RawMessage) bool { return len(raw) == 0 || raw[0] == '{' }

// isWholeObject reports whether raw is a JSON object.
func isWholeObject(raw []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) && wire.Valid(raw)
}

// rest collects the members of an object that have no place of their own.
type rest struct{ b []byte }

func (r *rest) add(key string, value []byte) {
	if r.b == nil {
		r.b = append(r.b, '{')
	} else {
		r.b = append(r.b, ',')
	}
	r.b = wire.AppendString(r.b, key)
	r.b = append(r.b, ':')
	r.b = append(r.b, value...)
}

// object is the collected members, or nil if there are none.
func (r *rest) object() json.RawMessage {
	if r.b == nil {
		return nil
	}
	return append(r.b, '}')
}

// eachMember calls f for each member of an object, in order. The values are
// views of raw.
func eachMember(raw []byte, f func(key string, value []byte)) error {
	var d wire.Decoder
	d.Reset(raw)
	for more := d.Open('{'); more; more = d.Next('}') {
		key := string(d.Key())
		if value := d.Raw(); d.Err() == nil {
			f(key, value)
		}
	}
	return d.End()
}

// eachElement calls f for each element of an array, in order. The values are
// views of raw.
func eachElement(raw []byte, f func(value []byte)) error {
	var d wire.Decoder
	d.Reset(raw)
	for more := d.Open('['); more; more = d.Next(']') {
		if value := d.Raw(); d.Err() == nil {
			f(value)
		}
	}
	return d.End()
}

// text reads a JSON string; anything else is "".
func text(raw []byte) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	var d wire.Decoder
	d.Reset(raw)
	return d.String()
}

// appendText appends a JSON string; anything else adds nothing.
func appendText(to, raw []byte) []byte {
	if len(raw) == 0 || raw[0] != '"' {
		return to
	}
	var d wire.Decoder
	d.Reset(raw)
	return d.Append(to)
}

// head is the type and the id of an object.
func head(raw []byte) (kind, id string) {
	_ = eachMember(raw, func(key string, value []byte) { // what is no object has neither
		switch key {
		case "type":
			kind = text(value)
		case "id":
			id = text(value)
		}
	})
	return kind, id
}

func typeOf(raw []byte) string {
	kind, _ := head(raw)
	return kind
}

func isNull(raw []byte) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

func hasMember(object []byte, name string) (has bool) {
	_ = eachMember(object, func(key string, _ []byte) { has = has || key == name }) // what is no object has none
	return has
}
