package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// forever is a model that never comes to an end: each answer calls add. It
// takes a second for each.
func forever(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		select {
		case <-ctx.Done():
			yield(nil, ctx.Err())
		case <-time.After(time.Second):
			for ev := range stream(calling(call("1", "add", "{}"))) {
				if !yield(ev, nil) {
					return
				}
			}
		}
	}
}

// TestStop: a run ends by itself with a whole history when a condition holds,
// and goes on from there when it is run again.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name string
		stop agent.Stop
		want int // turns
	}{
		{"turns", agent.Stop{Turns: 3}, 3},
		{"tokens", agent.Stop{Tokens: 27}, 3}, // 13 each
		{"tokens, just so", agent.Stop{Tokens: 26}, 2},
		{"cost", agent.Stop{Cost: 16}, 4}, // 5 each
		{"time", agent.Stop{Time: 3 * time.Second}, 3},
		{"tool", agent.Stop{Tools: []string{"other", "add"}}, 1},
		{"if", agent.Stop{If: func(res *agent.Result) bool { return len(res.History) > 6 }}, 3},
		{"the first of several", agent.Stop{Turns: 9, Tokens: 20, Time: time.Hour}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &agent.Agent{Model: reprise.ModelFunc(forever), Tools: []reprise.Tool{echo("add")}, Stop: tt.stop}
				res, err := a.Generate(t.Context(), reprise.Ask("go"))
				if err != nil || res.End != agent.EndStopped || res.Turns != tt.want || len(res.History) != 1+2*tt.want {
					t.Fatalf("got %d turns, %d messages, end %q, error %v, want %d turns", res.Turns, len(res.History), res.End, err, tt.want)
				}
				again, err := a.Generate(t.Context(), res.History)
				if err != nil || again.End != agent.EndStopped || again.Turns == 0 {
					t.Errorf("the run went on for %d turns, end %q, error %v", again.Turns, again.End, err)
				}
			})
		})
	}
}

// TestStopPaused: a paused answer is a turn, too.
func TestStopPaused(t *testing.T) {
	a := &agent.Agent{Model: answers(done(reprise.ReasonPause, text("a")), say("b")), Stop: agent.Stop{Turns: 1}}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil || res.End != agent.EndStopped || res.Turns != 1 {
		t.Errorf("got %d turns, end %q, error %v", res.Turns, res.End, err)
	}
}

// TestStopDone: a model that is done is done, whatever else holds.
func TestStopDone(t *testing.T) {
	a := &agent.Agent{Model: answers(say("hi")), Stop: agent.Stop{Turns: 1}, Limits: agent.Limits{Tokens: 1, Cost: 1}}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil || res.End != agent.EndDone || res.Text() != "hi" {
		t.Errorf("got %q, end %q, error %v", res.Text(), res.End, err)
	}
}

// TestStopTool: a failed call does not count, nor does one of another tool.
func TestStopTool(t *testing.T) {
	submit := tool("submit", func(_ context.Context, c reprise.ToolCall) (string, error) {
		if c.ID == "bad" {
			return "", errors.New("not yet")
		}
		return "taken", nil
	})
	for name, a := range map[string]*agent.Agent{
		"as a condition": {Tools: []reprise.Tool{submit, echo("add")}, Stop: agent.Stop{Tools: []string{"submit"}}},
		"as a policy":    {Tools: []reprise.Tool{reprise.PolicyTool{Tool: submit, Policy: reprise.Policy{Stops: true}}, echo("add")}},
	} {
		a.Model = answers(calling(call("1", "add", "")), calling(call("bad", "submit", "")), calling(call("2", "submit", ""), call("3", "add", "{}")))
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil || res.End != agent.EndStopped || res.Turns != 3 {
			t.Fatalf("%s: got %d turns, end %q, error %v", name, res.Turns, res.End, err)
		}
		diff(t, name, results(result("2", "submit", "taken"), result("3", "add", "{}")), res.History[6])
	}
}

// TestStopPending: a tool that ends the run ends it also where another call of
// its answer had to wait.
func TestStopPending(t *testing.T) {
	pay := with(echo("pay"), reprise.Policy{Ask: reprise.AskAlways})
	for name, a := range map[string]*agent.Agent{
		"as a condition": {Tools: []reprise.Tool{echo("submit"), pay}, Stop: agent.Stop{Tools: []string{"submit"}}},
		"as a policy":    {Tools: []reprise.Tool{with(echo("submit"), reprise.Policy{Stops: true}), pay}},
	} {
		a.Model = answers(calling(call("1", "submit", ""), call("2", "pay", "")), say("end"))
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil || res.End != agent.EndApproval {
			t.Fatalf("%s: end %q, error %v", name, res.End, err)
		}
		res, err = agent.Collect(a.Resume(t.Context(), &agent.Session{History: res.History}, res.Pending[0].Allow()))
		if err != nil || res.End != agent.EndStopped || res.Turns != 0 {
			t.Errorf("%s: got %d turns, end %q, error %v", name, res.Turns, res.End, err)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		limits agent.Limits
		turns  int
		want   string
	}{
		{agent.Limits{Tokens: 27}, 3, "agent: turn 3: the run used 39 tokens, Agent.Limits.Tokens is 27"},
		{agent.Limits{Tokens: 26}, 2, "agent: turn 2: the run used 26 tokens, Agent.Limits.Tokens is 26"},
		{agent.Limits{Cost: 11}, 3, "agent: turn 3: the run used 0.000000000015 dollars, Agent.Limits.Cost is 0.000000000011 dollars"},
		{agent.Limits{TurnTokens: 12}, 1, "agent: turn 1: the run used 13 tokens, Agent.Limits.TurnTokens is 12"},
		{agent.Limits{TurnCost: 4}, 1, "agent: turn 1: the run used 0.000000000005 dollars, Agent.Limits.TurnCost is 0.000000000004 dollars"},
		{agent.Limits{TurnTokens: 13, TurnCost: 5, Tokens: 1000, Cost: 10}, 2, "agent: turn 2: the run used 0.00000000001 dollars, Agent.Limits.Cost is 0.00000000001 dollars"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &agent.Agent{Model: reprise.ModelFunc(forever), Tools: []reprise.Tool{echo("add")}, Limits: tt.limits}
			res, err := a.Generate(t.Context(), reprise.Ask("go"))
			var limit *agent.LimitError
			if err == nil || err.Error() != tt.want || !errors.As(err, &limit) {
				t.Errorf("got error %v, want %s", err, tt.want)
			}
			if res.Turns != tt.turns || len(res.History) != 1+2*tt.turns {
				t.Errorf("%s: got %d turns, %d messages", tt.want, res.Turns, len(res.History))
			}
		})
	}
}

// TestTimeLimits: a time limit stops what runs, and says which it was.
func TestTimeLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := tool("add", func(ctx context.Context, _ reprise.ToolCall) (string, error) {
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case <-time.After(time.Minute):
				return "at last", nil
			}
		})
		for _, tt := range []struct {
			limits agent.Limits
			took   time.Duration
			turns  int
			want   string
		}{
			{agent.Limits{Time: 10 * time.Second}, 10 * time.Second, 1, "Time"},                 // in the tool
			{agent.Limits{Time: 61500 * time.Millisecond}, 61500 * time.Millisecond, 1, "Time"}, // in the second answer
			{agent.Limits{TurnTime: 500 * time.Millisecond}, 500 * time.Millisecond, 0, "TurnTime"},
		} {
			a := &agent.Agent{Model: reprise.ModelFunc(forever), Tools: []reprise.Tool{slow}, Limits: tt.limits, MaxTurns: 3}
			began := time.Now()
			res, err := a.Generate(t.Context(), reprise.Ask("go"))
			var limit *agent.LimitError
			if !errors.As(err, &limit) || limit.Limit != tt.want || reprise.KindOf(err) != reprise.KindTimeout {
				t.Errorf("%+v: got error %v of kind %q", tt.limits, err, reprise.KindOf(err))
			}
			if took := time.Since(began); took != tt.took || res.Turns != tt.turns {
				t.Errorf("%+v: took %v, %d turns", tt.limits, took, res.Turns)
			}
			checkResults(t, res.History)
		}
		a := &agent.Agent{Model: reprise.ModelFunc(forever), Tools: []reprise.Tool{echo("add")}, Limits: agent.Limits{TurnTime: 2 * time.Second}, MaxTurns: 3}
		if res, err := a.Generate(t.Context(), reprise.Ask("go")); res.Turns != 3 {
			t.Errorf("the time of one answer was counted for all: %v", err)
		}
	})
}

// TestUnknownCost: money that nobody can count is not spent further.
func TestUnknownCost(t *testing.T) {
	free := finish(reprise.ReasonToolCalls)
	free.Cost = nil
	unpriced := []reprise.Event{reprise.PartDone{Part: call("1", "add", "{}")}, free}
	for _, tt := range []struct {
		agent agent.Agent
		turns int
		err   bool
		cost  *reprise.USD
	}{
		{agent.Agent{Limits: agent.Limits{Cost: 100}}, 1, true, nil},
		{agent.Agent{Limits: agent.Limits{TurnCost: 100}}, 1, true, nil},
		{agent.Agent{Stop: agent.Stop{Cost: 100}}, 1, true, nil},
		{agent.Agent{Limits: agent.Limits{Tokens: 100}}, 2, false, nil},
		{agent.Agent{Limits: agent.Limits{Cost: 100}, Price: func(r *reprise.Response) (reprise.USD, bool) {
			return reprise.USD(r.Usage.Total()), true
		}}, 2, false, money(13 + 5)}, // the provider's word counts where there is one
		{agent.Agent{Limits: agent.Limits{Cost: 100}, Price: func(*reprise.Response) (reprise.USD, bool) { return 0, false }}, 1, true, nil},
	} {
		a := tt.agent
		a.Model, a.Tools = answers(unpriced, say("end")), []reprise.Tool{echo("add")}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if (err != nil) != tt.err || res.Turns != tt.turns {
			t.Errorf("%+v: got %d turns, error %v", tt.agent.Limits, res.Turns, err)
		}
		if err != nil && !strings.Contains(err.Error(), "Agent.Price") {
			t.Errorf("got error %v", err)
		}
		diff(t, "cost", tt.cost, res.Cost)
	}
}

func money(n reprise.USD) *reprise.USD { return &n }

// TestStopJSON: conditions can be in a configuration.
func TestStopJSON(t *testing.T) {
	want := agent.Stop{Turns: 3, Tokens: 5, Cost: 7, Time: time.Second, Tools: []string{"a"}}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got agent.Stop
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	diff(t, string(b), want, got)
}
