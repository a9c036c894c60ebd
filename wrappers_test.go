package reprise_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// A fake is a model that is asked by scripts: the n-th request gets the n-th,
// and those after the last the last. A script is events; an error, which ends
// the stream; durations, for which it waits as a provider would, heeding the
// context; and functions to call.
type fake struct {
	scripts [][]any

	mu    sync.Mutex
	start time.Time
	asked []time.Duration // when, since the first
	reqs  []*reprise.Request
	open  int // streams that have begun and not ended
	peak  int // the most at once
}

func script(steps ...any) []any { return steps }

func newFake(scripts ...[]any) *fake { return &fake{scripts: scripts} }

func (f *fake) begin(req *reprise.Request) []any {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked == nil {
		f.start = time.Now()
	}
	n := min(len(f.asked), len(f.scripts)-1)
	f.asked = append(f.asked, time.Since(f.start))
	f.reqs = append(f.reqs, req)
	f.open++
	f.peak = max(f.peak, f.open)
	return f.scripts[n]
}

func (f *fake) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
}

func (f *fake) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		steps := f.begin(req)
		defer f.end()
		for _, step := range steps {
			switch step := step.(type) {
			case time.Duration:
				select {
				case <-time.After(step):
				case <-ctx.Done():
					kind := reprise.KindCanceled
					if errors.Is(ctx.Err(), context.DeadlineExceeded) {
						kind = reprise.KindTimeout
					}
					yield(nil, &reprise.Error{Provider: "fake", Kind: kind, Err: ctx.Err()})
					return
				}
			case func():
				step()
			case error:
				yield(nil, step)
				return
			case reprise.Event:
				if !yield(step, nil) {
					return
				}
			default:
				panic(fmt.Sprintf("a script cannot hold a %T", step))
			}
		}
	}
}

// CountTokens makes it a TokenCounter, to be found through wrappers.
func (f *fake) CountTokens(context.Context, *reprise.Request) (int64, error) { return 7, nil }

// at is when it was asked.
func (f *fake) at(t *testing.T, want ...time.Duration) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := cmp.Diff(want, f.asked); d != "" {
		t.Errorf("when the model was asked (-want +got):\n%s", d)
	}
	if f.open != 0 {
		t.Errorf("%d streams are still open", f.open)
	}
}

func delta(s string) reprise.TextDelta { return reprise.TextDelta{Text: s} }

func textDone(s string) reprise.PartDone { return reprise.PartDone{Part: reprise.Text{Text: s}} }

func stop(tokens int64) reprise.Finish {
	return reprise.Finish{Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: tokens - 1, Output: 1}}
}

// says is the script of a whole answer.
func says(s string) []any { return script(delta(s), textDone(s), stop(10)) }

func fails(kind reprise.Kind) *reprise.Error {
	return &reprise.Error{Provider: "fake", Kind: kind, Err: errors.New("it is " + string(kind))}
}

func warning(code, text string) reprise.Warning { return reprise.Warning{Code: code, Message: text} }

// gather reads a stream to its end, and checks that it ends once.
func gather(t *testing.T, stream iter.Seq2[reprise.Event, error]) (events []reprise.Event, err error) {
	t.Helper()
	ended := false
	for ev, e := range stream {
		_, finish := ev.(reprise.Finish)
		switch {
		case ended:
			t.Errorf("after the end came %v, %v", ev, e)
		case (ev == nil) == (e == nil):
			t.Errorf("got the event %v with the error %v", ev, e)
		case e != nil:
			err, ended = e, true
		default:
			events, ended = append(events, ev), finish
		}
	}
	if !ended {
		t.Error("the stream ended without a Finish or an error")
	}
	return events, err
}

// wants compares what a stream yields and the text of its error.
func wants(t *testing.T, stream iter.Seq2[reprise.Event, error], wantErr string, want ...reprise.Event) error {
	t.Helper()
	got, err := gather(t, stream)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != wantErr {
		t.Errorf("error\n got %s\nwant %s", text, wantErr)
	}
	return err
}

var ask = &reprise.Request{Messages: reprise.Ask("Hello")}

// wrappers is each wrapper around a model, with settings that let a healthy
// answer pass.
var wrappers = map[string]func(reprise.Model) reprise.Model{
	"Retry":          func(m reprise.Model) reprise.Model { return &reprise.Retry{Model: m} },
	"Retry, output":  func(m reprise.Model) reprise.Model { return &reprise.Retry{Model: m, AfterOutput: true} },
	"Fallback":       func(m reprise.Model) reprise.Model { return &reprise.Fallback{Models: []reprise.Model{m}} },
	"Fallback, more": func(m reprise.Model) reprise.Model { return &reprise.Fallback{Models: []reprise.Model{m, m}} },
	"Hedge":          func(m reprise.Model) reprise.Model { return &reprise.Hedge{Model: m} },
	"Limit": func(m reprise.Model) reprise.Model {
		return &reprise.Limit{Model: m, Concurrent: 100, Requests: 1000, Tokens: 1e6}
	},
	"Limit, none": func(m reprise.Model) reprise.Model { return &reprise.Limit{Model: m} },
	"Breaker":     func(m reprise.Model) reprise.Model { return &reprise.Breaker{Model: m} },
	"Timeout": func(m reprise.Model) reprise.Model {
		return &reprise.Timeout{Model: m, Total: time.Hour, First: time.Minute, Idle: time.Minute}
	},
	"Timeout, none": func(m reprise.Model) reprise.Model { return &reprise.Timeout{Model: m} },
	"Cache":         func(m reprise.Model) reprise.Model { return &reprise.Cache{Model: m} },
	"all of them": func(m reprise.Model) reprise.Model {
		m = &reprise.Breaker{Model: &reprise.Limit{Model: &reprise.Timeout{Model: m, Idle: time.Minute}, Concurrent: 100}}
		return &reprise.Cache{Model: &reprise.Fallback{Models: []reprise.Model{&reprise.Retry{Model: &reprise.Hedge{Model: m}}}}}
	},
}

// each runs a test for each wrapper in a bubble of its own, which fails if a
// goroutine is left.
func each(t *testing.T, test func(t *testing.T, wrap func(reprise.Model) reprise.Model)) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, wrap) })
		})
	}
}

var answer = script(
	warning(reprise.WarnDropped, "top_k"), reprise.ReasoningDelta{Text: "hm"}, delta("He"), delta("llo"),
	reprise.PartDone{Index: 1, Part: reprise.Text{Text: "Hello"}}, stop(10),
)

func eventsOf(script []any) (out []reprise.Event) {
	for _, step := range script {
		if ev, ok := step.(reprise.Event); ok {
			out = append(out, ev)
		}
	}
	return out
}

func TestWrappersPassAnAnswerOn(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		m := newFake(answer)
		stream := wrap(m).Stream(t.Context(), ask)
		if len(m.asked) > 0 {
			t.Error("the model was asked before the loop")
		}
		wants(t, stream, "", eventsOf(answer)...)
		m.at(t, 0)
		if m.reqs[0].Messages[0].Text() != "Hello" {
			t.Errorf("the model was asked %v", m.reqs[0])
		}
	})
}

func TestWrappersPassEventsOnAsTheyCome(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		m := newFake(script(time.Second, delta("a"), time.Second, delta("b"), time.Second, textDone("ab"), time.Second, stop(10)))
		start, n := time.Now(), 0
		for ev, err := range wrap(m).Stream(t.Context(), ask) {
			n++
			if got, want := time.Since(start), time.Duration(n)*time.Second; err != nil || got != want {
				t.Errorf("%v, %v came after %v, want %v", ev, err, got, want)
			}
		}
		if n != 4 {
			t.Errorf("%d events came, want 4", n)
		}
	})
}

func TestWrappersCloseTheStreamWhenTheConsumerLeaves(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		for stop := range answer {
			m := newFake(answer)
			n := 0
			for _, err := range wrap(m).Stream(t.Context(), ask) {
				if err != nil {
					t.Errorf("event %d: %v", n, err)
				}
				if n == stop {
					break
				}
				n++
			}
			m.at(t, 0)
		}
	})
}

func TestWrappersKeepAnError(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		for _, kind := range []reprise.Kind{reprise.KindInvalid, reprise.KindAuth} {
			down := fails(kind)
			m := newFake(script(down))
			got, err := gather(t, wrap(m).Stream(t.Context(), ask))
			if len(got) > 0 || err != error(down) {
				t.Errorf("got %v, %v, want the model's error as it is", got, err)
			}
			m.at(t, 0)
		}
		plain := errors.New("no Error")
		if _, err := gather(t, wrap(newFake(script(plain))).Stream(t.Context(), ask)); err != plain {
			t.Errorf("got %v, want the model's error as it is", err)
		}
	})
}

func TestWrappersPassACancelOn(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		m := newFake(script(delta("a"), time.Hour, stop(10)))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		err := wants(t, wrap(m).Stream(ctx, ask), "fake: context canceled", delta("a"))
		if !errors.Is(err, context.Canceled) || reprise.KindOf(err) != reprise.KindCanceled || time.Since(start) != time.Second {
			t.Errorf("got %v after %v, want the cancel after 1s", err, time.Since(start))
		}
		m.at(t, 0)
	})
}

func TestWrappersTellAStreamWithoutAnEnd(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		_, err := gather(t, wrap(newFake(script(delta("a")))).Stream(t.Context(), ask))
		if reprise.KindOf(err) != reprise.KindBadResponse {
			t.Errorf("got %v, want a bad response", err)
		}
	})
}

func TestWrappersShowAPanic(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		oops := func() { panic("oops") }
		m := newFake(script(oops), script(delta("a"), oops), says("b"))
		w := wrap(m)
		for range 2 {
			func() {
				defer func() {
					if r := recover(); r != "oops" {
						t.Errorf("recovered %v, want oops", r)
					}
				}()
				for range w.Stream(t.Context(), ask) {
				}
			}()
		}
		wants(t, w.Stream(t.Context(), ask), "", eventsOf(says("b"))...)
		m.at(t, 0, 0, 0)
	})
}

func TestWrappersHideNoAbility(t *testing.T) {
	for name, wrap := range wrappers {
		counter, ok := reprise.As[reprise.TokenCounter](wrap(newFake(answer)))
		if !ok {
			t.Errorf("%s hides the TokenCounter", name)
			continue
		}
		if n, err := counter.CountTokens(t.Context(), ask); n != 7 || err != nil {
			t.Errorf("%s: got %d, %v", name, n, err)
		}
	}
}

// One wrapper is shared by many; the race detector looks on.
func TestWrappersAreForConcurrentUse(t *testing.T) {
	each(t, func(t *testing.T, wrap func(reprise.Model) reprise.Model) {
		m := newFake(script(time.Millisecond, delta("a"), time.Millisecond, textDone("a"), stop(10)))
		w := wrap(m)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				req := &reprise.Request{Messages: reprise.Ask(fmt.Sprint(i))}
				for range 3 {
					resp, err := reprise.Generate(t.Context(), w, req)
					if err != nil || resp.Text() != "a" {
						t.Errorf("got %q, %v", resp.Text(), err)
					}
					req = &reprise.Request{Messages: append(req.Messages, resp.Message, reprise.User("more"))}
				}
			})
		}
		wg.Wait()
		if m.open != 0 {
			t.Errorf("%d streams are still open", m.open)
		}
	})
}

func TestWrappersNameAWrongField(t *testing.T) {
	m := newFake(answer)
	for want, w := range map[string]reprise.Model{
		"Retry.Model is not set":         &reprise.Retry{},
		"Retry.Attempts is -1":           &reprise.Retry{Model: m, Attempts: -1},
		"Retry has a negative":           &reprise.Retry{Model: m, Wait: -1},
		"Fallback.Models is empty":       &reprise.Fallback{},
		"Fallback.Models[1] is nil":      &reprise.Fallback{Models: []reprise.Model{m, nil}},
		"Fallback.Conversations is -1":   &reprise.Fallback{Models: []reprise.Model{m}, Conversations: -1},
		"Hedge.Model is not set":         &reprise.Hedge{},
		"Hedge.Delay is -1ns":            &reprise.Hedge{Model: m, Delay: -1},
		"Limit.Model is not set":         &reprise.Limit{},
		"Limit has a negative limit":     &reprise.Limit{Model: m, Tokens: -1},
		"Breaker.Model is not set":       &reprise.Breaker{},
		"Breaker has a negative field":   &reprise.Breaker{Model: m, Failures: -1},
		"Timeout.Model is not set":       &reprise.Timeout{},
		"Timeout has a negative duratio": &reprise.Timeout{Model: m, Idle: -1},
		"Cache.Model is not set":         &reprise.Cache{},
		"Cache has a negative field":     &reprise.Cache{Model: m, Entries: -1},
	} {
		events, err := gather(t, w.Stream(t.Context(), ask))
		if events != nil || reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, %v, want %q", events, err, want)
		}
		if _, ok := reprise.As[reprise.ModelLister](w); ok {
			t.Errorf("%T lists models", w)
		}
	}
	if len(m.asked) > 0 {
		t.Error("the model was asked")
	}
}
