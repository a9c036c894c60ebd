package agent

import (
	"context"

	"github.com/repriselabs/reprise"
)

// A Handoff is a [reprise.Tool] with which the model gives the conversation
// to another agent: from then on To answers, with its model, its instruction,
// its Settings, Prepare and tools. All else stays as it is for the run. Who
// answers can be told from the history, so a run that goes on from one begins
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
	handed := false // by one of the results of this answer
	for _, m := range history {
		h := r.handedOff(m)
		switch {
		case m.Role != reprise.RoleTool:
			handed = false
		case h != nil && !handed:
			handed = true
			if err := r.use(h.To); err != nil {
				return err
			}
		}
	}
	return nil
}

// handOff is follow for results that have just come.
func (r *run) handOff(results reprise.Message) error {
	h := r.handedOff(results)
	if h == nil {
		return nil
	}
	if err := r.use(h.To); err != nil {
		return err
	}
	return r.emit(HandedOff{By: h.Name})
}

// handedOff returns the handoff that is among the results; nil: none.
func (r *run) handedOff(m reprise.Message) *Handoff {
	for _, res := range m.Results() {
		for _, t := range r.cur.Tools {
			if h, ok := t.(*Handoff); ok && h.Name == res.Name && h.To != nil && !res.IsError {
				return h
			}
		}
	}
	return nil
}
