package agent

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/seal"
)

// An Event is a step of a run: one of [TurnStart], [MessageDone],
// [ToolStart], [ToolDone] and [Done], or a [reprise.Event] of the model's
// answer, all as values. In JSON each is an object with a "type". What events
// hold is shared with the run and must not be changed.
//
// A turn is a TurnStart, the model's events up to its [reprise.Finish], any
// [reprise.Warning] of the run's own, and the MessageDone of the answer. If
// it calls tools, then follow a ToolDone for each call, a ToolStart before it
// if the tool ran, and the MessageDone of the results. The history with the
// messages of all MessageDone is the conversation so far.
type Event interface{ AgentEvent(seal.Agent) }

// TurnStart says that the model is asked, for the Turn-th time in this run;
// the first is 1. The answer's parts are counted from 0 again.
type TurnStart struct {
	Turn int `json:"turn"`
}

// MessageDone is a message that is now part of the history: an answer of the
// model, or the results of all its calls. Leaving the loop at an answer
// leaves its calls for later: none has started. Where a run goes on from a
// history that ends with the results of some calls, the message with all of
// them takes their place.
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
