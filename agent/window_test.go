package agent_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// counter is a model whose provider counts tokens.
type counter struct {
	reprise.Model
	n   int64
	err error
}

func (c counter) CountTokens(context.Context, *reprise.Request) (int64, error) { return c.n, c.err }

func TestCountTokens(t *testing.T) {
	req := &reprise.Request{
		System: reprise.Parts{text("12345678")}, Tools: []reprise.ToolSpec{{Name: "abcd", Description: "abcd", Schema: []byte(`{"a":1}`)}},
		Messages: []reprise.Message{reprise.User("1234", reprise.Media{Data: make([]byte, 9999)}), assistant(reprise.Reasoning{Text: "1"}, call("1234", "abcd", "{}")),
			results(result("1234", "abcd", "12345")), message(reprise.RoleUser, reprise.CachePoint{}, reprise.Opaque{Data: []byte("12345678")})},
		Output: &reprise.Schema{JSON: []byte("1234")},
	}
	// system 2; tool 4+4; messages 4+1+1500, 4+1+3, 4+1+2, 4+2; output 1
	want := agent.TokenCount{Tokens: 1537, Estimated: true}
	got, err := agent.CountTokens(t.Context(), answers(), req)
	if err != nil || got != want {
		t.Errorf("got %+v, error %v, want %+v", got, err, want)
	}
	down := errors.New("down")
	got, err = agent.CountTokens(t.Context(), wrapper{counter{n: 7, err: down}}, req)
	if err != down || got != (agent.TokenCount{Tokens: 7}) {
		t.Errorf("got %+v, error %v", got, err)
	}
}

type wrapper struct{ reprise.Model }

func (w wrapper) Unwrap() reprise.Model { return w.Model }

// long is a conversation of n turns of a call each, and a question.
func long(n, size int) []reprise.Message {
	history := reprise.Ask("begin")
	for i := range n {
		id := fmt.Sprint(i)
		history = append(history, assistant(call(id, "add", "{}")), results(result(id, "add", strings.Repeat("x", size))))
	}
	return append(history, assistant(text("well")), reprise.User("question"))
}

// TestDropResults: old results lose their content first, and nothing else
// changes.
func TestDropResults(t *testing.T) {
	history := long(6, 4000)
	var asked []*reprise.Request
	a := &agent.Agent{Model: seen(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] { return stream(say("end")) }, &asked),
		Window: &agent.Window{Tokens: 4000}}
	events, err := gather(a.Run(t.Context(), history))
	if err != nil {
		t.Fatal(err)
	}
	c, ok := events[0].(agent.Compacted)
	if !ok || c.Dropped != 4 || c.Summary != nil || !c.Before.Estimated || !c.After.Estimated {
		t.Fatalf("got %+v", events[0])
	}
	if c.Before.Tokens != agent.EstimateTokens(&reprise.Request{Messages: history}) || c.After.Tokens != agent.EstimateTokens(&reprise.Request{Messages: c.History}) {
		t.Errorf("got %+v before, %+v after", c.Before, c.After)
	}
	want := long(6, 4000)
	for i := range 4 {
		want[2+2*i] = results(result(fmt.Sprint(i), "add", "[the result was dropped to save room; call the tool again if it is needed]"))
	}
	diff(t, "history", want, c.History)
	diff(t, "asked", want, asked[0].Messages)
	diff(t, "the caller's history", long(6, 4000), history)
	res := events[len(events)-1].(agent.Done).Result
	diff(t, "result", append(want, assistant(text("end"))), res.History)
}

// TestSummary: what is still too long is summarised, but for the last turns;
// what that took counts.
func TestSummary(t *testing.T) {
	var asked []*reprise.Request
	summarizer := seen(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
		return stream(say("it was long"))
	}, &asked)
	history := long(6, 4000)
	a := &agent.Agent{Model: reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] { return stream(say("end")) }),
		Window: &agent.Window{Tokens: 1100, Keep: 2, Summarizer: summarizer, Instruction: "be brief"}}
	events, err := gather(a.Run(t.Context(), history))
	if err != nil {
		t.Fatal(err)
	}
	c := events[0].(agent.Compacted)
	head := "This is a summary of the conversation so far:\n\nit was long"
	want := append([]reprise.Message{reprise.User(head)}, history[11:]...)
	diff(t, "history", want, c.History)
	if c.Summary == nil || c.Dropped != 0 || len(asked) != 1 || asked[0].System.Text() != "be brief" || asked[0].Tools != nil {
		t.Errorf("got %+v, asked %+v", c, asked)
	}
	told := asked[0].Messages[0].Text()
	if !strings.HasPrefix(told, "user: begin\nassistant calls add {}\nresult of add: xxxx") || strings.Contains(told, "question") {
		t.Errorf("asked for a summary of %.200s", told)
	}
	res := events[len(events)-1].(agent.Done).Result
	if res.Usage.Input != 20 || *res.Cost != 10 || res.Turns != 1 {
		t.Errorf("got usage %+v, cost %v, %d turns", res.Usage, res.Cost, res.Turns)
	}
}

// TestCompactTwice: a long run is made shorter as often as it must be, and
// each prompt is whole and no longer than it may be.
func TestCompactTwice(t *testing.T) {
	turns, compacted, checked := 0, 0, 0
	a := &agent.Agent{
		Prepare: func(context.Context, *agent.Turn) error { return nil },
		Guards: []agent.Guard{{First: true, Input: func(_ context.Context, messages []reprise.Message) error {
			checked += len(messages)
			return nil
		}}},
		Tools:  []reprise.Tool{tool("add", func(context.Context, reprise.ToolCall) (string, error) { return strings.Repeat("x", 400), nil })},
		Window: &agent.Window{Tokens: 600, Keep: 1},
		Model: reprise.ModelFunc(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			if strings.HasPrefix(req.System.Text(), "Summarize") {
				return stream(say("short"))
			}
			if n := agent.EstimateTokens(req); n > 700 {
				t.Errorf("turn %d has %d tokens", turns, n)
			}
			if next, err := agent.NextOf(req.Messages); err != nil || next.Step != agent.StepAsk {
				t.Errorf("turn %d: the prompt is not whole: %v, %v", turns, next, err)
			}
			if turns++; turns == 40 {
				return stream(say("end"))
			}
			n := agent.EstimateTokens(req)
			fin := finish(reprise.ReasonToolCalls)
			fin.Usage = reprise.Usage{Input: n, Output: 10}
			return stream([]reprise.Event{reprise.PartDone{Part: call(fmt.Sprint(turns), "add", `{"a":"`+strings.Repeat("y", 100)+`"}`)}, fin})
		}),
	}
	told := reprise.Ask("go")
	for ev, err := range a.Run(t.Context(), told) {
		if err != nil {
			t.Fatal(err)
		}
		switch ev := ev.(type) {
		case agent.Compacted:
			compacted++
			told = ev.History
			if ev.After.Tokens >= ev.Before.Tokens {
				t.Errorf("%+v before, %+v after", ev.Before, ev.After)
			}
		case agent.MessageDone:
			told = append(told[:len(told):len(told)], ev.Message)
		case agent.Done:
			diff(t, "told", told, ev.Result.History)
			if ev.Result.Turns != 40 || ev.Result.Warnings != nil || checked < 20 {
				t.Errorf("%d turns, %d messages checked, warnings %v", ev.Result.Turns, checked, ev.Result.Warnings)
			}
		}
	}
	if compacted < 5 {
		t.Errorf("the history was made shorter %d times", compacted)
	}
}

// TestCompactNever: what cannot be made shorter is sent as it is, and what is
// short enough is not touched.
func TestCompactNever(t *testing.T) {
	for name, tt := range map[string]struct {
		history []reprise.Message
		window  agent.Window
	}{
		"one long question": {reprise.Ask(strings.Repeat("x", 9999)), agent.Window{Tokens: 10}},
		"all is recent":     {long(2, 4000), agent.Window{Tokens: 10, Keep: 9}},
		"short enough":      {long(6, 4000), agent.Window{Tokens: 7000}},
		"no limit":          {long(6, 4000), agent.Window{}},
	} {
		var asked []*reprise.Request
		a := &agent.Agent{Window: &tt.window, Model: seen(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] { return stream(say("end")) }, &asked)}
		if _, err := a.Generate(t.Context(), tt.history); err != nil {
			t.Fatal(err)
		}
		diff(t, name, tt.history, asked[0].Messages)
	}
}

// TestCompactErrors: a run does not go on with a summary that is none, and a
// wrong window is told.
func TestCompactErrors(t *testing.T) {
	for _, tt := range []struct {
		window agent.Window
		want   string
	}{
		{agent.Window{Tokens: 10, Summarizer: answers(say(" "))}, "agent: turn 1: the summary of the conversation is empty"},
		{agent.Window{Tokens: 10, Summarizer: answers()}, "agent: turn 1: the summary of the conversation: the fake has no more answers"},
		{agent.Window{Tokens: -1}, "agent: Window.Tokens is -1"},
		{agent.Window{Keep: -1}, "agent: Window.Keep is -1"},
		{agent.Window{MaxResult: -1}, "agent: Window.MaxResult is -1"},
	} {
		a := &agent.Agent{Model: answers(say("end")), Window: &tt.window}
		res, err := a.Generate(t.Context(), long(6, 4000))
		if err == nil || err.Error() != tt.want {
			t.Errorf("got error %v, want %s", err, tt.want)
		}
		diff(t, "history", long(6, 4000), res.History)
	}
	down := errors.New("down")
	a := &agent.Agent{Model: counter{Model: answers(say("end")), err: down}, Window: &agent.Window{Tokens: 10}}
	if _, err := a.Generate(t.Context(), reprise.Ask("go")); !errors.Is(err, down) {
		t.Errorf("got error %v", err)
	}
}

// TestSummaryHandoff: who answers can be told from a history that was made
// shorter, too.
func TestSummaryHandoff(t *testing.T) {
	top, mid := &agent.Agent{}, &agent.Agent{}
	var asked []string
	as := func(name string) reprise.ModelFunc {
		return func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
			asked = append(asked, name)
			return stream(say("it was long"))
		}
	}
	end := &agent.Agent{Model: as("end")}
	*mid = agent.Agent{Model: as("mid"), Tools: []reprise.Tool{&agent.Handoff{Name: "up", To: top}, &agent.Handoff{Name: "to_end", To: end}}}
	*top = agent.Agent{Model: as("top"), Tools: []reprise.Tool{&agent.Handoff{Name: "to_mid", To: mid}},
		Window: &agent.Window{Tokens: 500, Keep: 1, Summarizer: as("summary")}}
	hop := func(id, name string) []reprise.Message {
		return []reprise.Message{assistant(call(id, name, ""), call("x", "read", "")), results(result(id, name, "Handed off.")), results(result("x", "read", strings.Repeat("x", 999)))}
	}
	history := reprise.Ask(strings.Repeat("x", 3000))
	for _, name := range []string{"to_mid", "up", "to_mid", "to_end"} {
		history = append(history, hop(fmt.Sprint(len(history)), name)...)
	}
	history = append(history, assistant(text("well")), reprise.User("question"))
	res, err := top.Generate(t.Context(), history)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.History) != 1+3+3+3 || len(res.History[1].Calls()) != 2 || res.History[1].Calls()[0].Name != "to_mid" {
		t.Errorf("got %d messages: %+v", len(res.History), res.History)
	}
	if _, err := top.Generate(t.Context(), append(res.History, reprise.User("again"))); err != nil {
		t.Fatal(err)
	}
	diff(t, "asked", []string{"summary", "end", "end"}, asked[:3])
}

// TestTail: what the user said before the answers that are kept is kept, and
// a paused answer is not parted from what goes on with it.
func TestTail(t *testing.T) {
	paused := assistant(text("p"))
	paused.Paused = true
	for name, history := range map[string][]reprise.Message{
		"a question": {reprise.User(strings.Repeat("x", 3000)), assistant(text("a")), reprise.User("q"), assistant(text("b")), reprise.User("r")},
		"a pause":    {reprise.User(strings.Repeat("x", 3000)), assistant(text("a")), reprise.User("q"), paused, assistant(text("b")), reprise.User("r")},
		"results":    {reprise.User(strings.Repeat("x", 3000)), assistant(text("a")), assistant(call("1", "t", "")), results(result("1", "t", ""))},
	} {
		a := &agent.Agent{Model: reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] { return stream(say("s")) }),
			Window: &agent.Window{Tokens: 100, Keep: 1}}
		res, err := a.Generate(t.Context(), history)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, name, history[2:], res.History[1:len(res.History)-1])
	}
}
