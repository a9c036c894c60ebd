package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/repriselabs/reprise"
)

// A Journal runs functions and keeps their results, such that a program that
// is repeated after a crash gets the result of a function that had ended, and
// the function does not run again. The same name and input twice are two
// calls, in order. A *cassette.Cassette is a Journal.
//
// Do is for what may run again if it is not known whether it had ended; Once
// for what must not: it then returns an error, which ends the run. An error
// that fn did not return ends the run too.
type Journal interface {
	Do(ctx context.Context, name string, input []byte, fn func(context.Context) ([]byte, error)) ([]byte, error)
	Once(ctx context.Context, name string, input []byte, fn func(context.Context) ([]byte, error)) ([]byte, error)
}

// entry is what the journal keeps of a call: its result without id and name,
// and the error. A call that returned the error of its context, or that waits
// for a decision, has none: it runs again, where it may.
type entry struct {
	Parts   reprise.Parts `json:"parts,omitempty"`
	IsError bool          `json:"is_error,omitempty"`
	Echo    *reprise.Echo `json:"echo,omitempty"`
	Error   string        `json:"error,omitempty"`
}

// journaled runs the tool if the journal does not have its result.
func (h *call) journaled(ctx context.Context) outcome {
	args := h.call.Args
	if args == "" {
		args = "{}"
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var ran *outcome
	again := false // it is not over
	fn := func(ctx context.Context) ([]byte, error) {
		o := h.apart(ctx)
		ran = &o
		var w *waitingError
		if again = isOf(ctx, o.err) || errors.As(o.err, &w); again {
			stop() // what waits is to the journal as after a cancel
			return nil, o.err
		}
		e := entry{Parts: o.result.Parts, IsError: o.result.IsError, Echo: o.result.Echo}
		if o.err != nil {
			e.Error = o.err.Error()
		}
		return encode(e)
	}
	do := h.run.top.Journal.Do
	if h.tool.policy.Effect == reprise.EffectOnce {
		do = h.run.top.Journal.Once
	}
	out, err := do(ctx, h.call.Name, []byte(args), fn)
	switch {
	case ran != nil && (err == nil || again):
		return *ran
	case ran != nil:
		ran.fatal = err
		return *ran
	case err == nil:
		return h.recorded(out)
	case isOf(ctx, err):
		return failed(h.call, notRun{cause: err})
	}
	o := failed(h.call, fmt.Errorf("not known: %w", err))
	o.fatal = err
	return o
}

// isOf reports whether err says that ctx is done.
func isOf(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

// recorded is what the journal had.
func (h *call) recorded(out []byte) outcome {
	var e entry
	if err := json.Unmarshal(out, &e); err != nil {
		o := failed(h.call, fmt.Errorf("the journal's record of %s: %w", h.call.Name, err))
		o.fatal = o.err
		return o
	}
	o := outcome{result: reprise.ToolResult{ID: h.call.ID, Name: h.call.Name, Parts: e.Parts, IsError: e.IsError, Echo: e.Echo}}
	if e.Error != "" {
		o.err = errors.New(e.Error)
	}
	return o
}

// apart runs the tool in a goroutine of its own, so that whatever it does the
// journal's function returns.
func (h *call) apart(ctx context.Context) outcome {
	done := make(chan outcome)
	go func() {
		o := outcome{err: errNoReturn}
		defer func() { done <- o }()
		defer recovered(h.call, &o)
		o = h.invoke(ctx)
	}()
	return <-done
}
