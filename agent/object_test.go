package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

type sum struct {
	Sum  int    `json:"sum"`
	Note string `json:"note"`
}

const (
	addArgs   = `{"a":2,"b":3}`
	fiveJSON  = `{"sum":5,"note":"odd"}`
	sumSchema = `{"type":"object","properties":{"sum":{"type":"integer"},"note":{"type":"string"}},"required":["sum","note"],"additionalProperties":false}`
)

var five = sum{5, "odd"}

// pieces is an answer of one text, in pieces.
func pieces(of ...string) []reprise.Event {
	var out []reprise.Event
	for _, s := range of {
		out = append(out, reprise.TextDelta{Text: s})
	}
	return append(out, reprise.PartDone{Part: text(strings.Join(of, ""))}, finish(reprise.ReasonStop))
}

// noting is a model that notes what it is asked, without the messages.
func noting(reqs *[]reprise.Request, m reprise.ModelFunc) reprise.ModelFunc {
	return func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		own := *req
		own.Messages = nil
		*reqs = append(*reqs, own)
		return m(ctx, req)
	}
}

// TestRunAs: in each mode the tools run, and the last answer is the value. It
// comes in pieces, among the events of the run.
func TestRunAs(t *testing.T) {
	adder := reprise.Func("add", "", add)
	spec := adder.Spec()
	output := reprise.ToolSpec{Name: "output", Description: "Give the answer", Schema: json.RawMessage(sumSchema), Strict: true}
	byCall := []reprise.Event{
		reprise.ArgsDelta{ID: "9", Name: "output", Args: `{"sum":5,"no`}, reprise.ArgsDelta{ID: "9", Name: "output", Args: `te":"odd"}`},
		reprise.PartDone{Part: call("9", "output", fiveJSON)}, finish(reprise.ReasonToolCalls),
	}
	byText := pieces(`{"sum":5,"no`, `te":"odd"}`)
	for _, tt := range []struct {
		mode reprise.OutputMode
		last []reprise.Event
		want reprise.Request
	}{
		{"", byText, reprise.Request{Tools: []reprise.ToolSpec{spec}, Output: &reprise.Schema{Name: "output", JSON: json.RawMessage(sumSchema), Strict: true}}},
		{reprise.OutputTool, byCall, reprise.Request{Tools: []reprise.ToolSpec{spec, output}, Choice: reprise.ToolChoice{Mode: reprise.ToolRequired}}},
		{reprise.OutputText, byText, reprise.Request{Tools: []reprise.ToolSpec{spec}, System: reprise.Parts{text(
			"Call tools as you need them. When you are done with them, answer with one JSON object and nothing else: no code fence, " +
				"no words before or after it. It must be valid by this JSON Schema:\n" + sumSchema)}}},
	} {
		var reqs []reprise.Request
		m := noting(&reqs, answers(calling(call("1", "add", addArgs)), tt.last))
		o := &agent.Object[sum]{Agent: &agent.Agent{Model: m, Tools: []reprise.Tool{adder}}, Mode: tt.mode}
		events, err := gather(o.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "requests", []reprise.Request{tt.want, tt.want}, reqs)
		var kinds []string
		var partials []reprise.Partial[sum]
		for _, ev := range events {
			kinds = append(kinds, strings.TrimPrefix(strings.TrimPrefix(fmt.Sprintf("%T", ev), "agent."), "reprise."))
			if p, ok := ev.(reprise.Partial[sum]); ok {
				partials = append(partials, p)
			}
		}
		const partial = "Partial[github.com/repriselabs/reprise/agent_test.sum]"
		diff(t, "events", []string{"TurnStart", "PartDone", "Finish", "MessageDone", "ToolStart", "ToolDone", "MessageDone",
			"TurnStart", "TextDelta", partial, "TextDelta", partial, "PartDone", "Finish", "MessageDone", partial, "Done"}, kinds)
		diff(t, "partials", []reprise.Partial[sum]{{Value: sum{Sum: 5}, Try: 2}, {Value: five, Try: 2}, {Value: five, Try: 2, Done: true}}, partials)
		res := events[len(events)-1].(agent.Done).Result
		diff(t, "history", append(reprise.Ask("go"), assistant(call("1", "add", addArgs)), results(result("1", "add", "5")), assistant(text(fiveJSON))), res.History)
		if res.Response.Reason != reprise.ReasonStop || res.Usage.Input != 20 || *res.Cost != 10 || res.End != agent.EndDone {
			t.Errorf("%q: ended by %s, %q, %d tokens, cost %v", tt.mode, res.Response.Reason, res.End, res.Usage.Input, *res.Cost)
		}
	}
}

// TestRunAsRepair: a wrong value goes back to the model, a few times; what was
// done until then is not lost.
func TestRunAsRepair(t *testing.T) {
	const wrong, bad = `{"sum":"5","note":"odd"}`, "That is not valid: validating root: validating /properties/sum: type: 5 has type \"string\", want \"integer\". Give the whole answer again, put right."
	a := &agent.Agent{Tools: []reprise.Tool{reprise.Func("add", "", add)}}
	a.Settings.Choice = reprise.ToolChoice{Mode: reprise.ToolRequired} // for the first turn only
	var reqs []reprise.Request
	a.Model = noting(&reqs, answers(say(wrong), calling(call("1", "add", addArgs)), say(fiveJSON)))
	got, res, err := agent.GenerateAs[sum](t.Context(), a, reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "value", five, got)
	diff(t, "history", append(reprise.Ask("go"), assistant(text(wrong)), reprise.User(bad), assistant(call("1", "add", addArgs)),
		results(result("1", "add", "5")), assistant(text(fiveJSON))), res.History)
	if reqs[0].Choice.Mode != reprise.ToolRequired || reqs[1].Choice != (reprise.ToolChoice{}) || len(res.Warnings) != 1 || res.Warnings[0].Code != reprise.WarnOutput {
		t.Errorf("choices %+v, %+v, warnings %v", reqs[0].Choice, reqs[1].Choice, res.Warnings)
	}

	for _, tt := range []struct {
		name  string
		turns [][]reprise.Event
		tries int
		want  string
		asked int
	}{
		{"too often", [][]reprise.Event{say(wrong), say(wrong), say(fiveJSON)}, 2, "agent: turn 2: after 2 tries the answer is not what was asked for: validating", 2},
		{"as often as by default", [][]reprise.Event{say("x"), say("y"), say("z"), say(fiveJSON)}, 0, `agent: turn 3: after 3 tries the answer is not what was asked for: want a JSON object, got "z"`, 3},
		{"cut off", [][]reprise.Event{done(reprise.ReasonLength, text(`{"sum"`)), say(fiveJSON)}, 0, "agent: turn 1: the answer is not what was asked for: it was cut off at a token limit", 1},
		{"wrong use", nil, -1, "agent: turn 1: Object.Tries is -1", 0},
	} {
		o := &agent.Object[sum]{Agent: &agent.Agent{Model: answers(tt.turns...)}, Tries: tt.tries}
		_, res, err := o.Generate(t.Context(), reprise.Ask("go"))
		re := runError(t, err)
		if !strings.HasPrefix(re.Error(), tt.want) || res != re.Result || res.Turns != tt.asked || res.Usage.Input != int64(10*tt.asked) {
			t.Errorf("%s: got %v after %d turns, %d tokens", tt.name, err, res.Turns, res.Usage.Input)
		}
		if oe := new(reprise.OutputError); errors.As(err, &oe) != (tt.asked > 0) || oe.Tries != tt.asked || oe.Usage != res.Usage {
			t.Errorf("%s: got %+v", tt.name, oe)
		}
		if next, err := agent.NextOf(res.History); err != nil || tt.asked > 0 && next.Step != agent.StepDone {
			t.Errorf("%s: next is %v, %v", tt.name, next, err)
		}
	}
	a = &agent.Agent{Model: answers(say(wrong), say(wrong)), MaxTurns: 1}
	_, _, err = agent.GenerateAs[sum](t.Context(), a, reprise.Ask("go"))
	if m := new(agent.MaxTurnsError); !errors.As(err, &m) {
		t.Errorf("got error %v, want a MaxTurnsError", err)
	}
}

// TestRunAsResumes: the value comes from any history, after an approval, and
// from a message that was sent; a run that ends before it says so.
func TestRunAsResumes(t *testing.T) {
	pay := with(reprise.Func("add", "", add), reprise.Policy{Ask: reprise.AskAlways})
	o := &agent.Object[sum]{Agent: &agent.Agent{Model: answers(calling(call("1", "add", addArgs)), say(fiveJSON)), Tools: []reprise.Tool{pay}}}
	got, res, err := o.Generate(t.Context(), reprise.Ask("go"))
	if !errors.Is(err, agent.ErrNoValue) || err.Error() != "the run ended without a value: approval" || got != (sum{}) || len(res.Pending) != 1 {
		t.Fatalf("got %v, %d pending, error %v", got, len(res.Pending), err)
	}
	s := new(agent.Session)
	s.Add(res)
	got, res, err = agent.CollectAs[sum](o.Resume(t.Context(), s, res.Pending[0].Allow()))
	diff(t, "value", five, got)
	if err != nil {
		t.Fatal(err)
	}
	got, again, err := o.Generate(t.Context(), res.History) // is done already
	diff(t, "value", five, got)
	if err != nil || again.Turns != 0 {
		t.Errorf("%d turns, error %v", again.Turns, err)
	}

	c := new(agent.Control)
	a := &agent.Agent{Model: answers(say(fiveJSON), say(`{"sum":6,"note":"even"}`)), Control: c}
	for ev, err := range agent.RunAs[sum](t.Context(), a, reprise.Ask("go")) {
		if err != nil {
			t.Fatal(err)
		}
		switch ev := ev.(type) {
		case agent.TurnStart:
			if ev.Turn == 1 {
				c.Send("One more.")
			}
		case reprise.Partial[sum]:
			got = ev.Value
			if ev.Done && ev.Try != 2 {
				t.Errorf("got the value %+v", ev)
			}
		}
	}
	diff(t, "value", sum{6, "even"}, got)
	_, res, err = agent.GenerateAs[sum](t.Context(), nil, reprise.Ask("go"))
	if err == nil || err.Error() != "agent: Agent.Model is not set" || len(res.History) != 1 {
		t.Errorf("got error %v", err)
	}
}

// TestRunAsByTool: the tool for the answer stands beside the others, and what
// is chosen still holds.
func TestRunAsByTool(t *testing.T) {
	o := &agent.Object[[]int]{Mode: reprise.OutputTool, Agent: &agent.Agent{Tools: []reprise.Tool{reprise.Func("add", "", add)}}}
	for _, tt := range []struct {
		choice, want reprise.ToolChoice
	}{
		{reprise.ToolChoice{}, reprise.ToolChoice{Mode: reprise.ToolRequired}},
		{reprise.ToolChoice{Mode: reprise.ToolAuto}, reprise.ToolChoice{Mode: reprise.ToolRequired}},
		{reprise.ToolChoice{Name: "add"}, reprise.ToolChoice{Name: "add"}},
		{reprise.ToolChoice{Mode: reprise.ToolNone}, reprise.ToolChoice{Name: "output"}},
	} {
		var reqs []reprise.Request
		o.Agent.Settings.Choice = tt.choice
		// The call beside another is no value yet: the model goes on.
		o.Agent.Model = noting(&reqs, answers(calling(call("1", "output", `{"value":[1]}`), call("2", "add", addArgs)),
			[]reprise.Event{reprise.PartDone{Part: call("3", "output", `{"value":[0]}`)}, reprise.Reset{},
				reprise.PartDone{Part: reprise.ToolCall{ID: "3", Name: "output", Args: `{"value":[1,2]}`, Echo: &reprise.Echo{Provider: "p"}}}, finish(reprise.ReasonToolCalls)}))
		got, res, err := o.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "value", []int{1, 2}, got)
		diff(t, "choice", tt.want, reqs[0].Choice)
		ran := res.History[2].Results()[0]
		if want := tt.choice.Mode == reprise.ToolNone; ran.IsError != want {
			t.Errorf("choice %+v: the result is %+v", tt.choice, ran)
		}
		diff(t, "answer", assistant(text(`{"value":[1]}`), call("2", "add", addArgs)), res.History[1])
		if len(res.Warnings) != 1 || res.Warnings[0].Code != reprise.WarnDropped {
			t.Errorf("warnings %v", res.Warnings)
		}
	}
	o.Agent = &agent.Agent{Model: answers(), Tools: []reprise.Tool{echo("output")}}
	_, _, err := o.Generate(t.Context(), reprise.Ask("go"))
	if reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), "set Request.Output.Name") {
		t.Errorf("got error %v", err)
	}
}

// moody is a model that wants its answers by a tool.
type moody struct{ reprise.ModelFunc }

func (moody) OutputMode(*reprise.Request) reprise.OutputMode { return reprise.OutputTool }

// TestRunAsHandoff: each agent is asked as its model wants it.
func TestRunAsHandoff(t *testing.T) {
	last := &agent.Agent{Model: moody{answers(nil, calling(call("2", "output", fiveJSON)))}}
	a := &agent.Agent{Model: answers(calling(call("1", "to_last", ""))), Tools: []reprise.Tool{&agent.Handoff{Name: "to_last", To: last}}}
	got, _, err := agent.GenerateAs[sum](t.Context(), a, reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "value", five, got)
}

// TestRandomObjects: whatever the answers are, and at whichever event the
// caller cancels or leaves, the history is whole, the sums add up, and the
// value comes once and last; resumed at any point, the run ends with the same.
func TestRandomObjects(t *testing.T) {
	seen := map[string]int{}
	few := seeds / 3
	for seed := range uint64(few) {
		for _, how := range []string{"cancel", "break"} {
			n := oneObject(t, seed, -1, "", seen)
			for at := range n {
				oneObject(t, seed, at, how, seen)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, what := range []string{"value", "repair", "wrong", "canceled", "tools"} {
		if seen[what] < few/2 {
			t.Errorf("chance made only %d of %q: this test shows little", seen[what], what)
		}
	}
}

func oneObject(t *testing.T, seed uint64, at int, how string, seen map[string]int) (n int) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := newWorld(t, seed, true)
		r := chance(seed, "object")
		a := w.agent()
		a.Model = reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			said := answered(req.Messages)
			if said < 1+int(seed%3) {
				return w.stream(ctx, req)
			}
			name, json := []string{"", "output"}[seed%2], []string{fiveJSON, `{"sum":`, `{}`}[chance(seed, fmt.Sprint("json ", said)).IntN(3)]
			if name == "" {
				return stream(pieces(json[:1], json[1:]))
			}
			return stream([]reprise.Event{reprise.ArgsDelta{Name: name, Args: json}, reprise.PartDone{Part: call("", name, json)}, finish(reprise.ReasonToolCalls)})
		})
		o := &agent.Object[sum]{Agent: a, Tries: 1 + r.IntN(3), Mode: []reprise.OutputMode{reprise.OutputSchema, reprise.OutputTool}[seed%2]}
		told := reprise.Ask("go")
		var usage int64
		var res *agent.Result
		var whole *reprise.Partial[sum]
		for ev, err := range o.Run(ctx, told) {
			if whole != nil && !cmp.Equal(fmt.Sprintf("%T", ev), "agent.Done") {
				t.Errorf("%T, %v after the value", ev, err)
			}
			if err != nil {
				res = runError(t, err).Result
				seen[map[bool]string{true: "canceled", false: "wrong"}[reprise.KindOf(err) == reprise.KindCanceled]]++
				continue
			}
			switch ev := ev.(type) {
			case agent.MessageDone:
				told = append(told, ev.Message)
				if ev.Message.Role == reprise.RoleUser {
					seen["repair"]++
				}
			case agent.ToolStart:
				seen["tools"]++
			case reprise.Finish:
				usage += ev.Usage.Total()
			case reprise.Partial[sum]:
				if ev.Done {
					whole = &ev
				}
			case agent.Done:
				res = ev.Result
				seen["value"]++
				diff(t, "value", reprise.Partial[sum]{Value: five, Try: whole.Try, Done: true}, *whole)
			}
			if n++; n-1 == at && how == "cancel" {
				cancel()
			}
			if n-1 == at && how == "break" {
				return
			}
		}
		diff(t, "history", told, res.History)
		checkResults(t, res.History)
		if next, err := agent.NextOf(res.History); err != nil || next.Step == agent.StepTools {
			t.Errorf("next is %v, %v", next, err)
		}
		if how == "" && usage != res.Usage.Total() {
			t.Errorf("got %d tokens, the answers had %d", res.Usage.Total(), usage)
		}
		for at := 1; how == "" && whole != nil && at <= len(res.History); at++ { // resumed anywhere, it ends the same
			v, again, err := o.Generate(t.Context(), res.History[:at])
			if err != nil {
				t.Fatalf("resumed at %d: %v", at, err)
			}
			diff(t, "resumed value", five, v)
			diff(t, "resumed history", res.History, again.History)
		}
	})
	return n
}
