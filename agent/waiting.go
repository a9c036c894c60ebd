package agent

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// waiting is a run of a [SubAgent] in which calls wait for decisions. When
// they are there, the run goes on from its history, so that nothing which it
// did is done again. It is kept in the history of the run above, as a part of
// the message of results, until the call has its own.
type waiting struct {
	Call    reprise.ToolCall  `json:"call"` // which the run is of
	Path    string            `json:"path"` // from the run above: see [Nested]
	History []reprise.Message `json:"history"`
	Token   string            `json:"token,omitempty"` // signs all this; empty: there is no Secret
}

// The part of a history that holds a waiting.
const (
	ownProvider = "reprise"
	waitingKind = "waiting"
)

func (w waiting) part() (reprise.Part, error) {
	data, err := encode(w)
	return reprise.Opaque{Provider: ownProvider, Kind: waitingKind, Data: data}, err
}

// waitingOf reads what a part says that waits.
func waitingOf(p reprise.Part) (w waiting, ok bool, err error) {
	o, ok := p.(reprise.Opaque)
	if !ok || o.Provider != ownProvider || o.Kind != waitingKind {
		return w, false, nil
	}
	if err := json.Unmarshal(o.Data, &w); err != nil {
		return w, true, invalid("what waits in an agent below: %w", err)
	}
	return w, true, nil
}

// waitingIn returns what waits of the calls that the history ends with.
func waitingIn(history []reprise.Message) ([]waiting, error) {
	var out []waiting
	for _, m := range history[len(upToAnswer(history)):] {
		for _, p := range m.Parts {
			switch w, ok, err := waitingOf(p); {
			case err != nil:
				return nil, err
			case ok:
				out = append(out, w)
			}
		}
	}
	return out, nil
}

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

// trail returns the conversations that a path leads through, the outermost
// first; nil: it leads nowhere.
func trail(history []reprise.Message, runs []waiting, path string) [][]reprise.Message {
	if path == "" {
		return [][]reprise.Message{history}
	}
	for _, w := range runs {
		rest, ok := cutStep(path, w.Path)
		further, err := waitingIn(w.History)
		if !ok || err != nil {
			continue
		}
		if talks := trail(w.History, further, rest); talks != nil {
			return append([][]reprise.Message{history}, talks...)
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
	waiting   []waiting
	decisions []Decision
	pending   []Pending
}

// stateOf returns what the call has to go on from.
func (r *run) stateOf(c reprise.ToolCall) below {
	var out below
	for _, w := range r.waiting {
		if sameCall(w.Call, c) {
			out.waiting, out.decisions, out.pending = append(out.waiting, w), r.below, r.pending
		}
	}
	return out
}

// resumes reports whether the call was allowed before, ran, and waits for
// decisions since. Without a signature it takes one of these to tell that:
// a history alone allows nothing.
func (r *run) resumes(c reprise.ToolCall) bool {
	return slices.ContainsFunc(r.stateOf(c).waiting, func(w waiting) bool {
		return r.signs || slices.ContainsFunc(r.below, func(d Decision) bool {
			_, ok := cutStep(d.Path, w.Path)
			return ok
		})
	})
}

// start is what the run of a step begins with: what waits of it, else the task.
func (b below) start(step, task string) start {
	from := start{history: reprise.Ask(task)}
	for _, w := range b.waiting {
		if w.Path != step {
			continue
		}
		from.history = w.History
		for _, p := range b.pending {
			if rest, ok := cutStep(p.Path, step); ok {
				p.Path = rest
				from.pending = append(from.pending, p)
			}
		}
		for _, d := range b.decisions {
			if rest, ok := cutStep(d.Path, step); ok {
				d.Path, d.Token = rest, "" // it was checked
				from.decisions = append(from.decisions, d)
			}
		}
	}
	return from
}
