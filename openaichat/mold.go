package openaichat

import "bytes"

// A mold is a chunk without the string that it added. The chunks of a stream
// are alike but for that string, so one that fits the mold of the chunk
// before it need not be decoded again: what else it says has been taken in
// already, and taking it in twice changes nothing.
type mold struct {
	head, tail []byte  // what stands before and after the string; no head: there is no mold
	part       **draft // what the string goes on with; nil: it is arguments of nextCall
	reasoning  bool

	// Of the chunk that is being decoded:
	from, to int // the string
	strings  int // how many were read
	adds     int // how often something was added to the answer
}

// begin forgets the chunk before.
func (m *mold) begin() { m.head, m.strings, m.adds = m.head[:0], 0, 0 }

// note tells of a string that was read, quotes included, and goes to part.
func (m *mold) note(from, to int, part **draft, reasoning bool) {
	m.from, m.to, m.part, m.reasoning = from+1, to-1, part, reasoning
	m.strings++
}

// spoil tells that the chunk adds what is no string.
func (m *mold) spoil() { m.adds += 2 }

// end makes the mold of a chunk, if it added one string and nothing else.
func (m *mold) end(chunk []byte) {
	if m.strings == 1 && m.adds == 1 && m.from < m.to {
		m.head = append(m.head, chunk[:m.from]...)
		m.tail = append(m.tail[:0], chunk[m.to:]...)
	}
}

// fits decodes a chunk that fits the mold, and reports whether it did.
func (s *stream) fits(chunk []byte) bool {
	m := &s.mold
	end := len(chunk) - len(m.tail) // of the string
	if len(m.head) == 0 || end <= len(m.head) || !bytes.HasPrefix(chunk, m.head) || !bytes.Equal(chunk[end:], m.tail) {
		return false
	}
	s.ResetAt(chunk, len(m.head)-1)
	var text []byte
	if m.part != nil {
		text = s.Bytes()
	} else {
		s.nextCall.args = s.Append(s.nextCall.args[:0])
	}
	switch {
	case s.Err() != nil || s.Pos() != end+1: // a quote stands in what should be one string
		return false
	case m.part != nil:
		s.addText(m.part, text, m.reasoning)
	default:
		s.addCall()
	}
	return true
}
