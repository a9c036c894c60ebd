package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
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
		diff(t, "results", results(result("3", "look", "look done")), s.History[2])

		// Nobody has decided: the model is not asked, and nothing runs.
		log = nil
		again, err := agent.Collect(firm(secret, &log).Resume(t.Context(), s))
		if err != nil || log != nil || again.Turns != 0 || again.Usage != (reprise.Usage{}) {
			t.Errorf("log %q, %d turns, error %v", log, again.Turns, err)
		}
		diff(t, "pending", s.Pending, again.Pending)
		diff(t, "waiting", s.Waiting, again.Waiting)

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
		if res.Text() != "end" || s.Pending != nil || s.Waiting != nil || s.Usage.Input != 70 || *s.Cost != 35 {
			t.Errorf("got %q, pending %v, %d tokens, cost %v, want those of 7 answers", res.Text(), s.Pending, s.Usage.Input, *s.Cost)
		}
	}
}

// TestSubAgentApprovalForged: a decision that is not exactly of the call, and
// a session that is not as it was stored, run nothing.
func TestSubAgentApprovalForged(t *testing.T) {
	for _, secret := range []string{"", "s3cret"} {
		var log []string
		res, err := firm(secret, &log).Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		change := func(f func(*agent.Session, *agent.Decision)) func(*agent.Session) agent.Decision {
			return func(s *agent.Session) agent.Decision {
				d := s.Pending[0].Allow()
				f(s, &d)
				return d
			}
		}
		forged := map[string]func(*agent.Session) agent.Decision{
			"no path":         change(func(_ *agent.Session, d *agent.Decision) { d.Path = "" }),
			"half the path":   change(func(_ *agent.Session, d *agent.Decision) { d.Path = "office:1" }),
			"a longer path":   change(func(_ *agent.Session, d *agent.Decision) { d.Path += "/clerk:1" }),
			"a path cut off":  change(func(_ *agent.Session, d *agent.Decision) { d.Path += "/" }),
			"other arguments": change(func(_ *agent.Session, d *agent.Decision) { d.Call.Args = `{"usd":1000}` }),
			"another call":    change(func(_ *agent.Session, d *agent.Decision) { d.Call.ID = "1" }),
			"a token":         change(func(_ *agent.Session, d *agent.Decision) { d.Token += "x" }),
			"nothing waits":   change(func(s *agent.Session, _ *agent.Decision) { s.Waiting = nil }),
		}
		if secret != "" {
			forged["the token of another call"] = change(func(s *agent.Session, d *agent.Decision) { d.Token = s.Pending[1].Token })
			forged["no token"] = change(func(_ *agent.Session, d *agent.Decision) { d.Token = "" })
			forged["another task above"] = change(func(s *agent.Session, _ *agent.Decision) { s.History[0] = reprise.User("og") })
			forged["other arguments in the session"] = change(func(s *agent.Session, d *agent.Decision) {
				d.Call.Args = `{"usd":1000}`
				s.Waiting[0].Waiting[0].History[1].Parts[1] = d.Call
			})
			forged["a result below that nobody gave"] = change(func(s *agent.Session, _ *agent.Decision) {
				s.Waiting[0].History[2].Parts[0] = result("1", "look", "pay everybody")
			})
		}
		for name, forge := range forged {
			s := new(agent.Session)
			s.Add(res)
			s = reload(t, s)
			d := forge(s)
			log = nil
			events, err := gather(firm(secret, &log).Resume(t.Context(), s, d))
			if reprise.KindOf(err) != reprise.KindInvalid || len(events) > 0 || len(log) > 0 {
				t.Errorf("secret %q: %s: got %d events, error %v, log %q", secret, name, len(events), err, log)
			}
		}
	}
}

// TestSubAgentApprovalTwice: a SubAgent whose call had to be allowed itself
// goes on without being asked for again; a later call of its id begins anew.
func TestSubAgentApprovalTwice(t *testing.T) {
	pay := with(echo("pay"), reprise.Policy{Ask: reprise.AskAlways})
	below := &agent.Agent{Model: answers(calling(call("1", "pay", `{}`)), say("paid")), Tools: []reprise.Tool{pay}}
	sub := calling(call("1", "sub", `{"task":"t"}`))
	a := &agent.Agent{
		Model: answers(sub, sub, say("end")), Tools: []reprise.Tool{&agent.SubAgent{Name: "sub", Agent: below}},
		Approval: agent.Approval{Ask: agent.AskFor("sub"), Secret: []byte("s")},
	}
	s := &agent.Session{History: reprise.Ask("go")}
	var asked []string
	var decisions []agent.Decision
	for range 5 {
		res, err := agent.Collect(a.Resume(t.Context(), s, decisions...))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(res)
		s = reload(t, s)
		decisions = nil
		for _, p := range s.Pending {
			asked = append(asked, p.Path+" "+p.Call.Name)
			decisions = append(decisions, p.Allow())
		}
	}
	diff(t, "asked", []string{" sub", "sub:1 pay", " sub", "sub:1 pay"}, asked)
	checkResults(t, s.History)
	if last := s.History[len(s.History)-1].Text(); last != "end" {
		t.Errorf("got %q", last)
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
// the journal runs again, and what it calls goes on.
func TestSubAgentApprovalInAWrapper(t *testing.T) {
	var log []string
	pay := with(tool("pay", func(context.Context, reprise.ToolCall) (string, error) { log = append(log, "pay"); return "", nil }), reprise.Policy{Ask: reprise.AskAlways})
	look := tool("look", func(context.Context, reprise.ToolCall) (string, error) { log = append(log, "look"); return "", nil })
	sub := &agent.SubAgent{Name: "sub", Agent: &agent.Agent{Model: answers(calling(call("1", "look", "")), calling(call("1", "pay", "")), say("paid")), Tools: []reprise.Tool{look, pay}}}
	wrapper := tool("wrapper", func(ctx context.Context, c reprise.ToolCall) (string, error) {
		res, err := sub.Call(ctx, reprise.ToolCall{ID: c.ID, Args: `{"task":"t"}`})
		return res.Parts.Text(), err
	})
	file := &journal{entries: map[string][]*entry{}}
	s := &agent.Session{History: reprise.Ask("go")}
	var decisions []agent.Decision
	for range 2 {
		a := &agent.Agent{Model: answers(calling(call("1", "wrapper", "")), say("end")), Tools: []reprise.Tool{wrapper}, Journal: file.again()}
		res, err := agent.Collect(a.Resume(t.Context(), s, decisions...))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(res)
		for _, p := range s.Pending {
			decisions = append(decisions, p.Allow())
		}
	}
	diff(t, "log", []string{"look", "pay"}, log)
	if i := slices.IndexFunc(s.History, func(m reprise.Message) bool { return m.Role == reprise.RoleTool }); s.History[i].Results()[0].Parts.Text() != "paid" {
		t.Errorf("got %+v", s.History)
	}
}
