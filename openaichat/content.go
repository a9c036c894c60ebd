package openaichat

// readContent decodes content: a string, or a list of typed pieces.
func (s *stream) readContent() {
	if s.Peek() != '[' {
		s.readText(&s.text, false)
		return
	}
	for more := s.Open('['); more; more = s.Next(']') {
		s.readPiece()
	}
}

// readPiece decodes a piece of content. A thinking piece holds pieces.
func (s *stream) readPiece() {
	if s.Peek() == '"' {
		s.readText(&s.text, false)
		return
	}
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "text":
			s.readText(&s.text, false)
		case "thinking":
			if s.Peek() == '"' {
				s.readText(&s.reasoning, true)
				continue
			}
			for more := s.Open('['); more; more = s.Next(']') {
				s.readThought()
			}
		default:
			s.Skip()
		}
	}
}

func (s *stream) readThought() {
	for more := s.Open('{'); more; more = s.Next('}') {
		if string(s.Key()) == "text" {
			s.readText(&s.reasoning, true)
		} else {
			s.Skip()
		}
	}
}

// readReasoning reports whether there was any.
func (s *stream) readReasoning() bool {
	if c := s.Peek(); c != '"' && c != 'n' { // some servers have an object here
		s.Skip()
		return false
	}
	return s.readText(&s.reasoning, true)
}

// readText decodes a string that goes on with a part, and reports whether
// there was any.
func (s *stream) readText(part **draft, reasoning bool) bool {
	s.Peek()
	from := s.Pos()
	b := s.Bytes()
	if len(b) == 0 || s.Err() != nil {
		return false
	}
	s.mold.note(from, s.Pos(), part, reasoning)
	s.addText(part, b, reasoning)
	return true
}
