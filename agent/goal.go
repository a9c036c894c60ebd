package agent

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/repriselabs/reprise"
)

const defaultTries = 3

// goal is the value that a run is to end with: see [Object]. Nil is none.
type goal struct {
	tries int // how many answers may be taken for it at most; 0: defaultTries
	wrong int // how many were, and were not
	// ask returns a turn that asks for it.
	ask func(plan) (plan, error)
	// read reads it from the last answer, and returns the event that tells it.
	read func(settings *reprise.Request, last *reprise.Response) (Event, error)
}

// aim returns a turn that asks for the goal.
func (g *goal) aim(p plan) (plan, error) {
	if g == nil {
		return p, nil
	}
	return g.ask(p)
}

// missed reports whether the last answers were wrong.
func (g *goal) missed() bool { return g != nil && g.wrong > 0 }

// attain tells the value that the last answer is. If it is not one, it tells
// the model why, and returns that it is to be asked again.
func (r *run) attain() (again bool, err error) {
	g := r.goal
	if g == nil {
		return false, nil
	}
	ev, err := g.read(&r.cur.Settings, r.res.Response)
	if err == nil {
		return false, r.emit(ev)
	}
	var bad *reprise.OutputError
	if !errors.As(err, &bad) {
		return false, err
	}
	g.wrong++
	bad.Tries, bad.Usage = g.wrong, r.res.Usage
	if bad.Reply == nil || g.wrong >= cmp.Or(g.tries, defaultTries) {
		return false, bad
	}
	if err := r.warn(reprise.Warning{
		Code: reprise.WarnOutput, Message: fmt.Sprintf("try %d: %v; the model is asked again", g.wrong, bad.Err),
	}); err != nil {
		return false, err
	}
	r.add(*bad.Reply)
	return true, r.emit(MessageDone{Message: *bad.Reply})
}
