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
// holds a part that is none, a result without a call or a second one for the
// same call, or calls that were not answered before something else was said.
// Results may be in one message after their calls or in several. Calls that
// are to be run must have ids that differ. After an answer that is marked as
// paused the model is asked to go on.
func NextOf(history []reprise.Message) (Next, error) {
	next, _, err := nextOf(history, 0)
	return next, err
}

// nextOf is NextOf for a history that is known to be right up to from, which
// is a message that is not of results. It returns the next such.
func nextOf(history []reprise.Message, from int) (Next, int, error) {
	if len(history) == 0 {
		return Next{}, from, invalid("the history is empty; begin with reprise.Ask")
	}
	var l ledger
	for i := from; i < len(history); i++ {
		if err := l.read(i, &history[i]); err != nil {
			return Next{}, from, err
		}
	}
	pending, last := l.pending(), &history[len(history)-1]
	switch {
	case len(pending) > 0:
		if err := l.checkIDs(); err != nil {
			return Next{}, from, err
		}
		return Next{Step: StepTools, Calls: pending}, l.at, nil
	case last.Role == reprise.RoleAssistant && !last.Paused:
		return Next{Step: StepDone}, l.at, nil
	}
	return Next{Step: StepAsk}, l.at, nil
}

// ledger holds the calls of the last answer, and which of them have a result.
type ledger struct {
	at       int // the index of the answer
	calls    []reprise.ToolCall
	answered []bool
}

// read takes the next message.
func (l *ledger) read(i int, m *reprise.Message) error {
	if err := checkParts(i, m); err != nil {
		return err
	}
	switch m.Role {
	case reprise.RoleTool:
	case reprise.RoleAssistant, reprise.RoleUser, reprise.RoleSystem:
		if p := l.pending(); len(p) > 0 {
			return invalid("messages[%d]: the call %q of %s in messages[%d] has no result before it", i, p[0].ID, p[0].Name, l.at)
		}
		*l = ledger{at: i, calls: l.calls[:0], answered: l.answered[:0]}
	default:
		return invalid("messages[%d]: unknown role %q", i, m.Role)
	}
	for j, p := range m.Parts {
		switch p := p.(type) {
		case reprise.ToolCall:
			if len(l.calls) == 0 {
				l.calls = slices.Grow(l.calls, len(m.Parts)-j)
			}
			l.calls, l.answered = append(l.calls, p), append(l.answered, false)
		case reprise.ToolResult:
			if err := l.settle(i, &p); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkParts tells whether the parts are such as may be in the message.
func checkParts(i int, m *reprise.Message) error {
	for _, p := range m.Parts {
		switch p.(type) {
		case reprise.ToolCall:
			if m.Role != reprise.RoleAssistant {
				return invalid("messages[%d]: a tool call in a message of the role %q", i, m.Role)
			}
		case reprise.ToolResult:
			if m.Role != reprise.RoleTool {
				return invalid("messages[%d]: a tool result in a message of the role %q", i, m.Role)
			}
		default:
			if !isPart(p) {
				return invalid("messages[%d]: a part of the type %T", i, p)
			}
		}
	}
	return nil
}

// isPart reports whether p is one of the parts, as a value.
func isPart(p reprise.Part) bool {
	switch p.(type) {
	case reprise.Text, reprise.Reasoning, reprise.Media, reprise.ToolCall, reprise.ToolResult, reprise.CachePoint, reprise.Opaque:
		return true
	}
	return false
}

// settle finds the call that res answers: of several with its id the first
// without a result.
func (l *ledger) settle(i int, res *reprise.ToolResult) error {
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

// pending are the calls without a result, until the next read.
func (l *ledger) pending() []reprise.ToolCall {
	if !slices.Contains(l.answered, true) {
		return l.calls
	}
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
	seen := map[string]bool{}
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

// answer returns the history with the results of calls that NextOf named. All
// results of the last answer are then in one message, in call order; other
// parts of the messages that they were in follow, with waiting in the place of
// what waited before. It does not change the messages of its arguments.
func answer(history []reprise.Message, results []reprise.ToolResult, waiting reprise.Parts) []reprise.Message {
	end := len(upToAnswer(history))
	byID := make(map[string]reprise.ToolResult)
	for _, res := range results {
		byID[res.ID] = res
	}
	rest, _ := restOf(history[end:], nil)
	for _, m := range history[end:] {
		for _, res := range m.Results() {
			byID[res.ID] = res
		}
	}
	calls := history[end-1].Calls()
	msg := reprise.Message{Role: reprise.RoleTool, Parts: make(reprise.Parts, 0, len(calls))}
	for _, c := range calls {
		if res, ok := byID[c.ID]; ok {
			msg.Parts = append(msg.Parts, res)
		}
	}
	msg.Parts = append(append(msg.Parts, rest...), waiting...)
	if end < len(history) { // do not write over a message that others may hold
		history = slices.Clip(history[:end])
	}
	return append(history, msg)
}
