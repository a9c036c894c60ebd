package agent

import (
	"context"
	"errors"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/kept"
)

// run is one run of an agent. Only the goroutine that ranges touches it.
type run struct {
	top   *Agent // whose run it is: its limits hold
	cur   *Agent // who answers: top, or whom it handed off to
	base  *offer // the tools of cur
	yield func(Event, error) bool
	began time.Time

	res       *Result
	sound     int                 // up to this message the history was looked through
	turn      int                 // of the answer that was asked for last
	askedBy   *Agent              // who asked last
	asked     plan                // how it was asked; of a history that was resumed: with no tools until they are needed
	last      bill                // of the last answer
	unpriced  bool                // the cost of some answer is not known
	cutOff    bool                // the last answer may have been cut off in a call
	partial   *reprise.Response   // of the answer that broke
	early     *early              // tools of the answer that comes
	did       bool                // something was added to the history
	stops     bool                // a tool said that the run is over
	checked   int                 // messages that the guards have seen
	decisions map[string]Decision // by the call's id
	below     []Decision          // on calls of agents below
	pending   []Pending           // what the session says that waits
	waiting   []waiting           // that go on with the calls the history ends with
	nested    bool                // it is of a SubAgent in a run
	signs     bool                // the outermost run signs what is pending
	goal      *goal               // what it is to end with; nil: just an answer
	rest      *restTool
	kept      kept.Strings // of what the models are sent
}

// errBreak is what the parts of a run return when the caller has left the loop.
var errBreak = errors.New("the caller left the loop")

func (r *run) emit(ev Event) error {
	if !r.yield(ev, nil) {
		return errBreak
	}
	return nil
}

// setUp makes the run ready: whose turn it is, and what it may do.
func (r *run) setUp(from start) error {
	r.began = time.Now()
	if w := r.top.Window; w != nil {
		if err := w.check(); err != nil {
			return err
		}
		r.rest = w.tool()
	}
	if err := r.use(r.top); err != nil {
		return err
	}
	if err := r.follow(r.res.History); err != nil {
		return err
	}
	return r.decide(from)
}

// loop does what comes next until nothing does.
func (r *run) loop(ctx context.Context) error {
	for {
		next, sound, err := nextOf(r.res.History, r.sound)
		r.sound = sound
		if err == nil && next.Step != StepTools {
			next.Step, err = r.between(next.Step)
		}
		if err != nil {
			return err
		}
		switch next.Step {
		case StepTools:
			err = r.call(ctx, next.Calls)
			if err == nil && r.res.Pending != nil {
				r.res.End = EndApproval
				return r.emit(Done{Result: r.res})
			}
		case StepAsk:
			err = r.ask(ctx)
		default:
			return r.emit(Done{Result: r.res})
		}
		if err != nil {
			return err
		}
	}
}

// between is the safe point, where each call has its result. It returns
// whether the run goes on.
func (r *run) between(step Step) (Step, error) {
	r.res.Pending, r.pending = nil, nil // of a session: nothing is open
	sent, stop := r.top.Control.wants()
	last := r.res.History[len(r.res.History)-1]
	if step == StepDone && !sent {
		if again, err := r.attain(); err != nil || !again {
			return StepDone, err
		}
	}
	if stop || r.stops || r.did && r.top.Stop.Holds(r.res, time.Since(r.began)) {
		r.res.End = EndStopped
		return StepDone, nil
	}
	if last.Paused && step == StepAsk { // nothing may come between
		return step, nil
	}
	for _, m := range r.top.Control.take() {
		r.add(m)
		if err := r.emit(MessageDone{Message: m}); err != nil {
			return "", err
		}
	}
	return StepAsk, nil
}

func (r *run) add(m reprise.Message) {
	r.res.History = append(r.res.History, m)
	r.did = true
}

// ask gets the model's next answer and puts it into the history.
func (r *run) ask(ctx context.Context) error {
	err := canceled(ctx)
	if err == nil {
		err = r.spent()
	}
	if err != nil {
		return err
	}
	r.turn++
	s := r.newStream(ctx)
	defer s.close()
	if err := r.prompt(s); err != nil {
		return s.why(err)
	}
	r.early = newEarly(r, ctx)
	resp, err := r.answer(s)
	if err == nil {
		err = r.keep(resp)
	}
	return err
}

// prompt makes what the model is asked, and says that it is.
func (r *run) prompt(s *stream) error {
	if s.failed() {
		return s.stopped()
	}
	if err := r.compact(s.ctx); err != nil {
		return err
	}
	before := r.asked.req
	var err error
	if r.asked, err = r.plan(s.ctx, r.turn, r.res.History); err != nil {
		return err
	}
	if err := r.emit(TurnStart{Turn: r.turn}); err != nil {
		return err
	}
	if err := r.watchPrefix(before); err != nil {
		return err
	}
	return canceled(s.ctx)
}

// answer asks the model. After an error there is nothing to keep.
func (r *run) answer(s *stream) (*reprise.Response, error) {
	resp, err := reprise.Collect(s.watch(r.asked.model.Stream(kept.With(s.ctx, &r.kept), r.asked.req)))
	if s.left {
		return nil, errBreak
	}
	if err == nil || resp.Reason != "" {
		r.bill(resp)
	}
	if err == nil {
		s.checkRest(resp.Message.Parts)
	}
	err = s.why(err)
	if err == nil && len(resp.Message.Results()) > 0 {
		err = badResponse("the model's answer holds a tool result")
	}
	if err == nil {
		return resp, nil
	}
	r.partial = resp
	if kept := r.keepEarly(); kept != nil {
		err = kept
	}
	return nil, err
}

// bill adds what an answer took that came to its end, whether it is kept or not.
func (r *run) bill(resp *reprise.Response) {
	r.last = bill{tokens: resp.Usage.Total(), cost: r.costOf(resp)}
	r.res.Usage = r.res.Usage.Add(resp.Usage)
	r.charge(r.last.cost)
}

// keep puts a whole answer into the history.
func (r *run) keep(resp *reprise.Response) error {
	warnings := identify(resp, r.res.History)
	if err := r.early.settle(resp.Calls()); err != nil {
		r.partial = resp
		return err
	}
	r.res.add(resp)
	r.last.at = len(r.res.History)
	r.did = true
	r.cutOff = cutsOff(resp.Reason)
	for _, w := range warnings {
		if err := r.emit(w); err != nil {
			return err
		}
	}
	return r.emit(MessageDone{Message: resp.Message})
}

// warn adds a warning of the run's own.
func (r *run) warn(w reprise.Warning) error {
	r.res.Warnings = append(r.res.Warnings, w)
	return r.emit(w)
}

// cutsOff reports whether an answer that ended so may be incomplete.
func cutsOff(reason reprise.FinishReason) bool {
	switch reason {
	case reprise.ReasonLength, reprise.ReasonContentFilter, reprise.ReasonRefusal:
		return true
	}
	return false
}

func badResponse(text string) error {
	return &reprise.Error{Kind: reprise.KindBadResponse, Err: errors.New(text)}
}
