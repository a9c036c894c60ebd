package agent_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// slowly is a model that waits a second before each event, and says when it
// comes to its end.
func slowly(m reprise.ModelFunc, ended *time.Time) reprise.ModelFunc {
	return func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			for ev, err := range m(ctx, req) {
				time.Sleep(time.Second)
				if *ended = time.Now(); !yield(ev, err) {
					return
				}
			}
		}
	}
}

// TestEarly: a call starts when it is complete, as far as order, policy and
// the rest allow; all results come as they always do.
func TestEarly(t *testing.T) {
	early := reprise.Policy{Early: true}
	c1, c2, c3 := call("1", "t", `{}`), call("2", "t", `{"a":1}`), call("3", "t", `{"b":1}`)
	for _, tt := range []struct {
		name   string
		events []reprise.Event
		policy reprise.Policy
		agent  agent.Agent
		want   int // calls that start before the answer's end
	}{
		{"all", calling(c1, c2, c3), early, agent.Agent{}, 3},
		{"behind text", calling(text("let me see"), c1), early, agent.Agent{}, 1},
		{"not without the policy", calling(c1, c2), reprise.Policy{}, agent.Agent{}, 0},
		{"as many as may", calling(c1, c2, c3), early, agent.Agent{Parallel: 2}, 2},
		{"not when exclusive", calling(c1), reprise.Policy{Early: true, Exclusive: true}, agent.Agent{}, 0},
		{"not when it must be allowed", calling(c1), reprise.Policy{Early: true, Ask: func(c reprise.ToolCall) bool { return c.ID == "1" }}, agent.Agent{}, 0},
		{"not behind one that does not", calling(call("0", "plain", ""), c1), early, agent.Agent{}, 0},
		{"not out of order", []reprise.Event{reprise.PartDone{Index: 1, Part: c2}, reprise.PartDone{Index: 0, Part: c1}, finish(reprise.ReasonStop)}, early, agent.Agent{}, 0},
		{"not without an id", calling(call("", "t", ""), c1), early, agent.Agent{}, 0},
		{"not with an id that came before", calling(c1, c1, c3), early, agent.Agent{}, 1},
		{"not with none, which may have been cut off", calling(call("0", "t", " "), c1), early, agent.Agent{}, 0},
		{"not with wrong arguments", calling(call("9", "t", "["), c1), early, agent.Agent{}, 0},
		{"not with guards", calling(c1), early, agent.Agent{Guards: []agent.Guard{{}}}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ended time.Time
				var ran atomic.Int32
				slow := tool("t", func(_ context.Context, c reprise.ToolCall) (string, error) {
					ran.Add(1)
					time.Sleep(10 * time.Second)
					return c.ID, nil
				})
				a := tt.agent
				a.Model = slowly(answers(tt.events, say("end")), &ended)
				a.Tools = []reprise.Tool{with(slow, tt.policy), echo("plain")}
				started, answering := 0, false
				var calls int
				var res *agent.Result
				for ev, err := range a.Run(t.Context(), reprise.Ask("go")) {
					if err != nil {
						t.Fatal(err)
					}
					switch ev := ev.(type) {
					case agent.TurnStart:
						answering = true
					case reprise.Finish:
						answering = false
					case agent.ToolStart:
						if calls++; answering {
							started++
						}
					case agent.Done:
						res = ev.Result
					}
				}
				if started != tt.want {
					t.Errorf("%d calls started early, want %d", started, tt.want)
				}
				if res.End == agent.EndDone {
					checkResults(t, res.History)
					if n := int(ran.Load()); n > calls || n == 0 && tt.policy.Ask == nil {
						t.Errorf("the tool ran %d times, %d calls", n, calls)
					}
				}
			})
		})
	}
	_, err := (&agent.Agent{Model: answers(), Tools: []reprise.Tool{with(echo("t"), reprise.Policy{Early: true, Effect: reprise.EffectOnce})}}).Generate(t.Context(), reprise.Ask("go"))
	if want := `agent: Agent.Tools: tool "t" may start early, but its effect must happen once`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// TestEarlyOverlap: the time of the tool and that of the answer overlap.
func TestEarlyOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended time.Time
		var running atomic.Int32
		a := &agent.Agent{
			Model: slowly(answers(calling(call("1", "t", "{}"), text("and so on")), nil), &ended),
			Tools: []reprise.Tool{with(sleeper("t", &running, func(int32) {}), reprise.Policy{Early: true, Stops: true})},
		}
		began := time.Now()
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if took := time.Since(began); err != nil || took != 3*time.Second {
			t.Errorf("the run took %v, error %v", took, err)
		}
		diff(t, "results", results(result("1", "t", "1")), res.History[2])
	})
}

// TestEarlyBroken: what has started stays in the history when the answer
// breaks, up to its call, and does not run again.
func TestEarlyBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := errors.New("cut")
		var ran atomic.Int32
		slow := with(tool("t", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			ran.Add(1)
			time.Sleep(10 * time.Second)
			return "slept", ctx.Err()
		}), reprise.Policy{Early: true})
		c1, thought := call("1", "t", "{}"), reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "p"}}
		a := &agent.Agent{Tools: []reprise.Tool{slow, echo("plain")}, Model: answers([]reprise.Event{
			reprise.PartDone{Part: thought}, reprise.PartDone{Index: 1, Part: c1},
			reprise.PartDone{Index: 2, Part: call("2", "plain", "{}")}, reprise.TextDelta{Part: 3, Text: "ha"}, broken{err: cut},
		}, say("end"))}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		re := runError(t, err)
		if !errors.Is(err, cut) || len(re.Partial.Message.Parts) != 4 || res.Turns != 0 || res.Usage.Input != 0 {
			t.Errorf("got %d turns, partial %+v, error %v", res.Turns, re.Partial, err)
		}
		diff(t, "history", []reprise.Message{reprise.User("go"), assistant(thought, c1), results(result("1", "t", "slept"))}, res.History)
		res, err = a.Generate(t.Context(), res.History)
		if err != nil || res.Text() != "end" || ran.Load() != 1 {
			t.Errorf("got %q, the tool ran %d times, error %v", res.Text(), ran.Load(), err)
		}
	})
}

// TestEarlyReset: when an answer begins again, the same call takes the result
// over, also under another id, and another call is told to be in vain.
func TestEarlyReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran, stopped atomic.Int32
		slow := with(tool("t", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			ran.Add(1)
			select {
			case <-ctx.Done():
				stopped.Add(1)
				return "", ctx.Err()
			case <-time.After(10 * time.Second):
				return "by " + c.ID, nil
			}
		}), reprise.Policy{Early: true})
		a := &agent.Agent{Tools: []reprise.Tool{slow}, Model: answers(append([]reprise.Event{
			reprise.PartDone{Part: call("1", "t", `{"a":1}`)}, reprise.PartDone{Index: 1, Part: call("2", "t", `{"a":2}`)}, reprise.Reset{Reason: "retry"},
		}, calling(call("3", "t", `{"a":1}`), call("4", "t", `{"a":1}`))...), say("end"))}
		events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		res := events[len(events)-1].(agent.Done).Result
		diff(t, "results", results(result("3", "t", "by 1"), result("4", "t", "by 4")), res.History[2])
		diff(t, "warnings", []reprise.Warning{{Code: agent.WarnUnused, Message: "t ran for an answer that began again without the call"}}, res.Warnings)
		starts, ends := toolEvents(events)
		if ran.Load() != 3 || stopped.Load() != 1 || len(starts) != 3 || len(ends) != 2 {
			t.Errorf("ran %d, stopped %d, %d starts, %d ends", ran.Load(), stopped.Load(), len(starts), len(ends))
		}
	})
}

// TestEarlyLeft: leaving the loop while tools run beside the answer stops them.
func TestEarlyLeft(t *testing.T) {
	for at := range 8 {
		synctest.Test(t, func(t *testing.T) {
			var running atomic.Int32
			a := &agent.Agent{
				Model: answers(calling(call("1", "t", "{}"), call("2", "t", `{"a":1}`)), say("end")),
				Tools: []reprise.Tool{with(sleeper("t", &running, func(int32) {}), reprise.Policy{Early: true})},
			}
			n := 0
			for range a.Run(t.Context(), reprise.Ask("go")) {
				if n++; n > at {
					break
				}
			}
			if running.Load() != 0 {
				t.Errorf("left at event %d: %d tools still run", at, running.Load())
			}
		})
	}
}

// TestEarlySpoiled: nothing starts in an answer that cannot be kept.
func TestEarlySpoiled(t *testing.T) {
	never := with(tool("t", func(context.Context, reprise.ToolCall) (string, error) {
		t.Error("the tool ran")
		return "", nil
	}), reprise.Policy{Early: true})
	a := &agent.Agent{Tools: []reprise.Tool{never}, Model: answers(calling(result("0", "t", ""), call("1", "t", "{}")))}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if reprise.KindOf(err) != reprise.KindBadResponse || len(res.History) != 1 {
		t.Errorf("got %d messages, error %v", len(res.History), err)
	}
}

// TestEarlyResetBehind: the same call takes the result over also where it
// could not have started early, and is told to be done once.
func TestEarlyResetBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		early := with(tool("t", func(context.Context, reprise.ToolCall) (string, error) {
			ran++
			time.Sleep(time.Second)
			return "done", nil
		}), reprise.Policy{Early: true})
		a := &agent.Agent{Parallel: 1, Tools: []reprise.Tool{early, echo("plain")}, Model: answers(append([]reprise.Event{
			reprise.PartDone{Part: call("1", "t", `{"a":1}`)}, reprise.Reset{Reason: "retry"},
		}, calling(call("2", "plain", `{}`), call("", "t", `{"a":1}`))...), say("end"))}
		events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		res := events[len(events)-1].(agent.Done).Result
		if _, ends := toolEvents(events); ran != 1 || res.Warnings != nil || len(ends) != 2 {
			t.Errorf("the tool ran %d times, %d ToolDone, warnings %v", ran, len(ends), res.Warnings)
		}
		diff(t, "results", results(result("2", "plain", "{}"), result("call_1_1", "t", "done")), res.History[2])
	})
}
