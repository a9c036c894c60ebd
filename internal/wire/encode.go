package wire

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/repriselabs/reprise/internal/kept"
)

// An Encoder appends JSON to Buf. It sets the commas; the caller sees to it
// that keys, values and brackets come in their places.
type Encoder struct {
	Buf  []byte
	kept *kept.Strings // nil: nothing is
}

// Begin begins the body of a request. A run that sends a conversation again
// and again keeps its long strings in ctx: each is escaped once.
func (e *Encoder) Begin(ctx context.Context) {
	if e.kept = kept.From(ctx); e.kept != nil {
		e.kept.Begin()
	}
}

// long is how many bytes a string has that is worth keeping: looking it up
// then takes a small part of the time that escaping it does.
const long = 512

func (e *Encoder) comma() {
	if n := len(e.Buf); n > 0 {
		switch e.Buf[n-1] {
		case '{', '[', ':':
		default:
			e.Buf = append(e.Buf, ',')
		}
	}
}

// Open begins an object ('{') or an array ('[').
func (e *Encoder) Open(bracket byte) {
	e.comma()
	e.Buf = append(e.Buf, bracket)
}

// Close ends an object ('}') or an array (']').
func (e *Encoder) Close(bracket byte) { e.Buf = append(e.Buf, bracket) }

// Key begins a member of an object.
func (e *Encoder) Key(name string) {
	e.String(name)
	e.Buf = append(e.Buf, ':')
}

// String writes a string. Bytes that are not UTF-8 become U+FFFD.
func (e *Encoder) String(s string) {
	e.comma()
	if e.kept != nil && len(s) >= long {
		e.Buf = append(e.Buf, e.kept.Get(s, quoted)...)
		return
	}
	e.Buf = AppendString(e.Buf, s)
}

// Base64 writes bytes as a string of base64, behind a prefix such as that of
// a data URL.
func (e *Encoder) Base64(prefix string, data []byte) {
	e.comma()
	e.Buf = AppendString(e.Buf, prefix)
	e.Buf = base64.StdEncoding.AppendEncode(e.Buf[:len(e.Buf)-1], data)
	e.Buf = append(e.Buf, '"')
}

// DataURL writes a file as a URL that holds it.
func (e *Encoder) DataURL(mediaType string, data []byte) {
	e.Base64("data:"+mediaType+";base64,", data)
}

// Raw writes a value that is JSON already; a nil or empty one is null.
func (e *Encoder) Raw(v []byte) {
	e.comma()
	if len(v) == 0 {
		v = []byte("null")
	}
	e.Buf = append(e.Buf, v...)
}

// Literal writes a piece of JSON that the program has as text: members, or
// what opens a value. The commas around it are set; those in it are its own.
func (e *Encoder) Literal(piece string) {
	e.comma()
	e.Buf = append(e.Buf, piece...)
}

// Int writes a whole number.
func (e *Encoder) Int(n int64) {
	e.comma()
	e.Buf = strconv.AppendInt(e.Buf, n, 10)
}

// Bool writes true or false.
func (e *Encoder) Bool(b bool) {
	e.comma()
	e.Buf = strconv.AppendBool(e.Buf, b)
}

// Float writes a number as encoding/json does; NaN and infinities, which
// JSON has not, are null.
func (e *Encoder) Float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		e.Raw(nil)
		return
	}
	b, _ := json.Marshal(f) // a finite number always marshals
	e.Raw(b)
}

// Field writes a member with a string value.
func (e *Encoder) Field(name, value string) {
	e.Key(name)
	e.String(value)
}

func quoted(s string) string { return string(AppendString(nil, s)) }

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; ; {
		for i < len(s) && ascii[s[i]] {
			i++
		}
		if i == len(s) {
			break
		}
		if c := s[i]; c < utf8.RuneSelf {
			b = append(b, s[start:i]...)
			b = appendEscape(b, c)
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b = append(b, s[start:i]...)
			b = append(b, `\ufffd`...)
			start = i + 1
		}
		i += n
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// ascii marks the bytes of ASCII that need no escape.
var ascii = func() (t [256]bool) {
	for i := range utf8.RuneSelf {
		t[i] = i >= ' ' && plain[i]
	}
	return t
}()

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
