package openai

import (
	"github.com/repriselabs/reprise/internal/sse"
)

// event is what is read of one before it is known what it is.
type event struct {
	kind     eventKind
	output   int64  // the number of the item
	number   int64  // of the content piece or the summary
	delta    []byte // what was added
	itemID   []byte // a view of the event's data, as JSON; so are item and response
	item     []byte
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
		s.Fail(errorFrom(s.Call, ev.Data, 0))
	case unknownEvent:
		if e.isError {
			s.Fail(errorFrom(s.Call, ev.Data, 0))
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
	case "item_id":
		e.itemID = s.Raw()
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
