package agent

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
)

// A SubAgent is a [reprise.Tool] that is an agent: a call is a run of its own,
// which begins with the task that the model wrote, and whose last answer is
// the result. Several may run at once. What the run does is told as [Nested]
// events of the run that called it, its tokens and cost are in that run's
// sums, and its Journal and Price are that run's where it has none.
//
// Calls of the agent that must be allowed are Pending in the run that called
// it, whose [Agent.Resume] goes on with them: what the agent has done is in
// that run's history until then, and is not done again. That run's Approval
// signs it: where the agent's has a Secret and that one's has none, or where a
// program calls the tool without a run, the result is an error that says that
// nobody can be asked. Tools of agents below ask by their agents' Approval.
type SubAgent struct {
	Name        string // as for a tool
	Description string
	Agent       *Agent
}

type callKey struct{}
type laneKey struct{}

// Lane tells which agent a context belongs to: "" for the run that was
// started, for each call of a [SubAgent] below the tool's name and the call's
// id, as in "research:call_1/search:call_7". It is the Path of its [Nested]
// events. As a cassette's Match.Lane it keeps what parallel agents ask apart.
func Lane(ctx context.Context) string {
	lane, _ := ctx.Value(laneKey{}).(string)
	return lane
}

var taskSchema = json.RawMessage(`{"type":"object","properties":{"task":{"type":"string","description":"what to do, with all that must be known for it"}},"required":["task"]}`)

// Spec says that the tool takes a task.
func (s *SubAgent) Spec() reprise.ToolSpec {
	return reprise.ToolSpec{Name: s.Name, Description: s.Description, Schema: taskSchema}
}

// Call runs the agent.
func (s *SubAgent) Call(ctx context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
	var in struct{ Task string }
	if err := json.Unmarshal([]byte(c.Args), &in); err != nil {
		return reprise.ToolResult{}, &reprise.ArgsError{Tool: s.Name, Err: err}
	}
	if in.Task == "" {
		return reprise.ToolResult{}, &reprise.ArgsError{Tool: s.Name, Err: fmt.Errorf("the task is empty")}
	}
	if s.Agent == nil {
		return reprise.ToolResult{}, invalid("SubAgent.Agent of %s is not set", s.Name)
	}
	step := s.Name + ":" + c.ID
	lane := step
	if outer := Lane(ctx); outer != "" {
		lane = outer + "/" + step
	}
	ctx = context.WithValue(ctx, laneKey{}, lane)
	var res *Result
	var err error
	if above, ok := ctx.Value(callKey{}).(*call); ok {
		res, err = s.runBelow(ctx, above, step, in.Task)
	} else if res, err = s.Agent.Generate(ctx, reprise.Ask(in.Task)); err == nil && res.End == EndApproval { // a program calls the tool
		err = notAllowed(res.Pending[0], s.Name)
	}
	if err != nil {
		return reprise.ToolResult{}, err
	}
	return reprise.ToolResult{Parts: reprise.Parts{reprise.Text{Text: res.Text()}}}, nil
}

// runBelow runs the agent for a call of a run.
func (s *SubAgent) runBelow(ctx context.Context, above *call, step, task string) (*Result, error) {
	a, top := *s.Agent, above.run.top
	if a.Journal == nil {
		a.Journal = top.Journal
	}
	if a.Price == nil {
		a.Price = top.Price
	}
	from := above.below.start(step, task)
	from.nested, from.signs = true, above.run.signs
	res, err := s.run(ctx, &a, from, func(ev Event) { above.tell(nest(step, ev)) })
	above.spend(res)
	switch {
	case err != nil || res.End != EndApproval:
		return res, err
	case !from.signs && len(a.Approval.Secret) > 0: // the decisions would not be signed
		return res, notAllowed(res.Pending[0], s.Name)
	}
	return res, waits(above.call.ID, step, res)
}

// run runs the agent and tells of its events.
func (s *SubAgent) run(ctx context.Context, a *Agent, from start, tell func(Event)) (*Result, error) {
	return Collect(func(yield func(Event, error) bool) {
		for ev, err := range a.run(ctx, from) {
			if err == nil {
				tell(ev)
			}
			if !yield(ev, err) {
				return
			}
		}
	})
}

// waits tells the run above what waits.
func waits(call, step string, res *Result) error {
	e := &waitingError{call: call, waiting: waiting{Path: step, History: res.History}}
	for _, p := range res.Pending {
		if p.Path == "" {
			p.Path = step
		} else {
			p.Path = step + "/" + p.Path
		}
		e.pending = append(e.pending, p)
	}
	return e
}

// nest is an event of an agent below.
func nest(step string, ev Event) Nested {
	if n, ok := ev.(Nested); ok {
		return Nested{Path: step + "/" + n.Path, Event: n.Event}
	}
	return Nested{Path: step, Event: ev}
}

// isOwn reports whether the tool, or what it wraps, has no effect but in runs.
func isOwn(t reprise.Tool) bool {
	for t != nil {
		switch t.(type) {
		case *SubAgent, *Handoff, *restTool:
			return true
		}
		w, ok := t.(interface{ Unwrap() reprise.Tool })
		if !ok {
			break
		}
		t = w.Unwrap()
	}
	return false
}
