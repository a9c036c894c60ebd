package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/cassette"
)

// firm is an agent that asks its office, which looks and asks its clerk, who
// looks and pays. It pays itself, too. Paying must be allowed.
func firm(secret string, log *[]string) *agent.Agent {
	note := func(name string) reprise.Tool {
		return tool(name, func(ctx context.Context, c reprise.ToolCall) (string, error) {
			*log = append(*log, agent.Lane(ctx)+" "+c.Name+c.Args)
			return name + " done", nil
		})
	}
	pay := with(note("pay"), reprise.Policy{Ask: reprise.AskAlways})
	noted := func(m reprise.ModelFunc) reprise.ModelFunc {
		return func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			*log = append(*log, agent.Lane(ctx)+" asked")
			return m(ctx, req)
		}
	}
	clerk := &agent.Agent{
		Model: noted(answers(calling(call("1", "look", `{"at":"clerk"}`), call("2", "pay", `{"usd":1}`)), say("the clerk is done"))),
		Tools: []reprise.Tool{note("look"), pay}, Parallel: 1,
	}
	office := &agent.Agent{
		Model: noted(answers(calling(call("1", "look", `{"at":"office"}`)), calling(call("1", "clerk", `{"task":"pay it"}`)), say("the office is done"))),
		Tools: []reprise.Tool{note("look"), &agent.SubAgent{Name: "clerk", Agent: clerk}}, Parallel: 1,
	}
	return &agent.Agent{
		Model: noted(answers(calling(call("1", "office", `{"task":"go"}`), call("2", "pay", `{"usd":2}`), call("3", "look", `{"at":"firm"}`)), say("end"))),
		Tools: []reprise.Tool{&agent.SubAgent{Name: "office", Agent: office}, note("look"), pay}, Parallel: 1,
		Approval: agent.Approval{Secret: []byte(secret)},
	}
}

// reload stores and loads a session.
func reload(t *testing.T, s *agent.Session) *agent.Session {
	t.Helper()
	stored, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := agent.LoadSession(stored)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "loaded session", s, loaded)
	return loaded
}

// TestSubAgentApproval: calls of agents below wait as calls of the run, and go
// on in another process; nothing is done twice.
func TestSubAgentApproval(t *testing.T) {
	for _, secret := range []string{"", "s3cret"} {
		var log []string
		s := &agent.Session{History: reprise.Ask("go")}
		res, err := agent.Collect(firm(secret, &log).Resume(t.Context(), s))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(res)
		s = reload(t, s)
		diff(t, "log", []string{" asked", "office:1 asked", `office:1 look{"at":"office"}`, "office:1 asked",
			"office:1/clerk:1 asked", `office:1/clerk:1 look{"at":"clerk"}`, ` look{"at":"firm"}`}, log)
		var pending []agent.Pending
		for _, p := range s.Pending {
			if (p.Token == "") != (secret == "") {
				t.Errorf("secret %q: token %q", secret, p.Token)
			}
			p.Token = ""
			pending = append(pending, p)
		}
		diff(t, "pending", []agent.Pending{{Path: "office:1/clerk:1", Call: call("2", "pay", `{"usd":1}`)}, {Call: call("2", "pay", `{"usd":2}`)}}, pending)
		diff(t, "results", []reprise.ToolResult{result("3", "look", "look done")}, s.History[2].Results())

		// Nobody has decided: the model is not asked, and nothing runs.
		log = nil
		again, err := agent.Collect(firm(secret, &log).Resume(t.Context(), s))
		if err != nil || log != nil || again.Turns != 0 || again.Usage != (reprise.Usage{}) {
			t.Errorf("log %q, %d turns, error %v", log, again.Turns, err)
		}
		diff(t, "pending", s.Pending, again.Pending)
		diff(t, "history", s.History, again.History)

		// One is decided, then the other.
		log = nil
		res, err = agent.Collect(firm(secret, &log).Resume(t.Context(), s, s.Pending[1].Deny("too much")))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(res)
		s = reload(t, s)
		diff(t, "log", []string(nil), log)
		res, err = agent.Collect(firm(secret, &log).Resume(t.Context(), s, s.Pending[0].Allow()))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(res)
		diff(t, "log", []string{`office:1/clerk:1 pay{"usd":1}`, "office:1/clerk:1 asked", "office:1 asked", " asked"}, log)
		diff(t, "results", results(result("1", "office", "the office is done"), failure("2", "pay", "not run: the user did not allow it: too much"),
			result("3", "look", "look done")), s.History[2])
		if res.Text() != "end" || s.Pending != nil || s.Usage.Input != 70 || *s.Cost != 35 {
			t.Errorf("got %q, pending %v, %d tokens, cost %v, want those of 7 answers", res.Text(), s.Pending, s.Usage.Input, *s.Cost)
		}
	}
}

// TestSubAgentApprovalHistory: a run goes on from the history alone, also from
// that of the events; no model gets what is kept in it of the agents below.
func TestSubAgentApprovalHistory(t *testing.T) {
	var log []string
	a := firm("", &log)
	model := a.Model
	a.Model = reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		for _, m := range req.Messages {
			for _, p := range m.Parts {
				if _, ok := p.(reprise.Opaque); ok {
					t.Errorf("the model gets %+v", p)
				}
			}
		}
		return model.Stream(ctx, req)
	})
	history := reprise.Ask("go")
	for ev, err := range a.Run(t.Context(), history) {
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := ev.(agent.MessageDone); ok {
			history = append(history, m.Message)
		}
	}
	log = nil
	res, err := a.Generate(t.Context(), history)
	if err != nil || log != nil {
		t.Fatalf("log %q, error %v", log, err)
	}
	diff(t, "history", history, res.History)
	diff(t, "repaired", history, agent.Repair(history, res.Pending))
	lost := agent.Repair(append(slices.Clip(history), reprise.User("well")), nil)[2]
	if len(lost.Parts) != 3 || len(lost.Results()) != 3 {
		t.Errorf("repaired, with more behind it: %+v", lost)
	}
	res, err = agent.Collect(a.Resume(t.Context(), &agent.Session{History: history}, res.Pending[0].Allow(), res.Pending[1].Allow()))
	if err != nil || res.Text() != "end" {
		t.Errorf("got %q, error %v", res.Text(), err)
	}
	diff(t, "log", []string{`office:1/clerk:1 pay{"usd":1}`, "office:1/clerk:1 asked", "office:1 asked", ` pay{"usd":2}`, " asked"}, log)
}

// TestSubAgentApprovalFailed: a resume that fails leaves the session as it was.
func TestSubAgentApprovalFailed(t *testing.T) {
	for _, secret := range []string{"", "s3cret"} {
		var log []string
		res, err := firm(secret, &log).Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		var s agent.Session
		s.Add(res)
		was := *reload(t, &s)
		wrong := s.Pending[0].Allow()
		wrong.Call.Args = "{}"
		failed, err := agent.Collect(firm(secret, &log).Resume(t.Context(), &s, wrong))
		if reprise.KindOf(err) != reprise.KindInvalid {
			t.Errorf("got error %v", err)
		}
		s.Add(failed)
		diff(t, "session", was, s)
		reload(t, &s)
	}
}

// TestSubAgentApprovalCanceled: the model is not told that a call has not run
// which had begun.
func TestSubAgentApprovalCanceled(t *testing.T) {
	var log []string
	a := firm("", &log)
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	log = nil
	res, err = agent.Collect(a.Resume(ctx, &agent.Session{History: res.History}, res.Pending[1].Allow()))
	if reprise.KindOf(err) != reprise.KindCanceled || log != nil {
		t.Errorf("log %q, error %v", log, err)
	}
	diff(t, "results", results(failure("1", "office", "stopped: the run was stopped while calls of the agent waited to be allowed"),
		failure("2", "pay", "not run: the run was stopped first"), result("3", "look", "look done")), res.History[2])
}

// TestSubAgentApprovalTwice: a SubAgent whose call had to be allowed itself
// goes on without being asked for again, unless there is neither a secret nor
// a decision; a later call of its id begins anew.
func TestSubAgentApprovalTwice(t *testing.T) {
	for secret, want := range map[string][]string{
		"s3cret": {" sub", "sub:1 pay", "sub:1 pay", " sub", "sub:1 pay"},
		"":       {" sub", "sub:1 pay", " sub", "sub:1 pay", " sub", "sub:1 pay"},
	} {
		ran := 0
		look := tool("look", func(context.Context, reprise.ToolCall) (string, error) { ran++; return "", nil })
		pay := with(echo("pay"), reprise.Policy{Ask: reprise.AskAlways})
		below := &agent.Agent{Model: answers(calling(call("1", "look", ""), call("2", "pay", `{}`)), say("paid")), Tools: []reprise.Tool{look, pay}}
		sub := calling(call("1", "sub", `{"task":"t"}`))
		a := &agent.Agent{
			Model: answers(sub, sub, say("end")), Tools: []reprise.Tool{&agent.SubAgent{Name: "sub", Agent: below}},
			Approval: agent.Approval{Ask: agent.AskFor("sub"), Secret: []byte(secret)},
		}
		s := &agent.Session{History: reprise.Ask("go")}
		var asked []string
		for n := range 8 {
			var decisions []agent.Decision
			for _, p := range s.Pending {
				if n != 2 {
					decisions = append(decisions, p.Allow())
				}
			}
			res, err := agent.Collect(a.Resume(t.Context(), s, decisions...))
			if err != nil {
				t.Fatal(err)
			}
			s.Add(res)
			s = reload(t, s)
			for _, p := range s.Pending {
				asked = append(asked, p.Path+" "+p.Call.Name)
			}
		}
		diff(t, "asked", want, asked)
		checkResults(t, s.History)
		if last := s.History[len(s.History)-1].Text(); last != "end" || ran != 2 {
			t.Errorf("got %q, ran %d", last, ran)
		}
	}
}

// TestSubAgentApprovalBroken: where the run is broken off, what would wait has
// its result.
func TestSubAgentApprovalBroken(t *testing.T) {
	pay := with(echo("pay"), reprise.Policy{Ask: reprise.AskAlways})
	sub := &agent.SubAgent{Name: "sub", Agent: &agent.Agent{Model: answers(calling(call("1", "pay", `{}`))), Tools: []reprise.Tool{pay}}}
	task := call("1", "sub", `{"task":"t"}`)
	want := failure("1", "sub", "not run: pay needs to be allowed, which cannot be asked for in sub:1")

	stop := agent.Guard{Call: func(_ context.Context, c reprise.ToolCall) error {
		if c.Name == "add" {
			return agent.ErrStop
		}
		return nil
	}}
	a := &agent.Agent{Model: answers(calling(task, call("2", "add", ""))), Tools: []reprise.Tool{sub, echo("add")}, Parallel: 1, Guards: []agent.Guard{stop}}
	_, err := a.Generate(t.Context(), reprise.Ask("go"))
	diff(t, "a guard stops the run", results(want, failure("2", "add", "the guard stops the run")), runError(t, err).Result.History[2])

	early := with(sub, reprise.Policy{Early: true})
	a = &agent.Agent{Model: answers([]reprise.Event{reprise.PartDone{Part: task}, broken{err: errors.New("cut")}}), Tools: []reprise.Tool{early}}
	_, err = a.Generate(t.Context(), reprise.Ask("go"))
	diff(t, "the answer breaks", results(want), runError(t, err).Result.History[2])

	again := task
	again.ID = "2"
	a.Model = answers([]reprise.Event{reprise.PartDone{Part: task}, reprise.Reset{}, reprise.PartDone{Part: again}, finish(reprise.ReasonToolCalls)}, say("end"))
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	want.ID = "2"
	diff(t, "the answer begins again, with another id", results(want), res.History[2])

	if _, err := sub.Call(t.Context(), task); err == nil || err.Error() != "not run: pay needs to be allowed, which cannot be asked for in sub" {
		t.Errorf("got error %v", err)
	}
}

// TestSubAgentApprovalInAWrapper: a tool that calls a SubAgent and is kept in
// a cassette runs again, and what it calls goes on.
func TestSubAgentApprovalInAWrapper(t *testing.T) {
	var log []string
	pay := with(tool("pay", func(context.Context, reprise.ToolCall) (string, error) { log = append(log, "pay"); return "", nil }), reprise.Policy{Ask: reprise.AskAlways})
	look := tool("look", func(context.Context, reprise.ToolCall) (string, error) { log = append(log, "look"); return "", nil })
	sub := &agent.SubAgent{Name: "sub", Agent: &agent.Agent{Model: answers(calling(call("1", "look", "")), calling(call("1", "pay", "")), say("paid")), Tools: []reprise.Tool{look, pay}}}
	wrapper := tool("wrapper", func(ctx context.Context, c reprise.ToolCall) (string, error) {
		res, err := sub.Call(ctx, reprise.ToolCall{ID: c.ID, Args: `{"task":"t"}`})
		return res.Parts.Text(), err
	})
	file := filepath.Join(t.TempDir(), "run.yaml")
	s := &agent.Session{History: reprise.Ask("go")}
	var decisions []agent.Decision
	for range 2 {
		tape := &cassette.Cassette{File: file, Mode: cassette.Append}
		a := &agent.Agent{Model: answers(calling(call("1", "wrapper", "")), say("end")), Tools: []reprise.Tool{wrapper}, Journal: tape}
		res, err := agent.Collect(a.Resume(t.Context(), s, decisions...))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(res)
		for _, p := range s.Pending {
			decisions = append(decisions, p.Allow())
		}
		if err := tape.Close(); err != nil {
			t.Fatal(err)
		}
	}
	diff(t, "log", []string{"look", "pay"}, log)
	if i := slices.IndexFunc(s.History, func(m reprise.Message) bool { return m.Role == reprise.RoleTool }); s.History[i].Results()[0].Parts.Text() != "paid" {
		t.Errorf("got %+v", s.History)
	}
}
