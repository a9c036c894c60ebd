package agent

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/repriselabs/reprise"
)

// stream is an answer that comes, from before the model is asked.
type stream struct {
	r      *run
	ctx    context.Context
	cancel context.CancelCauseFunc
	free   context.CancelFunc // of the time limit; nil: there is none
	checks *checks            // nil: there are no guards
	done   map[int]bool       // the parts that the checks got
	left   bool               // the caller does not want more
}

// newStream makes ready for an answer, and starts the checks of what goes in.
// Whoever gets it must close it.
func (r *run) newStream(ctx context.Context) *stream {
	s := &stream{r: r, ctx: ctx}
	if max := r.top.Limits.TurnTime; max > 0 {
		s.ctx, s.free = context.WithTimeoutCause(ctx, max, &LimitError{Limit: "TurnTime", Max: max.String()})
	}
	if guards := r.guards(); len(guards) > 0 {
		s.ctx, s.cancel = context.WithCancelCause(s.ctx)
		s.checks = &checks{guards: guards, ctx: s.ctx, stop: s.cancel}
		s.done = map[int]bool{}
		s.checks.input(slices.Clip(r.res.History[r.checked:]))
		r.checked = len(r.res.History)
	}
	return s
}

// close stops the checks and waits for them.
func (s *stream) close() {
	if s.checks != nil {
		s.cancel(nil)
		_ = s.checks.wait()
	}
	if s.free != nil {
		s.free()
	}
}

// stopped says what else than the model has ended the answer, or spoils it;
// nil: nothing.
func (s *stream) stopped() error {
	if s.checks != nil {
		if err := s.checks.wait(); err != nil {
			return err
		}
	}
	var limit *LimitError
	if errors.As(context.Cause(s.ctx), &limit) {
		return canceled(s.ctx)
	}
	return nil
}

// failed reports whether a check has failed.
func (s *stream) failed() bool { return s.checks != nil && s.checks.first() != nil }

// why returns the error that ended the answer, where err is what broke off.
func (s *stream) why(err error) error {
	if err == errBreak {
		return err
	}
	return cmp.Or(s.stopped(), err)
}

// watch is the stream, with each event shown to the caller as it passes. It
// sets left when the caller does not want more.
func (s *stream) watch(events iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error] {
	return func(collect func(reprise.Event, error) bool) {
		if s.failed() {
			return // stopped tells
		}
		for ev, err := range events {
			if err == nil && ev == nil {
				err = badResponse("the model's stream yielded neither an event nor an error")
			}
			if err == nil && !s.show(ev) {
				s.left = true
				return
			}
			if !collect(ev, err) {
				return
			}
		}
	}
}

// checkRest checks an answer again that has parts which no PartDone told.
func (s *stream) checkRest(parts reprise.Parts) {
	if s.checks == nil || len(s.done) == len(parts) {
		return
	}
	for _, p := range parts {
		s.checks.output(p)
	}
}

// show passes an event to the caller and to whoever else waits for parts.
func (s *stream) show(ev reprise.Event) bool {
	if !s.r.yield(ev, nil) {
		return false
	}
	switch ev := ev.(type) {
	case reprise.PartDone:
		if s.checks != nil {
			s.checks.output(ev.Part)
			s.done[ev.Index] = true
		}
		return s.r.early.part(ev) == nil
	case reprise.Reset:
		clear(s.done)
		s.r.early.reset()
	}
	return s.r.early.poll() == nil
}
