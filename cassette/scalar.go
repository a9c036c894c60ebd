package cassette

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendString appends s in the style that keeps it exact and, where there is
// a choice, easy to read: lines as they are, else quoted, else base64.
// indent is that of a block's lines.
func appendString(dst []byte, indent int, s string) []byte {
	has := classify(s)
	if has&hasNewline != 0 && has&(hasControl|notUTF8) == 0 && s[0] > ' ' {
		return appendLiteral(dst, indent, s)
	}
	return appendOneLine(dst, s, has)
}

// appendOneLine appends s, which has what classify found, on one line.
func appendOneLine(dst []byte, s string, has int) []byte {
	switch {
	case has&notUTF8 != 0:
		dst = append(dst, "!!binary "...)
		return base64.StdEncoding.AppendEncode(dst, []byte(s))
	case s == "" || has != 0 || reads(s):
		return appendDoubleQuoted(dst, s)
	case plainSafe(s):
		return append(dst, s...)
	}
	dst = append(dst, '\'')
	dst = append(dst, strings.ReplaceAll(s, "'", "''")...)
	return append(dst, '\'')
}

// appendKey appends the key of a header and its colon; the value follows on
// the next line.
func appendKey(dst []byte, indent int, key string) []byte {
	switch {
	case len(key) > 100: // YAML wants the colon within 1024 bytes
		dst = appendOneLine(append(dst, "? "...), key, classify(key))
		return append(appendSpaces(append(dst, '\n'), indent), ':')
	case plainKey(key) && !reads(key):
		dst = append(dst, key...)
	default:
		dst = appendOneLine(dst, key, classify(key)|hasControl)
	}
	return append(dst, ':')
}

// appendLiteral appends s as a "|" block.
func appendLiteral(dst []byte, indent int, s string) []byte {
	dst = append(dst, '|')
	switch {
	case !strings.HasSuffix(s, "\n"):
		dst = append(dst, '-')
	case strings.HasSuffix(s, "\n\n"):
		dst = append(dst, '+')
	}
	dst = append(dst, '\n')
	for line := range strings.SplitAfterSeq(s, "\n") {
		if line != "\n" && line != "" {
			dst = appendSpaces(dst, indent)
		}
		dst = append(dst, line...)
	}
	return dst
}

// What is in a text, as far as its style depends on it.
const (
	hasNewline = 1 << iota
	hasTab
	hasControl // characters that only "" can hold
	notUTF8
)

func classify(s string) (has int) {
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				return notUTF8
			}
			if !plainRune(r) {
				has |= hasControl
			}
			i += n - 1
		case b == '\n':
			has |= hasNewline
		case b == '\t':
			has |= hasTab
		case b < ' ' || b == 0x7f:
			has |= hasControl
		}
	}
	return has
}

// plainRune reports whether every YAML reader takes the non-ASCII rune as it
// is: no control, no line break, no byte order mark, no non-character.
func plainRune(r rune) bool {
	return r >= 0xA0 && r != 0x2028 && r != 0x2029 && r != 0xFEFF && r != 0xFFFE && r != 0xFFFF &&
		(r < 0xD800 || r > 0xDFFF)
}

// plainSafe reports whether s needs no quotes. It says no more often than
// YAML asks.
func plainSafe(s string) bool {
	first := s[0] | 0x20
	if first < 'a' || first > 'z' {
		// A status line: "200 OK".
		if len(s) < 5 || s[0] < '1' || s[0] > '9' || s[3] != ' ' || s[4]|0x20 < 'a' || s[4]|0x20 > 'z' {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	last := s[len(s)-1]
	return last != ' ' && last != ':' && !strings.Contains(s, ": ") && !strings.Contains(s, " #")
}

func plainKey(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		b := s[i]
		letter := b|0x20 >= 'a' && b|0x20 <= 'z'
		if !letter && (i == 0 || (b < '0' || b > '9') && b != '-' && b != '_') {
			return false
		}
	}
	return true
}

// reads reports whether s without quotes could be read as another type than
// string by some YAML reader.
func reads(s string) bool {
	if s == "" || s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z' {
		if len(s) > len("infinity") {
			return false
		}
		switch strings.ToLower(s) {
		case "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity":
			return true
		}
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	_, err2 := strconv.ParseInt(s, 0, 64)
	return err == nil || err2 == nil
}

const hexDigits = "0123456789ABCDEF"

// appendDoubleQuoted appends s, which is UTF-8, in double quotes.
func appendDoubleQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r >= ' ' && r < 0x7f || plainRune(r):
			dst = utf8.AppendRune(dst, r)
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == 0:
			dst = append(dst, `\0`...)
		case r < 0x100:
			dst = append(dst, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
		default: // plainRune says no only below 0x10000
			dst = append(dst, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		}
	}
	return append(dst, '"')
}
