package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/sse"
	"github.com/repriselabs/reprise/internal/wire"
)

// stream decodes the events of one answer
// (https://platform.openai.com/docs/api-reference/responses-streaming). It
// yields deltas as they come, and a part as soon as its item is done.
type stream struct {
	wire.Decoder
	dialect   *Dialect
	call      *wire.Call // which knows what must be in no error
	yield     func(reprise.Event, error) bool
	stopped   bool // the consumer left, or an error or the Finish was yielded
	broken    func(error) *reprise.Error
	requestID string
	turn      int // how many answers came before this one

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
	return &stream{dialect: d, call: call, yield: yield, turn: turnOf(req)}
}

// turnOf counts the answers that a request already has; it may be nil.
func turnOf(req *reprise.Request) (turn int) {
	if req == nil {
		return 0
	}
	for _, m := range req.Messages {
		if m.Role == reprise.RoleAssistant {
			turn++
		}
	}
	return turn
}

func (s *stream) emit(ev reprise.Event) {
	if !s.stopped && !s.yield(ev, nil) {
		s.stopped = true
	}
}

func (s *stream) fail(e *reprise.Error) {
	if s.stopped {
		return
	}
	s.stopped = true
	if e.RequestID == "" {
		e.RequestID = s.requestID
	}
	s.yield(nil, e)
}

func (s *stream) failed(kind reprise.Kind, err error) {
	s.fail(&reprise.Error{Provider: s.dialect.name(), Kind: kind, Err: err})
}

// run decodes a body to its end.
func (s *stream) run(body io.Reader) {
	events := sse.NewReader(body)
	switch first, err := events.First(); {
	case err != nil:
		s.fail(s.broken(err))
		return
	case first == '{' || first == '<' || first == '[':
		s.whole(events.Rest())
		return
	}
	for !s.stopped {
		ev, err := events.Next()
		switch {
		case err == io.EOF:
			s.cut()
			return
		case errors.Is(err, sse.ErrTooLong):
			s.failed(reprise.KindBadResponse, err)
			return
		case err != nil:
			s.fail(s.broken(err))
			return
		}
		if len(ev.Data) > 0 && string(ev.Data) != "[DONE]" { // which is no event of this API, but some servers send it
			if s.chunk(ev) {
				wire.Drain(body)
				return
			}
		}
	}
}

// cut fails because the body ended before the answer did.
func (s *stream) cut() {
	if s.seen {
		s.failed(reprise.KindCut, errors.New("the answer ended before its last event"))
		return
	}
	s.failed(reprise.KindBadResponse, errors.New("the answer holds no event of this API"))
}

// odd fails for an event that cannot be understood.
func (s *stream) odd(ev sse.Event, err error) {
	if ev.Cut {
		s.failed(reprise.KindCut, errors.New("the answer was cut off in the middle of an event"))
		return
	}
	e := errorFrom(s.call, ev.Data, 0)
	e.Kind = reprise.KindBadResponse
	if err != nil {
		e.Err = fmt.Errorf("%w in %w", err, e.Err)
	}
	s.fail(e)
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
		var value json.RawMessage
		cut := json.NewDecoder(bytes.NewReader(data)).Decode(&value)
		s.odd(sse.Event{Data: data, Cut: errors.Is(cut, io.ErrUnexpectedEOF)}, err)
	case answer:
		s.ended(data, "completed")
	case complaint:
		s.fail(errorFrom(s.call, data, 0))
	default:
		s.odd(sse.Event{Data: data}, errors.New("no output"))
	}
}
