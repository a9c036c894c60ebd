package agent

import (
	"slices"

	"github.com/repriselabs/reprise"
)

// A Step is the kind of thing that a run does next.
type Step string

// The steps.
const (
	StepAsk   Step = "ask"   // ask the model
	StepTools Step = "tools" // run the tools that the model called
	StepDone  Step = "done"  // nothing: the model has answered
)

// Next is what comes next in a conversation.
type Next struct {
	Step Step `json:"step"`
	// Calls are, with StepTools, the calls of the last answer that have no
	// result yet, in their order.
	Calls []reprise.ToolCall `json:"calls,omitempty"`
}

// NextOf tells what comes next in a conversation. It depends on nothing but
// the history, and does not change it.
//
// It is an error (of [reprise.KindInvalid]) if the history is empty, if it
// holds a result without a call or a second one for the same call, or calls
// that were not answered before something else was said. Results may be in
// one message after their calls or in several. Calls that are to be run must
// have ids that differ. After an answer that is marked as paused the model is
// asked to go on.
func NextOf(history []reprise.Message) (Next, error) {
	if len(history) == 0 {
		return Next{}, invalid("the history is empty; begin with reprise.Ask")
	}
	var l ledger
	for i, m := range history {
		if err := l.read(i, m); err != nil {
			return Next{}, err
		}
	}
	pending, last := l.pending(), history[len(history)-1]
	switch {
	case len(pending) > 0:
		if err := l.checkIDs(); err != nil {
			return Next{}, err
		}
		return Next{Step: StepTools, Calls: pending}, nil
	case last.Role == reprise.RoleAssistant && !last.Paused:
		return Next{Step: StepDone}, nil
	}
	return Next{Step: StepAsk}, nil
}

// ledger holds the calls of the last answer, and which of them have a result.
type ledger struct {
	at       int // the index of the answer
	calls    []reprise.ToolCall
	answered []bool
}

// read takes the next message.
func (l *ledger) read(i int, m reprise.Message) error {
	calls, results := m.Calls(), m.Results()
	switch {
	case len(calls) > 0 && m.Role != reprise.RoleAssistant:
		return invalid("messages[%d]: a tool call in a message of the role %q", i, m.Role)
	case len(results) > 0 && m.Role != reprise.RoleTool:
		return invalid("messages[%d]: a tool result in a message of the role %q", i, m.Role)
	}
	switch m.Role {
	case reprise.RoleTool:
		for _, res := range results {
			if err := l.settle(i, res); err != nil {
				return err
			}
		}
		return nil
	case reprise.RoleAssistant, reprise.RoleUser, reprise.RoleSystem:
		if p := l.pending(); len(p) > 0 {
			return invalid("messages[%d]: the call %q of %s in messages[%d] has no result before it", i, p[0].ID, p[0].Name, l.at)
		}
		*l = ledger{at: i, calls: calls, answered: make([]bool, len(calls))}
		return nil
	default:
		return invalid("messages[%d]: unknown role %q", i, m.Role)
	}
}

// settle finds the call that res answers: of several with its id the first
// without a result.
func (l *ledger) settle(i int, res reprise.ToolResult) error {
	match, second := -1, false
	for j, c := range l.calls {
		switch {
		case c.ID != res.ID:
		case l.answered[j]:
			second = true
		case match < 0:
			match = j
		}
	}
	switch {
	case match >= 0:
		l.answered[match] = true
		return nil
	case second:
		return invalid("messages[%d]: a second result for the call %q", i, res.ID)
	default:
		return invalid("messages[%d]: a result for the call %q, which is not in the answer before it", i, res.ID)
	}
}

func (l *ledger) pending() []reprise.ToolCall {
	var out []reprise.ToolCall
	for j, c := range l.calls {
		if !l.answered[j] {
			out = append(out, c)
		}
	}
	return out
}

// checkIDs tells whether each result can be told from the others by its id.
func (l *ledger) checkIDs() error {
	seen := make(map[string]bool, len(l.calls))
	for _, c := range l.calls {
		switch {
		case c.ID == "":
			return invalid("messages[%d]: the call of %s has no id", l.at, c.Name)
		case seen[c.ID]:
			return invalid("messages[%d]: two calls have the id %q", l.at, c.ID)
		}
		seen[c.ID] = true
	}
	return nil
}

// answer returns the history with the results of calls that NextOf named. All results of the last answer are then in one message, in call
// order; other parts of the messages that they were in follow. It does not
// change its arguments.
func answer(history []reprise.Message, results []reprise.ToolResult) []reprise.Message {
	end := len(history)
	for history[end-1].Role == reprise.RoleTool {
		end--
	}
	byID := make(map[string]reprise.ToolResult)
	for _, res := range results {
		byID[res.ID] = res
	}
	var rest reprise.Parts
	for _, m := range history[end:] {
		for _, p := range m.Parts {
			if res, ok := p.(reprise.ToolResult); ok {
				byID[res.ID] = res
			} else {
				rest = append(rest, p)
			}
		}
	}
	msg := reprise.Message{Role: reprise.RoleTool}
	for _, c := range history[end-1].Calls() {
		if res, ok := byID[c.ID]; ok {
			msg.Parts = append(msg.Parts, res)
		}
	}
	msg.Parts = append(msg.Parts, rest...)
	return append(slices.Clip(history[:end]), msg)
}
