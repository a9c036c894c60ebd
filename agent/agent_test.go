package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestRun shows the whole of a run: its events, its result, what the model
// was asked.
func TestRun(t *testing.T) {
	thought := reprise.Reasoning{Text: "both", Echo: &reprise.Echo{Provider: "xai", Data: json.RawMessage(`{"s":1}`)}}
	c1, c2 := call("1", "add", `{"a":2}`), call("2", "multiply", `{"a":3}`)
	warning := reprise.Warning{Code: reprise.WarnUsage, Message: "m"}
	first := append([]reprise.Event{reprise.ReasoningDelta{Text: "both"}, reprise.ArgsDelta{Part: 1, ID: "1", Name: "add", Args: "{"}},
		calling(thought, c1, c2)...)
	last := append([]reprise.Event{warning, reprise.TextDelta{Text: "no"}, reprise.Reset{Reason: "retry"}, reprise.TextDelta{Text: "yes"}},
		say("yes")...)
	model := answers(first, last)
	var asked []*reprise.Request
	temperature := 0.5
	a := &agent.Agent{
		Model: reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			asked = append(asked, req)
			return model(ctx, req)
		}),
		System:   "be brief",
		Tools:    []reprise.Tool{echo("add"), echo("multiply")},
		Settings: reprise.Request{Model: "m", Temperature: &temperature, MaxTokens: 9},
		Parallel: 1,
	}
	history := reprise.Ask("go")
	events, err := gather(a.Run(t.Context(), history))
	if err != nil {
		t.Fatal(err)
	}

	whole := []reprise.Message{
		reprise.User("go"),
		assistant(thought, c1, c2),
		results(result("1", "add", `{"a":2}`), result("2", "multiply", `{"a":3}`)),
		assistant(text("yes")),
	}
	cost, costs := reprise.USD(5), reprise.USD(10)
	var want []agent.Event
	put := func(evs ...agent.Event) { want = append(want, evs...) }
	put(agent.TurnStart{Turn: 1})
	for _, ev := range first {
		put(ev)
	}
	put(agent.MessageDone{Message: whole[1]},
		agent.ToolStart{Call: c1}, agent.ToolDone{Call: c1, Result: result("1", "add", `{"a":2}`)},
		agent.ToolStart{Call: c2}, agent.ToolDone{Call: c2, Result: result("2", "multiply", `{"a":3}`)},
		agent.MessageDone{Message: whole[2]},
		agent.TurnStart{Turn: 2})
	for _, ev := range last {
		put(ev)
	}
	put(agent.MessageDone{Message: whole[3]}, agent.Done{Result: &agent.Result{
		History: whole,
		Response: &reprise.Response{Message: whole[3], Reason: reprise.ReasonStop, Cost: &cost,
			Usage: reprise.Usage{Input: 10, Output: 3}, Warnings: []reprise.Warning{warning}},
		Usage: reprise.Usage{Input: 20, Output: 6}, Cost: &costs, Turns: 2, Warnings: []reprise.Warning{warning},
	}})
	for i, ev := range events { // real time
		if d, ok := ev.(agent.ToolDone); ok {
			d.Duration = 0
			events[i] = d
		}
	}
	diff(t, "events", want, events)
	diff(t, "the caller's history", reprise.Ask("go"), history)

	req := func(messages []reprise.Message) *reprise.Request {
		return &reprise.Request{Model: "m", Temperature: &temperature, MaxTokens: 9, System: reprise.Parts{text("be brief")},
			Tools: []reprise.ToolSpec{{Name: "add"}, {Name: "multiply"}}, Messages: messages}
	}
	diff(t, "requests", []*reprise.Request{req(whole[:1]), req(whole[:3])}, asked)
}

func TestConfiguration(t *testing.T) {
	model := answers(say("hi"))
	for _, tt := range []struct {
		agent agent.Agent
		want  string
	}{
		{agent.Agent{}, "agent: Agent.Model is not set"},
		{agent.Agent{Model: model, MaxTurns: -1}, "agent: Agent.MaxTurns is -1"},
		{agent.Agent{Model: model, Parallel: -2}, "agent: Agent.Parallel is -2"},
		{agent.Agent{Model: model, Limits: agent.Limits{Tokens: 1, Cost: -1}}, "agent: a field of Agent.Limits is less than zero: {Tokens:1 Cost:-0.000000000001 Time:0s TurnTokens:0 TurnCost:0 TurnTime:0s}"},
		{agent.Agent{Model: model, Stop: agent.Stop{Time: -1}}, "agent: Turns, Tokens, Cost or Time of Agent.Stop is less than zero"},
		{agent.Agent{Model: model, Tools: []reprise.Tool{with(echo("a"), reprise.Policy{Timeout: -1})}}, `agent: Agent.Tools: tool "a" has a timeout of -1ns`},
		{agent.Agent{Model: model, Tools: []reprise.Tool{echo("a"), nil}}, "agent: Agent.Tools[1] is nil"},
		{agent.Agent{Model: model, Tools: []reprise.Tool{echo(" ")}}, "agent: Agent.Tools[0] has no name"},
		{agent.Agent{Model: model, Tools: []reprise.Tool{echo("a"), echo("b"), echo("a")}}, `agent: Agent.Tools has two tools of the name "a"`},
		{agent.Agent{Model: model, System: "a", Settings: reprise.Request{System: reprise.Parts{text("b")}}},
			"agent: Agent.System and Agent.Settings.System are both set"},
		{agent.Agent{Model: model, Settings: reprise.Request{Messages: reprise.Ask("b")}},
			"agent: Agent.Settings.Messages is set; messages are Run's argument"},
		{agent.Agent{Model: model, Settings: reprise.Request{Tools: []reprise.ToolSpec{{}}}},
			"agent: Agent.Settings.Tools is set; tools belong in Agent.Tools"},
	} {
		events, err := gather(tt.agent.Run(t.Context(), reprise.Ask("go")))
		re := runError(t, err)
		if re.Error() != tt.want || reprise.KindOf(err) != reprise.KindInvalid || len(events) > 0 {
			t.Errorf("got %d events and %q of kind %q, want none and %q", len(events), re, reprise.KindOf(err), tt.want)
		}
		diff(t, "history", reprise.Ask("go"), re.Result.History)
	}
}

func TestMalformedHistory(t *testing.T) {
	a := agent.Agent{Model: answers(say("hi"))}
	history := []reprise.Message{results(result("1", "add", "x"))}
	events, err := gather(a.Run(t.Context(), history))
	re := runError(t, err)
	want := `agent: messages[0]: a result for the call "1", which is not in the answer before it`
	if err.Error() != want || len(events) > 0 {
		t.Errorf("got %d events and %v, want none and %s", len(events), err, want)
	}
	diff(t, "history", history, re.Result.History)
}

func TestSystemParts(t *testing.T) {
	system := reprise.Parts{text("be brief"), reprise.CachePoint{}}
	var got reprise.Parts
	a := agent.Agent{Settings: reprise.Request{System: system}}
	a.Model = reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		got = req.System
		return stream(say("hi"))
	})
	if _, err := a.Generate(t.Context(), reprise.Ask("go")); err != nil {
		t.Fatal(err)
	}
	diff(t, "system", system, got)
}

func TestSingleUse(t *testing.T) {
	run := (&agent.Agent{Model: answers(say("hi"))}).Run(t.Context(), reprise.Ask("go"))
	if _, err := agent.Collect(run); err != nil {
		t.Fatal(err)
	}
	res, err := agent.Collect(run)
	if err == nil || err.Error() != "agent: the sequence of a run can be ranged over once" {
		t.Errorf("got error %v", err)
	}
	diff(t, "history", reprise.Ask("go"), res.History)
}

// TestCallersSlices: what the caller gave is his; what he does to it later
// does not matter.
func TestCallersSlices(t *testing.T) {
	history := make([]reprise.Message, 1, 10)
	history[0] = reprise.User("go")
	a := &agent.Agent{Model: answers(calling(call("1", "add", "{}")), say("hi")), Tools: []reprise.Tool{echo("add")}}
	run := a.Run(t.Context(), history)
	history[0] = reprise.User("stop")
	res, err := agent.Collect(run)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "history", []reprise.Message{reprise.User("go"), assistant(call("1", "add", "{}")), results(result("1", "add", "{}")), assistant(text("hi"))}, res.History)
	diff(t, "the caller's array", make([]reprise.Message, 9), history[1:10])
}

// TestModelsSlices: a wrapper may append to the messages it was given.
func TestModelsSlices(t *testing.T) {
	var seen [][]reprise.Message
	model := answers(calling(call("1", "add", "{}")), calling(call("2", "add", "{}")), calling(call("3", "add", "{}")), say("hi"))
	a := &agent.Agent{Tools: []reprise.Tool{echo("add")}, Model: reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		seen = append(seen, append(req.Messages, reprise.User("mine")))
		return model(ctx, req)
	})}
	if _, err := a.Generate(t.Context(), reprise.Ask("go")); err != nil {
		t.Fatal(err)
	}
	for _, m := range seen {
		diff(t, "what the wrapper appended", reprise.User("mine"), m[len(m)-1])
	}
}

// TestCollect: a sequence that is not of Run still has a result or an error.
func TestCollect(t *testing.T) {
	odd := errors.New("odd")
	for _, tt := range []struct {
		run  iter.Seq2[agent.Event, error]
		want string
	}{
		{func(func(agent.Event, error) bool) {}, "the run ended without a Done event"},
		{func(yield func(agent.Event, error) bool) { yield(nil, odd) }, "odd"},
		{func(yield func(agent.Event, error) bool) { yield(nil, &agent.RunError{Err: odd}) }, "agent: odd"},
	} {
		res, err := agent.Collect(tt.run)
		if err == nil || err.Error() != tt.want || res == nil || res.Text() != "" {
			t.Errorf("got %v and error %v, want a result and %q", res, err, tt.want)
		}
	}
}
