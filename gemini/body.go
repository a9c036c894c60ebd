package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/repriselabs/reprise/internal/wire"
)

// run decodes a body to its end.
func (s *stream) run(body io.Reader) {
	end := &tail{r: body}
	switch s.Begin(end) {
	case '{', '<':
		s.whole()
		return
	case '[':
		s.list()
		return
	}
	s.join = true
	for s.NextEvent() {
		s.chunk(s.Event.Data, s.Event.Cut)
	}
	if !s.complained(end.rest()) {
		s.end()
	}
}

// whole decodes an answer that is not a stream.
func (s *stream) whole() {
	data, ok := s.Whole()
	if !ok {
		return
	}
	if s.chunk(data, truncated(data)); s.Stopped {
		return
	}
	if s.finish == "" && len(s.parts) > 0 {
		s.finish = unspecified // nothing was cut off: the value is whole
	}
	s.end()
}

// list decodes a stream that was asked for without alt=sse: a list of chunks.
func (s *stream) list() {
	data, ok := s.Whole()
	if !ok {
		return
	}
	s.join = true
	cut := truncated(data)
	var d wire.Decoder
	d.Reset(data)
	for more := d.Open('['); more && !s.Stopped; more = d.Next(']') {
		if raw := d.Raw(); raw != nil {
			s.chunk(raw, false)
		}
	}
	if s.Stopped {
		return
	}
	if d.End() != nil {
		s.odd(data, cut, d.Err())
		return
	}
	s.end()
}

// truncated reports whether data is the beginning of a JSON value.
func truncated(data []byte) bool {
	var v json.RawMessage
	return errors.Is(json.NewDecoder(bytes.NewReader(data)).Decode(&v), io.ErrUnexpectedEOF)
}
