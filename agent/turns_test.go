package agent_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestBrokenAnswer: what was whole is in the result, what had arrived is
// partial, what was billed for it is counted, and no tool of the broken turn
// runs.
func TestBrokenAnswer(t *testing.T) {
	cause := &reprise.Error{Provider: "xai", Kind: reprise.KindCut, Err: errors.New("cut")}
	never := tool("never", func(context.Context, reprise.ToolCall) (string, error) {
		t.Error("a tool of a broken answer ran")
		return "", nil
	})
	first := calling(call("1", "add", "{}"))
	one := reprise.USD(5)
	for _, tt := range []struct {
		name    string
		second  []reprise.Event
		partial *reprise.Response
		want    string
	}{
		{"cut", []reprise.Event{reprise.PartDone{Part: text("so")}, reprise.PartDone{Index: 1, Part: call("2", "never", "{}")}, broken{err: cause}},
			&reprise.Response{Message: assistant(text("so"), call("2", "never", "{}"))}, "agent: turn 2: xai: cut"},
		{"at once", []reprise.Event{broken{err: cause}}, &reprise.Response{Message: assistant([]reprise.Part{}...)}, "agent: turn 2: xai: cut"},
		{"no finish", []reprise.Event{reprise.PartDone{Part: call("2", "never", "{}")}},
			&reprise.Response{Message: assistant(call("2", "never", "{}"))}, "agent: turn 2: the model's stream ended without a Finish event"},
		{"nothing yielded", []reprise.Event{reprise.TextDelta{Text: "so"}, nil},
			&reprise.Response{Message: assistant(text("so"))}, "agent: turn 2: the model's stream yielded neither an event nor an error"},
		{"error after finish", append(calling(call("2", "never", "{}")), broken{err: cause}),
			&reprise.Response{Message: assistant(call("2", "never", "{}")), Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 10, Output: 3}, Cost: &one},
			"agent: turn 2: xai: cut"},
		{"a result in the answer", done(reprise.ReasonStop, result("2", "never", "")),
			&reprise.Response{Message: assistant(result("2", "never", "")), Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 10, Output: 3}, Cost: &one},
			"agent: turn 2: the model's answer holds a tool result"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &agent.Agent{Model: answers(first, tt.second), Tools: []reprise.Tool{echo("add"), never}}
			res, err := a.Generate(t.Context(), reprise.Ask("go"))
			re := runError(t, err)
			if re.Result != res {
				t.Error("Generate does not return the error's result")
			}
			if err.Error() != tt.want {
				t.Errorf("got %q, want %q", err, tt.want)
			}
			if kind := reprise.KindOf(err); kind != reprise.KindCut && kind != reprise.KindBadResponse {
				t.Errorf("got an error of kind %q", kind)
			}
			diff(t, "partial", tt.partial, re.Partial)
			cost := one
			if re.Partial.Cost != nil {
				cost += *re.Partial.Cost
			}
			diff(t, "result", &agent.Result{
				History:  []reprise.Message{reprise.User("go"), assistant(call("1", "add", "{}")), results(result("1", "add", "{}"))},
				Response: &reprise.Response{Message: assistant(call("1", "add", "{}")), Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 10, Output: 3}, Cost: &one},
				Usage:    reprise.Usage{Input: 10, Output: 3}.Add(re.Partial.Usage), Cost: &cost, Turns: 1,
			}, res)

			a.Model = answers(first, say("well")) // a run goes on from there
			res, err = a.Generate(t.Context(), res.History)
			if err != nil || res.Text() != "well" || res.Turns != 1 {
				t.Errorf("the run went on to %q after %d turns, error %v", res.Text(), res.Turns, err)
			}
		})
	}
}

func TestMaxTurns(t *testing.T) {
	forever := reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		return stream(calling(call("1", "add", "{}")))
	})
	for _, tt := range []struct{ set, want int }{{0, 50}, {1, 1}, {3, 3}} {
		a := &agent.Agent{Model: forever, Tools: []reprise.Tool{echo("add")}, MaxTurns: tt.set}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		var limit *agent.MaxTurnsError
		if !errors.As(err, &limit) || limit.MaxTurns != tt.want {
			t.Errorf("MaxTurns %d: got error %v", tt.set, err)
		}
		if res.Turns != tt.want || len(res.History) != 1+2*tt.want || res.Usage.Input != int64(10*tt.want) {
			t.Errorf("MaxTurns %d: got %d turns, %d messages, %d tokens", tt.set, res.Turns, len(res.History), res.Usage.Input)
		}
	}
}

// TestDoneAlready: a conversation that is done is not asked on.
func TestDoneAlready(t *testing.T) {
	a := &agent.Agent{Model: answers()}
	history := []reprise.Message{reprise.User("go"), assistant(text("gone"))}
	events, err := gather(a.Run(t.Context(), history))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "events", []agent.Event{agent.Done{Result: &agent.Result{
		History: history, Response: &reprise.Response{Message: assistant(text("gone"))}}}}, events)
}

func TestFinishReasons(t *testing.T) {
	for _, reason := range []reprise.FinishReason{reprise.ReasonStop, reprise.ReasonLength, reprise.ReasonContentFilter,
		reprise.ReasonRefusal, reprise.ReasonOther, reprise.ReasonToolCalls} {
		a := &agent.Agent{Model: answers(done(reason, text("a")))}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil || res.Turns != 1 || res.Response.Reason != reason {
			t.Errorf("%s: got %d turns, reason %q, error %v", reason, res.Turns, res.Response.Reason, err)
		}
	}
}

// TestPause: an answer that is paused is gone on with.
func TestPause(t *testing.T) {
	a := &agent.Agent{Model: answers(done(reprise.ReasonPause, text("a")), done(reprise.ReasonPause, text("b")), say("c"))}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	one, two := assistant(text("a")), assistant(text("b"))
	one.Paused, two.Paused = true, true
	diff(t, "history", []reprise.Message{reprise.User("go"), one, two, assistant(text("c"))}, res.History)
}

// TestCost: the sum is known only if all of it is.
func TestCost(t *testing.T) {
	priced, free := finish(reprise.ReasonPause), finish(reprise.ReasonPause)
	free.Cost = nil
	five, fifteen := reprise.USD(5), reprise.USD(15)
	for _, tt := range []struct {
		turns []reprise.Event
		want  *reprise.USD
	}{
		{nil, &five},
		{[]reprise.Event{priced, priced}, &fifteen},
		{[]reprise.Event{free}, nil},
		{[]reprise.Event{free, priced}, nil},
		{[]reprise.Event{priced, free}, nil},
		{[]reprise.Event{priced, free, priced}, nil},
	} {
		var turns [][]reprise.Event
		for _, f := range tt.turns {
			turns = append(turns, []reprise.Event{f})
		}
		res, err := (&agent.Agent{Model: answers(append(turns, say("a"))...)}).Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "cost", tt.want, res.Cost)
	}
	diff(t, "a cost of the model's", reprise.USD(5), *priced.Cost)
}

// TestChoice: a choice that demands a call does so until it was made, or the
// run could never end.
func TestChoice(t *testing.T) {
	for _, tt := range []struct{ set, after reprise.ToolChoice }{
		{reprise.ToolChoice{Mode: reprise.ToolRequired}, reprise.ToolChoice{}},
		{reprise.ToolChoice{Name: "add"}, reprise.ToolChoice{}},
		{reprise.ToolChoice{Mode: reprise.ToolAuto}, reprise.ToolChoice{Mode: reprise.ToolAuto}},
	} {
		var got []reprise.ToolChoice
		model := answers(calling(call("1", "add", "{}")), say("a"), calling(call("1", "add", "{}")), say("b"))
		a := &agent.Agent{Tools: []reprise.Tool{echo("add")}, Settings: reprise.Request{Choice: tt.set}}
		a.Model = reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			got = append(got, req.Choice)
			return model(ctx, req)
		})
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err == nil {
			_, err = a.Generate(t.Context(), append(res.History, reprise.User("again")))
		}
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "choices", []reprise.ToolChoice{tt.set, tt.after, tt.set, tt.after}, got)
	}
}

// TestIDs: calls get ids where they have none of their own.
func TestIDs(t *testing.T) {
	model := answers(
		calling(call("", "add", "{}"), text("and"), call("x", "add", "{}"), call("x", "add", "{}")),
		calling(call("call_2_1", "add", "{}"), call("", "add", "{}"), call("call_2_1_", "add", "{}")),
		say("a"))
	a := &agent.Agent{Model: model, Tools: []reprise.Tool{echo("add")}}
	events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
	if err != nil {
		t.Fatal(err)
	}
	warning := reprise.Warning{Code: reprise.WarnData, Message: `two tool calls came with the id "x"; the second is now "call_1_2"`}
	if !slices.ContainsFunc(events, func(ev agent.Event) bool { return cmp.Equal(ev, agent.Event(warning)) }) {
		t.Error("no warning of the equal ids")
	}
	res := events[len(events)-1].(agent.Done).Result
	diff(t, "warnings", []reprise.Warning{warning}, res.Warnings)
	diff(t, "history", []reprise.Message{
		reprise.User("go"),
		assistant(call("call_1_0", "add", "{}"), text("and"), call("x", "add", "{}"), call("call_1_2", "add", "{}")),
		results(result("call_1_0", "add", "{}"), result("x", "add", "{}"), result("call_1_2", "add", "{}")),
		assistant(call("call_2_1", "add", "{}"), call("call_2_1__", "add", "{}"), call("call_2_1_", "add", "{}")),
		results(result("call_2_1", "add", "{}"), result("call_2_1__", "add", "{}"), result("call_2_1_", "add", "{}")),
		assistant(text("a")),
	}, res.History)
}

// TestResume: of the calls of the last answer those without a result run, and
// all results come into one message, in call order.
func TestResume(t *testing.T) {
	c1, c2, c3 := call("1", "once", `{"n":1}`), call("2", "add", `{"n":2}`), call("3", "once", `{"n":3}`)
	once := tool("once", func(context.Context, reprise.ToolCall) (string, error) {
		t.Error("a call with a result ran again")
		return "", nil
	})
	a := &agent.Agent{Model: answers(nil, say("end")), Tools: []reprise.Tool{once, echo("add")}}
	r1, r2, r3 := result("1", "once", "x"), result("2", "add", `{"n":2}`), result("3", "once", "z")
	for _, tail := range [][]reprise.Message{
		{results(r3, r1)},
		{results(r3), results(r1)},
		{results(r1, r3)},
	} {
		res, err := a.Generate(t.Context(), append([]reprise.Message{reprise.User("go"), assistant(c1, c2, c3)}, tail...))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "history", []reprise.Message{reprise.User("go"), assistant(c1, c2, c3), results(r1, r2, r3), assistant(text("end"))}, res.History)
	}
	history := []reprise.Message{reprise.User("go"), assistant(c1, c2), results(r1, reprise.CachePoint{TTL: "1h"})}
	res, err := a.Generate(t.Context(), history)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "history", []reprise.Message{reprise.User("go"), assistant(c1, c2), results(r1, r2, reprise.CachePoint{TTL: "1h"}), assistant(text("end"))}, res.History)
	diff(t, "the caller's history", []reprise.Message{reprise.User("go"), assistant(c1, c2), results(r1, reprise.CachePoint{TTL: "1h"})}, history)
}
