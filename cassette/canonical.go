package cassette

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Canonical returns a form of the JSON text that is equal for two texts if and
// only if a Cassette takes them for the same body. It returns false for what is
// not JSON, which is as it is but for the boundary of a multipart body. The form
// is not JSON, and is another in each process.
func Canonical(text string) (string, bool) {
	b, ok := canonical(make([]byte, 0, min(len(text)+len(text)/2, 2<<10)), text)
	if !ok {
		return oneBoundary(text), false
	}
	return string(b), true
}

// canonical appends a form of the JSON text that is equal for two texts if
// and only if they are the same value: white space, the order of keys and the
// spelling of strings and numbers do not matter, and numbers are exact. It
// returns false, and dst as it was, for what is not JSON.
//
// The form is not JSON: each value has a letter, strings have their length. Of
// a long string there is only the sum, so the form of most bodies is short.
func canonical(dst []byte, text string) ([]byte, bool) {
	c := canon{text: text, out: dst}
	if c.value(0) {
		c.space()
		if c.pos == len(text) {
			return c.out, true
		}
	}
	return dst, false
}

const maxDepth = 1000 // of nested JSON

type canon struct {
	text    string
	pos     int
	out     []byte
	members []member // of the objects that are open
	scratch []byte
}

// A member is a part of an object in canon.out, which begins with its key.
type member struct{ begin, keyEnd, end int }

func (c *canon) space() {
	for c.pos < len(c.text) {
		switch c.text[c.pos] {
		case ' ', '\t', '\n', '\r':
			c.pos++
		default:
			return
		}
	}
}

// next skips white space and b, if b is next.
func (c *canon) next(b byte) bool {
	c.space()
	if c.pos < len(c.text) && c.text[c.pos] == b {
		c.pos++
		return true
	}
	return false
}

func (c *canon) value(depth int) bool {
	c.space()
	if c.pos == len(c.text) || depth > maxDepth {
		return false
	}
	switch b := c.text[c.pos]; b {
	case '{':
		c.pos++
		return c.object(depth + 1)
	case '[':
		c.pos++
		return c.array(depth + 1)
	case '"':
		return c.str()
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

func (c *canon) word(w string) bool {
	if len(c.text)-c.pos < len(w) || c.text[c.pos:c.pos+len(w)] != w {
		return false
	}
	c.pos += len(w)
	c.out = append(c.out, w[0])
	return true
}

func (c *canon) array(depth int) bool {
	c.out = append(c.out, '[')
	for first := true; !c.next(']'); first = false {
		if !first && !c.next(',') || !c.value(depth) {
			return false
		}
	}
	c.out = append(c.out, ']')
	return true
}

func (c *canon) object(depth int) bool {
	c.out = append(c.out, '{')
	base, start := len(c.members), len(c.out)
	sorted := true
	for first := true; !c.next('}'); first = false {
		if !first && !c.next(',') || !c.next('"') {
			return false
		}
		c.pos--
		m := member{begin: len(c.out)}
		if !c.str() {
			return false
		}
		m.keyEnd = len(c.out)
		if !c.next(':') || !c.value(depth) {
			return false
		}
		m.end = len(c.out)
		if n := len(c.members); n > base && c.compare(c.members[n-1], m) > 0 {
			sorted = false
		}
		c.members = append(c.members, m)
	}
	if !sorted {
		c.sort(c.members[base:], start)
	}
	c.members = c.members[:base]
	c.out = append(c.out, '}')
	return true
}

func (c *canon) compare(a, b member) int {
	return bytes.Compare(c.out[a.begin:a.keyEnd], c.out[b.begin:b.keyEnd])
}

// sort orders the members, which begin at start, by key. Members with the
// same key keep their order: the last one counts for most readers.
func (c *canon) sort(members []member, start int) {
	slices.SortStableFunc(members, c.compare)
	c.scratch = append(c.scratch[:0], c.out[start:]...)
	out := c.out[:start]
	for _, m := range members {
		out = append(out, c.scratch[m.begin-start:m.end-start]...)
	}
}

const longString = 64 // bytes; of longer ones the form has the sum

// str appends the form of the string that begins here.
func (c *canon) str() bool {
	begin := c.pos + 1
	end, simple := stringEnd(c.text, begin)
	if end < 0 {
		return false
	}
	c.pos = end + 1
	raw := c.text[begin:end]
	if !plainJSON(raw) {
		return false
	}
	if simple && len(raw) > longString {
		c.out = sumOf(raw).append(append(c.out, '$'))
		return true
	}
	start := len(c.out)
	c.out = append(c.out, '"', 0, 0, 0, 0)
	at := len(c.out)
	if simple {
		c.out = append(c.out, raw...)
	} else {
		var ok bool
		if c.out, ok = appendUnescaped(c.out, raw); !ok {
			return false
		}
	}
	if text := c.out[at:]; len(text) > longString {
		c.out = sumOfBytes(text).append(append(c.out[:start], '$'))
	} else {
		binary.BigEndian.PutUint32(c.out[start+1:], uint32(len(text)))
	}
	return true
}

// stringEnd returns where the JSON string that begins at begin ends, or -1,
// and whether there are no escapes in it.
func stringEnd(text string, begin int) (end int, simple bool) {
	quote := -1
	simple = true
	for at := begin; at <= len(text); {
		if quote < at {
			n := strings.IndexByte(text[at:], '"')
			if n < 0 {
				return -1, false
			}
			quote = at + n
		}
		slash := strings.IndexByte(text[at:quote], '\\')
		if slash < 0 {
			return quote, simple
		}
		simple = false
		at += slash + 2
	}
	return -1, false
}

// plainJSON reports whether the text is UTF-8 without controls.
func plainJSON(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(s) > 0 {
		if len(s) >= 8 {
			x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
				uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
			if (x|(x-0x20*ones))&highs == 0 { // eight bytes from 0x20 to 0x7f
				s = s[8:]
				continue
			}
		}
		n := 1
		if s[0] >= utf8.RuneSelf {
			if _, n = utf8.DecodeRuneInString(s); n == 1 {
				return false
			}
		} else if s[0] < ' ' {
			return false
		}
		s = s[n:]
	}
	return true
}

// appendUnescaped appends the text of a JSON string. Half a surrogate pair is
// kept apart from every other character.
func appendUnescaped(dst []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			plain, _, _ := strings.Cut(s[i:], `\`)
			dst = append(dst, plain...)
			i += len(plain) - 1
			continue
		}
		if i++; i == len(s) {
			return dst, false
		}
		switch s[i] {
		case '"', '\\', '/':
			dst = append(dst, s[i])
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, ok := hex4(s[i+1:])
			if !ok {
				return dst, false
			}
			i += 4
			if utf16.IsSurrogate(r) {
				if low, ok := lowSurrogate(s[i+1:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
					r = utf16.DecodeRune(r, low)
					i += 6
				} else {
					dst = append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
					continue
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			return dst, false
		}
	}
	return dst, true
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:4], 16, 32)
	return rune(n), err == nil
}

func lowSurrogate(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	return hex4(s[2:])
}

// number appends the number as its digits without zeros at either end, and
// the power of ten of the last: 1.50, 15e-1 and 1.5 are all "15e-1".
func (c *canon) number() bool {
	begin := c.pos
	negative := c.pos < len(c.text) && c.text[c.pos] == '-'
	if negative {
		c.pos++
	}
	whole := c.digits()
	var fraction string
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if c.pos < len(c.text) && c.text[c.pos] == '.' {
		c.pos++
		if fraction = c.digits(); fraction == "" {
			return false
		}
	}
	power := 0
	if c.pos < len(c.text) && c.text[c.pos]|0x20 == 'e' {
		c.pos++
		sign := c.pos
		if c.pos < len(c.text) && (c.text[c.pos] == '+' || c.text[c.pos] == '-') {
			c.pos++
		}
		digits := c.digits()
		if digits == "" {
			return false
		}
		if len(digits) > 15 { // compared as it is written
			c.out = append(append(append(c.out, '?'), c.text[begin:c.pos]...), ';')
			return true
		}
		power, _ = strconv.Atoi(c.text[sign:c.pos])
	}
	c.out = appendNumber(c.out, negative, whole, fraction, power)
	return true
}

func (c *canon) digits() string {
	begin := c.pos
	for c.pos < len(c.text) && c.text[c.pos] >= '0' && c.text[c.pos] <= '9' {
		c.pos++
	}
	return c.text[begin:c.pos]
}

func appendNumber(dst []byte, negative bool, whole, fraction string, power int) []byte {
	dst = append(dst, '#')
	begin := len(dst)
	if negative {
		dst = append(dst, '-')
	}
	digits := len(dst)
	dst = append(append(dst, whole...), fraction...)
	power -= len(fraction)
	for len(dst) > digits && dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
		power++
	}
	zeros := digits
	for zeros < len(dst) && dst[zeros] == '0' {
		zeros++
	}
	if zeros == len(dst) { // zero, of any sign and power
		return append(dst[:begin], "0;"...)
	}
	dst = append(dst[:digits], dst[zeros:]...)
	dst = strconv.AppendInt(append(dst, 'e'), int64(power), 10)
	return append(dst, ';')
}
