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

func newStream(d *Dialect, req *reprise.Request, yield func(reprise.Event, error) bool) *stream {
	s := &stream{dialect: d, yield: yield}
	if req != nil {
		for _, m := range req.Messages {
			if m.Role == reprise.RoleAssistant {
				s.turn++
			}
		}
	}
	return s
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

// event is what is read of one before it is known what it is.
type event struct {
	kind     eventKind
	output   int64  // the number of the item
	number   int64  // of the content piece or the summary
	delta    []byte // what was added
	item     []byte // a view of the event's data, as is response
	response []byte
	isError  bool // it has an error member
}

type eventKind byte

const (
	unknownEvent eventKind = iota
	lifeEvent              // it holds the response, which goes on
	addedEvent
	doneEvent
	textEvent
	refusalEvent
	summaryEvent
	thoughtEvent
	argsEvent
	inputEvent
	completedEvent
	incompleteEvent
	failedEvent
	cancelledEvent
	errorEvent
)

func eventKindOf(name []byte) eventKind {
	switch string(name) {
	case "response.created", "response.in_progress", "response.queued":
		return lifeEvent
	case "response.output_item.added":
		return addedEvent
	case "response.output_item.done":
		return doneEvent
	case "response.output_text.delta":
		return textEvent
	case "response.refusal.delta":
		return refusalEvent
	case "response.reasoning_summary_text.delta":
		return summaryEvent
	case "response.reasoning_text.delta":
		return thoughtEvent
	case "response.function_call_arguments.delta":
		return argsEvent
	case "response.custom_tool_call_input.delta":
		return inputEvent
	case "response.completed":
		return completedEvent
	case "response.incomplete":
		return incompleteEvent
	case "response.failed":
		return failedEvent
	case "response.cancelled":
		return cancelledEvent
	case "error":
		return errorEvent
	}
	return unknownEvent
}

// chunk decodes one event, and reports whether it was the last.
func (s *stream) chunk(ev sse.Event) (last bool) {
	s.Reset(ev.Data)
	if s.Peek() != '{' {
		s.odd(ev, nil)
		return false
	}
	s.event = event{output: -1, number: -1, delta: s.event.delta[:0], kind: eventKindOf(ev.Name)}
	for more := s.Open('{'); more; more = s.Next('}') {
		s.member(s.Key())
	}
	if err := s.End(); err != nil {
		s.odd(ev, err)
		return false
	}
	e := &s.event
	s.seen = s.seen || e.kind != unknownEvent
	switch e.kind {
	case lifeEvent:
		s.began(e.response)
	case addedEvent:
		s.added(e.output, e.item)
	case doneEvent:
		s.done(e.output, e.item)
	case completedEvent, incompleteEvent, failedEvent, cancelledEvent:
		s.ended(e.response, statuses[e.kind])
		return true
	case errorEvent:
		s.fail(errorFrom(s.dialect, ev.Data, 0))
	case unknownEvent:
		if e.isError {
			s.fail(errorFrom(s.dialect, ev.Data, 0))
		}
	default:
		s.delta(e)
	}
	return false
}

// statuses are those of the answers that events end.
var statuses = map[eventKind]string{
	completedEvent: "completed", incompleteEvent: "incomplete", failedEvent: "failed", cancelledEvent: "cancelled",
}

// member reads a member of an event.
func (s *stream) member(key []byte) {
	e := &s.event
	switch string(key) {
	case "type":
		if kind := eventKindOf(s.Bytes()); kind != unknownEvent {
			e.kind = kind
		}
	case "delta":
		if s.Peek() != '"' { // some events have an object here
			s.Skip()
			return
		}
		e.delta = s.Append(e.delta)
	case "output_index":
		e.output = s.Int()
	case "content_index", "summary_index":
		e.number = s.Int()
	case "item":
		e.item = s.Raw()
	case "response":
		e.response = s.Raw()
	case "error":
		e.isError = !s.Null()
		if e.isError {
			s.Skip()
		}
	default:
		s.Skip()
	}
}

// odd fails for an event that cannot be understood.
func (s *stream) odd(ev sse.Event, err error) {
	if ev.Cut {
		s.failed(reprise.KindCut, errors.New("the answer was cut off in the middle of an event"))
		return
	}
	e := errorFrom(s.dialect, ev.Data, 0)
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
		s.fail(errorFrom(s.dialect, data, 0))
	default:
		s.odd(sse.Event{Data: data}, errors.New("no output"))
	}
}
