package cassette

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// splitKey splits a line into a plain key and what follows its colon.
func splitKey(text []byte) (key, rest []byte, ok bool) {
	n := 0
	for n < len(text) && keyByte(text[n]) {
		n++
	}
	if n == 0 || n > 128 || text[0] < 'A' || n == len(text) || text[n] != ':' {
		return nil, nil, false
	}
	key, rest = text[:n], text[n+1:]
	if len(rest) == 0 {
		return key, nil, true
	}
	if rest[0] != ' ' {
		return nil, nil, false
	}
	rest = bytes.TrimLeft(rest, " ")
	return key, rest, len(rest) > 0
}

func keyByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_'
}

// str reads a string whose line is current; indent is that of its key.
func (p *plainReader) str(indent int, rest []byte) (string, error) {
	if len(rest) > 0 && rest[0] == '|' {
		return p.literal(indent, rest)
	}
	if text, ok := bytes.CutPrefix(rest, []byte("!!binary |")); ok {
		block, err := p.literal(indent, append([]byte("|"), text...))
		if err != nil {
			return "", err
		}
		return p.base64([]byte(block))
	}
	defer p.in.take()
	if len(rest) == 0 || rest[len(rest)-1] == ' ' || !clean(rest) {
		return "", errUnusual
	}
	switch rest[0] {
	case '\'':
		return p.singleQuoted(rest)
	case '"':
		return p.doubleQuoted(rest)
	case '!':
		text, ok := bytes.CutPrefix(rest, []byte("!!binary "))
		if !ok {
			return "", errUnusual
		}
		return p.base64(text)
	}
	return p.plain(rest)
}

func (p *plainReader) base64(text []byte) (string, error) {
	data, err := base64.StdEncoding.AppendDecode(p.scratch[:0], text)
	if err != nil {
		return "", errUnusual
	}
	p.scratch = data
	return string(data), nil
}

// plain reads what has no quotes and can be nothing but that string.
func (p *plainReader) plain(rest []byte) (string, error) {
	first := rest[0] | 0x20
	status := len(rest) > 4 && rest[3] == ' ' && rest[0] >= '0' && rest[0] <= '9'
	if !status && (first < 'a' || first > 'z') {
		return "", errUnusual
	}
	for i, b := range rest {
		if b < ' ' || b >= 0x7f ||
			b == ':' && (i+1 == len(rest) || rest[i+1] == ' ') ||
			b == '#' && rest[i-1] == ' ' {
			return "", errUnusual
		}
	}
	s := p.word(rest)
	if reads(s) || status && !plainSafe(s) {
		return "", errUnusual
	}
	return s, nil
}

func (p *plainReader) singleQuoted(rest []byte) (string, error) {
	if len(rest) < 2 || rest[len(rest)-1] != '\'' || bytes.IndexByte(rest, '\t') >= 0 {
		return "", errUnusual
	}
	rest = rest[1 : len(rest)-1]
	if bytes.IndexByte(rest, '\'') < 0 {
		return string(rest), nil
	}
	out := p.scratch[:0]
	for {
		i := bytes.IndexByte(rest, '\'')
		if i < 0 {
			break
		}
		if i+1 == len(rest) || rest[i+1] != '\'' {
			return "", errUnusual
		}
		out = append(out, rest[:i+1]...)
		rest = rest[i+2:]
	}
	p.scratch = append(out, rest...)
	return string(p.scratch), nil
}

func (p *plainReader) doubleQuoted(rest []byte) (string, error) {
	if len(rest) < 2 || rest[len(rest)-1] != '"' || bytes.IndexByte(rest, '\t') >= 0 {
		return "", errUnusual
	}
	rest = rest[1 : len(rest)-1]
	if bytes.IndexByte(rest, '"') < 0 && bytes.IndexByte(rest, '\\') < 0 {
		return p.word(rest), nil
	}
	out := p.scratch[:0]
	for len(rest) > 0 {
		i := bytes.IndexByte(rest, '\\')
		plain := rest
		if i >= 0 {
			plain = rest[:i]
		}
		if bytes.IndexByte(plain, '"') >= 0 {
			return "", errUnusual
		}
		out = append(out, plain...)
		if i < 0 {
			break
		}
		var n int
		if out, n = appendEscape(out, rest[i:]); n == 0 {
			return "", errUnusual
		}
		rest = rest[i+n:]
	}
	p.scratch = out
	return string(out), nil
}

// appendEscape appends what the escape at the begin of text stands for and
// returns its length, or 0 when it is not one of those that are common.
func appendEscape(dst, text []byte) ([]byte, int) {
	if len(text) < 2 {
		return dst, 0
	}
	digits := 0
	switch text[1] {
	case 'n':
		return append(dst, '\n'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'r':
		return append(dst, '\r'), 2
	case '0':
		return append(dst, 0), 2
	case 'a':
		return append(dst, '\a'), 2
	case 'b':
		return append(dst, '\b'), 2
	case 'v':
		return append(dst, '\v'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'e':
		return append(dst, 0x1b), 2
	case 'N':
		return append(dst, "\u0085"...), 2
	case 'L':
		return append(dst, "\u2028"...), 2
	case 'P':
		return append(dst, "\u2029"...), 2
	case '"', '\\', '/':
		return append(dst, text[1]), 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if digits == 0 || len(text) < 2+digits {
		return dst, 0
	}
	r, err := strconv.ParseUint(string(text[2:2+digits]), 16, 32)
	if err != nil || !utf8.ValidRune(rune(r)) || r > utf8.MaxRune {
		return dst, 0
	}
	return utf8.AppendRune(dst, rune(r)), 2 + digits
}

// literal reads a "|" block.
func (p *plainReader) literal(indent int, head []byte) (string, error) {
	chomp := byte(0)
	if len(head) == 2 && (head[1] == '-' || head[1] == '+') {
		chomp = head[1]
	} else if len(head) != 1 {
		return "", errUnusual
	}
	p.in.take()
	out, inner, blank := p.scratch[:0], 0, 0
	for {
		line, ok := p.in.raw()
		if !ok {
			break
		}
		text := bytes.TrimLeft(line, " ")
		n := len(line) - len(text)
		if inner == 0 && n > 0 || inner > 0 && n >= inner {
			if inner == 0 {
				if inner = n; len(text) == 0 || n <= indent {
					return "", errUnusual
				}
			}
			text = line[inner:]
		} else if len(text) > 0 {
			break
		}
		p.in.take()
		if len(text) == 0 {
			blank++
			continue
		}
		if !clean(text) {
			return "", errUnusual
		}
		out = appendNewlines(out, blank)
		out = append(append(out, text...), '\n')
		blank = 0
	}
	p.scratch = out
	if inner == 0 {
		return "", errUnusual
	}
	switch chomp {
	case '-':
		out = out[:len(out)-1]
	case '+':
		out = appendNewlines(out, blank)
	}
	return string(out), nil
}

func appendNewlines(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '\n')
	}
	return dst
}

// clean reports whether text is UTF-8 in which every character stands for
// itself in every YAML style: tabs, but no other control, no exotic line break.
func clean(text []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(text) > 0 {
		if len(text) >= 8 {
			x := binary.LittleEndian.Uint64(text)
			if (x|(x-0x20*ones))&highs == 0 { // eight bytes from 0x20 to 0x7f
				text = text[8:]
				continue
			}
		}
		n := 1
		if b := text[0]; b >= utf8.RuneSelf {
			var r rune
			if r, n = utf8.DecodeRune(text); n == 1 || !plainRune(r) {
				return false
			}
		} else if b < ' ' && b != '\t' {
			return false
		}
		text = text[n:]
	}
	return true
}
