package reprise_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
)

func TestTimeout(t *testing.T) {
	const s = time.Second
	reset := reprise.Reset{Reason: "r"}
	for name, test := range map[string]struct {
		timeout reprise.Timeout
		script  []any
		want    []reprise.Event
		err     string
		code    string
		took    time.Duration
	}{
		"no output": {
			timeout: reprise.Timeout{First: 10 * s}, script: script(time.Hour),
			err: "no output within 10s; the model: fake: context canceled", code: reprise.TimeoutFirst, took: 10 * s,
		},
		"a warning is no output": {
			timeout: reprise.Timeout{First: 10 * s}, script: script(5*s, warning("w", ""), time.Hour), want: []reprise.Event{warning("w", "")},
			err: "no output within 10s; the model: fake: context canceled", code: reprise.TimeoutFirst, took: 10 * s,
		},
		"output in time, and then none": {
			timeout: reprise.Timeout{First: 10 * s}, script: append(script(9*s, delta("a"), time.Hour), says("a")...),
			want: append([]reprise.Event{delta("a")}, eventsOf(says("a"))...), took: time.Hour + 9*s,
		},
		"idle": {
			timeout: reprise.Timeout{Idle: 3 * s}, script: script(time.Hour, delta("a"), 2*s, delta("b"), 2*s, warning("w", ""), 2*s, delta("c"), 4*s, delta("d")),
			want: []reprise.Event{delta("a"), delta("b"), warning("w", ""), delta("c")},
			err:  "no event for 3s; the model: fake: context canceled", code: reprise.TimeoutIdle, took: time.Hour + 9*s,
		},
		"total": {
			timeout: reprise.Timeout{Total: 5 * s}, script: script(2*s, delta("a"), 2*s, delta("b"), 2*s, delta("c")),
			want: []reprise.Event{delta("a"), delta("b")},
			err:  "the answer took longer than 5s; the model: fake: context canceled", code: reprise.TimeoutTotal, took: 5 * s,
		},
		"after a Reset the first output is waited for anew": {
			timeout: reprise.Timeout{First: 10 * s, Idle: 3 * s}, script: script(9*s, delta("a"), 2*s, reset, 9*s, delta("b"), 2*s, reset, 11*s, delta("c")),
			want: []reprise.Event{delta("a"), reset, delta("b"), reset},
			err:  "no output within 10s; the model: fake: context canceled", code: reprise.TimeoutFirst, took: 32 * s,
		},
		"all in time": {
			timeout: reprise.Timeout{Total: 11 * s, First: 4 * s, Idle: 4 * s}, script: script(3*s, delta("a"), 3*s, textDone("a"), 3*s, stop(10), s),
			want: []reprise.Event{delta("a"), textDone("a"), stop(10)}, took: 10 * s,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newFake(test.script)
				test.timeout.Model = m
				start := time.Now()
				err := wants(t, test.timeout.Stream(t.Context(), ask), test.err, test.want...)
				if took := time.Since(start); took != test.took {
					t.Errorf("it took %v, want %v", took, test.took)
				}
				m.at(t, 0)
				if test.err == "" {
					return
				}
				var e *reprise.Error
				if !errors.As(err, &e) || e.Kind != reprise.KindTimeout || e.Code != test.code || !e.Temporary() {
					t.Errorf("got %+v, want a timeout of code %s", e, test.code)
				}
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
					t.Errorf("%v is not only a deadline exceeded", err)
				}
			})
		})
	}
}

func TestTimeoutAndTheConsumersTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(timeout *reprise.Timeout) (n int, err error) {
			for _, e := range timeout.Stream(t.Context(), ask) {
				if err = e; err == nil {
					n++
					pass(time.Minute)
				}
			}
			return n, err
		}
		m := newFake(script(delta("a"), time.Second, delta("b"), time.Second, stop(10)))
		if n, err := slow(&reprise.Timeout{Model: m, First: time.Second, Idle: 2 * time.Second}); n != 3 || err != nil {
			t.Errorf("idle: got %d events, %v: the consumer's time counted", n, err)
		}
		n, err := slow(&reprise.Timeout{Model: m, Total: 90 * time.Second})
		var e *reprise.Error
		if !errors.As(err, &e) || e.Code != reprise.TimeoutTotal || n != 2 {
			t.Errorf("total: got %d events, %v, want a total timeout after 2", n, err)
		}
	})
}

// pass lets time go by, which under synctest takes none.
func pass(d time.Duration) { <-time.After(d) }

// When a stream has ended, so has the context of its request.
func TestTimeoutReleasesItsContext(t *testing.T) {
	var inner context.Context
	m := reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		inner = ctx
		return newFake(says("a")).Stream(ctx, req)
	})
	for _, w := range []reprise.Model{&reprise.Timeout{Model: m}, &reprise.Hedge{Model: m}} {
		if _, err := gather(t, w.Stream(t.Context(), ask)); err != nil || inner.Err() == nil {
			t.Errorf("%T: %v, and the context is still there", w, err)
		}
	}
}

// The caller's own cancel and deadline are not taken for one of ours.
func TestTimeoutOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		m := &reprise.Timeout{Model: newFake(script(time.Hour)), Total: time.Minute, First: time.Minute}
		wants(t, m.Stream(ctx, ask), "fake: context deadline exceeded")
	})
}

func TestTimeoutInATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &reprise.Timeout{Model: newFake(script(time.Hour)), Total: time.Minute}
		outer := &reprise.Timeout{Model: inner, Total: time.Second}
		wants(t, outer.Stream(t.Context(), ask), "the answer took longer than 1s; the model: fake: context canceled")
		inner.Total, outer.Total = time.Second, time.Minute
		wants(t, outer.Stream(t.Context(), ask), "the answer took longer than 1s; the model: fake: context canceled")
	})
}

// A model that fails by itself just then keeps its own error.
func TestTimeoutKeepsOtherErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &reprise.Timeout{Model: newFake(script(time.Second, fails(reprise.KindServer))), Total: time.Minute}
		wants(t, m.Stream(t.Context(), ask), "fake: it is server")
	})
}

func TestRetryAfterATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(time.Hour), says("hi"))
		r := &reprise.Retry{Model: &reprise.Timeout{Model: m, First: 10 * time.Second}, Rand: chance(0)}
		wants(t, r.Stream(t.Context(), ask), "", append([]reprise.Event{
			warning(reprise.WarnRetry, "attempt 1 failed: no output within 10s; the model: fake: context canceled; the next is in 500ms"),
		}, eventsOf(says("hi"))...)...)
		m.at(t, 0, 10500*time.Millisecond)
	})
}
