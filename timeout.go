package reprise

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// The codes of the [Error] that a [Timeout] ends a stream with.
const (
	TimeoutTotal = "total_timeout"
	TimeoutFirst = "first_timeout"
	TimeoutIdle  = "idle_timeout"
)

// Timeout is a [Model] that gives another one deadlines. Each may be left
// zero for none. A deadline that passes cancels the request, and the stream
// ends as soon as the model has let go of it, with an [Error] of
// [KindTimeout] whose Code says which it was. It wraps
// [context.DeadlineExceeded].
type Timeout struct {
	Model Model // must be set

	// Total is for the whole answer, with the time that the consumer takes
	// for its events.
	Total time.Duration
	// First is from the request to the first output, which is the first event
	// but for any [Warning]. After a [Reset] it begins anew.
	First time.Duration
	// Idle is from one event to the next, once there was output. The time
	// that the consumer takes does not count.
	Idle time.Duration
}

// Unwrap returns the model that is asked.
func (t *Timeout) Unwrap() Model { return t.Model }

// Stream asks the model, and cancels the request when a deadline passes.
func (t *Timeout) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		switch {
		case t.Model == nil:
			yield(nil, misset("Timeout.Model is not set"))
			return
		case t.Total < 0 || t.First < 0 || t.Idle < 0:
			yield(nil, misset("Timeout has a negative duration"))
			return
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		w := watch{
			total: deadline{limit: t.Total, code: TimeoutTotal, text: "the answer took longer than", cancel: cancel},
			first: deadline{limit: t.First, code: TimeoutFirst, text: "no output within", cancel: cancel},
			idle:  deadline{limit: t.Idle, code: TimeoutIdle, text: "no event for", cancel: cancel},
		}
		defer w.stop()
		w.total.start()
		w.first.start()
		err := relay(t.Model.Stream(ctx, req), func(ev Event) bool {
			w.before(ev)
			more := yield(ev, nil)
			w.after(ev)
			return more
		})
		if err != nil && err != errLeft {
			yield(nil, w.explain(context.Cause(ctx), err))
		}
	}
}

// watch is the deadlines of one stream.
type watch struct {
	total, first, idle deadline
	output             bool // there was some
}

// before stops what an event was waited for with.
func (w *watch) before(ev Event) {
	w.idle.stop()
	if isOutput(ev) {
		w.output = true
		w.first.stop()
	}
}

// after starts what the next event is waited for with.
func (w *watch) after(ev Event) {
	if _, ok := ev.(Reset); ok {
		w.output = false
		w.first.start()
	}
	if w.output {
		w.idle.start()
	}
}

func (w *watch) stop() {
	w.total.stop()
	w.first.stop()
	w.idle.stop()
}

// explain makes the error of a stream that was cancelled for a reason of
// ours tell which. What the model said of it is that it was cancelled, so it
// is text only: nobody shall take it for the caller's cancel.
func (w *watch) explain(cause, err error) error {
	for _, d := range []*deadline{&w.total, &w.first, &w.idle} {
		if cause == d {
			return &Error{Kind: KindTimeout, Code: d.code, Err: fmt.Errorf("%w; the model: %v", d, err)}
		}
	}
	return err
}

// deadline is one deadline, and the cause that it cancels with.
type deadline struct {
	limit      time.Duration
	code, text string
	cancel     context.CancelCauseFunc
	timer      *time.Timer
}

func (d *deadline) Error() string { return fmt.Sprintf("%s %v", d.text, d.limit) }

func (d *deadline) Unwrap() error { return context.DeadlineExceeded }

// start starts it, or starts it anew.
func (d *deadline) start() {
	switch {
	case d.limit == 0:
	case d.timer == nil:
		d.timer = time.AfterFunc(d.limit, func() { d.cancel(d) })
	default:
		d.timer.Reset(d.limit)
	}
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}
