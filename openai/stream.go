package openai

import (
	"errors"
	"io"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/sse"
	"github.com/repriselabs/reprise/internal/wire"
)

// stream decodes the events of one answer
// (https://platform.openai.com/docs/api-reference/responses-streaming). It
// yields deltas as they come, and a part as soon as its item is done.
type stream struct {
	wire.Stream
	dialect *Dialect
	custom  map[string]bool // the tools that the request describes; nil: it is all the same

	id, model string
	stored    bool // the provider keeps the answer
	seen      bool // an event of this API
	event     event

	items     []*item         // in the order in which they began
	byOutput  map[int64]*item // the last with this number
	last      *item           // that an event was of
	doneItems int
	parts     int  // of the message, so far
	calls     bool // one of them waits for the caller
	refused   bool
}

func newStream(d *Dialect, call *wire.Call, req *reprise.Request, yield func(reprise.Event, error) bool) *stream {
	s := &stream{Stream: wire.NewStream(call, req, yield), dialect: d}
	if d.RunsCustom && req != nil {
		s.custom = map[string]bool{}
		for _, t := range req.Tools {
			s.custom[t.Name] = true
		}
	}
	return s
}

// readCall takes a call apart, and tells whether the server ran it itself.
func (s *stream) readCall(k *callKind, raw []byte) (callItem, error) {
	c, err := k.readCall(raw)
	c.hosted = c.hosted || s.custom != nil && k.item == "custom_tool_call" && !s.custom[c.name]
	return c, err
}

// run decodes a body to its end.
func (s *stream) run(body io.Reader) {
	if s.Begin(body) != 0 {
		s.whole()
		return
	}
	for s.NextEvent() {
		if string(s.Event.Data) == "[DONE]" { // which is no event of this API, but some servers send it
			continue
		}
		if s.chunk(s.Event) {
			wire.Drain(body)
			return
		}
	}
	s.cut()
}

// cut fails because the body ended before the answer did.
func (s *stream) cut() {
	if s.seen {
		s.Cut("ended before its last event")
		return
	}
	s.Bad(errors.New("the answer holds no event of this API"))
}

// odd fails for an event that cannot be understood.
func (s *stream) odd(ev sse.Event, err error) {
	if ev.Cut {
		s.Cut("was cut off in the middle of an event")
		return
	}
	s.Odd(errorFrom(s.Call, ev.Data, 0), err)
}

// whole decodes an answer that is not a stream.
func (s *stream) whole() {
	data, ok := s.Whole()
	if !ok {
		return
	}
	s.Reset(data)
	if s.Peek() != '{' {
		s.odd(sse.Event{Data: data}, nil)
		return
	}
	answer, complaint := false, false
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "output":
			answer = true
			s.Skip()
		case "error", "message", "detail":
			complaint = complaint || s.Peek() != 'n'
			s.Skip()
		default:
			s.Skip()
		}
	}
	switch err := s.End(); {
	case err != nil:
		s.odd(sse.Event{Data: data, Cut: wire.CutOff(data)}, err)
	case answer:
		s.ended(data, "completed")
	case complaint:
		s.Fail(errorFrom(s.Call, data, 0))
	default:
		s.odd(sse.Event{Data: data}, errors.New("no output"))
	}
}
