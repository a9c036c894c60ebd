package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// call runs the calls and puts their results into the history.
func (r *run) call(ctx context.Context, calls []reprise.ToolCall) error {
	if err := r.planOfCalls(ctx); err != nil {
		return err
	}
	r.res.Pending = nil
	defer func() { r.decisions, r.below, r.waiting, r.pending = nil, nil, nil, nil }() // an id may come again in a later answer
	started := r.early
	r.early = nil
	b := started.batchOr(r, ctx)
	defer b.close()
	for _, c := range calls {
		var err error
		switch j := started.find(c.ID); {
		case j == nil:
			err = r.begin(b, c)
		case j.over != nil && !b.has(c.ID):
			err = r.settle(b, j.call, j.over)
		}
		if err != nil {
			return err
		}
	}
	return r.finish(b)
}

// finish waits for the calls that run and puts all results into the history.
func (r *run) finish(b *batch) error {
	for _, j := range b.jobs { // that ended before anyone waited for them
		if j.over != nil && !b.has(j.call.ID) {
			if err := r.settle(b, j.call, j.over); err != nil {
				return err
			}
		}
	}
	for b.running > 0 {
		if err := r.hear(b, b.wait()); err != nil {
			return err
		}
	}
	waiting, err := r.suspend(b)
	if err != nil {
		return err
	}
	if len(b.results)+len(waiting) > 0 {
		r.res.History = answer(r.res.History, b.results, waiting)
		r.did = true
		last := r.res.History[len(r.res.History)-1]
		r.stops = slices.ContainsFunc(last.Results(), func(res reprise.ToolResult) bool {
			return !res.IsError && r.asked.tools[res.Name].policy.Stops
		})
		if err := r.emit(MessageDone{Message: last}); err != nil {
			return err
		}
		if b.fatal == nil && r.res.Pending == nil {
			return r.handOff(last)
		}
	}
	return b.fatal
}

// begin starts a call, or answers it if it cannot run.
func (r *run) begin(b *batch, c reprise.ToolCall) error {
	t := r.asked.tools[c.Name]
	for !b.room(t) {
		if err := r.hear(b, b.wait()); err != nil {
			return err
		}
	}
	err := r.refusal(b.ctx, c)
	if err == nil {
		err = r.checkCall(b, c)
	}
	if err == nil {
		switch d, decided := r.decisions[c.ID]; {
		case decided && !d.Allow:
			err = &DeniedError{Reason: d.Reason}
		case !decided && r.mustAsk(c, t) && !r.resumes(c):
			b.open = append(b.open, open{call: c, pending: []Pending{{Call: c}}, waiting: r.stateOf(c).waiting})
			return nil
		}
	}
	if err != nil {
		o := failed(c, err)
		return r.settle(b, c, &o)
	}
	if err := r.emit(ToolStart{Call: c}); err != nil {
		return err
	}
	if err := r.notRunIf(b.ctx, c); err != nil { // since the event
		o := failed(c, err)
		return r.settle(b, c, &o)
	}
	b.start(c, t)
	return nil
}

// pass tells the caller of a tool's event.
func (r *run) pass(n news) error {
	if n.event == nil {
		return nil
	}
	return r.emit(n.event)
}

// hear passes on an event, or settles a call that is over.
func (r *run) hear(b *batch, n news) error {
	if n.over == nil {
		return r.pass(n)
	}
	return r.settle(b, n.job.call, n.over)
}

// settle keeps the result of a call and tells of it.
func (r *run) settle(b *batch, c reprise.ToolCall, o *outcome) error {
	o.result.ID = c.ID // that of an answer which began again, if the call started before
	r.spend(o.spent)
	if r.wait(b, c, o) {
		return nil
	}
	b.results = append(b.results, o.result)
	if o.fatal != nil && b.fatal == nil {
		b.fatal = o.fatal
		b.cancel()
	}
	return r.emit(ToolDone{Call: c, Result: o.result, Err: o.err, Duration: o.took})
}

// refusal says, in words for the model, why a call cannot run; nil if it can.
func (r *run) refusal(ctx context.Context, c reprise.ToolCall) error {
	if err := r.notRunIf(ctx, c); err != nil {
		return err
	}
	_, offered := r.asked.tools[c.Name]
	switch choice := r.asked.req.Choice; {
	case choice.Mode == reprise.ToolNone && choice.Name == "":
		return errors.New("no tool can be called now")
	case !offered:
		return unknownTool(c.Name, r.asked.req.Tools)
	case strings.TrimSpace(c.Args) == "":
		if r.cutOff {
			return &reprise.ArgsError{Tool: c.Name, Err: errCutOff}
		}
		return nil
	}
	return r.wrongArgs(c)
}

// wrongArgs says why the arguments of a call are not those of any tool: they
// are no JSON object; nil if they are one.
func (r *run) wrongArgs(c reprise.ToolCall) error {
	if strings.HasPrefix(c.Args, "{") && json.Valid([]byte(c.Args)) {
		return nil
	}
	var object map[string]json.RawMessage
	err := json.Unmarshal([]byte(c.Args), &object)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) || err == nil && object == nil:
		err = fmt.Errorf("want a JSON object, got %.40q", c.Args)
	case err != nil && r.cutOff:
		err = errCutOff
	case err != nil:
		err = fmt.Errorf("not JSON: %w", err)
	default:
		return nil
	}
	return &reprise.ArgsError{Tool: c.Name, Err: err}
}

var errCutOff = errors.New("the answer was cut off in them; call again, with less in one answer")

func unknownTool(name string, offered []reprise.ToolSpec) error {
	if len(offered) == 0 {
		return fmt.Errorf("there is no tool %q: there are no tools", name)
	}
	names := make([]string, len(offered))
	for i, spec := range offered {
		names[i] = spec.Name
	}
	return fmt.Errorf("there is no tool %q; the tools are %s", name, strings.Join(names, ", "))
}

// notRun is the error of a call that was not run because the run was
// stopped. Its text is always the same, for the model gets it.
type notRun struct {
	cause error
	begun bool // before, until calls below had to wait
}

func (e notRun) Error() string {
	if e.begun {
		return "stopped: the run was stopped while calls of the agent waited to be allowed"
	}
	return "not run: the run was stopped first"
}

func (e notRun) Unwrap() error { return e.cause }

// notRunIf returns a notRun if ctx is done, else nil.
func (r *run) notRunIf(ctx context.Context, c reprise.ToolCall) error {
	if err := canceled(ctx); err != nil {
		return notRun{err, len(r.stateOf(c).waiting) > 0}
	}
	return nil
}
