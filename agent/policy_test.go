package agent_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

func with(t reprise.Tool, p reprise.Policy) reprise.Tool {
	return reprise.PolicyTool{Tool: t, Policy: p}
}

// sleeper is a tool that sleeps for as many seconds as its id says, and
// counts how many run.
func sleeper(name string, running *atomic.Int32, check func(n int32)) reprise.Tool {
	return tool(name, func(ctx context.Context, c reprise.ToolCall) (string, error) {
		check(running.Add(1))
		defer running.Add(-1)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(time.Second):
			return c.ID, nil
		}
	})
}

// TestExclusive: an exclusive tool runs alone, and what was called before it
// ends before it, what was called after it begins after.
func TestExclusive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int32
		alone := with(sleeper("alone", &running, func(n int32) {
			if n != 1 {
				t.Errorf("%d tools run beside the exclusive one", n-1)
			}
		}), reprise.Policy{Exclusive: true})
		var most atomic.Int32
		free := sleeper("free", &running, func(n int32) {
			if n > 1 {
				most.Store(n)
			}
		})
		a := &agent.Agent{Tools: []reprise.Tool{alone, free}, Model: answers(calling(
			call("1", "free", ""), call("2", "free", ""), call("3", "alone", ""), call("4", "alone", ""), call("5", "free", ""), call("6", "free", "")), say("end"))}
		began := time.Now()
		events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 4*time.Second || most.Load() != 2 {
			t.Errorf("the tools took %v, %d ran at once", took, most.Load())
		}
		var got []string
		for _, ev := range events {
			switch ev := ev.(type) {
			case agent.ToolStart:
				got = append(got, "+"+ev.Call.ID)
			case agent.ToolDone:
				got = append(got, "-"+ev.Call.ID)
			}
		}
		if slices.Index(got, "+3") != 4 || slices.Index(got, "-3") != 5 || slices.Index(got, "+4") != 6 || slices.Index(got, "-4") != 7 {
			t.Errorf("got order %v", got)
		}
	})
}

// TestTimeout: a tool that takes too long is stopped, and the model is told.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int32
		slow := with(sleeper("slow", &running, func(int32) {}), reprise.Policy{Timeout: time.Second / 2})
		fast := with(sleeper("fast", &running, func(int32) {}), reprise.Policy{Timeout: 2 * time.Second})
		deaf := with(tool("deaf", func(context.Context, reprise.ToolCall) (string, error) {
			time.Sleep(3 * time.Second)
			return "done all the same", nil
		}), reprise.Policy{Timeout: time.Second})
		a := &agent.Agent{Tools: []reprise.Tool{slow, fast, deaf}, Model: answers(calling(call("1", "slow", ""), call("2", "fast", ""), call("3", "deaf", "")), say("end"))}
		events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "results", results(failure("1", "slow", "the tool was stopped: it was not done after 500ms"), result("2", "fast", "2"),
			result("3", "deaf", "done all the same")), events[len(events)-1].(agent.Done).Result.History[2])
		_, ends := toolEvents(events)
		for _, e := range ends {
			if kind := reprise.KindOf(e.Err); (kind == reprise.KindTimeout) != (e.Call.ID == "1") {
				t.Errorf("call %s has an error of kind %q", e.Call.ID, kind)
			}
		}
	})
}

// TestProgress: what a tool reports is told between its start and its end,
// and not after.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := make(chan bool)
		busy := tool("busy", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			for i := range 3 {
				reprise.Report(ctx, reprise.Progress{Text: c.ID, Done: float64(i), Total: 3})
				time.Sleep(time.Second)
			}
			go func() {
				time.Sleep(time.Minute)
				reprise.Report(ctx, reprise.Progress{Text: "too late"})
				late <- true
			}()
			return "", nil
		})
		a := &agent.Agent{Tools: []reprise.Tool{busy}, Model: answers(calling(call("1", "busy", ""), call("2", "busy", "")), say("end"))}
		got := map[string][]float64{}
		open := map[string]bool{}
		for ev, err := range a.Run(t.Context(), reprise.Ask("go")) {
			if err != nil {
				t.Fatal(err)
			}
			switch ev := ev.(type) {
			case agent.ToolStart:
				open[ev.Call.ID] = true
			case agent.ToolProgress:
				if !open[ev.Call.ID] || ev.Progress.Text != ev.Call.ID || ev.Progress.Total != 3 {
					t.Errorf("got %+v", ev)
				}
				got[ev.Call.ID] = append(got[ev.Call.ID], ev.Progress.Done)
			case agent.ToolDone:
				delete(open, ev.Call.ID)
			}
		}
		diff(t, "progress", map[string][]float64{"1": {0, 1, 2}, "2": {0, 1, 2}}, got)
		<-late
		<-late
	})
	reprise.Report(t.Context(), reprise.Progress{}) // nobody listens
}

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
	c1, c2, c3 := call("1", "t", `{}`), call("2", "t", `{"a":1}`), call("3", "t", "")
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
			Model: slowly(answers(calling(call("1", "t", ""), text("and so on")), nil), &ended),
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

// TestMaxResult: a long result is shortened, and the rest can be read piece by
// piece, in this run or, with a store, in another.
func TestMaxResult(t *testing.T) {
	long := strings.Repeat("0123456789äöü|", 50)
	big := tool("big", func(context.Context, reprise.ToolCall) (string, error) { return long, nil })
	var got strings.Builder
	reader := func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		last := req.Messages[len(req.Messages)-1]
		if last.Role == reprise.RoleUser {
			return stream(calling(call("1", "big", "")))
		}
		s := last.Results()[0].Parts.Text()
		body, note, more := strings.Cut(s, "\n[shortened: ")
		got.WriteString(body)
		if len(body) > 100 || len(body) < 90 && more {
			t.Errorf("got a piece of %d bytes", len(body))
		}
		if !more {
			return stream(say("end"))
		}
		var from, to, all, offset int
		var key string
		if _, err := fmt.Sscanf(note, "bytes %d to %d of %d; read on with read_result, key %q, offset %d]", &from, &to, &all, &key, &offset); err != nil {
			t.Fatal(note, err)
		}
		return stream(calling(call("2", "read_result", fmt.Sprintf(`{"key":%q,"offset":%d}`, key, offset))))
	}
	a := &agent.Agent{Model: reprise.ModelFunc(reader), Tools: []reprise.Tool{big}, Window: &agent.Window{MaxResult: 100}}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil || got.String() != long {
		t.Fatalf("read %d bytes of %d, error %v", got.Len(), len(long), err)
	}
	// Another run does not have it.
	res, err = a.Generate(t.Context(), res.History[:4])
	if err != nil || !strings.Contains(res.History[4].Results()[0].Parts.Text(), "is not kept any more; call the tool again") {
		t.Errorf("got %v, error %v", res.History[4], err)
	}
	// A tool's own bound counts first; without a window the rest is lost.
	a = &agent.Agent{Model: answers(calling(call("1", "big", "")), say("end")), Tools: []reprise.Tool{with(big, reprise.Policy{MaxResult: 10})}}
	if res, err = a.Generate(t.Context(), reprise.Ask("go")); err != nil {
		t.Fatal(err)
	}
	diff(t, "shortened", results(result("1", "big", "0123456789\n[shortened: 10 of 850 bytes]")), res.History[2])
}

// TestPolicyOf: a wrapper hides no policy.
func TestPolicyOf(t *testing.T) {
	p := reprise.PolicyOf(wrapped{with(echo("a"), reprise.Policy{Stops: true})})
	if !p.Stops || reprise.PolicyOf(echo("a")).Stops {
		t.Errorf("got %+v", p)
	}
}

type wrapped struct{ reprise.Tool }

func (w wrapped) Unwrap() reprise.Tool { return w.Tool }
