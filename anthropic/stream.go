package anthropic

import (
	"bytes"
	"encoding/json"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// stream decodes the events of one answer
// (https://docs.anthropic.com/en/docs/build-with-claude/streaming). A part is
// done when its block stops, and the answer with message_stop.
type stream struct {
	wire.Stream
	outputTool string // the tool whose arguments are the text of the answer

	begun     bool // message_start, or a block
	id, model string
	reason    string
	usage     tokens
	calls     bool
	extra     map[string]json.RawMessage
	parts     int
	open      []*block
}

func newStream(call *wire.Call, req *reprise.Request, yield func(reprise.Event, error) bool) *stream {
	s := &stream{Stream: wire.NewStream(call, req, yield)}
	if req != nil && req.Output != nil {
		s.outputTool = outputTool(req.Output)
		for _, t := range req.Tools {
			if t.Name == s.outputTool {
				s.outputTool = ""
			}
		}
	}
	return s
}

// event decodes one event, and reports whether it was the last.
func (s *stream) event(data []byte, cut bool) (last bool) {
	s.Reset(data)
	if s.Peek() != '{' {
		s.odd(data, nil, cut)
		return false
	}
	var kind string
	index := int64(-1)
	var delta, start []byte
	complaint := false
	for more := s.Open('{'); more && !s.Stopped; more = s.Next('}') {
		switch key := s.Key(); string(key) {
		case "type":
			kind = eventKind(s.Bytes())
		case "index":
			index = s.Int()
		case "delta":
			if kind == blockDelta && index >= 0 { // as the API orders them
				s.blockDelta(index)
				continue
			}
			delta = s.Raw()
		case "content_block":
			start = s.Raw()
		case "message":
			if s.Peek() == '{' {
				s.message(false)
			} else {
				s.Skip()
			}
		case "usage":
			s.readUsage()
		case "error":
			complaint = !s.Null()
			if complaint {
				s.Skip()
			}
		default:
			s.member(kind == messageStop || kind == messageDelta, string(key))
		}
	}
	switch err := s.End(); {
	case s.Stopped:
		return false
	case err != nil:
		s.odd(data, err, cut)
		return false
	case complaint || kind == errorEvent:
		s.Fail(errorFrom(s.Call, data, 0))
		return false
	}
	return s.act(kind, index, delta, start)
}

// The kinds of events that matter.
const (
	messageStart = "message_start"
	blockStart   = "content_block_start"
	blockDelta   = "content_block_delta"
	blockStop    = "content_block_stop"
	messageDelta = "message_delta"
	messageStop  = "message_stop"
	errorEvent   = "error"
)

func eventKind(b []byte) string {
	switch string(b) { // without an allocation
	case blockDelta:
		return blockDelta
	case blockStart:
		return blockStart
	case blockStop:
		return blockStop
	case messageDelta:
		return messageDelta
	case messageStop:
		return messageStop
	case errorEvent:
		return errorEvent
	}
	return ""
}

// act does what an event asks for, once all of it was read.
func (s *stream) act(kind string, index int64, delta, start []byte) (last bool) {
	switch {
	case kind == blockStart && start != nil:
		s.startBlock(index, start)
	case kind == blockDelta && delta != nil:
		s.Reset(delta)
		s.blockDelta(index)
	case kind == blockStop:
		if b := s.block(index); b != nil {
			s.finishBlock(b)
		}
	case kind == messageDelta && delta != nil:
		s.Reset(delta)
		for more := s.Open('{'); more; more = s.Next('}') {
			if key := s.Key(); string(key) == "stop_reason" {
				s.readReason()
			} else {
				s.member(true, string(key))
			}
		}
	case kind == messageStop:
		s.end()
		return true
	}
	return false
}

// message decodes a message: as it begins, with what the API had before (after
// a program of the model's went on, the results and calls of it), or as a
// whole. It returns its type.
func (s *stream) message(whole bool) (kind string) {
	s.begun = s.begun || !whole
	for more := s.Open('{'); more && !s.Stopped; more = s.Next('}') {
		switch key := string(s.Key()); key {
		case "type":
			if kind = s.String(); kind == "message" {
				s.begun = true
			}
		case "id":
			s.id = s.String()
		case "model":
			s.model = s.String()
		case "role":
			s.Skip()
		case "stop_reason":
			s.readReason()
		case "usage":
			s.readUsage()
		case "content":
			if s.Peek() != '[' {
				s.Skip()
				continue
			}
			s.content()
		default:
			s.member(true, key)
		}
	}
	return kind
}

// content decodes blocks that are whole.
func (s *stream) content() {
	var raws [][]byte
	for more := s.Open('['); more; more = s.Next(']') {
		raws = append(raws, s.Raw())
	}
	if s.Err() != nil {
		return
	}
	outer := s.Decoder
	for i, raw := range raws {
		s.startBlock(int64(i), raw)
		if s.Stopped {
			break
		}
		s.finishBlock(s.open[len(s.open)-1])
	}
	s.Decoder = outer
}

func (s *stream) readReason() {
	if reason := s.Bytes(); len(reason) > 0 {
		s.reason = string(reason)
	}
}

// member keeps what only this API tells, if it is to be kept.
func (s *stream) member(keep bool, name string) {
	raw := s.Raw()
	if !keep || raw == nil || string(raw) == "null" {
		return
	}
	if s.extra == nil {
		s.extra = map[string]json.RawMessage{}
	}
	s.extra[name] = bytes.Clone(raw)
}
