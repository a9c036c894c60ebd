package agent

import (
	"context"

	"github.com/repriselabs/reprise"
)

// A Handoff is a [reprise.Tool] with which the model gives the conversation
// to another agent: from then on To answers, with its model, its instruction,
// its Settings, Prepare and tools. What its Approval asks for must be allowed
// and its Guards check the conversation, beside those of the run; all else
// stays as it is for the run. Who answers can be told from the history, so a run that goes on from one begins
// with the right agent. Of several handoffs in one answer the first counts.
//
// A Handoff works where it is among Agent.Tools itself, not in a wrapper.
type Handoff struct {
	Name        string // as for a tool, such as hand_off_to_billing
	Description string // when to call it
	To          *Agent
}

// Spec says that the tool has no arguments.
func (h *Handoff) Spec() reprise.ToolSpec {
	return reprise.ToolSpec{Name: h.Name, Description: h.Description}
}

// Call says that it is done. The run does it.
func (h *Handoff) Call(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
	if h.To == nil {
		return reprise.ToolResult{}, invalid("Handoff.To of %s is not set", h.Name)
	}
	return reprise.ToolResult{Parts: reprise.Parts{reprise.Text{Text: "Handed off."}}}, nil
}

// follow makes the agent whom the conversation was handed to the one that
// answers. Calls without results are of the agent before.
func (r *run) follow(history []reprise.Message) error {
	if next, err := NextOf(history); err == nil && next.Step == StepTools {
		for history[len(history)-1].Role == reprise.RoleTool {
			history = history[:len(history)-1]
		}
	}
	to, _ := handoffs(r.cur, history)
	if to == r.cur {
		return nil
	}
	return r.use(to)
}

// handoffs returns who answers after the messages, where from does before
// them, and the indexes of the results by which it came to be.
func handoffs(from *Agent, history []reprise.Message) (to *Agent, by []int) {
	to = from
	handed := false // by one of the results of this answer
	for i, m := range history {
		if m.Role != reprise.RoleTool {
			handed = false
		} else if h := handedOff(to, m); h != nil && !handed {
			handed = true
			to, by = h.To, append(by, i)
		}
		if to == from {
			by = nil
		}
	}
	return to, by
}

// handOff hands the conversation off if that is among the results, which have
// just come.
func (r *run) handOff(results reprise.Message) error {
	h := handedOff(r.cur, results)
	if h == nil {
		return nil
	}
	if err := r.use(h.To); err != nil {
		return err
	}
	if len(h.To.Guards) > 0 {
		r.checked = 0 // not by these
	}
	return r.emit(HandedOff{By: h.Name})
}

// handedOff returns the handoff of the agent that is among the results; nil:
// none.
func handedOff(a *Agent, results reprise.Message) *Handoff {
	for _, res := range results.Results() {
		for _, t := range a.Tools {
			if h, ok := t.(*Handoff); ok && h.Name == res.Name && h.To != nil && !res.IsError {
				return h
			}
		}
	}
	return nil
}
