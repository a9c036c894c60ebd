package anthropic

import (
	"errors"
	"fmt"

	"github.com/repriselabs/reprise"
)

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

func (s *stream) bad(err error) *reprise.Error {
	return &reprise.Error{Provider: s.call.Provider, Kind: reprise.KindBadResponse, Err: err}
}

// cut fails for an answer that ends before its end.
func (s *stream) cut() {
	text := "the answer was cut off before message_stop"
	if !s.begun {
		text = "the answer was cut off before it began"
	}
	s.fail(&reprise.Error{Provider: s.call.Provider, Kind: reprise.KindCut, Err: errors.New(text)})
}

// odd fails for an event that cannot be understood.
func (s *stream) odd(data []byte, err error, cut bool) {
	if cut {
		s.fail(&reprise.Error{Provider: s.call.Provider, Kind: reprise.KindCut, Err: errors.New("the answer was cut off in the middle of an event")})
		return
	}
	e := errorFrom(s.call, data, 0)
	e.Kind = reprise.KindBadResponse
	if err != nil {
		e.Err = fmt.Errorf("%w in %w", err, e.Err)
	}
	s.fail(e)
}

// end yields what is still open, and the finish.
func (s *stream) end() {
	for len(s.open) > 0 && !s.stopped { // a server that stops no blocks
		s.finishBlock(s.open[0])
	}
	if s.stopped {
		return
	}
	if !s.begun {
		s.fail(s.bad(errors.New("the answer is empty")))
		return
	}
	usage, ok := s.usage.usage()
	if !ok {
		s.emit(reprise.Warning{Provider: s.call.Provider, Code: reprise.WarnUsage, Message: "the provider did not report the tokens used"})
	}
	s.emit(reprise.Finish{
		ID: s.id, Provider: s.call.Provider, Model: s.model,
		Reason: s.finishReason(), Usage: usage, Extra: s.extra,
	})
	s.stopped = true
}

// finishReason is by
// https://docs.anthropic.com/en/api/handling-stop-reasons, and for Bedrock's
// guardrails.
func (s *stream) finishReason() reprise.FinishReason {
	switch s.reason {
	case "end_turn", "stop_sequence", "tool_use":
		if s.calls || s.reason == "tool_use" && s.outputTool == "" {
			return reprise.ReasonToolCalls
		}
		return reprise.ReasonStop
	case "max_tokens", "model_context_window_exceeded":
		return reprise.ReasonLength
	case "pause_turn", "compaction":
		return reprise.ReasonPause
	case "refusal":
		return reprise.ReasonRefusal
	case "content_filtered", "guardrail_intervened":
		return reprise.ReasonContentFilter
	}
	return reprise.ReasonOther
}
