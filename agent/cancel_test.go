package agent_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestCanceled: the model is not asked when the caller has given up, and the
// error tells why.
func TestCanceled(t *testing.T) {
	tired := errors.New("tired")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(tired)
	a := &agent.Agent{Model: answers(say("hi"))}
	events, err := gather(a.Run(ctx, reprise.Ask("go")))
	if len(events) != 0 || reprise.KindOf(err) != reprise.KindCanceled || !errors.Is(err, context.Canceled) || !errors.Is(err, tired) {
		t.Errorf("got %d events, error %v", len(events), err)
	}
	if re := runError(t, err); re.Turn != 0 || re.Partial != nil {
		t.Errorf("got turn %d, partial %v", re.Turn, re.Partial)
	}

	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		slow := tool("slow", func(ctx context.Context, _ reprise.ToolCall) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		a := &agent.Agent{Model: answers(calling(call("1", "slow", "{}")), say("hi")), Tools: []reprise.Tool{slow}}
		_, err := gather(a.Run(ctx, reprise.Ask("go")))
		if reprise.KindOf(err) != reprise.KindTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v of kind %q", err, reprise.KindOf(err))
		}
	})
}

// TestCancelAtStart: what is said to start does not, if the caller gives up
// when he hears of it.
func TestCancelAtStart(t *testing.T) {
	for _, at := range []agent.Event{agent.TurnStart{Turn: 1}, agent.ToolStart{Call: call("1", "never", "{}")}} {
		ctx, cancel := context.WithCancel(t.Context())
		never := tool("never", func(context.Context, reprise.ToolCall) (string, error) {
			t.Error("the tool ran")
			return "", nil
		})
		asked := 0
		a := &agent.Agent{Tools: []reprise.Tool{never}, Model: reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
			asked++
			return stream(calling(call("1", "never", "{}")))
		})}
		var err error
		for ev, e := range a.Run(ctx, reprise.Ask("go")) {
			if cmp.Equal(ev, at, errText) {
				cancel()
			}
			err = e
		}
		want := 1
		if _, ok := at.(agent.TurnStart); ok {
			want = 0
		}
		if asked != want || reprise.KindOf(err) != reprise.KindCanceled {
			t.Errorf("%T: the model was asked %d times, want %d; error %v", at, asked, want, err)
		}
		cancel()
	}
}

// TestModelsContext: what the model started with its context ends with the run.
func TestModelsContext(t *testing.T) {
	var got context.Context
	a := &agent.Agent{Model: reprise.ModelFunc(func(ctx context.Context, _ *reprise.Request) iter.Seq2[reprise.Event, error] {
		got = ctx
		return stream(say("hi"))
	})}
	for ev := range a.Run(t.Context(), reprise.Ask("go")) {
		if _, ok := ev.(reprise.PartDone); ok {
			if got.Err() != nil {
				t.Error("the context is done in the run")
			}
			break
		}
	}
	if got.Err() == nil {
		t.Error("the context is not done after the run")
	}
}

// TestCancelTools: the tools that run get the cancel, the run waits for them,
// the others are answered as not run, and the run ends with a whole history.
func TestCancelTools(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tired := errors.New("tired")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(tired) })
		var ran []string
		var mu sync.Mutex
		slow := tool("slow", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			mu.Lock()
			ran = append(ran, c.ID)
			mu.Unlock()
			<-ctx.Done()
			time.Sleep(time.Minute) // it takes its time
			return "stopped", nil
		})
		a := &agent.Agent{
			Model: answers(calling(call("1", "slow", ""), call("2", "slow", ""), call("3", "slow", ""), call("4", "rot", "")), say("end")),
			Tools: []reprise.Tool{slow}, Parallel: 2,
		}
		began := time.Now()
		events, err := gather(a.Run(ctx, reprise.Ask("go")))
		re := runError(t, err)
		if took := time.Since(began); took != time.Second+time.Minute {
			t.Errorf("the run took %v", took)
		}
		slices.Sort(ran)
		diff(t, "tools that ran", []string{"1", "2"}, ran)
		stopped := "not run: the run was stopped first"
		diff(t, "history", []reprise.Message{
			reprise.User("go"),
			assistant(call("1", "slow", ""), call("2", "slow", ""), call("3", "slow", ""), call("4", "rot", "")),
			results(result("1", "slow", "stopped"), result("2", "slow", "stopped"), failure("3", "slow", stopped), failure("4", "rot", stopped)),
		}, re.Result.History)
		if !errors.Is(err, tired) || reprise.KindOf(err) != reprise.KindCanceled || re.Partial != nil || re.Turn != 1 {
			t.Errorf("got %#v", re)
		}
		_, ends := toolEvents(events)
		if len(ends) != 4 {
			t.Errorf("got %d ToolDone", len(ends))
		}
		for _, e := range ends {
			if notRun := e.Call.ID > "2"; errors.Is(e.Err, tired) != notRun {
				t.Errorf("call %s has error %v", e.Call.ID, e.Err)
			}
		}
	})
}

// TestLeaveTools: leaving the loop while tools run stops them and waits for
// them; so does a panic or the end of the goroutine in the loop.
func TestLeaveTools(t *testing.T) {
	leave := map[string]func(run func(func(agent.Event) bool)){
		"break": func(run func(func(agent.Event) bool)) { run(func(agent.Event) bool { return false }) },
		"panic": func(run func(func(agent.Event) bool)) {
			defer func() { _ = recover() }()
			run(func(agent.Event) bool { panic("in the loop") })
		},
		"goexit": func(run func(func(agent.Event) bool)) {
			ended := make(chan bool)
			go func() {
				defer close(ended)
				run(func(agent.Event) bool { runtime.Goexit(); return true })
			}()
			<-ended
		},
	}
	for name, how := range leave {
		synctest.Test(t, func(t *testing.T) {
			var running, ran atomic.Int32
			slow := tool("slow", func(ctx context.Context, c reprise.ToolCall) (string, error) {
				ran.Add(1)
				running.Add(1)
				defer running.Add(-1)
				if c.ID == "1" {
					return "at once", nil
				}
				<-ctx.Done()
				time.Sleep(time.Minute)
				return "", ctx.Err()
			})
			a := &agent.Agent{
				Model: answers(calling(call("1", "slow", ""), call("2", "slow", ""), call("3", "slow", "")), say("end")),
				Tools: []reprise.Tool{slow}, Parallel: 2,
			}
			how(func(body func(agent.Event) bool) {
				for ev := range a.Run(t.Context(), reprise.Ask("go")) {
					if _, ok := ev.(agent.ToolDone); ok && !body(ev) {
						break
					}
				}
			})
			if running.Load() != 0 || ran.Load() != 2 {
				t.Errorf("%s: %d tools still run, %d ran", name, running.Load(), ran.Load())
			}
		})
	}
}
