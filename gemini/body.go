package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/repriselabs/reprise/internal/sse"
	"github.com/repriselabs/reprise/internal/wire"
)

// run decodes a body to its end.
func (s *stream) run(body io.Reader) {
	end := &tail{r: body}
	events := sse.NewReader(end)
	switch first, err := events.First(); {
	case err != nil:
		s.fail(s.broken(err))
		return
	case first == '{' || first == '<':
		s.whole(events.Rest())
		return
	case first == '[':
		s.list(events.Rest())
		return
	}
	s.join = true
	for !s.stopped {
		ev, err := events.Next()
		switch {
		case err == io.EOF:
			if !s.complained(end.rest()) {
				s.end()
			}
			return
		case errors.Is(err, sse.ErrTooLong):
			s.fail(s.bad(err))
			return
		case err != nil:
			s.fail(s.broken(err))
			return
		}
		if len(ev.Data) > 0 {
			s.chunk(ev.Data, ev.Cut)
		}
	}
}

// maxWhole bounds an answer that comes as a whole.
const maxWhole = 256 << 20

// whole decodes an answer that is not a stream.
func (s *stream) whole(r io.Reader) {
	data, err := io.ReadAll(io.LimitReader(r, maxWhole))
	if err != nil {
		s.fail(s.broken(err))
		return
	}
	if s.chunk(data, truncated(data)); s.stopped {
		return
	}
	if s.finish == "" && len(s.parts) > 0 {
		s.finish = unspecified // nothing was cut off: the value is whole
	}
	s.end()
}

// list decodes a stream that was asked for without alt=sse: a list of chunks.
func (s *stream) list(r io.Reader) {
	data, err := io.ReadAll(io.LimitReader(r, maxWhole))
	if err != nil {
		s.fail(s.broken(err))
		return
	}
	s.join = true
	cut := truncated(data)
	var d wire.Decoder
	d.Reset(data)
	for more := d.Open('['); more && !s.stopped; more = d.Next(']') {
		if raw := d.Raw(); raw != nil {
			s.chunk(raw, false)
		}
	}
	if s.stopped {
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
