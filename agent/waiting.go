package agent

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// Waiting is a run of a [SubAgent] in which calls wait for decisions. When
// they are there, the run goes on from its History, so that nothing which it
// did is done again. A run above that goes on without it, from its own history
// alone, begins the call anew.
type Waiting struct {
	Call    reprise.ToolCall  `json:"call"` // which the run is of
	Path    string            `json:"path"` // from the run above: see [Nested]
	History []reprise.Message `json:"history"`
	Waiting []Waiting         `json:"waiting,omitempty"` // in agents below
	Token   string            `json:"token,omitempty"`   // signs all this; empty: there is no Secret
}

// open is a call that waits, or in which calls of an agent below do.
type open struct {
	call    reprise.ToolCall
	pending []Pending
	waiting *Waiting // nil: the call itself waits
	err     error    // what its result is where it cannot wait
}

// waitingError is what a call of a SubAgent returns in which calls wait.
type waitingError struct {
	call    string // the id of the call, as it ran
	pending []Pending
	waiting Waiting // without the Call
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
	waiting := w.waiting
	waiting.Call = c
	b.open = append(b.open, open{call: c, pending: w.pending, waiting: &waiting, err: errors.New(w.Error())})
	return true
}

// suspend puts the calls that wait into the run's result, in call order. In a
// run that is broken off they get their results: nothing may be open then.
func (r *run) suspend(b *batch) error {
	if len(b.open) == 0 {
		return nil
	}
	said := upToAnswer(r.res.History)
	calls := said[len(said)-1].Calls()
	at := func(o open) int {
		return slices.IndexFunc(calls, func(c reprise.ToolCall) bool { return c.ID == o.call.ID })
	}
	slices.SortFunc(b.open, func(x, y open) int { return cmp.Compare(at(x), at(y)) })
	if b.fatal == nil {
		b.fatal = r.signOpen(b)
	}
	if b.fatal == nil && r.partial == nil {
		return nil
	}
	r.res.Pending, r.res.Waiting = nil, nil
	left := b.open
	b.open = nil
	for _, w := range left {
		o := failed(w.call, cmp.Or(w.err, error(notRun{b.fatal})))
		if err := r.settle(b, w.call, &o); err != nil {
			return err
		}
	}
	return nil
}

// signOpen signs what waits and puts it into the result.
func (r *run) signOpen(b *batch) error {
	for _, o := range b.open {
		if o.waiting != nil {
			r.res.Waiting = append(r.res.Waiting, *o.waiting)
		}
	}
	for _, o := range b.open {
		for _, p := range o.pending {
			var err error
			if p.Token, err = r.token(p, trail(r.res.History, r.res.Waiting, p.Path)); err != nil {
				return err
			}
			r.res.Pending = append(r.res.Pending, p)
		}
	}
	for i, w := range r.res.Waiting {
		var err error
		if r.res.Waiting[i].Token, err = r.tokenOf(w); err != nil {
			return err
		}
	}
	return nil
}

// trail returns the conversations that a path leads through, the outermost
// first; nil: it leads nowhere.
func trail(history []reprise.Message, waiting []Waiting, path string) [][]reprise.Message {
	if path == "" {
		return [][]reprise.Message{history}
	}
	for _, w := range waiting {
		rest, ok := cutStep(path, w.Path)
		if !ok {
			continue
		}
		if below := trail(w.History, w.Waiting, rest); below != nil {
			return append([][]reprise.Message{history}, below...)
		}
	}
	return nil
}

// cutStep returns what of a path follows its first step, if that is step.
func cutStep(path, step string) (string, bool) {
	rest, ok := strings.CutPrefix(path, step)
	if ok && rest != "" {
		rest, ok = strings.CutPrefix(rest, "/")
		ok = ok && rest != ""
	}
	return rest, ok
}

// below is what waits of the agents that a call ran, and the decisions on it.
type below struct {
	waiting   []Waiting
	decisions []Decision
}

// stateOf returns what the call has to go on from.
func (r *run) stateOf(c reprise.ToolCall) below {
	var out below
	for _, w := range r.waiting {
		if sameCall(w.Call, c) {
			out.waiting, out.decisions = append(out.waiting, w), r.below
		}
	}
	return out
}

// resumes reports whether the call ran before, and waits for decisions since.
func (r *run) resumes(c reprise.ToolCall) bool { return len(r.stateOf(c).waiting) > 0 }

// start is what the run of a step begins with: what waits of it, else the task.
func (b below) start(step, task string) start {
	from := start{history: reprise.Ask(task)}
	for _, w := range b.waiting {
		if w.Path != step {
			continue
		}
		from.history, from.waiting = w.History, w.Waiting
		for _, d := range b.decisions {
			if rest, ok := cutStep(d.Path, step); ok {
				d.Path, d.Token = rest, "" // it was checked
				from.decisions = append(from.decisions, d)
			}
		}
	}
	return from
}
