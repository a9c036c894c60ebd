// Package partialjson decodes a JSON value that arrives in pieces into a Go
// value, which after each piece is as far as the text is. Every byte is
// looked at once, however many pieces there are.
package partialjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Decoder decodes one JSON value as encoding/json would, as far as it is
// known: a string grows with its text, lists and objects with what is in
// them. A number, a literal, and a value of a type that decodes itself appear
// when they are whole; fields with the option string are left out. What does
// not fit its Go type is passed over.
//
// The Go value shares its slices, maps and pointers with what it is later.
type Decoder struct {
	state state
	err   error
	read  int // bytes of earlier pieces

	piece string // what is being read
	pos   int    // in piece

	stack []frame
	root  reflect.Value
	known map[reflect.Type]*plan
	dirty bool // the value changed in this piece

	text  *strings.Builder // of the string that is open
	first strings.Builder  // what text is while nothing had to be moved
	half  []byte           // the beginning of a rune or an escape
	high  rune             // a surrogate that waits for its other half
	isKey bool
	drop  bool          // the string is not wanted
	leaf  reflect.Value // where it goes

	token []byte // a number or literal

	recording bool // the value goes as it stands to its type
	from      int  // where it begins in piece
	record    []byte
}

type state int

const (
	wantValue   state = iota
	wantElement       // a value or the end of the array
	wantMember        // a key or the end of the object
	wantKey
	wantColon
	wantComma // or the end
	inString
	inEscape
	inToken
	ended
)

// maxDepth bounds how deep values may nest.
const maxDepth = 1000

// New returns a decoder into the value that target, a pointer, points to.
func New(target any) *Decoder {
	return &Decoder{root: reflect.ValueOf(target).Elem(), known: map[reflect.Type]*plan{}}
}

// Err tells what is wrong with the text, if anything is. The value then stays
// as it is.
func (d *Decoder) Err() error { return d.err }

// Done reports whether the value is whole. What comes after it is passed
// over.
func (d *Decoder) Done() bool { return d.state == ended }

// Write reads a piece, and reports whether it changed the value.
func (d *Decoder) Write(piece string) bool {
	d.piece, d.pos, d.dirty = piece, 0, false
	for d.pos < len(piece) && d.state != ended && d.err == nil {
		d.step()
	}
	if d.recording {
		d.record = append(d.record, piece[d.from:]...)
		d.from = 0
	}
	d.read += len(piece)
	d.piece = ""
	if d.dirty {
		d.settle()
	}
	return d.dirty
}

func (d *Decoder) fail(want string) {
	if d.err == nil {
		d.err = fmt.Errorf("JSON at byte %d: want %s", d.read+d.pos, want)
	}
}

// step reads at least a byte.
func (d *Decoder) step() {
	switch d.state {
	case inString:
		d.readString()
		return
	case inEscape:
		d.readEscape()
		return
	case inToken:
		d.readToken()
		return
	}
	c := d.piece[d.pos]
	if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		d.pos++
		return
	}
	switch d.state {
	case wantElement:
		if c == ']' {
			d.close()
			return
		}
		d.value(c)
	case wantValue:
		d.value(c)
	case wantMember, wantKey:
		d.key(c)
	case wantColon:
		if c != ':' {
			d.fail("a colon")
			return
		}
		d.pos++
		d.state = wantValue
	case wantComma:
		d.comma(c)
	}
}

// value begins a value.
func (d *Decoder) value(c byte) {
	switch {
	case c == '{' || c == '[':
		if len(d.stack) == maxDepth {
			d.fail("less nesting")
			return
		}
		d.open(c)
		d.pos++
		d.state = wantElement
		if c == '{' {
			d.state = wantMember
		}
	case c == '"':
		d.beginText()
		d.pos++
		d.isKey, d.state = false, inString
	case isTokenByte(c):
		d.token, d.state = d.token[:0], inToken
	default:
		d.fail("a value")
	}
}

func (d *Decoder) key(c byte) {
	switch {
	case c == '}' && d.state == wantMember:
		d.close()
	case c == '"':
		d.noText()
		d.pos++
		d.isKey, d.drop, d.state = true, false, inString
	default:
		d.fail("a key")
	}
}

func (d *Decoder) comma(c byte) {
	object := d.top().object
	switch {
	case c == ',' && object:
		d.pos++
		d.state = wantKey
	case c == ',':
		d.pos++
		d.state = wantValue
	case c == '}' && object || c == ']' && !object:
		d.close()
	default:
		d.fail("a comma or the end")
	}
}

// close ends the innermost object or array.
func (d *Decoder) close() {
	d.pos++
	d.closed()
	d.next()
}

// next goes on after a value.
func (d *Decoder) next() {
	d.state = wantComma
	if len(d.stack) == 0 {
		d.state = ended
	}
}

func isTokenByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '+' || c == '.'
}

func (d *Decoder) readToken() {
	start := d.pos
	for d.pos < len(d.piece) && isTokenByte(d.piece[d.pos]) {
		d.pos++
	}
	d.token = append(d.token, d.piece[start:d.pos]...)
	if d.pos == len(d.piece) {
		return // there may be more of it
	}
	if !json.Valid(d.token) {
		d.fail("a value")
		return
	}
	d.scalar(d.token)
	d.next()
}

// readString reads a string up to its end, an escape or the end of the piece.
func (d *Decoder) readString() {
	start := d.pos
	for d.pos < len(d.piece) {
		if c := d.piece[d.pos]; c < ' ' || c == '"' || c == '\\' {
			break
		}
		d.pos++
	}
	more := d.pos == len(d.piece)
	d.addText(d.piece[start:d.pos], more)
	if more {
		return
	}
	switch d.piece[d.pos] {
	case '\\':
		d.pos++
		d.state = inEscape
	case '"':
		d.addHigh()
		d.pos++
		if d.isKey {
			d.named(d.text.String())
			d.state = wantColon
			return
		}
		d.endText()
		d.next()
	default:
		d.fail("no control character")
	}
}

// addText adds to the string. If more may follow, the beginning of a rune at
// the end is kept for then. Bytes that are no rune become U+FFFD, each.
func (d *Decoder) addText(s string, more bool) {
	if s == "" && (more || len(d.half) == 0) {
		return
	}
	if s != "" {
		d.addHigh()
	}
	if len(d.half) > 0 {
		s = string(d.half) + s
		d.half = d.half[:0]
	}
	if more {
		whole := wholeRunes(s)
		d.half = append(d.half, s[whole:]...)
		s = s[:whole]
	}
	if d.drop || s == "" {
		return
	}
	d.grow(len(s))
	if utf8.ValidString(s) {
		d.text.WriteString(s)
		return
	}
	for _, r := range s {
		d.text.WriteRune(r)
	}
}

// wholeRunes is the length of s without the beginning of a rune at its end.
func wholeRunes(s string) int {
	for n := 1; n < utf8.UTFMax && n <= len(s); n++ {
		if tail := s[len(s)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return len(s) - n
			}
			break
		}
	}
	return len(s)
}

// addHigh adds a surrogate whose other half did not come.
func (d *Decoder) addHigh() {
	if d.high != 0 {
		d.high = 0
		d.addRune(utf8.RuneError)
	}
}

func (d *Decoder) addRune(r rune) {
	if d.drop {
		return
	}
	d.grow(utf8.UTFMax)
	d.text.WriteRune(r)
}

// grow makes room for n bytes more in the string that is open.
func (d *Decoder) grow(n int) {
	if !d.isKey {
		d.dirty = true
	}
	need, have := d.text.Len()+n, d.text.Cap()
	switch {
	case have == 0:
		d.text.Grow(n)
	case need > have: // twice as much, so that moving it all costs little by the byte
		wider := new(strings.Builder)
		wider.Grow(max(need, 2*have))
		wider.WriteString(d.text.String())
		d.text = wider
	}
}

// noText begins a string.
func (d *Decoder) noText() {
	d.first = strings.Builder{}
	d.text = &d.first
}

// readEscape reads a byte of what follows a backslash.
func (d *Decoder) readEscape() {
	c := d.piece[d.pos]
	d.half = append(d.half, c)
	if d.half[0] != 'u' {
		i := strings.IndexByte(`"\/bfnrt`, c)
		if i < 0 {
			d.fail("an escape")
			return
		}
		d.addHigh()
		d.addRune(rune("\"\\/\b\f\n\r\t"[i]))
		d.endEscape()
		return
	}
	if len(d.half) > 1 && !isHex(c) {
		d.fail("four hexadecimal digits")
		return
	}
	if len(d.half) < len("u0000") {
		d.pos++
		return
	}
	var r rune
	for _, c := range d.half[1:] {
		r = r<<4 | hexValue(c)
	}
	d.addUnit(r)
	d.endEscape()
}

func (d *Decoder) endEscape() {
	d.half = d.half[:0]
	d.pos++
	d.state = inString
}

// addUnit adds a UTF-16 code unit.
func (d *Decoder) addUnit(r rune) {
	if both := utf16.DecodeRune(d.high, r); both != utf8.RuneError {
		d.high = 0
		d.addRune(both)
		return
	}
	d.addHigh()
	switch {
	case !utf16.IsSurrogate(r):
		d.addRune(r)
	case r < 0xdc00:
		d.high = r
	default:
		d.addRune(utf8.RuneError)
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func hexValue(c byte) rune {
	if c <= '9' {
		return rune(c - '0')
	}
	return rune(c|0x20-'a') + 10
}
