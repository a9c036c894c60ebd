// Package wire is what the model APIs' clients share: reading and writing JSON
// without reflection, the HTTP around it, and the run over the events of an
// answer.
package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A Decoder reads one JSON value front to back. It is lenient where a client
// can be (control characters in strings pass) and remembers its first error,
// after which every method does nothing and returns zero values. Ask Err once
// at the end.
//
//	for more := d.Open('{'); more; more = d.Next('}') {
//		switch string(d.Key()) {
//		case "id":
//			id = d.String()
//		default:
//			d.Skip()
//		}
//	}
type Decoder struct {
	data    []byte
	pos     int
	depth   int
	err     error
	scratch []byte // for strings with escapes
	strict  bool   // strings that are skipped must be as JSON wants them: see Valid
}

// maxDepth bounds how deep values may nest.
const maxDepth = 1000

// Reset starts on a new value. The data must not change while it is read.
func (d *Decoder) Reset(data []byte) {
	d.data, d.pos, d.depth, d.err = data, 0, 0, nil
}

// ResetAt starts on a value within data.
func (d *Decoder) ResetAt(data []byte, pos int) {
	d.Reset(data)
	d.pos = pos
}

// Pos is how many bytes of the data have been read.
func (d *Decoder) Pos() int { return d.pos }

// Err returns the first error, which names the byte.
func (d *Decoder) Err() error { return d.err }

// End records an error unless only white space is left, and returns Err.
func (d *Decoder) End() error {
	if d.space() != 0 {
		d.fail("more after the value")
	}
	return d.err
}

func (d *Decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("JSON at byte %d: %s", d.pos, what)
		d.pos = len(d.data)
	}
}

// space passes over white space and returns the byte after it, 0 at the end.
func (d *Decoder) space() byte {
	if d.pos < len(d.data) && d.data[d.pos] > ' ' {
		return d.data[d.pos]
	}
	return d.spaces()
}

func (d *Decoder) spaces() byte {
	for d.pos < len(d.data) {
		switch c := d.data[d.pos]; c {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return c
		}
	}
	return 0
}

// Peek returns the first byte of the next value: one of {["tfn- or a digit; 0
// at the end.
func (d *Decoder) Peek() byte { return d.space() }

// Open goes into an object ('{') or an array ('['), and reports whether it
// holds anything. A null is taken for an empty one.
func (d *Decoder) Open(bracket byte) bool {
	switch c := d.space(); {
	case c == bracket:
	case c == 'n':
		d.literal("null")
		return false
	default:
		d.fail(fmt.Sprintf("want %q", string(bracket)))
		return false
	}
	if d.depth++; d.depth > maxDepth {
		d.fail("nested too deeply")
		return false
	}
	d.pos++
	if d.space() == bracket+2 { // } and ] come two after { and [
		d.pos++
		d.depth--
		return false
	}
	return d.err == nil
}

// Next passes over the comma after a member or element, and reports whether
// another follows; at the closing bracket it leaves the object or array.
func (d *Decoder) Next(bracket byte) bool {
	switch d.space() {
	case ',':
		d.pos++
		return true
	case bracket:
		d.pos++
		d.depth--
		return false
	}
	d.fail(fmt.Sprintf("want a comma or %q", string(bracket)))
	return false
}

// Key reads a member's name and the colon. It is valid until the next call.
func (d *Decoder) Key() []byte {
	d.space()
	key := d.short()
	if key == nil {
		key = d.Bytes()
	}
	if d.space() != ':' {
		d.fail("want a colon")
		return nil
	}
	d.pos++
	return key
}

// short reads a string without escapes, byte by byte, which is the fastest
// for a few; nil if it is none.
func (d *Decoder) short() []byte {
	data, i := d.data, d.pos
	if i >= len(data) || data[i] != '"' {
		return nil
	}
	for i++; i < len(data) && plain[data[i]]; i++ {
	}
	if i >= len(data) || data[i] != '"' {
		return nil
	}
	s := data[d.pos+1 : i]
	d.pos = i + 1
	return s
}

// String reads a string; null is "".
func (d *Decoder) String() string { return string(d.Bytes()) }

// Bytes reads a string; null is nil. The result is valid until the next call
// of any method.
func (d *Decoder) Bytes() []byte {
	switch d.space() {
	case '"':
	case 'n':
		d.literal("null")
		return nil
	default:
		d.fail("want a string")
		return nil
	}
	start := d.pos + 1
	end := bytes.IndexByte(d.data[start:], '"')
	if end < 0 {
		d.fail("the string does not end")
		return nil
	}
	s := d.data[start : start+end]
	if bytes.IndexByte(s, '\\') < 0 {
		d.pos = start + end + 1
		return s
	}
	d.pos = start
	d.scratch = d.unescape(d.scratch[:0])
	return d.scratch
}

// plain marks the bytes of a string that stand for themselves.
var plain = func() (t [256]bool) {
	for i := range t {
		t[i] = i != '"' && i != '\\'
	}
	return t
}()

// Append reads a string and appends it to dst; null adds nothing.
func (d *Decoder) Append(dst []byte) []byte {
	if d.space() != '"' {
		return append(dst, d.Bytes()...)
	}
	d.pos++
	return d.unescape(dst)
}

// unescape appends the rest of a string to out.
func (d *Decoder) unescape(out []byte) []byte {
	data := d.data
	for i := d.pos; ; {
		start := i
		for i < len(data) && plain[data[i]] {
			i++
		}
		out = append(out, data[start:i]...)
		if i >= len(data) {
			d.fail("the string does not end")
			return out
		}
		if data[i] == '"' {
			d.pos = i + 1
			return out
		}
		if i++; i >= len(data) {
			d.fail("the string does not end")
			return out
		}
		c := data[i]
		i++
		if e := escapes[c]; e != 0 {
			out = append(out, e)
			continue
		}
		r, n := unicodeEscape(data[i:])
		if c != 'u' || n == 0 {
			d.pos = i - 1
			d.fail("a wrong escape")
			return out
		}
		i += n
		out = utf8.AppendRune(out, r)
	}
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unicodeEscape reads what follows \u, and a second escape where both make
// one rune; n is 0 where it is wrong.
func unicodeEscape(b []byte) (r rune, n int) {
	r, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if len(b) >= 10 && b[4] == '\\' && b[5] == 'u' {
		if low, ok := hex4(b[6:]); ok {
			if r := utf16.DecodeRune(r, low); r != utf8.RuneError {
				return r, 10
			}
		}
	}
	return utf8.RuneError, 4
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// Int reads a whole number; null is 0. A number with a fraction or an
// exponent is cut to a whole one.
func (d *Decoder) Int() int64 {
	if d.space() == 'n' {
		d.literal("null")
		return 0
	}
	lit := d.number()
	if n, err := strconv.ParseInt(string(lit), 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil || f > 1<<62 || f < -1<<62 {
		d.fail(fmt.Sprintf("%.40s is not a whole number", lit))
		return 0
	}
	return int64(f)
}

// Float reads a number; null is 0.
func (d *Decoder) Float() float64 {
	if d.space() == 'n' {
		d.literal("null")
		return 0
	}
	lit := d.number()
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil {
		d.fail(fmt.Sprintf("%.40s is out of range", lit))
	}
	return f
}

// Bool reads true or false; null is false.
func (d *Decoder) Bool() bool {
	switch d.space() {
	case 't':
		d.literal("true")
		return d.err == nil
	case 'n':
		d.literal("null")
	default:
		d.literal("false")
	}
	return false
}

// Null passes over a null, and reports whether there was one.
func (d *Decoder) Null() bool {
	if d.space() != 'n' {
		return false
	}
	d.literal("null")
	return true
}

func (d *Decoder) literal(want string) {
	if len(d.data)-d.pos < len(want) || string(d.data[d.pos:d.pos+len(want)]) != want {
		d.fail("want a value")
		return
	}
	d.pos += len(want)
}

// number passes over a number as JSON spells it.
func (d *Decoder) number() []byte {
	d.space()
	start, i, data := d.pos, d.pos, d.data
	digits := func() bool {
		from := i
		for i < len(data) && '0' <= data[i] && data[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(data) && data[i] == '-' {
		i++
	}
	zero := i < len(data) && data[i] == '0'
	first := i
	ok := digits() && (!zero || i == first+1)
	if ok && i < len(data) && data[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		if i++; i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		ok = digits()
	}
	if !ok {
		d.fail("want a number")
		return nil
	}
	d.pos = i
	return data[start:i]
}

// Raw passes over a value and returns it as it stands, a part of the data.
func (d *Decoder) Raw() []byte {
	d.space()
	start := d.pos
	d.Skip()
	if d.err != nil {
		return nil
	}
	return d.data[start:d.pos]
}

// Skip passes over a value.
func (d *Decoder) Skip() {
	switch c := d.space(); c {
	case '{':
		for more := d.Open('{'); more; more = d.Next('}') {
			d.skipString()
			if d.space() != ':' {
				d.fail("want a colon")
				return
			}
			d.pos++
			d.Skip()
		}
	case '[':
		for more := d.Open('['); more; more = d.Next(']') {
			d.Skip()
		}
	case '"':
		d.skipString()
	case 't':
		d.literal("true")
	case 'f':
		d.literal("false")
	case 'n':
		d.literal("null")
	default:
		d.number()
	}
}

// skipString passes over a string; unless it is strict, without looking into
// its escapes.
func (d *Decoder) skipString() {
	if d.space() != '"' {
		d.fail("want a string")
		return
	}
	if d.strict {
		d.checkString()
		return
	}
	data := d.data
	for i := d.pos + 1; ; i++ {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			d.fail("the string does not end")
			return
		}
		i += n
		slashes := 0
		for data[i-1-slashes] == '\\' { // stops at the opening quote at the latest
			slashes++
		}
		if slashes%2 == 0 {
			d.pos = i + 1
			return
		}
	}
}
