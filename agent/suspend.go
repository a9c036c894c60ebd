package agent

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/repriselabs/reprise"
)

// open is a call that waits, or in which calls of an agent below do.
type open struct {
	call    reprise.ToolCall
	pending []Pending
	waiting []waiting // of the call; empty: it did not run
	err     error     // what its result is where it cannot wait
}

// waitingError is what a call of a SubAgent returns in which calls wait.
type waitingError struct {
	call    string // the id of the call, as it ran
	pending []Pending
	waiting waiting // without the Call
}

func (e *waitingError) Error() string {
	return notAllowed(e.pending[0], e.waiting.Path).Error()
}

func notAllowed(p Pending, by string) error {
	return fmt.Errorf("not run: %s needs to be allowed, which cannot be asked for in %s", p.Call.Name, by)
}

// wait puts a call aside if it waits. One that started early and got another
// id since could not be found again: it has its result.
func (r *run) wait(b *batch, c reprise.ToolCall, o *outcome) bool {
	var w *waitingError
	if !errors.As(o.err, &w) || w.call != c.ID {
		return false
	}
	ran := w.waiting
	ran.Call = c
	b.open = append(b.open, open{call: c, pending: w.pending, waiting: []waiting{ran}, err: errors.New(w.Error())})
	return true
}

// suspend puts the calls that wait into the run's result, in call order, and
// returns the parts that keep what the agents below have done. In a run that
// is broken off they get their results: nothing may be open then.
func (r *run) suspend(b *batch) (reprise.Parts, error) {
	if len(b.open) == 0 {
		return nil, nil
	}
	said := upToAnswer(r.res.History)
	calls := said[len(said)-1].Calls()
	at := func(o open) int {
		return slices.IndexFunc(calls, func(c reprise.ToolCall) bool { return c.ID == o.call.ID })
	}
	slices.SortFunc(b.open, func(x, y open) int { return cmp.Compare(at(x), at(y)) })
	var parts reprise.Parts
	if b.fatal == nil {
		parts, b.fatal = r.signOpen(b)
	}
	if b.fatal == nil && r.partial == nil {
		return parts, nil
	}
	r.res.Pending = nil
	left := b.open
	b.open = nil
	for _, w := range left {
		o := failed(w.call, cmp.Or(w.err, error(notRun{b.fatal, len(w.waiting) > 0})))
		if err := r.settle(b, w.call, &o); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// signOpen signs what waits, puts the calls into the result and returns the
// parts for the history.
func (r *run) signOpen(b *batch) (reprise.Parts, error) {
	var runs []waiting
	for _, o := range b.open {
		runs = append(runs, o.waiting...)
	}
	for _, o := range b.open {
		for _, p := range o.pending {
			var err error
			if p.Token, err = r.token(p, trail(r.res.History, runs, p.Path)); err != nil {
				return nil, err
			}
			r.res.Pending = append(r.res.Pending, p)
		}
	}
	var parts reprise.Parts
	for _, w := range runs {
		var err error
		if w.Token, err = r.tokenOf(w); err != nil {
			return nil, err
		}
		p, err := w.part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}
