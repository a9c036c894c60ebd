package agent

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/seal"
)

// An Event is a step of a run: one of [TurnStart], [MessageDone],
// [ToolStart], [ToolProgress], [ToolDone], [Nested], [HandedOff], [Compacted]
// and [Done], or a [reprise.Event] of the model's answer, or in a run of an
// [Object] a [reprise.Partial], all as values. In JSON each is an object with
// a "type". What events hold is shared with the
// run and must not be changed.
//
// A turn is a TurnStart, the model's events up to its [reprise.Finish], and
// the MessageDone of the answer; before and after the model's events there
// may be a [reprise.Warning] of the run's own. If
// it calls tools, then follow a ToolDone for each call, a ToolStart before it
// if the tool ran, and the MessageDone of the results. ToolStart comes among
// the model's events where a tool may start early. The history with the
// messages of all MessageDone is the conversation so far; a Compacted holds
// the one that takes its place. A call of a [SubAgent] that waits for a
// decision below starts, and has no ToolDone until the run goes on with it.
type Event interface{ AgentEvent(seal.Agent) }

// TurnStart says that the model is asked, for the Turn-th time in this run;
// the first is 1. The answer's parts are counted from 0 again.
type TurnStart struct {
	Turn int `json:"turn"`
}

// MessageDone is a message that is now part of the history: an answer of the
// model, the results of its calls, what a [Control] sent, or what an [Object]
// tells the model of a wrong value. Leaving the loop
// at an answer leaves its calls for later: none has started but those of
// tools that may start early. The results are those of all calls, but for
// calls that wait for a decision; what agents below have done in which calls
// wait is a [reprise.Opaque] behind them. Where a run goes on from a history
// that ends with the results of some calls, the message with all of them takes
// their place.
type MessageDone struct {
	Message reprise.Message `json:"message"`
}

// ToolStart says that a call is about to run. The tool starts when the loop
// comes back for more, unless the context is done by then.
type ToolStart struct {
	Call reprise.ToolCall `json:"call"`
}

// ToolDone is the result of a call, as the model will get it. The results
// come as the tools end, which need not be in call order.
type ToolDone struct {
	Call   reprise.ToolCall
	Result reprise.ToolResult
	// Err is why the result is an error: what the tool returned, a
	// [*PanicError], a [*reprise.ArgsError], or why it did not run. It is nil
	// if the tool made the result itself.
	Err      error
	Duration time.Duration // for which the tool ran
}

// ToolProgress is what a tool that runs says by [reprise.Report].
type ToolProgress struct {
	Call     reprise.ToolCall `json:"call"`
	Progress reprise.Progress `json:"progress"`
}

// Nested is an event of an agent that was called as a tool.
type Nested struct {
	// Path is the names of the tools and the ids of the calls, from the
	// outermost: see [Lane].
	Path string `json:"path"`
	// Event is no Nested.
	Event Event `json:"event"`
}

// HandedOff says that another agent answers from now on.
type HandedOff struct {
	By string `json:"by"` // the name of the [Handoff]
}

// Compacted says that the history was made shorter: see [Window].
type Compacted struct {
	// History takes the place of the conversation so far.
	History []reprise.Message `json:"history"`
	Before  TokenCount        `json:"before"` // of the prompt
	After   TokenCount        `json:"after"`
	Dropped int               `json:"dropped"` // results whose content was dropped
	// Summary is the answer that tells what was before; nil: nothing was
	// summarised.
	Summary *reprise.Response `json:"summary,omitempty"`
}

// Done is the last event of a run that came to its end.
type Done struct {
	Result *Result `json:"result"`
}

// AgentEvent marks an Event.
func (TurnStart) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (MessageDone) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (ToolStart) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (ToolDone) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (ToolProgress) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (Nested) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (HandedOff) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (Compacted) AgentEvent(seal.Agent) {}

// AgentEvent marks an Event.
func (Done) AgentEvent(seal.Agent) {}

// MarshalJSON adds "type": "turn_start".
func (e TurnStart) MarshalJSON() ([]byte, error) {
	type plain TurnStart
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"turn_start", plain(e)})
}

// MarshalJSON adds "type": "message_done".
func (e MessageDone) MarshalJSON() ([]byte, error) {
	type plain MessageDone
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"message_done", plain(e)})
}

// MarshalJSON adds "type": "tool_start".
func (e ToolStart) MarshalJSON() ([]byte, error) {
	type plain ToolStart
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"tool_start", plain(e)})
}

// MarshalJSON adds "type": "tool_done"; the error is its text, and the
// duration is "duration_ms".
func (e ToolDone) MarshalJSON() ([]byte, error) {
	out := struct {
		Type     string             `json:"type"`
		Call     reprise.ToolCall   `json:"call"`
		Result   reprise.ToolResult `json:"result"`
		Error    string             `json:"error,omitempty"`
		Duration int64              `json:"duration_ms"`
	}{"tool_done", e.Call, e.Result, "", e.Duration.Milliseconds()}
	if e.Err != nil {
		out.Error = e.Err.Error()
	}
	return encode(out)
}

// MarshalJSON adds "type": "tool_progress".
func (e ToolProgress) MarshalJSON() ([]byte, error) {
	type plain ToolProgress
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"tool_progress", plain(e)})
}

// MarshalJSON adds "type": "nested".
func (e Nested) MarshalJSON() ([]byte, error) {
	type plain Nested
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"nested", plain(e)})
}

// MarshalJSON adds "type": "handed_off".
func (e HandedOff) MarshalJSON() ([]byte, error) {
	type plain HandedOff
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"handed_off", plain(e)})
}

// MarshalJSON adds "type": "compacted".
func (e Compacted) MarshalJSON() ([]byte, error) {
	type plain Compacted
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"compacted", plain(e)})
}

// MarshalJSON adds "type": "done".
func (e Done) MarshalJSON() ([]byte, error) {
	type plain Done
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"done", plain(e)})
}

// encode leaves <, > and & as they are, so that a person can read them.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
