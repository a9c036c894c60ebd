package cassette

import (
	"strings"
	"unicode/utf8"
)

// leafFinder finds the strings of a JSON text, with their places.
type leafFinder struct {
	text   string
	base   int // where in the body the text begins
	pos    int
	leaves []leaf

	objects []object // that are parents; a parent's number is its index + 1
}

// A leaf is a string in JSON.
type leaf struct {
	begin, end int // in the body, between the quotes
	isKey      bool
	key        string // of the member; an array's elements have the array's
	in         int    // the number of its object or array, 0 for none
}

// An object, or an array, that a leaf is in.
type object struct {
	in    int
	key   string
	index string // the value of the members that number the object in a stream
}

// appendPlace appends the name of the leaf's place in an event: the keys that
// lead to it, with the numbers of objects that are told apart by them.
func (s *leafFinder) appendPlace(dst []byte, l *leaf) []byte {
	dst = append(dst, l.key...)
	for n := l.in; n > 0; n = s.objects[n-1].in {
		o := &s.objects[n-1]
		dst = append(append(append(dst, '<'), o.key...), o.index...)
	}
	return dst
}

// parse reads the text, which begins at base in the body. What it found in a
// text before is lost.
func (s *leafFinder) parse(text string, base int) bool {
	s.text, s.base, s.pos = text, base, 0
	s.leaves, s.objects = s.leaves[:0], s.objects[:0]
	s.space()
	if s.pos == len(text) || text[s.pos] != '{' && text[s.pos] != '[' && text[s.pos] != '"' || !s.value(0, "", 0) {
		return false
	}
	s.space()
	return s.pos == len(text)
}

func (s *leafFinder) space() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

func (s *leafFinder) next(b byte) bool {
	s.space()
	if s.pos < len(s.text) && s.text[s.pos] == b {
		s.pos++
		return true
	}
	return false
}

// object makes an object or array in another and returns its number.
func (s *leafFinder) object(in int, key string) int {
	s.objects = append(s.objects, object{in: in, key: key})
	return len(s.objects)
}

func (s *leafFinder) value(in int, key string, depth int) bool {
	s.space()
	if s.pos == len(s.text) || depth > maxDepth {
		return false
	}
	switch s.text[s.pos] {
	case '{':
		s.pos++
		return s.members(s.object(in, key), depth+1)
	case '[':
		s.pos++
		array := s.object(in, key)
		for first := true; !s.next(']'); first = false {
			if !first && !s.next(',') || !s.value(array, key, depth+1) {
				return false
			}
		}
		return true
	case '"':
		return s.str(in, key, false)
	}
	begin := s.pos
	for s.pos < len(s.text) && (wordByte(s.text[s.pos]) || s.text[s.pos] == '.' || s.text[s.pos] == '+') {
		s.pos++
	}
	if in > 0 {
		switch key {
		case "index", "output_index", "content_index", "summary_index", "choice_index":
			s.objects[in-1].index += "#" + s.text[begin:s.pos]
		}
	}
	return s.pos > begin
}

func (s *leafFinder) members(o int, depth int) bool {
	for first := true; !s.next('}'); first = false {
		if !first && !s.next(',') {
			return false
		}
		s.space()
		n := len(s.leaves)
		if !s.str(o, "", true) || !s.next(':') {
			return false
		}
		l := s.leaves[n]
		key, _ := l.unescapeIn(s.text, s.base)
		if !s.value(o, key, depth) {
			return false
		}
	}
	return true
}

func (s *leafFinder) str(in int, key string, isKey bool) bool {
	if s.pos == len(s.text) || s.text[s.pos] != '"' {
		return false
	}
	begin := s.pos + 1
	for end := begin; end < len(s.text); end++ {
		switch b := s.text[end]; {
		case b == '\\':
			end++
		case b == '"':
			s.leaves = append(s.leaves, leaf{s.base + begin, s.base + end, isKey, key, in})
			s.pos = end + 1
			return true
		case b < ' ':
			return false
		}
	}
	return false
}

// unescape returns the leaf's text and, for each place in it, where it is in
// the body.
func (l *leaf) unescape(body string) (string, func(int) int) { return l.unescapeIn(body, 0) }

// unescapeIn is unescape for a text that begins at base.
func (l *leaf) unescapeIn(text string, base int) (string, func(int) int) {
	raw := text[l.begin-base : l.end-base]
	begin := l.begin
	if strings.IndexByte(raw, '\\') < 0 {
		return raw, func(n int) int { return begin + n }
	}
	out := make([]byte, 0, len(raw))
	at := make([]int, 0, len(raw)+1)
	for i := 0; i < len(raw); {
		n := escapeLen(raw[i:])
		was := len(out)
		var ok bool
		if out, ok = appendUnescaped(out, raw[i:i+n]); !ok {
			n = 1 // it stands for itself
			out = append(out[:was], raw[i])
		}
		for range out[was:] {
			at = append(at, begin+i)
		}
		i += n
	}
	at = append(at, l.end)
	return string(out), func(n int) int { return at[n] }
}

// escapeLen returns how many bytes at the begin of s stand for one character.
func escapeLen(s string) int {
	n := 1
	switch {
	case s[0] != '\\':
		_, n = utf8.DecodeRuneInString(s)
	case len(s) > 1 && s[1] == 'u':
		n = 6
		if r, ok := hex4(s[2:]); ok && r >= 0xD800 && r < 0xDC00 {
			if low, ok := lowSurrogate(s[min(6, len(s)):]); ok && low >= 0xDC00 && low < 0xE000 {
				n = 12
			}
		}
	default:
		n = 2
	}
	return min(n, len(s))
}

// endOf returns where in the body the text that ends before n ends. What is
// only a part of a character goes to that character's end.
func endOf(at func(int) int, n int) int {
	last := at(n - 1)
	for at(n) == last {
		n++
	}
	return at(n)
}

const maxName = 24 // bytes of the longest name that is compared

// plainName returns the name in lower case without "-" and "_", or nothing if
// it is too long.
func plainName(buf *[maxName]byte, name string) []byte {
	n := 0
	for i := range len(name) {
		b := name[i]
		if b == '-' || b == '_' {
			continue
		}
		if n == maxName {
			return nil
		}
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		buf[n] = b
		n++
	}
	return buf[:n]
}

// secretMember reports whether the string at this key of a JSON object is a
// credential wherever it is.
func secretMember(key string) bool {
	var buf [maxName]byte
	switch string(plainName(&buf, key)) {
	case "accesstoken", "refreshtoken", "idtoken", "authtoken", "sessiontoken", "securitytoken", "authorizationtoken",
		"authorization", "clientassertion", "clientsecret", "apikey", "xapikey", "secretkey", "secretaccesskey", "privatekey",
		"password":
		return true
	}
	return false
}
