package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Valid is json.Valid in a fraction of the time, where the data is valid: a
// request holds the same schemas on each turn.
func Valid(data []byte) bool {
	d := Decoder{data: data, strict: true}
	d.Skip()
	d.spaces()
	return d.err == nil && d.pos == len(data) || json.Valid(data)
}

// CutOff reports whether data is the beginning of a JSON value, and no more.
func CutOff(data []byte) bool {
	var value json.RawMessage
	return !Valid(data) && errors.Is(json.NewDecoder(bytes.NewReader(data)).Decode(&value), io.ErrUnexpectedEOF)
}

// checkString passes over a string, which must be as JSON wants it.
func (d *Decoder) checkString() {
	data, i := d.data, d.pos+1
	for {
		for i < len(data) && asItIs[data[i]] {
			i++
		}
		switch {
		case i < len(data) && data[i] == '"':
			d.pos = i + 1
			return
		case i+1 < len(data) && data[i] == '\\' && escapes[data[i+1]] != 0:
			i += 2
			continue
		case i+1 < len(data) && data[i] == '\\' && data[i+1] == 'u':
			if _, ok := hex4(data[i+2:]); ok {
				i += 6
				continue
			}
		}
		d.fail("a wrong string")
		return
	}
}

// asItIs marks the bytes that JSON lets stand for themselves.
var asItIs = func() (t [256]bool) {
	for i := range t {
		t[i] = i >= ' ' && plain[i]
	}
	return t
}()
