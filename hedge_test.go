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

func TestHedge(t *testing.T) {
	const s = time.Second
	sent := warning(reprise.WarnHedge, "no output for 10s: a second request was sent")
	for name, test := range map[string]struct {
		first, second []any
		want          []reprise.Event
		err           string
		asked         []time.Duration
		took          time.Duration
	}{
		"the first is in time": {
			first: append(script(9*s), says("a")...), want: eventsOf(says("a")), asked: []time.Duration{0}, took: 9 * s,
		},
		"the first is in time, and then slow": {
			first: append(script(9*s, delta(""), time.Minute), says("a")...), want: append([]reprise.Event{delta("")}, eventsOf(says("a"))...),
			asked: []time.Duration{0}, took: 69 * s,
		},
		"a Reset is no output": {
			first: script(reprise.Reset{Reason: "r"}, time.Hour), second: says("b"),
			want: append([]reprise.Event{sent}, eventsOf(says("b"))...), asked: []time.Duration{0, 10 * s}, took: 10 * s,
		},
		"the second is faster": {
			first: append(script(warning("w", "of a"), time.Hour), says("a")...), second: append(script(warning("w", "of b"), 2*s), says("b")...),
			want:  append([]reprise.Event{sent, warning("w", "of b")}, eventsOf(says("b"))...),
			asked: []time.Duration{0, 10 * s}, took: 12 * s,
		},
		"the first is faster after all": {
			first: append(script(warning("w", "of a"), 11*s), says("a")...), second: append(script(2*s), says("b")...),
			want:  append([]reprise.Event{sent, warning("w", "of a")}, eventsOf(says("a"))...),
			asked: []time.Duration{0, 10 * s}, took: 11 * s,
		},
		"the first fails at once": {
			first: script(warning("w", "of a"), fails(reprise.KindServer)), want: []reprise.Event{warning("w", "of a")},
			err: "fake: it is server", asked: []time.Duration{0},
		},
		"the first fails while the second runs": {
			first: script(11*s, fails(reprise.KindServer)), second: append(script(5*s), says("b")...),
			want: append([]reprise.Event{sent}, eventsOf(says("b"))...), asked: []time.Duration{0, 10 * s}, took: 15 * s,
		},
		"the second fails while the first runs": {
			first: append(script(20*s), says("a")...), second: script(s, fails(reprise.KindServer)),
			want: append([]reprise.Event{sent}, eventsOf(says("a"))...), asked: []time.Duration{0, 10 * s}, took: 20 * s,
		},
		"both fail": {
			first: script(12*s, fails(reprise.KindServer)), second: script(s, fails(reprise.KindOverloaded)),
			want: []reprise.Event{sent}, err: "fake: it is server; the second request: fake: it is overloaded", asked: []time.Duration{0, 10 * s}, took: 12 * s,
		},
		"the faster one fails later": {
			first: script(time.Hour), second: script(s, delta("b"), s, fails(reprise.KindCut)),
			want: []reprise.Event{sent, delta("b")}, err: "fake: it is cut", asked: []time.Duration{0, 10 * s}, took: 12 * s,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newFake(test.first, test.second)
				start := time.Now()
				wants(t, (&reprise.Hedge{Model: m}).Stream(t.Context(), ask), test.err, test.want...)
				if took := time.Since(start); took != test.took {
					t.Errorf("it took %v, want %v", took, test.took)
				}
				m.at(t, test.asked...)
			})
		})
	}
}

func TestHedgeOnAnotherModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newFake(script(time.Hour)), newFake(says("b"))
		h := &reprise.Hedge{Model: a, Second: b, Delay: time.Second}
		wants(t, h.Stream(t.Context(), ask), "", append([]reprise.Event{warning(reprise.WarnHedge, "no output for 1s: a second request was sent")}, eventsOf(says("b"))...)...)
		a.at(t, 0)
		b.at(t, 0)
	})
}

// lingering is a model that says nothing and is slow to let go.
type lingering struct{ cancelled, gone time.Time }

func (l *lingering) Stream(ctx context.Context, _ *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		<-ctx.Done()
		l.cancelled = time.Now()
		pass(time.Minute)
		l.gone = time.Now()
		yield(nil, ctx.Err())
	}
}

// The loser is cancelled at once, but the stream does not end before it has.
func TestHedgeWaitsForTheLoser(t *testing.T) {
	const s = time.Second
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			hedge  func(loser, winner reprise.Model) *reprise.Hedge
			output time.Duration // when the winner has it
		}{
			{func(l, w reprise.Model) *reprise.Hedge { return &reprise.Hedge{Model: l, Second: w, Delay: s} }, 4 * s},
			{func(l, w reprise.Model) *reprise.Hedge { return &reprise.Hedge{Model: w, Second: l, Delay: s} }, 3 * s},
		} {
			loser, start := new(lingering), time.Now()
			h := test.hedge(loser, newFake(script(3*s, delta("b"), 10*s, delta("c"), stop(10))))
			_, err := gather(t, h.Stream(t.Context(), ask))
			if got := loser.cancelled.Sub(start); err != nil || got != test.output {
				t.Errorf("cancelled after %v, %v, want %v", got, err, test.output)
			}
			if loser.gone.Sub(loser.cancelled) != time.Minute || time.Since(loser.gone) != 0 {
				t.Errorf("gone at %v, ended at %v", loser.gone.Sub(start), time.Since(start))
			}
		}
	})
}

// A loser that does not heed its context is left at its next event.
func TestHedgeLeavesTheLoser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		deaf := reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
			return func(yield func(reprise.Event, error) bool) {
				for more := true; more && n < 1000; n++ {
					pass(time.Second)
					more = yield(warning("w", ""), nil)
				}
			}
		})
		h := &reprise.Hedge{Model: deaf, Second: newFake(script(1500*time.Millisecond, delta("a"), stop(10))), Delay: 1200 * time.Millisecond}
		if _, err := gather(t, h.Stream(t.Context(), ask)); err != nil || n != 3 {
			t.Errorf("%v, and the loser yielded %d events, want 3", err, n)
		}
	})
}

func TestHedgeLeftAtEveryEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for leaveAt := range 4 {
			m := newFake(script(time.Hour), append(script(time.Second), says("b")...))
			n := 0
			for _, err := range (&reprise.Hedge{Model: m}).Stream(t.Context(), ask) {
				if err != nil {
					t.Error(err)
				}
				if n == leaveAt {
					break
				}
				n++
			}
			synctest.Wait()
			if m.open != 0 {
				t.Errorf("left at event %d, and %d streams are open", leaveAt, m.open)
			}
		}
	})
}

func TestHedgeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, at := range []time.Duration{5 * time.Second, 15 * time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), at)
			m := newFake(script(time.Hour))
			_, err := gather(t, (&reprise.Hedge{Model: m}).Stream(ctx, ask))
			if !errors.Is(err, context.DeadlineExceeded) || m.open != 0 {
				t.Errorf("after %v: got %v, and %d streams are open", at, err, m.open)
			}
			cancel()
		}
	})
}
