package agent_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestSharedAll: one Agent with all there is serves a hundred runs at once.
func TestSharedAll(t *testing.T) {
	var checks, ran atomic.Int32
	count := reprise.PolicyTool{Tool: reprise.Func("add", "", func(ctx context.Context, in pair) (string, error) {
		ran.Add(1)
		reprise.Report(ctx, reprise.Progress{Done: 1})
		return strings.Repeat("5", 100), nil
	}), Policy: reprise.Policy{Early: true, Timeout: time.Minute}}
	alone := reprise.PolicyTool{Tool: reprise.Func("multiply", "", multiply), Policy: reprise.Policy{Exclusive: true, Effect: reprise.EffectOnce}}
	below := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{count, alone}}
	last := &agent.Agent{System: "last", Model: reprise.ModelFunc(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		return stream(say("bye " + req.Messages[0].Text()))
	})}
	tools := []reprise.Tool{count, alone, &agent.SubAgent{Name: "sub", Agent: below}, &agent.Handoff{Name: "to_last", To: last}}
	for _, guards := range [][]agent.Guard{nil, {{
		Input:  func(context.Context, []reprise.Message) error { checks.Add(1); return nil },
		Output: func(context.Context, reprise.Part) error { checks.Add(1); return nil },
		Call:   func(context.Context, reprise.ToolCall) error { checks.Add(1); return nil },
	}}} {
		checks.Store(0)
		ran.Store(0)
		a := &agent.Agent{
			Model: answers(calling(call("1", "add", `{"a":1,"b":2}`), call("2", "sub", `{"task":"t"}`), call("3", "multiply", `{"a":1,"b":2}`), call("4", "pay", "{}")),
				calling(call("1", "to_last", ""))),
			Tools: tools, Guards: guards, Journal: new(journal), Limits: agent.Limits{Tokens: 1e6, Cost: 1e6, Time: time.Hour, TurnTime: time.Hour},
			Stop: agent.Stop{Turns: 40}, Window: &agent.Window{Tokens: 1e5, MaxResult: 10},
			Price:    func(*reprise.Response) (reprise.USD, bool) { return 1, true },
			Approval: agent.Approval{Ask: agent.AskFor("pay"), Secret: []byte("s")},
			Prepare: func(_ context.Context, turn *agent.Turn) error {
				turn.Tools = append(turn.Tools, echo("pay"))
				return nil
			},
		}
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				mine := *a
				mine.Journal = new(journal)
				s := &agent.Session{History: reprise.Ask(fmt.Sprint(i))}
				res, err := agent.Collect(mine.Resume(t.Context(), s))
				if err != nil || len(res.Pending) != 1 {
					t.Errorf("got %d pending, error %v", len(res.Pending), err)
					return
				}
				s.Add(res)
				res, err = agent.Collect(a.Resume(t.Context(), s, res.Pending[0].Allow()))
				if err != nil || res.Text() != fmt.Sprint("bye ", i) {
					t.Errorf("got %q, error %v", res.Text(), err)
				}
				s.Add(res)
				if s.Usage.Input != 30 || s.Turns != 3 || *s.Cost != 5+5+2+5 {
					t.Errorf("got %d tokens, %d turns, cost %v", s.Usage.Input, s.Turns, s.Cost)
				}
			})
		}
		wg.Wait()
		if ran.Load() != 200 || (checks.Load() > 0) != (guards != nil) {
			t.Errorf("the tool ran %d times, %d checks", ran.Load(), checks.Load())
		}
	}
}
