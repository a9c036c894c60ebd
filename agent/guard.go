package agent

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/repriselabs/reprise"
)

// A Guard checks what goes into a run and what comes out of it. An error of a
// check ends the run with a [GuardError]; a panic is an error. Checks may run
// at the same time, in goroutines of their own.
//
// Nothing of an answer is kept and no tool runs before all checks have
// passed, so tools do not start early in a run with guards. Events that have
// been yielded are out, though: who must not show an answer before it is
// checked waits for its [MessageDone].
type Guard struct {
	Name string // for the error
	// Input gets the messages that came since the last answer was asked for
	// (the first time all of them), while the model answers.
	Input func(ctx context.Context, messages []reprise.Message) error
	// First lets a model be asked, also for a summary, only when Input has passed.
	First bool
	// Output gets each part of the answer that is done, while the next ones come.
	Output func(ctx context.Context, part reprise.Part) error
	// Call gets each call before it runs. Its error is the result that the
	// model gets, unless it is an [ErrStop], which ends the run.
	Call func(ctx context.Context, call reprise.ToolCall) error
}

// ErrStop is what the error of a Guard's Call wraps to end the run.
var ErrStop = errors.New("the guard stops the run")

// A GuardError says which check ended a run.
type GuardError struct {
	Guard string // its name
	Check string // Input, Output or Call
	Err   error
}

// Error tells the guard, the check and its error.
func (e *GuardError) Error() string {
	return fmt.Sprintf("guard %q: %s: %v", e.Guard, e.Check, e.Err)
}

// Unwrap returns Err.
func (e *GuardError) Unwrap() error { return e.Err }

// checks is the checks of one answer, which stop it.
type checks struct {
	guards []Guard
	ctx    context.Context
	stop   context.CancelCauseFunc

	wg  sync.WaitGroup
	mu  sync.Mutex
	err error // the first
}

func (cs *checks) start(g *Guard, check string, fn func() error) {
	cs.wg.Go(func() {
		err := errors.New("the check ended without a verdict")
		defer func() { cs.fail(g, check, err) }()
		err = safely(fn)
	})
}

func (cs *checks) fail(g *Guard, check string, err error) {
	if err == nil {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.err != nil {
		return
	}
	if cs.err = canceled(cs.ctx); cs.err == nil { // else the check did not come to its end
		cs.err = &GuardError{Guard: g.Name, Check: check, Err: err}
		cs.stop(cs.err)
	}
}

// input starts the checks of what goes in, and waits for those that must be first.
func (cs *checks) input(messages []reprise.Message) {
	if len(messages) == 0 {
		return
	}
	for i := range cs.guards {
		if g := &cs.guards[i]; g.Input != nil {
			cs.start(g, "Input", func() error { return g.Input(cs.ctx, messages) })
		}
	}
	for i := range cs.guards {
		if cs.guards[i].First && cs.guards[i].Input != nil {
			cs.wg.Wait()
			return
		}
	}
}

func (cs *checks) output(p reprise.Part) {
	for i := range cs.guards {
		if g := &cs.guards[i]; g.Output != nil {
			cs.start(g, "Output", func() error { return g.Output(cs.ctx, p) })
		}
	}
}

// first returns the first error so far.
func (cs *checks) first() error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.err
}

// wait waits for all checks and returns the first error.
func (cs *checks) wait() error {
	cs.wg.Wait()
	return cs.first()
}

// guards are those of the run and of the agent that it was handed to.
func (r *run) guards() []Guard {
	if r.cur == r.top || len(r.cur.Guards) == 0 {
		return r.top.Guards
	}
	return slices.Concat(r.top.Guards, r.cur.Guards)
}

// checkCall returns why the guards do not let a call run.
func (r *run) checkCall(b *batch, c reprise.ToolCall) error {
	for _, g := range r.guards() {
		if g.Call == nil {
			continue
		}
		if err := safely(func() error { return g.Call(b.ctx, c) }); err != nil {
			if errors.Is(err, ErrStop) && b.fatal == nil {
				b.fatal = &GuardError{Guard: g.Name, Check: "Call", Err: err}
				b.cancel()
			}
			return err
		}
	}
	return nil
}

// safely turns a panic into an error.
func safely(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack(), check: true}
		}
	}()
	return fn()
}
