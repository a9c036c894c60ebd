package anthropic

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/eventstream"
	"github.com/repriselabs/reprise/internal/wire"
)

// run decodes a body to its end: events, frames, or an answer that came as a
// whole, which its first byte tells.
func (s *stream) run(body io.Reader) {
	var first [1]byte
	n, err := io.ReadFull(body, first[:])
	if err != nil && err != io.EOF {
		s.Lost(err)
		return
	}
	r := io.MultiReader(bytes.NewReader(first[:n]), body)
	if n == 1 && first[0] == 0 { // the length of a frame
		s.frames(eventstream.NewReader(bufio.NewReader(r)), body)
		return
	}
	if s.Begin(r) != 0 {
		s.whole()
		return
	}
	for s.NextEvent() {
		if len(bytes.TrimSpace(s.Event.Data)) > 0 && s.event(s.Event.Data, s.Event.Cut) {
			wire.Drain(body)
		}
	}
	s.cut()
}

// frames decodes the frames of InvokeModelWithResponseStream
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html),
// whose chunks hold an event each.
func (s *stream) frames(frames *eventstream.Reader, body io.Reader) {
	var event []byte
	for !s.Stopped {
		m, err := frames.Next()
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			s.cut()
			return
		case errors.Is(err, eventstream.ErrFrame):
			s.Bad(err)
			return
		case err != nil:
			s.Lost(err)
			return
		}
		if m.Header[":message-type"] != "event" {
			s.Fail(s.exception(m))
			return
		}
		if m.Header[":event-type"] != "chunk" {
			continue
		}
		if event, err = unwrap(event[:0], m.Payload); err != nil {
			s.Bad(fmt.Errorf("a chunk: %w", err))
			return
		}
		if s.event(event, false) {
			wire.Drain(body)
		}
	}
}

// unwrap appends to dst the event that is in a chunk's payload:
// {"bytes": "base64"}.
func unwrap(dst, payload []byte) ([]byte, error) {
	var d wire.Decoder
	d.Reset(payload)
	for more := d.Open('{'); more; more = d.Next('}') {
		if string(d.Key()) != "bytes" {
			d.Skip()
			continue
		}
		var err error
		if dst, err = base64.StdEncoding.AppendDecode(dst, d.Bytes()); err != nil {
			return dst, err
		}
	}
	return dst, d.End()
}

// exception makes an error of a frame that is one.
func (s *stream) exception(m eventstream.Message) *reprise.Error {
	e := errorFrom(s.Call, m.Payload, 0)
	for _, name := range []string{":exception-type", ":error-code"} {
		if code := m.Header[name]; code != "" {
			message := m.Header[":error-message"]
			if message == "" {
				message = e.Err.Error()
			}
			body, _ := json.Marshal(map[string]string{"code": code, "message": message}) // strings always marshal
			return errorFrom(s.Call, body, 0)
		}
	}
	return e
}

// whole decodes an answer that is not a stream.
func (s *stream) whole() {
	data, ok := s.Whole()
	if !ok {
		return
	}
	s.Reset(data)
	if s.Peek() != '{' {
		s.odd(data, nil, false)
		return
	}
	kind := s.message(true)
	switch err := s.End(); {
	case s.Stopped:
	case err != nil && !wire.Valid(data):
		s.cut()
	case err != nil:
		s.odd(data, err, false)
	case kind != "message" && !s.begun && (s.extra["error"] != nil || s.extra["message"] != nil):
		s.Fail(errorFrom(s.Call, data, 0))
	case kind != "message" && !s.begun:
		s.odd(data, nil, false)
	default:
		s.end()
	}
}
