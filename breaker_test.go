package reprise_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
)

// failing opens a breaker by n failures.
func failing(t *testing.T, b *reprise.Breaker, n int) {
	t.Helper()
	for range n {
		wants(t, b.Stream(t.Context(), ask), "fake: it is server")
	}
}

const openText = "the circuit is open: 2 requests in a row failed, the last with: fake: it is server"

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := script(fails(reprise.KindServer))
		m := newFake(down, down, down, says("up"), down, says("up"), down, says("up"))
		b := &reprise.Breaker{Model: m, Failures: 2, Pause: 10 * time.Second}
		failing(t, b, 2)
		pass(4 * time.Second)
		err := wants(t, b.Stream(t.Context(), ask), openText+" (retry after 6s)")
		var e *reprise.Error
		if !errors.Is(err, reprise.ErrOpen) || !errors.As(err, &e) || e.Kind != reprise.KindOverloaded || e.RetryAfter != 6*time.Second {
			t.Errorf("got %+v", e)
		}
		pass(6 * time.Second)
		failing(t, b, 1) // the one that is let through fails
		wants(t, b.Stream(t.Context(), ask), "the circuit is open: 3 requests in a row failed, the last with: fake: it is server (retry after 10s)")
		pass(10 * time.Second)
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("up"))...)
		failing(t, b, 1) // a whole answer ended the row: one failure does not open it
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("up"))...)
		failing(t, b, 1)
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("up"))...)
		m.at(t, 0, 0, 10*time.Second, 20*time.Second, 20*time.Second, 20*time.Second, 20*time.Second, 20*time.Second)
	})
}

func TestBreakerLetsOneThroughAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := script(fails(reprise.KindServer))
		m := newFake(down, down, script(warning("w", ""), time.Second, delta("a"), time.Second, fails(reprise.KindServer)), says("b"))
		b := &reprise.Breaker{Model: m, Failures: 2, Pause: 10 * time.Second}
		failing(t, b, 2)
		pass(10 * time.Second)
		done := make(chan bool)
		go func() {
			wants(t, b.Stream(t.Context(), ask), "fake: it is server", warning("w", ""), delta("a"))
			done <- true
		}()
		synctest.Wait()
		wants(t, b.Stream(t.Context(), ask), "the circuit is open: a request is out to see whether it may close, the last with: fake: it is server")
		pass(1500 * time.Millisecond)
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("b"))...) // it had output
		<-done
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("b"))...) // b's answer was whole before it failed
	})
}

// What closed the circuit, and then fails, opens it again.
func TestBreakerClosesUntilTheNextFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := script(fails(reprise.KindServer))
		m := newFake(down, down, script(delta("a"), fails(reprise.KindServer)))
		b := &reprise.Breaker{Model: m, Failures: 2, Pause: 10 * time.Second}
		failing(t, b, 2)
		pass(10 * time.Second)
		wants(t, b.Stream(t.Context(), ask), "fake: it is server", delta("a"))
		wants(t, b.Stream(t.Context(), ask), openText+" (retry after 10s)")
	})
}

func TestBreakerCounts(t *testing.T) {
	ours := errors.New("ours")
	for name, test := range map[string]struct {
		script []any
		opens  bool
		kinds  []reprise.Kind
	}{
		"overloaded":    {script: script(fails(reprise.KindOverloaded)), opens: true},
		"network":       {script: script(fails(reprise.KindNetwork)), opens: true},
		"timeout":       {script: script(fails(reprise.KindTimeout)), opens: true},
		"cut":           {script: script(delta("a"), fails(reprise.KindCut)), opens: true},
		"rate limit":    {script: script(fails(reprise.KindRateLimit))},
		"invalid":       {script: script(fails(reprise.KindInvalid))},
		"no Error":      {script: script(ours)},
		"the caller's":  {script: script(time.Hour)},
		"named":         {kinds: []reprise.Kind{reprise.KindRateLimit}, script: script(fails(reprise.KindRateLimit)), opens: true},
		"not named":     {kinds: []reprise.Kind{reprise.KindRateLimit}, script: script(fails(reprise.KindServer))},
		"whole answers": {script: says("a")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &reprise.Breaker{Model: newFake(test.script), Kinds: test.kinds}
				for range 5 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					_, _ = gather(t, b.Stream(ctx, ask))
					cancel()
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := gather(t, b.Stream(ctx, ask)); errors.Is(err, reprise.ErrOpen) != test.opens {
					t.Errorf("after 5 of them: %v", err)
				}
			})
		})
	}
}

// A request that was let through to see, and came to nothing, lets the next.
func TestBreakerProbeThatTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := script(fails(reprise.KindServer))
		m := newFake(down, down, script(warning("w", "")), script(fails(reprise.KindInvalid)), says("a"))
		b := &reprise.Breaker{Model: m, Failures: 2, Pause: time.Second}
		failing(t, b, 2)
		pass(time.Second)
		for range b.Stream(t.Context(), ask) { // the consumer leaves before output
			break
		}
		wants(t, b.Stream(t.Context(), ask), "fake: it is invalid")
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("a"))...)
	})
}

// A failure of a request from before the circuit opened and closed says
// nothing of now.
func TestBreakerLateFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := script(fails(reprise.KindServer))
		m := newFake(script(time.Minute, fails(reprise.KindServer)), down, down, says("up"), down, says("up"))
		b := &reprise.Breaker{Model: m, Failures: 2, Pause: time.Second}
		late := make(chan bool)
		go func() {
			failing(t, b, 1)
			late <- true
		}()
		synctest.Wait()
		failing(t, b, 2)
		pass(time.Second)
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("up"))...)
		failing(t, b, 1)
		<-late
		wants(t, b.Stream(t.Context(), ask), "", eventsOf(says("up"))...)
	})
}

// So do the output, the end and the failure of a request that began before
// the circuit opened.
func TestBreakerLateSigns(t *testing.T) {
	const s = time.Second
	synctest.Test(t, func(t *testing.T) {
		down := script(fails(reprise.KindServer))
		m := newFake(
			script(5*s, delta("late"), 20*s, stop(10)), // from 0 to 25
			script(12*s, fails(reprise.KindInvalid)),   // from 0 to 12
			down, down,                                 // at 0: open for 10
			script(5*s, delta("a"), 100*s, stop(10)), // at 11: lets others in at 16
			down,                                     // at 26: one is enough
		)
		b := &reprise.Breaker{Model: m, Failures: 2, Pause: 10 * s}
		var wg sync.WaitGroup
		begin := func() {
			wg.Go(func() { _, _ = gather(t, b.Stream(t.Context(), ask)) })
			synctest.Wait()
		}
		isOpen := func(want bool) {
			t.Helper()
			if _, err := gather(t, b.Stream(t.Context(), ask)); errors.Is(err, reprise.ErrOpen) != want {
				t.Errorf("after %v: %v", time.Since(m.start), err)
			}
		}
		begin()
		begin()
		failing(t, b, 2)
		pass(6 * s) // the first had output at 5
		isOpen(true)
		pass(5 * s)
		begin()
		pass(2 * s) // the second failed at 12
		isOpen(true)
		pass(13 * s) // at 25 the first ended well
		failing(t, b, 1)
		isOpen(true)
		wg.Wait()
		if len(m.asked) != 6 {
			t.Errorf("asked at %v", m.asked)
		}
	})
}

// Retry waits out the pause that the error tells.
func TestRetryAroundBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(fails(reprise.KindServer)), says("up"))
		b := &reprise.Breaker{Model: m, Failures: 1, Pause: 20 * time.Second}
		if _, err := reprise.Generate(t.Context(), &reprise.Retry{Model: b, Rand: chance(0)}, ask); err != nil {
			t.Error(err)
		}
		m.at(t, 0, 20*time.Second)
	})
}
