package reprise_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// crowd sends n requests at once, in order, and waits for their ends.
func crowd(t *testing.T, m reprise.Model, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			req := &reprise.Request{Messages: reprise.Ask(fmt.Sprint(i))}
			if _, err := reprise.Generate(t.Context(), m, req); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // so that they queue up in order
	}
	wg.Wait()
}

// order is in which order a fake was asked.
func order(f *fake) (out []string) {
	for _, r := range f.reqs {
		out = append(out, r.Messages[0].Text())
	}
	return out
}

func TestLimit(t *testing.T) {
	const s, min = time.Second, time.Minute
	tokens := func(n int64) func(*reprise.Request) int64 { return func(*reprise.Request) int64 { return n } }
	for name, test := range map[string]struct {
		limit  *reprise.Limit
		script []any
		n      int
		asked  []time.Duration
		peak   int
	}{
		"no limit": {
			limit: &reprise.Limit{}, script: script(s, stop(10)), n: 4, asked: []time.Duration{0, 0, 0, 0}, peak: 4,
		},
		"two at once": {
			limit: &reprise.Limit{Concurrent: 2}, script: script(10*s, stop(10)), n: 5,
			asked: []time.Duration{0, 0, 10 * s, 10 * s, 20 * s}, peak: 2,
		},
		"three a minute": {
			limit: &reprise.Limit{Requests: 3}, script: script(s, stop(10)), n: 7,
			asked: []time.Duration{0, 0, 0, min, min, min, 2 * min}, peak: 3,
		},
		"tokens as estimated": {
			limit: &reprise.Limit{Tokens: 100, Estimate: tokens(40)}, script: script(s, stop(40)), n: 5,
			asked: []time.Duration{0, 0, min, min, 2 * min}, peak: 2,
		},
		"what was estimated too much is given back": {
			limit: &reprise.Limit{Tokens: 100, Estimate: tokens(50)}, script: script(s, stop(10)), n: 5,
			asked: []time.Duration{0, 0, s, 2 * s, 3 * s}, peak: 2,
		},
		"what was estimated too little counts from then": {
			limit: &reprise.Limit{Tokens: 100, Estimate: tokens(50)}, script: script(30*s, stop(90)), n: 3,
			asked: []time.Duration{0, 0, 90 * s}, peak: 2,
		},
		"no usage told": {
			limit: &reprise.Limit{Tokens: 100, Estimate: tokens(100)}, script: script(s, reprise.Finish{}), n: 2,
			asked: []time.Duration{0, min}, peak: 1,
		},
		"one above the limit goes when nothing else counts": {
			limit: &reprise.Limit{Tokens: 100, Estimate: tokens(1000)}, script: script(s, stop(1000)), n: 2,
			asked: []time.Duration{0, min}, peak: 1,
		},
		"all limits together": {
			limit: &reprise.Limit{Concurrent: 1, Requests: 2, Tokens: 100, Estimate: tokens(30)}, script: script(s, stop(30)), n: 5,
			asked: []time.Duration{0, s, min, min + s, 2 * min}, peak: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newFake(test.script)
				test.limit.Model = m
				crowd(t, test.limit, test.n)
				m.at(t, test.asked...)
				if m.peak != test.peak {
					t.Errorf("%d streams at once, want %d", m.peak, test.peak)
				}
				var want []string
				for i := range test.n {
					want = append(want, fmt.Sprint(i))
				}
				if d := cmp.Diff(want, order(m)); d != "" {
					t.Errorf("order (-want +got):\n%s", d)
				}
			})
		})
	}
}

// In no minute are there more requests or tokens than allowed.
func TestLimitInAnyMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(700*time.Millisecond, stop(7)))
		l := &reprise.Limit{Model: m, Requests: 10, Tokens: 50, Concurrent: 3, Estimate: func(*reprise.Request) int64 { return 7 }}
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				pass(time.Duration(i*i) * 37 * time.Millisecond)
				if _, err := reprise.Generate(t.Context(), l, ask); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for i, from := range m.asked {
			n := 0
			for _, at := range m.asked[i:] {
				if at-from < time.Minute {
					n++
				}
			}
			if n > 7 { // 7 times 7 tokens
				t.Errorf("%d requests in the minute from %v", n, from)
			}
		}
		if len(m.asked) != 60 || m.peak > 3 {
			t.Errorf("asked %d times, %d at once", len(m.asked), m.peak)
		}
	})
}

func TestLimitGivesTheSlotBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(says("left"), script(fails(reprise.KindServer)), script(time.Hour), says("d"))
		l := &reprise.Limit{Model: m, Concurrent: 1}
		for range l.Stream(t.Context(), ask) {
			break
		}
		wants(t, l.Stream(t.Context(), ask), "fake: it is server")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wants(t, l.Stream(ctx, ask), "fake: context deadline exceeded")
		wants(t, l.Stream(t.Context(), ask), "", eventsOf(says("d"))...)
		m.at(t, 0, 0, 0, time.Second)
	})
}

func TestLimitWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(time.Minute, stop(10)))
		l := &reprise.Limit{Model: m, Concurrent: 1}
		var wg sync.WaitGroup
		wg.Go(func() { wants(t, l.Stream(t.Context(), ask), "", stop(10)) })
		synctest.Wait()
		wg.Go(func() { wants(t, l.Stream(t.Context(), ask), "", stop(10)) }) // is next, and has time
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		for range 3 {
			wg.Go(func() {
				start := time.Now()
				err := wants(t, l.Stream(ctx, ask), "context canceled while waiting for a limit of requests or tokens")
				if !errors.Is(err, context.Canceled) || reprise.KindOf(err) != reprise.KindCanceled || time.Since(start) != time.Second {
					t.Errorf("got %v after %v", err, time.Since(start))
				}
			})
		}
		pass(2 * time.Second)
		wants(t, l.Stream(ctx, ask), "context canceled while waiting for a limit of requests or tokens")
		if _, err := reprise.Generate(t.Context(), l, ask); err != nil { // those who gave up hold no one up
			t.Error(err)
		}
		wg.Wait()
		m.at(t, 0, time.Minute, 2*time.Minute)
	})
}

func TestLimitCancelledWhileNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(time.Second, stop(10)))
		l := &reprise.Limit{Model: m, Requests: 1}
		wants(t, l.Stream(t.Context(), ask), "", stop(10))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := wants(t, l.Stream(ctx, ask), "context deadline exceeded while waiting for a limit of requests or tokens")
		if reprise.KindOf(err) != reprise.KindTimeout || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		pass(58*time.Second - 1)
		wants(t, l.Stream(t.Context(), ask), "", stop(10)) // a nanosecond too early
		m.at(t, 0, time.Minute)
	})
}

// What was corrected is forgotten as it was corrected.
func TestLimitForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(time.Second, stop(10)), script(time.Second, stop(10)), script(2*time.Second, stop(50)))
		l := &reprise.Limit{Model: m, Tokens: 100, Estimate: func(*reprise.Request) int64 { return 50 }}
		crowd(t, l, 2)
		pass(time.Minute)
		crowd(t, l, 3)
		at := 61 * time.Second
		m.at(t, 0, 0, at, at, at+time.Minute)

		m = newFake(script(90*time.Second, stop(10))) // told when it counts no more
		crowd(t, &reprise.Limit{Model: m, Tokens: 100, Estimate: func(*reprise.Request) int64 { return 60 }}, 3)
		m.at(t, 0, time.Minute, 2*time.Minute)
	})
}

func TestLimitEstimate(t *testing.T) {
	req := &reprise.Request{
		System: reprise.Parts{reprise.Text{Text: "12345678"}},
		Messages: []reprise.Message{
			reprise.User("1234", reprise.Media{Data: make([]byte, 1e6)}, reprise.CachePoint{}),
			{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Reasoning{Text: "1234"}, reprise.ToolCall{Name: "f", Args: "{ }"}, reprise.Opaque{Data: []byte("1234")}}},
			{Role: reprise.RoleTool, Parts: reprise.Parts{reprise.ToolResult{Parts: reprise.Parts{reprise.Text{Text: "1234"}}}}},
		},
		Tools:     []reprise.ToolSpec{{Name: "f", Description: "d", Schema: []byte("{}")}},
		Output:    &reprise.Schema{JSON: []byte("true")},
		MaxTokens: 91,
	}
	const want = 2 + 1 + 1000 + 1 + 1 + 1 + 1 + 1 + 1 + 91
	synctest.Test(t, func(t *testing.T) {
		for limit, second := range map[int64]time.Duration{2 * want: 0, 2*want - 1: time.Minute} {
			m := newFake(script(time.Second, reprise.Finish{}))
			l := &reprise.Limit{Model: m, Tokens: limit}
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { _, _ = gather(t, l.Stream(t.Context(), req)) })
			}
			wg.Wait()
			m.at(t, 0, second)
		}
	})
}
