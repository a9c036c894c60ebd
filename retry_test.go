package reprise_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
)

func chance(f float64) func() float64 { return func() float64 { return f } }

func after(kind reprise.Kind, wait time.Duration) error {
	e := fails(kind)
	e.RetryAfter = wait
	return e
}

func TestRetry(t *testing.T) {
	const ms = time.Millisecond
	retry := func(text string) reprise.Warning { return warning(reprise.WarnRetry, text) }
	busy, cut := fails(reprise.KindOverloaded), fails(reprise.KindCut)
	for name, test := range map[string]struct {
		retry   reprise.Retry
		scripts [][]any
		want    []reprise.Event
		err     string
		asked   []time.Duration
	}{
		"the second attempt answers": {
			scripts: [][]any{script(busy), says("hi")},
			want: append([]reprise.Event{
				retry("attempt 1 failed: fake: it is overloaded; the next is in 500ms"),
			}, eventsOf(says("hi"))...),
			asked: []time.Duration{0, 500 * ms},
		},
		"the wait doubles up to its longest": {
			retry:   reprise.Retry{Attempts: 6, Wait: time.Second, MaxWait: 5 * time.Second},
			scripts: [][]any{script(busy), script(busy), script(busy), script(busy), script(busy), script(delta("a"), fails(reprise.KindAuth))},
			want: []reprise.Event{
				retry("attempt 1 failed: fake: it is overloaded; the next is in 1s"),
				retry("attempt 2 failed: fake: it is overloaded; the next is in 2s"),
				retry("attempt 3 failed: fake: it is overloaded; the next is in 4s"),
				retry("attempt 4 failed: fake: it is overloaded; the next is in 5s"),
				retry("attempt 5 failed: fake: it is overloaded; the next is in 5s"),
				delta("a"),
			},
			err:   "fake: it is auth",
			asked: []time.Duration{0, 1000 * ms, 3000 * ms, 7000 * ms, 12000 * ms, 17000 * ms},
		},
		"a wait is cut by chance by up to half": {
			retry:   reprise.Retry{Attempts: 2, Wait: time.Second, Rand: chance(0.75)},
			scripts: [][]any{script(busy)},
			want:    []reprise.Event{retry("attempt 1 failed: fake: it is overloaded; the next is in 625ms")},
			err:     "gave up after 2 attempts: fake: it is overloaded",
			asked:   []time.Duration{0, 625 * ms},
		},
		"Retry-After is waited for in full, and a chance longer": {
			retry:   reprise.Retry{Wait: time.Second, Rand: chance(0.25)},
			scripts: [][]any{script(after(reprise.KindRateLimit, 4*time.Minute)), says("hi")},
			want: append([]reprise.Event{
				retry("attempt 1 failed: fake: it is rate_limit (retry after 4m0s); the next is in 4m0.25s"),
			}, eventsOf(says("hi"))...),
			asked: []time.Duration{0, 4*time.Minute + 250*ms},
		},
		"a Retry-After above the budget is final at once": {
			retry:   reprise.Retry{Budget: time.Minute},
			scripts: [][]any{script(after(reprise.KindRateLimit, time.Minute+1))},
			err: "gave up after attempt 1, because the next is in 1m0.000000001s and Retry.Budget has only 1m0s left: " +
				"fake: it is rate_limit (retry after 1m0.000000001s)",
			asked: []time.Duration{0},
		},
		"so is one that never ends": {
			retry:   reprise.Retry{Rand: func() float64 { return 0.5 }},
			scripts: [][]any{script(after(reprise.KindRateLimit, math.MaxInt64))},
			err: "gave up after attempt 1, because the next is in 2562047h47m16.854775807s and Retry.Budget has only 5m0s left: " +
				"fake: it is rate_limit (retry after 2562047h47m16.854775807s)",
			asked: []time.Duration{0},
		},
		"the budget is for all waits together": {
			retry:   reprise.Retry{Budget: 90 * time.Second},
			scripts: [][]any{script(after(reprise.KindRateLimit, time.Minute))},
			want:    []reprise.Event{retry("attempt 1 failed: fake: it is rate_limit (retry after 1m0s); the next is in 1m0s")},
			err: "gave up after attempt 2, because the next is in 1m0s and Retry.Budget has only 30s left: " +
				"fake: it is rate_limit (retry after 1m0s)",
			asked: []time.Duration{0, time.Minute},
		},
		"the budget is spent to its end": {
			retry:   reprise.Retry{Budget: 500 * ms, Attempts: 2},
			scripts: [][]any{script(busy)},
			want:    []reprise.Event{retry("attempt 1 failed: fake: it is overloaded; the next is in 500ms")},
			err:     "gave up after 2 attempts: fake: it is overloaded",
			asked:   []time.Duration{0, 500 * ms},
		},
		"time spent in attempts is not of the budget": {
			retry:   reprise.Retry{Budget: time.Second},
			scripts: [][]any{script(time.Hour, busy), says("hi")},
			want: append([]reprise.Event{
				retry("attempt 1 failed: fake: it is overloaded; the next is in 500ms"),
			}, eventsOf(says("hi"))...),
			asked: []time.Duration{0, time.Hour + 500*ms},
		},
		"one attempt is none again": {
			retry:   reprise.Retry{Attempts: 1},
			scripts: [][]any{script(busy)},
			err:     "fake: it is overloaded",
			asked:   []time.Duration{0},
		},
		"after output an error is final": {
			scripts: [][]any{script(delta("a"), cut)},
			want:    []reprise.Event{delta("a")},
			err:     "fake: it is cut",
			asked:   []time.Duration{0},
		},
		"after output a Reset announces it, where allowed": {
			retry:   reprise.Retry{AfterOutput: true},
			scripts: [][]any{script(delta("a"), cut), says("hi")},
			want: append([]reprise.Event{
				delta("a"),
				retry("attempt 1 failed: fake: it is cut; the next is in 500ms"),
				reprise.Reset{Reason: "attempt 1 failed: fake: it is cut; the next is in 500ms"},
			}, eventsOf(says("hi"))...),
			asked: []time.Duration{0, 500 * ms},
		},
		"what the model itself took back is no output": {
			scripts: [][]any{script(delta("a"), reprise.Reset{Reason: "r"}, cut), says("hi")},
			want: append([]reprise.Event{
				delta("a"), reprise.Reset{Reason: "r"},
				retry("attempt 1 failed: fake: it is cut; the next is in 500ms"),
			}, eventsOf(says("hi"))...),
			asked: []time.Duration{0, 500 * ms},
		},
		"warnings are no output, and are not repeated": {
			scripts: [][]any{script(warning("w", "x"), busy), append(script(warning("w", "x"), warning("w", "y")), says("hi")...)},
			want: append([]reprise.Event{
				warning("w", "x"),
				retry("attempt 1 failed: fake: it is overloaded; the next is in 500ms"),
				warning("w", "y"),
			}, eventsOf(says("hi"))...),
			asked: []time.Duration{0, 500 * ms},
		},
		"only the kinds that are named": {
			retry:   reprise.Retry{Kinds: []reprise.Kind{reprise.KindBadResponse}},
			scripts: [][]any{script(fails(reprise.KindBadResponse)), script(busy)},
			want:    []reprise.Event{retry("attempt 1 failed: fake: it is bad_response; the next is in 500ms")},
			err:     "fake: it is overloaded",
			asked:   []time.Duration{0, 500 * ms},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newFake(test.scripts...)
				r := test.retry
				r.Model = m
				if r.Rand == nil {
					r.Rand = chance(0)
				}
				wants(t, r.Stream(t.Context(), ask), test.err, test.want...)
				m.at(t, test.asked...)
			})
		})
	}
}

// The defaults, with real chance: four attempts, within the waits they may have.
func TestRetryDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(fails(reprise.KindServer)))
		_, err := gather(t, (&reprise.Retry{Model: m}).Stream(t.Context(), ask))
		if reprise.KindOf(err) != reprise.KindServer || len(m.asked) != 4 {
			t.Fatalf("got %v after %d attempts, want the server's error after 4", err, len(m.asked))
		}
		most := 500 * time.Millisecond
		for i := range 3 {
			if wait := m.asked[i+1] - m.asked[i]; wait <= most/2 || wait > most {
				t.Errorf("wait %d is %v, want more than half of %v and at most that", i+1, wait, most)
			}
			most *= 2
		}
	})
}

func TestRetryTemporary(t *testing.T) {
	again := []reprise.Kind{
		reprise.KindRateLimit, reprise.KindOverloaded, reprise.KindServer, reprise.KindCut, reprise.KindNetwork, reprise.KindTimeout,
	}
	never := []reprise.Kind{
		reprise.KindAuth, reprise.KindQuota, reprise.KindNotFound, reprise.KindContextLength, reprise.KindInvalid,
		reprise.KindContentFilter, reprise.KindBadResponse, reprise.KindTransport, reprise.KindCanceled,
	}
	synctest.Test(t, func(t *testing.T) {
		for attempts, kinds := range map[int][]reprise.Kind{2: again, 1: never} {
			for _, kind := range kinds {
				m := newFake(script(fails(kind)), says("hi"))
				_, _ = gather(t, (&reprise.Retry{Model: m}).Stream(t.Context(), ask))
				if len(m.asked) != attempts {
					t.Errorf("%s: asked %d times, want %d", kind, len(m.asked), attempts)
				}
			}
		}
	})
}

func TestRetryCancelledWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(after(reprise.KindRateLimit, time.Minute)))
		why := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		start := time.Now()
		err := wants(t, (&reprise.Retry{Model: m, Rand: chance(0)}).Stream(ctx, ask),
			"context canceled: the user left while waiting to ask again, after: fake: it is rate_limit (retry after 1m0s)",
			warning(reprise.WarnRetry, "attempt 1 failed: fake: it is rate_limit (retry after 1m0s); the next is in 1m0s"))
		if time.Since(start) != time.Second {
			t.Errorf("it took %v to end", time.Since(start))
		}
		last := false
		for e := err; e != nil; e = errors.Unwrap(e) {
			if many, ok := e.(interface{ Unwrap() []error }); ok {
				for _, e := range many.Unwrap() {
					last = last || reprise.KindOf(e) == reprise.KindRateLimit
				}
			}
		}
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) || reprise.KindOf(err) != reprise.KindCanceled || !last {
			t.Errorf("%v does not wrap the cancel, its cause and the last attempt's error", err)
		}
	})
}

func TestRetryDeadlineWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := gather(t, (&reprise.Retry{Model: newFake(script(after(reprise.KindRateLimit, time.Minute)))}).Stream(ctx, ask))
		if reprise.KindOf(err) != reprise.KindTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestRetryDoesNotOutliveADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		m := newFake(script(time.Hour))
		err := wants(t, (&reprise.Retry{Model: m}).Stream(ctx, ask), "fake: context deadline exceeded")
		if reprise.KindOf(err) != reprise.KindTimeout {
			t.Errorf("got kind %s", reprise.KindOf(err))
		}
		m.at(t, 0)
	})
}

func TestRetryLeftWhileItAnnounces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for leaveAt := 1; leaveAt <= 2; leaveAt++ {
			m := newFake(script(delta("a"), fails(reprise.KindCut)))
			n := 0
			for range (&reprise.Retry{Model: m, AfterOutput: true}).Stream(t.Context(), ask) {
				if n == leaveAt {
					break
				}
				n++
			}
			m.at(t, 0)
		}
	})
}

// What Collect makes of an answer that began again is the second answer only.
func TestRetryCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(delta("void"), fails(reprise.KindCut)), says("hi"))
		resp, err := reprise.Generate(t.Context(), &reprise.Retry{Model: m, AfterOutput: true}, ask)
		if err != nil || resp.Text() != "hi" || len(resp.Warnings) != 1 {
			t.Errorf("got %q with %v, %v", resp.Text(), resp.Warnings, err)
		}
	})
}
