package anthropic

import (
	"errors"

	"github.com/repriselabs/reprise"
)

// cut fails for an answer that ends before its end.
func (s *stream) cut() {
	if s.begun {
		s.Cut("was cut off before message_stop")
	} else {
		s.Cut("was cut off before it began")
	}
}

// odd fails for an event that cannot be understood.
func (s *stream) odd(data []byte, err error, cut bool) {
	if cut {
		s.Cut("was cut off in the middle of an event")
		return
	}
	s.Odd(errorFrom(s.Call, data, 0), err)
}

// end yields what is still open, and the finish.
func (s *stream) end() {
	for len(s.open) > 0 && !s.Stopped { // a server that stops no blocks
		s.finishBlock(s.open[0])
	}
	if s.Stopped {
		return
	}
	if !s.begun {
		s.Bad(errors.New("the answer is empty"))
		return
	}
	usage, ok := s.usage.usage()
	if !ok {
		s.NoUsage()
	}
	s.Finish(reprise.Finish{ID: s.id, Model: s.model, Reason: s.finishReason(), Usage: usage, Extra: s.extra})
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
