package agent_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// team is an agent that asks two researchers at once, each of which asks a
// searcher. lanes gets the lane of each request to a model.
func team(lanes *[]string) *agent.Agent {
	var mu sync.Mutex
	noted := func(m reprise.ModelFunc) reprise.ModelFunc {
		return func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			mu.Lock()
			*lanes = append(*lanes, agent.Lane(ctx))
			mu.Unlock()
			return m(ctx, req)
		}
	}
	searcher := &agent.Agent{Model: noted(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		return stream(say("found " + req.Messages[0].Text()))
	})}
	researcher := &agent.Agent{
		Tools: []reprise.Tool{&agent.SubAgent{Name: "search", Agent: searcher}},
		Model: noted(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			if len(req.Messages) == 1 {
				return stream(calling(call("7", "search", fmt.Sprintf(`{"task":%q}`, req.Messages[0].Text()))))
			}
			return stream(say(req.Messages[2].Results()[0].Parts.Text()))
		}),
	}
	return &agent.Agent{
		Tools: []reprise.Tool{&agent.SubAgent{Name: "research", Description: "looks things up", Agent: researcher}},
		Model: noted(answers(calling(call("1", "research", `{"task":"cats"}`), call("2", "research", `{"task":"dogs"}`)), say("end"))),
	}
}

// TestSubAgent: agents run at once as tools; their events come with their
// paths, their requests are in lanes of their own, their tokens are counted.
func TestSubAgent(t *testing.T) {
	var lanes []string
	events, err := gather(team(&lanes).Run(t.Context(), reprise.Ask("go")))
	if err != nil {
		t.Fatal(err)
	}
	res := events[len(events)-1].(agent.Done).Result
	diff(t, "results", results(result("1", "research", "found cats"), result("2", "research", "found dogs")), res.History[2])
	slices.Sort(lanes)
	diff(t, "lanes", []string{"", "", "research:1", "research:1", "research:1/search:7", "research:2", "research:2", "research:2/search:7"}, lanes)
	if res.Usage.Input != 80 || *res.Cost != 40 || res.Turns != 2 {
		t.Errorf("got %d tokens, cost %v, %d turns, want those of 8 answers", res.Usage.Input, *res.Cost, res.Turns)
	}
	said := map[string]string{}
	var open []string
	for _, ev := range events {
		switch ev := ev.(type) {
		case agent.ToolStart:
			open = append(open, ev.Call.ID)
		case agent.ToolDone:
			open = slices.DeleteFunc(open, func(id string) bool { return id == ev.Call.ID })
		case agent.Nested:
			if _, twice := ev.Event.(agent.Nested); twice || !slices.Contains(open, strings.TrimPrefix(ev.Path, "research:")[:1]) {
				t.Errorf("got %+v while %v run", ev, open)
			}
			if d, ok := ev.Event.(agent.Done); ok {
				said[ev.Path] = d.Result.Text()
			}
		}
	}
	diff(t, "ends", map[string]string{"research:1": "found cats", "research:2": "found dogs",
		"research:1/search:7": "found cats", "research:2/search:7": "found dogs"}, said)
}

// TestSubAgentErrors: what goes wrong below is told to the model above, and
// what was spent until then counts.
func TestSubAgentErrors(t *testing.T) {
	ask := with(echo("pay"), reprise.Policy{Ask: reprise.AskAlways})
	for _, tt := range []struct {
		name  string
		below *agent.Agent
		args  string
		want  string
		input int64
	}{
		{"a model that breaks", &agent.Agent{Model: answers(calling(call("1", "x", "")), []reprise.Event{broken{err: errors.New("cut")}})}, `{"task":"t"}`, "agent: turn 2: cut", 30},
		{"no task", &agent.Agent{Model: answers(say("x"))}, `{"task":""}`, "the arguments of sub are not valid: the task is empty", 20},
		{"another task", &agent.Agent{Model: answers(say("x"))}, `{"task":1}`, "the arguments of sub are not valid: json: cannot unmarshal number into Go struct field .Task of type string", 20},
		{"no agent", nil, `{"task":"t"}`, "SubAgent.Agent of sub is not set", 20},
		{"a call to allow, signed below only", &agent.Agent{Model: answers(calling(call("1", "pay", ""))), Tools: []reprise.Tool{ask},
			Approval: agent.Approval{Secret: []byte("s")}}, `{"task":"t"}`, "not run: pay needs to be allowed, which cannot be asked for in sub", 30},
	} {
		a := &agent.Agent{Model: answers(calling(call("1", "sub", tt.args)), say("end")), Tools: []reprise.Tool{&agent.SubAgent{Name: "sub", Agent: tt.below}}}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, tt.name, results(failure("1", "sub", tt.want)), res.History[2])
		if res.Usage.Input != tt.input {
			t.Errorf("%s: %d tokens, want %d", tt.name, res.Usage.Input, tt.input)
		}
	}
}

// TestSubAgentCost: a cost that is not known below is not known above.
func TestSubAgentCost(t *testing.T) {
	free := finish(reprise.ReasonStop)
	free.Cost = nil
	for _, tt := range []struct {
		price func(*reprise.Response) (reprise.USD, bool)
		want  *reprise.USD
	}{{nil, nil}, {func(*reprise.Response) (reprise.USD, bool) { return 1, true }, money(6)}} {
		below := &agent.Agent{Model: answers([]reprise.Event{free})}
		a := &agent.Agent{Price: tt.price, Model: answers(nil, say("end")), Tools: []reprise.Tool{&agent.SubAgent{Name: "sub", Agent: below}}}
		res, err := a.Generate(t.Context(), []reprise.Message{reprise.User("go"), assistant(call("1", "sub", `{"task":"t"}`))})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "cost", tt.want, res.Cost)
	}
}

// TestSubAgentCancel: a cancel above stops all that is below.
func TestSubAgentCancel(t *testing.T) {
	for _, how := range []string{"cancel", "break"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			below := &agent.Agent{Model: reprise.ModelFunc(forever), Tools: []reprise.Tool{echo("add")}}
			a := &agent.Agent{Model: answers(calling(call("1", "sub", `{"task":"t"}`), call("2", "sub", `{"task":"t"}`)), say("end")),
				Tools: []reprise.Tool{&agent.SubAgent{Name: "sub", Agent: below}}}
			n := 0
			var err error
			for ev, e := range a.Run(ctx, reprise.Ask("go")) {
				err = e
				if _, ok := ev.(agent.Nested); ok {
					n++
				}
				if n == 20 && how == "break" {
					break
				}
				if n == 20 {
					cancel()
				}
			}
			if how == "cancel" && (reprise.KindOf(err) != reprise.KindCanceled || n > 60) {
				t.Errorf("%d nested events, error %v", n, err)
			}
			if how == "cancel" {
				checkResults(t, runError(t, err).Result.History)
			}
		})
	}
}

// TestSubAgentJournal: after a crash, an agent below goes on where it was.
func TestSubAgentJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := map[string]int{}
		work := tool("work", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			ran[c.Args]++
			time.Sleep(time.Second)
			return "done", ctx.Err()
		})
		below := &agent.Agent{Tools: []reprise.Tool{work}, Model: answers(calling(call("1", "work", `{"n":1}`)), calling(call("2", "work", `{"n":2}`)), say("well"))}
		j := new(journal)
		a := &agent.Agent{Journal: j, Model: answers(calling(call("1", "sub", `{"task":"t"}`)), say("end")), Tools: []reprise.Tool{&agent.SubAgent{Name: "sub", Agent: below}}}
		for ev := range a.Run(t.Context(), reprise.Ask("go")) {
			if n, ok := ev.(agent.Nested); ok {
				if _, ok := n.Event.(agent.ToolDone); ok {
					break // the first has ended, the second has not begun
				}
			}
		}
		diff(t, "ran before the crash", map[string]int{`{"n":1}`: 1}, ran)
		a.Journal = j.again()
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil || res.Text() != "end" {
			t.Fatal(err)
		}
		diff(t, "ran", map[string]int{`{"n":1}`: 1, `{"n":2}`: 1}, ran)
		if _, ok := j.entries[`sub:1|work{"n":1}`]; !ok {
			t.Errorf("the journal has %v, and not the lane of the agent below", j.entries)
		}
	})
}

// TestSubAgentAlone: a program may call the tool itself.
func TestSubAgentAlone(t *testing.T) {
	sub := &agent.SubAgent{Name: "sub", Agent: &agent.Agent{Model: answers(say("hi"))}}
	res, err := sub.Call(t.Context(), call("1", "sub", `{"task":"t"}`))
	if err != nil || res.Parts.Text() != "hi" {
		t.Errorf("got %+v, error %v", res, err)
	}
}

// TestHandoff: another agent answers, with what is its own, and a run that
// goes on from any point of the history knows who it is.
func TestHandoff(t *testing.T) {
	var asked []string
	as := func(name string, m reprise.ModelFunc) reprise.ModelFunc {
		return func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			asked = append(asked, fmt.Sprint(name, " ", req.System.Text(), " ", len(req.Tools)))
			return m(ctx, req)
		}
	}
	triage := &agent.Agent{System: "sort"}
	billing := &agent.Agent{System: "bill", Model: as("billing", answers(nil, calling(call("2", "refund", "{}")), calling(call("3", "back", "{}")))),
		Tools: []reprise.Tool{echo("refund"), &agent.Handoff{Name: "back", To: triage}}}
	triage.Model = as("triage", answers(calling(call("1", "to_billing", ""), call("x", "to_nobody", "")), nil, nil, say("bye")))
	nobody := &agent.Agent{Model: answers()}
	triage.Tools = []reprise.Tool{&agent.Handoff{Name: "to_billing", To: billing}, &agent.Handoff{Name: "to_nobody", To: nobody}, echo("other")}

	events, err := gather(triage.Run(t.Context(), reprise.Ask("go")))
	if err != nil {
		t.Fatal(err)
	}
	whole := events[len(events)-1].(agent.Done).Result.History
	want := []string{"triage sort 3", "billing bill 2", "billing bill 2", "triage sort 3"}
	diff(t, "asked", want, asked)
	var handed []string
	var warned int
	for _, ev := range events {
		switch ev := ev.(type) {
		case agent.HandedOff:
			handed = append(handed, ev.By)
		case reprise.Warning:
			warned++
		}
	}
	diff(t, "handed", []string{"to_billing", "back"}, handed)
	if warned != 2 {
		t.Errorf("%d warnings of a prompt that begins otherwise, want 2", warned)
	}
	for n := 1; n < len(whole); n++ {
		asked = nil
		res, err := triage.Generate(t.Context(), whole[:n])
		if err != nil {
			t.Fatal(err)
		}
		diff(t, fmt.Sprint("resumed after ", n), whole, res.History)
		diff(t, fmt.Sprint("asked after ", n), want[answered(whole[:n]):], asked)
	}
	res, err := (&agent.Agent{Model: answers(calling(call("1", "h", "")), say("end")), Tools: []reprise.Tool{&agent.Handoff{Name: "h"}}}).Generate(t.Context(), reprise.Ask("go"))
	if err != nil || !res.History[2].Results()[0].IsError {
		t.Errorf("a handoff to nobody gave %+v, error %v", res.History, err)
	}
}

func answered(history []reprise.Message) (n int) {
	for _, m := range history {
		if m.Role == reprise.RoleAssistant {
			n++
		}
	}
	return n
}

// TestHandoffGuarded: what an agent is asked and checked for by itself it is
// also where the conversation was handed to it.
func TestHandoffGuarded(t *testing.T) {
	ran := 0
	pay := tool("pay", func(context.Context, reprise.ToolCall) (string, error) { ran++; return "", nil })
	billing := &agent.Agent{Model: answers(nil, calling(call("2", "pay", `{}`)), say("end")), Tools: []reprise.Tool{pay}, Approval: agent.Approval{Ask: agent.AskFor("pay")}}
	a := &agent.Agent{Model: answers(calling(call("1", "bill", ""))), Tools: []reprise.Tool{&agent.Handoff{Name: "bill", To: billing}}}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil || res.End != agent.EndApproval || ran != 0 {
		t.Fatalf("end %q, ran %d, error %v", res.End, ran, err)
	}
	bad := errors.New("bad")
	billing.Guards = []agent.Guard{{Call: func(context.Context, reprise.ToolCall) error { return bad }}}
	res, err = agent.Collect(a.Resume(t.Context(), &agent.Session{History: res.History}, res.Pending[0].Allow()))
	if err != nil || ran != 0 || res.Text() != "end" {
		t.Errorf("got %q, ran %d, error %v", res.Text(), ran, err)
	}
	billing.Guards = []agent.Guard{{Input: func(_ context.Context, messages []reprise.Message) error {
		if messages[0].Text() == "go" {
			return bad
		}
		return nil
	}}}
	if _, err = a.Generate(t.Context(), reprise.Ask("go")); !errors.Is(err, bad) {
		t.Errorf("got error %v", err)
	}
}

// TestHandoffPending: while a call of the answer waits, the conversation stays
// where it is, and the call is run by the agent that made it.
func TestHandoffPending(t *testing.T) {
	end := &agent.Agent{Model: answers(nil, say("end"))}
	a := &agent.Agent{
		Model: answers(calling(call("1", "to_end", ""), call("2", "pay", "{}"))),
		Tools: []reprise.Tool{&agent.Handoff{Name: "to_end", To: end}, with(echo("pay"), reprise.Policy{Ask: reprise.AskAlways})},
	}
	s := &agent.Session{History: reprise.Ask("go")}
	var decisions []agent.Decision
	for _, want := range []int{0, 1} {
		events, err := gather(a.Resume(t.Context(), s, decisions...))
		if err != nil {
			t.Fatal(err)
		}
		handed := 0
		for _, ev := range events {
			if _, ok := ev.(agent.HandedOff); ok {
				handed++
			}
		}
		if handed != want {
			t.Errorf("handed off %d times, want %d", handed, want)
		}
		s.Add(events[len(events)-1].(agent.Done).Result)
		for _, p := range s.Pending {
			decisions = append(decisions, p.Allow())
		}
	}
	diff(t, "results", results(result("1", "to_end", "Handed off."), result("2", "pay", "{}")), s.History[2])
	diff(t, "last", assistant(text("end")), s.History[3])
}

// TestHandoffTwice: of two handoffs in one answer the first counts, also where
// the results are in two messages and the new agent has one of that name.
func TestHandoffTwice(t *testing.T) {
	third := &agent.Agent{Model: answers()}
	second := &agent.Agent{Model: answers(nil, say("second")), Tools: []reprise.Tool{&agent.Handoff{Name: "on", To: third}}}
	a := &agent.Agent{Model: answers(calling(call("1", "on", ""), call("2", "on", ""))), Tools: []reprise.Tool{&agent.Handoff{Name: "on", To: second}}}
	calls, one, two := assistant(call("1", "on", ""), call("2", "on", "")), result("1", "on", "Handed off."), result("2", "on", "Handed off.")
	for _, history := range [][]reprise.Message{reprise.Ask("go"), {reprise.User("go"), calls, results(one, two)}, {reprise.User("go"), calls, results(one), results(two)}} {
		if res, err := a.Generate(t.Context(), history); err != nil || res.Text() != "second" {
			t.Errorf("after %d messages got %q, error %v", len(history), res.Text(), err)
		}
	}
}
