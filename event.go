package reprise

import (
	"encoding/json"

	"github.com/repriselabs/reprise/internal/seal"
)

// An Event is a step of a model's answer: one of [TextDelta],
// [ReasoningDelta], [ArgsDelta], [PartDone], [Warning], [Reset] and [Finish],
// as values. Deltas are for eyes; PartDone and Finish are for programs. Every
// Event is also an agent.Event.
type Event interface {
	AgentEvent(seal.Agent)
	event()
}

// TextDelta is text that was added to part Part of the message.
type TextDelta struct {
	Part int    `json:"part"`
	Text string `json:"text"`
}

// ReasoningDelta is reasoning that was added to part Part of the message.
type ReasoningDelta struct {
	Part int    `json:"part"`
	Text string `json:"text"`
}

// ArgsDelta is what was added to the arguments of the tool call at part Part
// of the message. ID and Name are the call's, as far as they are known.
type ArgsDelta struct {
	Part int    `json:"part"`
	ID   string `json:"id"`
	Name string `json:"name"`
	Args string `json:"args"`
}

// PartDone is a part that will not change any more, as number Index of the
// message.
type PartDone struct {
	Index int  `json:"index"`
	Part  Part `json:"part"`
}

// A Warning says that something was dropped or looks wrong, although the
// answer goes on: a setting that the API cannot carry, a missing usage.
type Warning struct {
	Provider string `json:"provider,omitempty"`
	Code     string `json:"code"`    // a fixed word: one of the Warn constants, here or in package agent
	Message  string `json:"message"` // for people
}

// The codes of a [Warning].
const (
	WarnDropped = "dropped"  // something in the request could not be sent
	WarnUsage   = "no_usage" // the provider did not report the tokens
	WarnData    = "data"     // the provider sent something odd, which was passed over
)

// Reset says that the answer begins again: what came before is void.
type Reset struct {
	Reason string `json:"reason"`
}

// Finish is the last event of a whole answer.
type Finish struct {
	ID       string       `json:"id,omitempty"` // the provider's id of the answer
	Provider string       `json:"provider,omitempty"`
	Model    string       `json:"model,omitempty"` // as the provider named it
	Reason   FinishReason `json:"reason"`
	Usage    Usage        `json:"usage,omitzero"` // zero: not reported
	// Cost is what the provider says it billed; nil: it did not say.
	Cost *USD `json:"cost,omitempty"`
	// Extra holds what only this API reports, by its field names.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`
}

// FinishReason is why an answer ended.
type FinishReason string

// The finish reasons.
const (
	ReasonStop          FinishReason = "stop"           // the model was done
	ReasonLength        FinishReason = "length"         // a token limit was reached
	ReasonToolCalls     FinishReason = "tool_calls"     // the model waits for results
	ReasonContentFilter FinishReason = "content_filter" // the provider cut it off
	ReasonRefusal       FinishReason = "refusal"        // the model would not
	ReasonPause         FinishReason = "pause"          // the provider wants to be asked to go on
	ReasonOther         FinishReason = "other"
)

func (TextDelta) event()      {}
func (ReasoningDelta) event() {}
func (ArgsDelta) event()      {}
func (PartDone) event()       {}
func (Warning) event()        {}
func (Reset) event()          {}
func (Finish) event()         {}

// AgentEvent marks an agent.Event.
func (TextDelta) AgentEvent(seal.Agent) {}

// AgentEvent marks an agent.Event.
func (ReasoningDelta) AgentEvent(seal.Agent) {}

// AgentEvent marks an agent.Event.
func (ArgsDelta) AgentEvent(seal.Agent) {}

// AgentEvent marks an agent.Event.
func (PartDone) AgentEvent(seal.Agent) {}

// AgentEvent marks an agent.Event.
func (Warning) AgentEvent(seal.Agent) {}

// AgentEvent marks an agent.Event.
func (Reset) AgentEvent(seal.Agent) {}

// AgentEvent marks an agent.Event.
func (Finish) AgentEvent(seal.Agent) {}

// MarshalJSON adds "type": "text_delta".
func (e TextDelta) MarshalJSON() ([]byte, error) {
	type plain TextDelta
	return tagged("text_delta", plain(e))
}

// MarshalJSON adds "type": "reasoning_delta".
func (e ReasoningDelta) MarshalJSON() ([]byte, error) {
	type plain ReasoningDelta
	return tagged("reasoning_delta", plain(e))
}

// MarshalJSON adds "type": "args_delta".
func (e ArgsDelta) MarshalJSON() ([]byte, error) {
	type plain ArgsDelta
	return tagged("args_delta", plain(e))
}

// MarshalJSON adds "type": "part_done".
func (e PartDone) MarshalJSON() ([]byte, error) {
	type plain PartDone
	return tagged("part_done", plain(e))
}

// MarshalJSON adds "type": "warning".
func (e Warning) MarshalJSON() ([]byte, error) {
	type plain Warning
	return tagged("warning", plain(e))
}

// MarshalJSON adds "type": "reset".
func (e Reset) MarshalJSON() ([]byte, error) {
	type plain Reset
	return tagged("reset", plain(e))
}

// MarshalJSON adds "type": "finish".
func (e Finish) MarshalJSON() ([]byte, error) {
	type plain Finish
	return tagged("finish", plain(e))
}
