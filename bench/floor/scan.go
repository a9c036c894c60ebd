package main

import (
	"bytes"
	"unicode/utf8"
)

// answer is what is kept of a stream.
type answer struct {
	text, reasoning []byte
	calls           []call
	finish          string
	prompt, output  int
}

type call struct {
	id, name string
	args     []byte
}

// scanner walks over JSON that it takes to be right.
type scanner struct {
	b []byte
	i int
}

// members calls f at the value of each member of an object; f passes over
// the value.
func (s *scanner) members(f func(key []byte)) {
	s.i++ // the brace
	for s.b[s.i] != '}' {
		if s.b[s.i] == ',' {
			s.i++
		}
		key := s.raw()
		s.i++ // the colon
		s.spaces()
		f(key)
		s.spaces()
	}
	s.i++
}

// spaces passes over the few that some APIs write.
func (s *scanner) spaces() {
	for s.b[s.i] == ' ' {
		s.i++
	}
}

// elements is members for a list.
func (s *scanner) elements(f func()) {
	s.i++
	for s.b[s.i] != ']' {
		if s.b[s.i] == ',' {
			s.i++
		}
		f()
	}
	s.i++
}

// raw is what stands in a string, escapes and all.
func (s *scanner) raw() []byte {
	start := s.i + 1
	for i := start; ; i++ {
		i += bytes.IndexByte(s.b[i:], '"')
		n := i
		for s.b[n-1] == '\\' {
			n--
		}
		if (i-n)%2 == 0 {
			s.i = i + 1
			return s.b[start:i]
		}
	}
}

// str appends a string.
func (s *scanner) str(to []byte) []byte {
	if s.b[s.i] == 'n' {
		s.i += 4
		return to
	}
	raw := s.raw()
	for {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			return append(to, raw...)
		}
		to = append(to, raw[:n]...)
		c := raw[n+1]
		raw = raw[n+2:]
		switch c {
		case 'n':
			to = append(to, '\n')
		case 't':
			to = append(to, '\t')
		case 'r':
			to = append(to, '\r')
		case 'u':
			var r rune
			for _, h := range raw[:4] {
				r = r<<4 | rune(bytes.IndexByte([]byte("0123456789abcdef"), h|0x20))
			}
			to, raw = utf8.AppendRune(to, r), raw[4:]
		default:
			to = append(to, c)
		}
	}
}

func (s *scanner) number() int {
	n := 0
	for ; s.b[s.i] >= '0' && s.b[s.i] <= '9'; s.i++ {
		n = 10*n + int(s.b[s.i]-'0')
	}
	return n
}

// skip passes over a value.
func (s *scanner) skip() {
	depth := 0
	for {
		switch s.b[s.i] {
		case '"':
			s.raw()
			if depth == 0 {
				return
			}
		case '{', '[':
			depth++
			s.i++
		case '}', ']':
			if depth == 0 {
				return // of what the value stands in
			}
			depth--
			s.i++
			if depth == 0 {
				return
			}
		case ',':
			if depth == 0 {
				return
			}
			s.i++
		default:
			s.i++
		}
	}
}

func (a *answer) chunk(data []byte) {
	s := scanner{b: data}
	s.members(func(key []byte) {
		switch string(key) {
		case "choices":
			s.elements(func() { a.choice(&s) })
		case "usage":
			s.members(func(key []byte) {
				switch string(key) {
				case "prompt_tokens":
					a.prompt = s.number()
				case "completion_tokens":
					a.output = s.number()
				default:
					s.skip()
				}
			})
		default:
			s.skip()
		}
	})
}

func (a *answer) choice(s *scanner) {
	s.members(func(key []byte) {
		switch string(key) {
		case "delta":
			a.delta(s)
		case "finish_reason":
			a.finish = string(s.str(nil))
		default:
			s.skip()
		}
	})
}

func (a *answer) delta(s *scanner) {
	s.members(func(key []byte) {
		switch string(key) {
		case "content":
			a.text = s.str(a.text)
		case "reasoning_content":
			a.reasoning = s.str(a.reasoning)
		case "tool_calls":
			s.elements(func() { a.call(s) })
		default:
			s.skip()
		}
	})
}

func (a *answer) call(s *scanner) {
	var id, name []byte
	n := 0
	from := s.i
	s.members(func(key []byte) {
		if string(key) == "index" {
			n = s.number()
		} else {
			s.skip()
		}
	})
	for len(a.calls) <= n {
		a.calls = append(a.calls, call{})
	}
	c := &a.calls[n]
	s.i = from
	s.members(func(key []byte) {
		switch string(key) {
		case "id":
			id = s.str(nil)
		case "function":
			s.members(func(key []byte) {
				switch string(key) {
				case "name":
					name = s.str(nil)
				case "arguments":
					c.args = s.str(c.args)
				default:
					s.skip()
				}
			})
		default:
			s.skip()
		}
	})
	if id != nil {
		c.id, c.name = string(id), string(name)
	}
}
