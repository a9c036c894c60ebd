package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// WarnUnused is the code of a [reprise.Warning] that a tool ran early, for an
// answer that then began again without the call.
const WarnUnused = "unused_result"

// early is the tools that run while the answer that calls them still comes.
// A call starts if its part is done, all parts before it are, and each call
// before it has started. If the answer begins again, the same call takes the
// result over; if it breaks, what has started stays in the history.
//
// A nil early starts nothing.
type early struct {
	*batch
	parts reprise.Parts // of the answer, from the first on
	live  []*job        // that are in parts
	upTo  int           // parts[:upTo] hold all of them
	off   bool          // no other call may start
}

// newEarly returns nil if no tool may start early.
func newEarly(r *run, ctx context.Context) *early {
	if len(r.guards()) > 0 {
		return nil
	}
	for _, t := range r.asked.tools {
		if t.policy.Early {
			return &early{batch: r.newBatch(ctx)}
		}
	}
	return nil
}

// part takes the next part that is done.
func (e *early) part(ev reprise.PartDone) error {
	if e == nil {
		return nil
	}
	c, isCall := ev.Part.(reprise.ToolCall)
	_, isResult := ev.Part.(reprise.ToolResult) // which spoils the answer
	switch {
	case e.off:
	case isResult || ev.Index != len(e.parts):
		e.off = true
	case !isCall:
		e.parts = append(e.parts, ev.Part)
	default:
		e.parts = append(e.parts, ev.Part)
		j, err := e.begin(c)
		if err != nil {
			return err
		}
		if e.off = j == nil; !e.off {
			e.live, e.upTo = append(e.live, j), len(e.parts)
		}
	}
	return e.poll()
}

// begin starts the call or takes over one that was started; nil if it cannot
// start now.
func (e *early) begin(c reprise.ToolCall) (*job, error) {
	t := e.r.asked.tools[c.Name]
	empty := strings.TrimSpace(c.Args) == "" // or cut off before them: who knows
	if !t.policy.Early || t.policy.Exclusive || c.ID == "" || empty || e.find(c.ID) != nil ||
		e.r.refusal(e.ctx, c) != nil || e.r.mustAsk(c, t) {
		return nil, nil
	}
	if j := e.void(c); j != nil {
		return j, nil
	}
	if !e.room(t) {
		return nil, nil
	}
	if err := e.r.emit(ToolStart{Call: c}); err != nil {
		return nil, err
	}
	if e.ctx.Err() != nil { // since the event
		return nil, nil
	}
	return e.start(c, t), nil
}

// void returns the job of the same call of an attempt before, which is then
// the call's; nil: there is none.
func (e *early) void(c reprise.ToolCall) *job {
	for _, j := range e.jobs {
		if !slices.Contains(e.live, j) && j.call.Name == c.Name && j.call.Args == c.Args {
			j.call = c
			return j
		}
	}
	return nil
}

// settle makes what has started that of the whole answer, whose calls these
// are, and stops the rest.
func (e *early) settle(calls []reprise.ToolCall) error {
	if e == nil {
		return nil
	}
	for _, c := range calls {
		if e.find(c.ID) == nil {
			if j := e.void(c); j != nil {
				e.live = append(e.live, j)
			}
		}
	}
	return e.unused()
}

// batchOr returns the batch of what has started, else a new one.
func (e *early) batchOr(r *run, ctx context.Context) *batch {
	if e == nil {
		return r.newBatch(ctx)
	}
	return e.batch
}

// find returns the job of the call with the id; nil: it has not started.
func (e *early) find(id string) *job {
	if e == nil {
		return nil
	}
	for _, j := range e.live {
		if j.call.ID == id {
			return j
		}
	}
	return nil
}

// poll passes on what the tools have told.
func (e *early) poll() error {
	if e == nil || e.running == 0 {
		return nil
	}
	for {
		n, ok := e.batch.poll()
		if !ok {
			return nil
		}
		if err := e.r.pass(n); err != nil {
			return err
		}
	}
}

// reset makes ready for the answer to begin again.
func (e *early) reset() {
	if e != nil {
		e.parts, e.live, e.upTo, e.off = nil, nil, 0, false
	}
}

// unused stops the calls that are not in the answer, and waits for them.
func (e *early) unused() error {
	if e == nil {
		return nil
	}
	for _, j := range e.jobs {
		if slices.Contains(e.live, j) {
			continue
		}
		j.cancel()
		for j.over == nil {
			if err := e.r.pass(e.wait()); err != nil {
				return err
			}
		}
		e.r.spend(j.over.spent)
		if e.fatal == nil {
			e.fatal = j.over.fatal
		}
		if err := e.r.warn(reprise.Warning{
			Code: WarnUnused, Message: fmt.Sprintf("%s ran for an answer that began again without the call", j.call.Name),
		}); err != nil {
			return err
		}
	}
	if e.jobs = e.live; len(e.jobs) == 0 {
		e.r.early = nil
		e.close()
		return e.fatal
	}
	return nil
}

// shut stops what has started and waits for it.
func (e *early) shut() {
	if e != nil {
		e.close()
	}
}

// keepEarly puts what has started of an answer that broke into the history.
// Its error is of the caller or of the journal.
func (r *run) keepEarly() error {
	e := r.early
	if err := e.unused(); err != nil || e == nil || len(e.live) == 0 {
		return err
	}
	r.early = nil
	defer e.close()
	msg := reprise.Message{Role: reprise.RoleAssistant, Parts: slices.Clip(e.parts[:e.upTo])}
	r.add(msg)
	if err := r.emit(MessageDone{Message: msg}); err != nil {
		return err
	}
	return r.finish(e.batch)
}
