package agent

import (
	"encoding/json"
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
