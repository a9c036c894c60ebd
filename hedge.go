package reprise

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// WarnHedge is the code of a [Warning] that a second request was sent because
// the first was slow.
const WarnHedge = "hedge"

// Hedge is a [Model] that sends a second request when the first has given no
// output for a while, and passes on the answer of whichever gives output
// first. The other is cancelled at once; the stream waits for it to let go
// before it ends. The second request is announced by a [Warning] of code
// [WarnHedge].
//
// Both requests may be billed; the usage in [Finish] is of the one that is
// passed on. A request that fails before the other is sent ends the stream;
// afterwards the other is waited for.
type Hedge struct {
	Model  Model // gets the first request; must be set
	Second Model // gets the second, such as the same model in another region; nil: Model

	// Delay is how long the first request has, from when it is sent to its
	// first event but for any [Warning]; 0: 10 seconds.
	Delay time.Duration
}

// Unwrap returns the model that gets the first request.
func (h *Hedge) Unwrap() Model { return h.Model }

// Stream asks, and asks again after the delay. The models' streams are read
// in goroutines that have ended when this stream has.
func (h *Hedge) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		switch {
		case h.Model == nil:
			yield(nil, misset("Hedge.Model is not set"))
			return
		case h.Delay < 0:
			yield(nil, misset("Hedge.Delay is %v", h.Delay))
			return
		}
		first := startRunner(ctx, h.Model, req)
		defer first.stop()
		delay := or(h.Delay, 10*time.Second)
		if first.await(nil, time.After(delay)) {
			first.pass(yield)
			return
		}
		if !yield(Warning{Code: WarnHedge, Message: fmt.Sprintf("no output for %v: a second request was sent", delay)}, nil) {
			return
		}
		other := h.Second
		if other == nil {
			other = h.Model
		}
		second := startRunner(ctx, other, req)
		defer second.stop()
		winner, loser := first, second
		if !first.await(second, nil) {
			winner, loser = second, first
		}
		loser.release()
		if winner.err != nil && loser.err != nil {
			winner.err = fmt.Errorf("%w; the second request: %w", first.err, second.err)
		}
		winner.pass(yield)
	}
}

// runner reads a stream in a goroutine.
type runner struct {
	items  chan item // closed when the goroutine ends
	quit   chan struct{}
	cancel context.CancelFunc
	gone   bool // released

	held []Event // what came before the first output, and that
	err  error   // what it ended with before any
}

type item struct {
	ev       Event
	err      error
	panicked any
}

func startRunner(ctx context.Context, m Model, req *Request) *runner {
	ctx, cancel := context.WithCancel(ctx)
	r := &runner{items: make(chan item), quit: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(r.items)
		defer func() {
			if p := recover(); p != nil {
				r.send(item{panicked: p})
			}
		}()
		err := relay(m.Stream(ctx, req), func(ev Event) bool { return r.send(item{ev: ev}) })
		if err != nil && err != errLeft {
			r.send(item{err: err})
		}
	}()
	return r
}

// send hands an item over, unless no one wants it any more.
func (r *runner) send(it item) bool {
	select {
	case <-r.quit: // stop would take it, too
		return false
	default:
	}
	select {
	case r.items <- it:
		return true
	case <-r.quit:
		return false
	}
}

// release has the goroutine end soon; stop waits for that.
func (r *runner) release() {
	if !r.gone {
		r.gone = true
		close(r.quit)
		r.cancel()
	}
}

func (r *runner) stop() {
	r.release()
	for range r.items {
	}
}

// await reads from r, and from other if it is not nil, until one of them has
// output, both have failed, or the time is over. It reports whether r is the
// one to go on with.
func (r *runner) await(other *runner, late <-chan time.Time) bool {
	mine, others := r.items, (chan item)(nil)
	if other != nil {
		others = other.items
	}
	if r.err != nil {
		mine = nil
	}
	for mine != nil || others != nil {
		select {
		case it := <-mine:
			if r.take(it) {
				return true
			}
			if r.err != nil {
				mine = nil
			}
		case it := <-others:
			if other.take(it) {
				return false
			}
			if other.err != nil {
				others = nil
			}
		case <-late:
			return false
		}
	}
	return true
}

// take keeps an item, and reports whether it is output.
func (r *runner) take(it item) bool {
	switch {
	case it.panicked != nil:
		panic(it.panicked)
	case it.err != nil:
		r.err = it.err
		return false
	case it.ev == nil: // the goroutine ended without a word
		r.err = errUnfinished
		return false
	}
	r.held = append(r.held, it.ev)
	return isOutput(it.ev)
}

// pass passes on what was held and what comes.
func (r *runner) pass(yield func(Event, error) bool) {
	for _, ev := range r.held {
		if !yield(ev, nil) {
			return
		}
	}
	if r.err != nil {
		yield(nil, r.err)
		return
	}
	for it := range r.items {
		if it.panicked != nil {
			panic(it.panicked)
		}
		if !yield(it.ev, it.err) {
			return
		}
	}
}
