package agent

import (
	"context"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// A Turn is what the model is about to be asked. Agent.Prepare may change it;
// what it changes holds for this turn alone.
type Turn struct {
	// Number is that of the [TurnStart] to come. It is 0 for the calls that
	// a history ends with: only Tools and Request.Choice count then.
	Number int
	// Result is what came of the run so far. It must not be changed.
	Result *Result
	Model  reprise.Model
	// Request is what the model is asked, but for its Tools, which are made
	// from the field Tools. Messages that are put here are not part of the
	// history. Slices in it are shared and must be replaced, not changed.
	Request reprise.Request
	// Tools are what the model may call. What is not among them cannot run.
	Tools []reprise.Tool
}

// offer is the tools of a turn.
type offer struct {
	specs []reprise.ToolSpec
	tools map[string]offered
}

// offered is a tool and what it says of itself.
type offered struct {
	reprise.Tool
	policy reprise.Policy
	own    bool // it has no effect but in the run, so the journal has no need of it
}

// newOffer takes the tools by their names; field is what they are called.
func newOffer(field string, tools []reprise.Tool) (*offer, error) {
	o := &offer{specs: slices.Grow([]reprise.ToolSpec(nil), len(tools)), tools: make(map[string]offered, len(tools))}
	for i, t := range tools {
		if t == nil {
			return nil, invalid("%s[%d] is nil", field, i)
		}
		spec, policy := t.Spec(), reprise.PolicyOf(t)
		_, twice := o.tools[spec.Name]
		switch {
		case strings.TrimSpace(spec.Name) == "":
			return nil, invalid("%s[%d] has no name", field, i)
		case twice:
			return nil, invalid("%s has two tools of the name %q", field, spec.Name)
		case policy.Timeout < 0:
			return nil, invalid("%s: tool %q has a timeout of %v", field, spec.Name, policy.Timeout)
		case policy.Early && policy.Effect == reprise.EffectOnce:
			return nil, invalid("%s: tool %q may start early, but its effect must happen once", field, spec.Name)
		}
		o.tools[spec.Name] = offered{t, policy, isOwn(t)}
		o.specs = append(o.specs, spec)
	}
	return o, nil
}

// use makes a the agent that answers from now on.
func (r *run) use(a *Agent) error {
	if err := a.check(); err != nil {
		return err
	}
	o, err := newOffer("Agent.Tools", r.tools(a.Tools))
	if err != nil {
		return err
	}
	r.cur, r.base = a, o
	return nil
}

// tools adds the tools of the run's own.
func (r *run) tools(of []reprise.Tool) []reprise.Tool {
	if r.rest == nil {
		return of
	}
	return append(slices.Clip(of), r.rest)
}

// plan is what a turn is made of.
type plan struct {
	model reprise.Model
	req   *reprise.Request
	tools map[string]offered
}

// plan makes the turn that comes after the history.
func (r *run) plan(ctx context.Context, number int, history []reprise.Message) (plan, error) {
	req := r.cur.Settings
	req.Messages = slices.Clip(history)
	if r.cur.System != "" {
		req.System = reprise.Parts{reprise.Text{Text: r.cur.System}}
	}
	if demandsCall(req.Choice) && (calledSinceUser(history) || r.goal.missed()) {
		req.Choice = reprise.ToolChoice{}
	}
	o, model := r.base, r.cur.Model
	if r.cur.Prepare != nil {
		turn := &Turn{Number: number, Result: r.res, Model: model, Request: req, Tools: slices.Clone(r.cur.Tools)}
		if err := r.cur.Prepare(ctx, turn); err != nil {
			return plan{}, err
		}
		var err error
		if model, req = turn.Model, turn.Request; model == nil {
			return plan{}, invalid("Agent.Prepare left Turn.Model unset")
		}
		if req.Tools != nil {
			return plan{}, invalid("Agent.Prepare set Turn.Request.Tools; tools belong in Turn.Tools")
		}
		if o, err = newOffer("Turn.Tools", r.tools(turn.Tools)); err != nil {
			return plan{}, err
		}
	}
	req.Tools = o.specs
	return r.goal.aim(plan{model: model, req: &req, tools: o.tools})
}

// planOfCalls makes the turn again whose calls the history ends with.
func (r *run) planOfCalls(ctx context.Context) error {
	if r.asked.tools != nil {
		return nil
	}
	end := len(r.res.History) - 1
	for r.res.History[end].Role != reprise.RoleAssistant {
		end--
	}
	var err error
	r.asked, err = r.plan(ctx, 0, r.res.History[:end])
	return err
}

func demandsCall(c reprise.ToolChoice) bool {
	return c.Name != "" || c.Mode == reprise.ToolRequired
}

// calledSinceUser reports whether there are tool results after the last user
// message.
func calledSinceUser(history []reprise.Message) bool {
	for _, m := range slices.Backward(history) {
		switch m.Role {
		case reprise.RoleTool:
			return true
		case reprise.RoleUser:
			return false
		}
	}
	return false
}
