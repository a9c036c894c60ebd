// Package agent runs a model with tools until the model is done.
//
// An [Agent] is a model, an instruction and tools. Its Run takes a
// conversation and goes on with it: it asks the model, runs the tools that
// the model calls, sends their results back and asks again. What it does is
// told as a sequence of events; [Collect] reads one to its end. [RunAs] ends
// with a value of a Go type.
//
// The conversation is the whole state of a run. [NextOf] tells from it alone
// what comes next, so a run goes on from any history: one that was stored,
// one that an error left behind, one whose last calls have no results yet. A
// [Session] stores one with what it took so far, and [Repair] makes one whole.
//
// What a run may do is said in the fields of its Agent: [Limits] end it with
// an error, a [Stop] without one, a [Control] steers it, an [Approval] makes
// it end and wait for a person, a [Guard] checks what it says, a [Window]
// keeps its prompt short, and a [Journal] keeps what its tools did. What a
// tool may do it says itself, in its [reprise.Policy]. A [SubAgent] is an
// agent as a tool, a [Handoff] gives the conversation to another.
package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/repriselabs/reprise"
)

const (
	defaultMaxTurns = 50
	defaultParallel = 8
)

// An Agent is what a run needs beside the conversation. It must not be
// changed while a run uses it; any number of runs may use it at once.
type Agent struct {
	// Model answers. It must be set.
	Model reprise.Model
	// System is the instruction: what the model is told before the
	// conversation. One with more than text (a cache point) goes into
	// Settings.System instead.
	System string
	// Tools are what the model may call. Their names must differ. They are
	// asked for their specs and policies when a run begins, and with a
	// Prepare before each turn.
	Tools []reprise.Tool
	// Settings is what each request is made from: limits, sampling, effort,
	// output, extras. Its Messages and Tools must be empty. A Choice that
	// demands a call does so until there is a result after the last user
	// message; from then on the model may choose, else it could never end.
	Settings reprise.Request
	// Prepare, if set, may change what the model is about to be asked, for
	// this turn alone. Where a run goes on from a history whose last calls
	// have no results, it is also asked, as turn 0, what was offered then; so
	// it should depend on nothing but what it is given.
	Prepare func(ctx context.Context, turn *Turn) error
	// MaxTurns is how many answers one run may ask for before it ends with a
	// [MaxTurnsError]; 0: 50.
	MaxTurns int
	// Parallel is how many tools one run has running at once; 0: 8. With 1
	// they run one after the other, in call order.
	Parallel int
	// Limits is what one run may use before it ends with a [LimitError];
	// zero: no limit but MaxTurns.
	Limits Limits
	// Stop is when a run ends of itself before the model is done; zero: never.
	Stop Stop
	// Price tells what an answer cost whose provider does not; nil: unknown.
	Price func(*reprise.Response) (reprise.USD, bool)
	// Control, if set, steers a run from outside. It is for one run: give
	// each a copy of the Agent.
	Control *Control
	// Journal, if set, keeps the results of tools, so that a run which is
	// repeated after a crash does not run them again. A cassette is one.
	Journal Journal
	// Approval says which calls a person must allow first, beside what the
	// tools' own policies say; zero: no others.
	Approval Approval
	// Guards check what goes in, what comes out and what is called.
	Guards []Guard
	// Window bounds the prompt; nil: it grows with the conversation.
	Window *Window
}

// Run goes on with the conversation until the model is done. The sequence
// yields events and then exactly one [Done] or one error, which is always a
// [*RunError], and nothing after that. It can be ranged over once; nothing
// happens before.
//
// Everything but the tools happens in the goroutine that ranges, and the run
// waits for the tools it started, whichever way it ends: one that does not
// heed its context holds it up. Leaving the loop stops the run: its tools get
// the cancel, and what is not in the events so far is lost. To stop and keep
// what there is, cancel ctx: tools that run get the cancel, calls that did
// not start are answered as not run, and the error holds the whole history.
//
// A tool starts only when the answer that calls it is complete, unless its
// [reprise.Policy] lets it start early. A call never fails a run: whatever
// goes wrong with it (no such tool, wrong arguments, an error, a panic) is the
// result that the model gets.
func (a *Agent) Run(ctx context.Context, history []reprise.Message) iter.Seq2[Event, error] {
	return a.run(ctx, start{history: history})
}

// start is what a run begins with.
type start struct {
	history   []reprise.Message
	pending   []Pending
	decisions []Decision
	nested    bool  // it is a run of a SubAgent in a run
	signs     bool  // and the outermost run signs what is pending
	goal      *goal // nil: the run has none
}

func (a *Agent) run(ctx context.Context, from start) iter.Seq2[Event, error] {
	history := slices.Clone(from.history)
	var used atomic.Bool
	return func(yield func(Event, error) bool) {
		r := &run{top: a, yield: yield, nested: from.nested, signs: from.signs || !from.nested && len(a.Approval.Secret) > 0, goal: from.goal, res: &Result{History: history, Pending: from.pending, Response: lastAnswer(history)}}
		err := errUsed
		if !used.Swap(true) {
			err = r.setUp(from)
		}
		if err == nil {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer func() { r.early.shut() }()
			err = r.limited(ctx)
		}
		if err != nil && err != errBreak {
			yield(nil, &RunError{Result: r.res, Turn: r.turn, Partial: r.partial, Err: err})
		}
	}
}

// Generate runs to the end and returns what came of it. With an error, which
// is a [*RunError], it returns what there was until then.
func (a *Agent) Generate(ctx context.Context, history []reprise.Message) (*Result, error) {
	return Collect(a.Run(ctx, history))
}

var errUsed = invalid("the sequence of a run can be ranged over once")

// check tells what of the configuration is wrong.
func (a *Agent) check() error {
	switch {
	case a.Model == nil:
		return invalid("Agent.Model is not set")
	case a.MaxTurns < 0:
		return invalid("Agent.MaxTurns is %d", a.MaxTurns)
	case a.Parallel < 0:
		return invalid("Agent.Parallel is %d", a.Parallel)
	case a.System != "" && a.Settings.System != nil:
		return invalid("Agent.System and Agent.Settings.System are both set")
	case a.Settings.Messages != nil:
		return invalid("Agent.Settings.Messages is set; messages are Run's argument")
	case a.Settings.Tools != nil:
		return invalid("Agent.Settings.Tools is set; tools belong in Agent.Tools")
	}
	return cmp.Or(a.Limits.check(), a.Stop.check())
}

// invalid is the error of what the program got wrong.
func invalid(format string, args ...any) error {
	return &reprise.Error{Kind: reprise.KindInvalid, Err: fmt.Errorf(format, args...)}
}

// canceled is the error of a context that is done, else nil.
func canceled(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	kind := reprise.KindCanceled
	if errors.Is(err, context.DeadlineExceeded) {
		kind = reprise.KindTimeout
	}
	if cause := context.Cause(ctx); cause != err {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return &reprise.Error{Kind: kind, Err: err}
}
