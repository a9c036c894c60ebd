package reprise

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// WarnRetry is the code of a [Warning] that an attempt failed and the model
// will be asked again.
const WarnRetry = "retry"

// Retry is a [Model] that asks another one again when that fails for a reason
// that may pass. Each further attempt is announced by a [Warning] of code
// [WarnRetry]; a warning that an attempt repeats is passed on once.
//
// An attempt that fails after its first output (any event but a Warning or a
// [Reset]) is final, unless AfterOutput is set.
//
// The wait before an attempt grows from Wait, doubling up to MaxWait, and is
// then cut by chance by up to half. A provider's Retry-After is waited for in
// full, with up to a Wait by chance on top so that not all come back at once.
// A context that ends while it waits ends the stream at once, with an error
// that wraps both the context's and the last attempt's.
//
// Put it around [Timeout], [Limit] and [Breaker], and within [Fallback] and
// [Cache].
type Retry struct {
	Model Model // must be set

	Attempts int           // how often to ask at most, the first time included; 0: 4
	Wait     time.Duration // before the second attempt, where the provider does not say; 0: 500 ms
	MaxWait  time.Duration // the longest wait where the provider does not say; 0: 30 s
	// Budget is the most that one stream waits between attempts, all waits
	// together; 0: 5 minutes. A wait that is longer than what is left of it, a
	// Retry-After among them, is not begun: the error is final at once.
	Budget time.Duration

	// Kinds are the kinds of [Error] to try again for; nil: those that
	// [Error.Temporary] tells. Errors that are no Error are final.
	Kinds []Kind
	// AfterOutput allows to try again after output too. A [Reset] then says
	// that what came before is void.
	AfterOutput bool

	// Rand returns chance: a number from 0 up to but not including 1. nil:
	// [rand.Float64]. It must be safe for concurrent use.
	Rand func() float64
}

// Unwrap returns the model that is asked.
func (r *Retry) Unwrap() Model { return r.Model }

// Stream asks until an attempt succeeds or there is no use in another.
func (r *Retry) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := r.check(); err != nil {
			yield(nil, err)
			return
		}
		run := retrying{Retry: r, yield: yield, warned: map[Warning]bool{}, budget: or(r.Budget, 5*time.Minute)}
		for n := 1; ; n++ {
			err := relay(r.Model.Stream(ctx, req), run.pass)
			if err == nil || err == errLeft {
				return
			}
			if err = run.between(ctx, n, err); err == errLeft {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

func (r *Retry) check() error {
	switch {
	case r.Model == nil:
		return misset("Retry.Model is not set")
	case r.Attempts < 0:
		return misset("Retry.Attempts is %d", r.Attempts)
	case r.Wait < 0 || r.MaxWait < 0 || r.Budget < 0:
		return misset("Retry has a negative duration")
	}
	return nil
}

// retrying is one stream of a Retry.
type retrying struct {
	*Retry
	yield  func(Event, error) bool
	warned map[Warning]bool // what was passed on
	output bool             // some was, and no Reset after it
	budget time.Duration    // what is left of it
}

// pass passes an event on.
func (r *retrying) pass(ev Event) bool {
	switch ev := ev.(type) {
	case Warning:
		if r.warned[ev] {
			return true
		}
		r.warned[ev] = true
	case Reset:
		r.output = false
	default:
		r.output = true
	}
	return r.yield(ev, nil)
}

// between announces attempt n+1 and waits for it. An error is the end of the
// stream.
func (r *retrying) between(ctx context.Context, n int, err error) error {
	if ctx.Err() != nil || !hasKind(err, r.Kinds) || r.output && !r.AfterOutput {
		return err
	}
	if n == or(r.Attempts, 4) {
		if n == 1 {
			return err
		}
		return fmt.Errorf("gave up after %d attempts: %w", n, err)
	}
	wait := r.wait(n, err)
	if wait > r.budget {
		return fmt.Errorf("gave up after attempt %d, because the next is in %v and Retry.Budget has only %v left: %w", n, wait, r.budget, err)
	}
	r.budget -= wait
	text := fmt.Sprintf("attempt %d failed: %v; the next is in %v", n, err, wait.Round(time.Millisecond))
	if !r.pass(Warning{Code: WarnRetry, Message: text}) {
		return errLeft
	}
	if r.output && !r.pass(Reset{Reason: text}) {
		return errLeft
	}
	if pause(ctx, wait) == nil {
		return nil
	}
	e := gaveUp(ctx, "waiting to ask again")
	e.Err = fmt.Errorf("%w, after: %w", e.Err, err)
	return e
}

// wait is for how long to wait after attempt n failed.
func (r *retrying) wait(n int, err error) time.Duration {
	chance := rand.Float64
	if r.Rand != nil {
		chance = r.Rand
	}
	first := or(r.Wait, 500*time.Millisecond)
	if after := retryAfter(err); after > 0 {
		return after + min(time.Duration(chance()*float64(first)), math.MaxInt64-after)
	}
	longest := or(r.MaxWait, 30*time.Second)
	wait := min(first, longest)
	for ; n > 1 && wait < longest; n-- {
		wait = min(2*wait, longest)
	}
	return wait - time.Duration(chance()*float64(wait)/2)
}
