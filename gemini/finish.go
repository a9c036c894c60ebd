package gemini

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/repriselabs/reprise"
)

// unspecified is no finish reason.
const unspecified = "FINISH_REASON_UNSPECIFIED"

// end yields the parts and the finish, if the answer is whole: if it has a
// finishReason.
func (s *stream) end() {
	if s.Stopped {
		return
	}
	switch {
	case s.finish == "" && s.block != "":
		s.Fail(s.blocked())
		return
	case s.finish == "" && len(s.parts) == 0 && !s.join:
		s.Bad(errors.New("the answer has no candidate"))
		return
	case s.finish == "" && len(s.parts) == 0 && !s.usage.reported():
		s.Bad(errors.New("the answer is empty"))
		return
	case s.finish == "":
		s.Cut("ended before its finish reason")
		return
	case s.partial != nil: // the API does not always say that these were all
		s.endPartial(s.finish != "STOP")
	}
	if e := s.broke(); e != nil {
		s.Fail(e)
		return
	}
	reason := s.reason()
	s.closing(reason)
	s.cite()
	s.settle(false)
	if !s.usage.reported() {
		s.NoUsage()
	}
	s.Finish(reprise.Finish{ID: s.id, Model: s.model, Reason: reason, Usage: s.usage.usage(), Extra: s.extras()})
}

// blocked is the error for a prompt that the provider would not take.
func (s *stream) blocked() *reprise.Error {
	return &reprise.Error{Provider: s.Call.Provider, Kind: reprise.KindContentFilter, Code: s.block, Err: errors.New(blockedText(s.block, s.blockedFor))}
}

// blockedText says why a prompt was not taken.
func blockedText(reason, message string) string {
	return because("the prompt was blocked: "+reason, message)
}

// because is a text with a reason, if there is one.
func because(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// breaks are the finish reasons that are errors.
var breaks = map[string]string{
	"MALFORMED_FUNCTION_CALL":   "the model wrote a function call that cannot be read",
	"UNEXPECTED_TOOL_CALL":      "the model called a tool that it was not offered",
	"MALFORMED_RESPONSE":        "the model wrote an answer that cannot be read",
	"MISSING_THOUGHT_SIGNATURE": "a thought signature is missing in the request",
}

// broke is the error for an answer that ended although the model was not
// done, because it wrote what the provider could not read. Such an answer
// must not be taken for the last word.
func (s *stream) broke() *reprise.Error {
	text, ok := breaks[s.finish]
	if !ok {
		return nil
	}
	e := &reprise.Error{Provider: s.Call.Provider, Kind: reprise.KindBadResponse, Code: s.finish, Err: fmt.Errorf("%s (%s)", because(text, s.message), s.finish)}
	if s.finish == "MISSING_THOUGHT_SIGNATURE" {
		e.Kind = reprise.KindInvalid
	}
	return e
}

// reason is why the answer ended.
func (s *stream) reason() reprise.FinishReason {
	return reasonOf(s.finish, slices.ContainsFunc(s.parts, func(d *draft) bool {
		_, ok := d.part.(reprise.ToolCall)
		return ok
	}))
}

// reasonOf is what a finishReason means in an answer with calls or without.
// https://ai.google.dev/api/generate-content#FinishReason
func reasonOf(finish string, calls bool) reprise.FinishReason {
	switch finish {
	case "STOP":
		if calls { // for which the API has no reason of its own
			return reprise.ReasonToolCalls
		}
		return reprise.ReasonStop
	case "MAX_TOKENS":
		return reprise.ReasonLength
	case "CONTINUATION":
		return reprise.ReasonPause
	case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR",
		"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION":
		return reprise.ReasonContentFilter
	}
	return reprise.ReasonOther
}

// closing adds what the reason makes visible: why the provider broke the
// answer off, or how it goes on.
func (s *stream) closing(reason reprise.FinishReason) {
	switch {
	case reason == reprise.ReasonContentFilter:
		text := stopText(s.finish, s.message)
		d := s.begin()
		s.Emit(reprise.TextDelta{Part: d.index, Text: text})
		s.finishPart(d, reprise.Text{Text: text, Refusal: true})
	case reason == reprise.ReasonPause && s.resume != "":
		token, _ := json.Marshal(s.resume) // a string always marshals
		s.finishPart(s.begin(), reprise.Opaque{Provider: s.Call.Provider, Kind: continuation, Data: token})
	}
}

// stopText says why the provider broke an answer off.
func stopText(finish, message string) string {
	return because("The provider stopped the answer: "+finish, message)
}

// continuation is the kind of the block that makes a paused answer go on.
const continuation = "continuationToken"

// extras are what only this API reports, by its names.
func (s *stream) extras() map[string]json.RawMessage {
	extra := map[string]json.RawMessage{}
	for _, m := range s.extra {
		if len(m.raw) > 0 {
			extra[m.name] = compact(m.raw)
		}
	}
	for name, text := range map[string]string{"finishReason": s.finish, "finishMessage": s.message} {
		if text != "" && text != "STOP" {
			extra[name], _ = json.Marshal(text) // a string always marshals
		}
	}
	for name, objects := range map[string][][]byte{"groundingMetadata": s.grounding, "citationMetadata": s.cited} {
		if all := joined(objects); all != nil {
			extra[name] = all
		}
	}
	if s.others != nil {
		extra["candidates"] = encoded(s.others)
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}

// joined puts objects together, member by member; nil if there is nothing.
func joined(objects [][]byte) json.RawMessage {
	all := map[string]json.RawMessage{}
	for _, raw := range objects {
		_ = json.Unmarshal(raw, &all) // what is no object says nothing
	}
	if len(all) == 0 {
		return nil
	}
	b, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return b
}
