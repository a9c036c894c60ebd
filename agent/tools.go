package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// call runs the calls and puts their results into the history.
func (r *run) call(ctx context.Context, calls []reprise.ToolCall) error {
	b := newBatch(ctx, calls)
	defer b.close()
	for i := range calls {
		for b.running == r.parallel {
			if err := r.settle(b, b.wait()); err != nil {
				return err
			}
		}
		if err := r.begin(b, i); err != nil {
			return err
		}
	}
	for b.running > 0 {
		if err := r.settle(b, b.wait()); err != nil {
			return err
		}
	}
	r.res.History = answer(r.res.History, b.results)
	return r.emit(MessageDone{Message: r.res.History[len(r.res.History)-1]})
}

// begin starts call i, or answers it if it cannot run.
func (r *run) begin(b *batch, i int) error {
	c := b.calls[i]
	if err := r.refusal(b.ctx, c); err != nil {
		return r.settle(b, failed(i, c, err))
	}
	if err := r.emit(ToolStart{Call: c}); err != nil {
		return err
	}
	if err := notRunIf(b.ctx); err != nil { // since the event
		return r.settle(b, failed(i, c, err))
	}
	b.start(i, r.tools[c.Name])
	return nil
}

// settle keeps the result of a call and tells of it.
func (r *run) settle(b *batch, o outcome) error {
	b.results = append(b.results, o.result)
	return r.emit(ToolDone{Call: b.calls[o.index], Result: o.result, Err: o.err, Duration: o.took})
}

// refusal says, in words for the model, why a call cannot run; nil if it can.
func (r *run) refusal(ctx context.Context, c reprise.ToolCall) error {
	if err := notRunIf(ctx); err != nil {
		return err
	}
	switch choice := r.template.Choice; {
	case choice.Mode == reprise.ToolNone && choice.Name == "":
		return errors.New("no tool can be called now")
	case r.tools[c.Name] == nil:
		return unknownTool(c.Name, r.template.Tools)
	case strings.TrimSpace(c.Args) == "":
		if r.cutOff {
			return &reprise.ArgsError{Tool: c.Name, Err: errCutOff}
		}
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
type notRun struct{ cause error }

func (notRun) Error() string   { return "not run: the run was stopped first" }
func (e notRun) Unwrap() error { return e.cause }

// notRunIf returns a notRun if ctx is done, else nil.
func notRunIf(ctx context.Context) error {
	if err := canceled(ctx); err != nil {
		return notRun{err}
	}
	return nil
}
