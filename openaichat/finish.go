package openaichat

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// end yields the parts and the finish, if the answer is whole.
func (s *stream) end() {
	if s.Stopped {
		return
	}
	switch kind, gaveUp := broken[s.finish]; {
	case s.finish == "" && !s.seen:
		s.Bad(errors.New("the answer is empty"))
		return
	case s.finish == "":
		s.Cut("ended before its finish reason")
		return
	case gaveUp:
		s.Fail(&reprise.Error{Provider: s.Call.Provider, Kind: kind, Code: s.finish, Err: fmt.Errorf("the server gave the answer up: its finish reason is %q", s.finish)})
		return
	}
	calls := false
	for _, d := range s.parts {
		calls = calls || d.isCall && !d.isOutput
		s.closeArgs(d)
		if d == s.reasoning && d.b.Len() == 0 && len(s.details) > 0 {
			if text := detailsText(listOf(s.details)); text != "" {
				s.addText(&s.reasoning, []byte(text), true)
			}
		}
		s.Emit(reprise.PartDone{Index: d.index, Part: s.part(d)})
	}
	if s.usage == (reprise.Usage{}) {
		s.NoUsage()
	}
	s.Finish(reprise.Finish{ID: s.id, Model: s.model, Reason: s.reason(calls), Usage: s.usage, Cost: s.cost, Extra: s.extra()})
}

func (s *stream) part(d *draft) reprise.Part {
	switch {
	case d.done != nil:
		return d.done
	case d.isOutput:
		return reprise.Text{Text: d.b.String()}
	case d.isCall:
		return reprise.ToolCall{ID: s.callID(d), Name: d.name, Args: d.b.String(), Echo: s.callEcho(d)}
	case d == s.reasoning:
		return reprise.Reasoning{Text: d.b.String(), Echo: s.detailsEcho()}
	case d == s.refusal:
		return reprise.Text{Text: d.b.String(), Refusal: true}
	case s.audio != nil && d == s.audio.draft:
		return s.audio.part()
	}
	return reprise.Text{Text: d.b.String(), Citations: s.cited(d.b.String())}
}

// broken are the finish reasons of answers that are not whole.
var broken = map[string]reprise.Kind{
	"error":                        reprise.KindServer,     // Mistral, OpenRouter
	"network_error":                reprise.KindServer,     // Z.ai
	"insufficient_system_resource": reprise.KindOverloaded, // DeepSeek
	"abort":                        reprise.KindCut,        // vLLM
}

func (s *stream) reason(calls bool) reprise.FinishReason {
	finish, _, _ := strings.Cut(strings.ToLower(s.finish), ":") // Google: content_filter: SAFETY
	switch finish {
	case "stop", "end_turn", "eos", "eos_token", "stop_sequence":
		switch {
		case calls: // some servers say stop although they wait for results
			return reprise.ReasonToolCalls
		case s.refusal != nil:
			return reprise.ReasonRefusal
		}
		return reprise.ReasonStop
	case "length", "max_tokens", "model_length", "model_context_window_exceeded":
		return reprise.ReasonLength
	case "tool_calls", "function_call", "tool_use":
		if !calls && s.output != "" { // the call was the answer
			return reprise.ReasonStop
		}
		return reprise.ReasonToolCalls
	case "content_filter", "sensitive", "safety":
		return reprise.ReasonContentFilter
	case "refusal":
		return reprise.ReasonRefusal
	}
	return reprise.ReasonOther
}

// readBeside keeps what stands beside the choices.
func (s *stream) readBeside(name string) {
	if raw := s.valid(name); raw != nil {
		if s.beside == nil {
			s.beside = map[string]json.RawMessage{}
		}
		s.beside[name] = raw
	}
}

// extra is what only this API reports.
func (s *stream) extra() map[string]json.RawMessage {
	extra := s.beside
	set := func(name string, raw []byte) {
		if extra == nil {
			extra = map[string]json.RawMessage{}
		}
		extra[name] = raw
	}
	if len(s.logprobs) > 0 {
		set("logprobs", listOf(s.logprobs))
	}
	if len(s.others) > 0 {
		set("choices", listOf(s.others))
	}
	if s.tier != "" {
		raw, _ := json.Marshal(s.tier) // a string always marshals
		set("service_tier", raw)
	}
	return extra
}

// listOf makes a list of elements that each have a comma behind them.
func listOf(elements []byte) []byte {
	list := append([]byte{'['}, elements...)
	list[len(list)-1] = ']' // in place of the last comma
	return list
}
