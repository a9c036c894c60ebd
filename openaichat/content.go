package openaichat

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

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
	begin := s.Decoder
	raw := s.Raw()
	switch typeOf(raw) {
	case "reference": // Mistral
		s.readReference(raw)
		return
	case "text", "output_text", "thinking", "":
	default:
		s.Decoder = begin
		s.readWhole()
		return
	}
	if s.Err() == nil {
		s.Decoder = begin
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

// typeOf is the type of an object.
func typeOf(raw []byte) string {
	var piece struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(raw, &piece) // what is no object has none
	return piece.Type
}

// readWhole decodes an image, or another piece that comes as a whole.
func (s *stream) readWhole() {
	s.mold.spoil()
	raw := s.valid("a piece of the answer")
	if raw == nil {
		return
	}
	p, _, err := readPiece(raw)
	if m, ok := p.(reprise.Media); err != nil || !ok || m.URL == "" && m.ID == "" && len(m.Data) == 0 {
		p = reprise.Opaque{Provider: s.Call.Provider, Kind: typeOf(raw), Data: raw}
	}
	s.addWhole(p)
}

// addWhole adds a part that is done.
func (s *stream) addWhole(p reprise.Part) *draft {
	d := s.begin()
	d.done = p
	return d
}

// readReference takes what a text refers to for a citation of the place where
// it stands.
func (s *stream) readReference(raw []byte) {
	s.mold.spoil()
	if !wire.Valid(raw) {
		return
	}
	c := source(bytes.Clone(raw))
	if s.text != nil {
		c.Start = utf8.RuneCountInString(s.text.b.String())
		c.End = c.Start
	}
	s.citations = append(s.citations, c)
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
