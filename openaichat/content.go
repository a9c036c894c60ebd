package openaichat

// readContent decodes content: a string, or a list of typed pieces.
func (s *stream) readContent() {
	if s.Peek() != '[' {
		s.addText(&s.text, s.Bytes(), false)
		return
	}
	for more := s.Open('['); more; more = s.Next(']') {
		s.readPiece()
	}
}

// readPiece decodes a piece of content. A thinking piece holds pieces.
func (s *stream) readPiece() {
	if s.Peek() == '"' {
		s.addText(&s.text, s.Bytes(), false)
		return
	}
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "text":
			s.addText(&s.text, s.Bytes(), false)
		case "thinking":
			if s.Peek() == '"' {
				s.addText(&s.reasoning, s.Bytes(), true)
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
			s.addText(&s.reasoning, s.Bytes(), true)
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
	b := s.Bytes()
	s.addText(&s.reasoning, b, true)
	return len(b) > 0
}
