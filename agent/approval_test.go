package agent_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// payer is an agent whose model pays, adds and sends in one answer.
func payer(secret string, ran *[]string) *agent.Agent {
	note := func(name string) reprise.Tool {
		return tool(name, func(_ context.Context, c reprise.ToolCall) (string, error) {
			*ran = append(*ran, c.ID)
			return c.Args, nil
		})
	}
	return &agent.Agent{
		Model: answers(calling(call("1", "pay", `{"usd":100}`), call("2", "add", `{}`), call("3", "send", `{}`), call("4", "pay", `{"usd":1}`)), say("end")),
		Tools: []reprise.Tool{note("pay"), note("add"), with(note("send"), reprise.Policy{Ask: reprise.AskAlways})},
		Approval: agent.Approval{
			Ask:    agent.AskArgs("pay", func(in struct{ USD int }) bool { return in.USD > 10 }),
			Secret: []byte(secret),
		},
		Parallel: 1,
	}
}

// TestApproval: the run ends with the calls that wait, decisions on them come
// back as JSON to another agent, and the run goes on.
func TestApproval(t *testing.T) {
	for _, secret := range []string{"", "s3cret"} {
		var ran []string
		events, err := gather(payer(secret, &ran).Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		res := events[len(events)-1].(agent.Done).Result
		diff(t, "ran", []string{"2", "4"}, ran)
		if res.End != agent.EndApproval || len(res.Pending) != 2 || (res.Pending[0].Token == "") != (secret == "") {
			t.Fatalf("got end %q, pending %+v", res.End, res.Pending)
		}
		diff(t, "history", results(result("2", "add", "{}"), result("4", "pay", `{"usd":1}`)), res.History[2])

		var s agent.Session
		s.Add(res)
		stored, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := agent.LoadSession(stored)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "pending", res.Pending, loaded.Pending)
		said, err := json.Marshal([]agent.Decision{loaded.Pending[0].Allow(), loaded.Pending[1].Deny("too late")})
		if err != nil {
			t.Fatal(err)
		}
		var decisions []agent.Decision
		if err := json.Unmarshal(said, &decisions); err != nil {
			t.Fatal(err)
		}
		ran = nil
		res, err = agent.Collect(payer(secret, &ran).Resume(t.Context(), loaded, decisions...))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "ran later", []string{"1"}, ran)
		diff(t, "results", results(result("1", "pay", `{"usd":100}`), result("2", "add", "{}"),
			failure("3", "send", "not run: the user did not allow it: too late"), result("4", "pay", `{"usd":1}`)), res.History[2])
		if res.Text() != "end" || res.End != agent.EndDone || res.Pending != nil {
			t.Errorf("got %q, end %q, pending %v", res.Text(), res.End, res.Pending)
		}
	}
}

// TestApprovalUndecided: without a decision a call stays where it is; one
// decision is enough for its own call.
func TestApprovalUndecided(t *testing.T) {
	var ran []string
	a := payer("x", &ran)
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.Generate(t.Context(), res.History)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "history", res.History, again.History)
	diff(t, "pending", res.Pending, again.Pending)
	one, err := agent.Collect(a.Resume(t.Context(), &agent.Session{History: res.History}, res.Pending[1].Allow()))
	if err != nil || one.End != agent.EndApproval {
		t.Fatalf("end %q, error %v", one.End, err)
	}
	diff(t, "pending", res.Pending[:1], one.Pending)
	diff(t, "ran", []string{"2", "4", "3"}, ran)
	last, err := agent.Collect(a.Resume(t.Context(), &agent.Session{History: one.History}, one.Pending[0].Deny("")))
	if err != nil || last.Text() != "end" {
		t.Fatalf("got %q, error %v", last.Text(), err)
	}
	checkResults(t, last.History)
	if got := last.History[2].Results()[0].Parts.Text(); got != "not run: the user did not allow it" {
		t.Errorf("got %q", got)
	}
}

// TestApprovalStored: a token is good for its conversation also where JSON does
// not keep that as it was.
func TestApprovalStored(t *testing.T) {
	for _, odd := range []string{"caf\xe9", "\xff\xfe", "<&>\u2028", `\ufffd`, "\x00"} {
		pay := with(echo("pay"), reprise.Policy{Ask: reprise.AskAlways})
		read := tool("read", func(context.Context, reprise.ToolCall) (string, error) { return odd, nil })
		a := &agent.Agent{
			Model: answers(calling(call("1", "read", "")), calling(call("2", "pay", `{"to":"`+strings.ReplaceAll(odd, "\x00", "")+`"}`)), say("end")),
			Tools: []reprise.Tool{read, pay}, Approval: agent.Approval{Secret: []byte("s3cret")},
		}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		var s agent.Session
		s.Add(res)
		stored, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := agent.LoadSession(stored)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*agent.Session{&s, loaded} {
			res, err := agent.Collect(a.Resume(t.Context(), s, s.Pending[0].Allow()))
			if err != nil || res.Text() != "end" {
				t.Errorf("%q: got %q, error %v", odd, res.Text(), err)
			}
		}
	}
}

// TestApprovalForgotten: what waits in a session does so also for an agent that
// would not have asked.
func TestApprovalForgotten(t *testing.T) {
	ran := 0
	pay := tool("pay", func(context.Context, reprise.ToolCall) (string, error) { ran++; return "", nil })
	clerk := &agent.SubAgent{Name: "clerk", Agent: &agent.Agent{Model: answers(calling(call("1", "pay", `{"usd":1}`)), say("paid")), Tools: []reprise.Tool{pay}}}
	a := &agent.Agent{Model: answers(calling(call("1", "clerk", `{"task":"t"}`), call("2", "pay", `{"usd":2}`)), say("end")), Tools: []reprise.Tool{clerk, pay}}
	pay.Policy.Ask = reprise.AskAlways
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	var s agent.Session
	s.Add(res)
	pay.Policy.Ask = nil
	res, err = agent.Collect(a.Resume(t.Context(), &s))
	if err != nil || ran != 0 {
		t.Errorf("ran %d, error %v", ran, err)
	}
	diff(t, "pending", s.Pending, res.Pending)
	res, err = agent.Collect(a.Resume(t.Context(), &s, s.Pending[0].Allow(), s.Pending[1].Deny("")))
	if err != nil || ran != 1 || res.Text() != "end" {
		t.Errorf("got %q, ran %d, error %v", res.Text(), ran, err)
	}
}

// TestApprovalForged: a decision that is not exactly of the call runs nothing.
func TestApprovalForged(t *testing.T) {
	for _, secret := range []string{"", "s3cret"} {
		var ran []string
		a := payer(secret, &ran)
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		other, err := a.Generate(t.Context(), reprise.Ask("og"))
		if err != nil {
			t.Fatal(err)
		}
		fine := res.Pending[0].Allow()
		change := func(f func(*agent.Decision)) []agent.Decision {
			d := fine
			f(&d)
			return []agent.Decision{d}
		}
		forged := map[string][]agent.Decision{
			"other arguments":       change(func(d *agent.Decision) { d.Call.Args = `{"usd":1000}` }),
			"the same, differently": change(func(d *agent.Decision) { d.Call.Args = `{"usd": 100}` }),
			"another tool":          change(func(d *agent.Decision) { d.Call.Name = "send" }),
			"another call":          change(func(d *agent.Decision) { d.Call.ID = "3" }),
			"no such call":          change(func(d *agent.Decision) { d.Call.ID = "9" }),
			"a call that is done":   change(func(d *agent.Decision) { d.Call = call("2", "add", "{}") }),
			"a token":               change(func(d *agent.Decision) { d.Token += "x" }),
			"twice":                 {fine, res.Pending[0].Deny("")},
			"one good, one bad":     {fine, {Call: call("9", "pay", "{}")}},
		}
		if secret != "" {
			forged["no token"] = change(func(d *agent.Decision) { d.Token = "" })
			forged["a token of another call"] = change(func(d *agent.Decision) { d.Token = res.Pending[1].Token })
			forged["a token of another conversation"] = []agent.Decision{other.Pending[0].Allow()}
			b := payer("other", &ran)
			signed, err := b.Generate(t.Context(), reprise.Ask("go"))
			if err != nil {
				t.Fatal(err)
			}
			forged["a token of another secret"] = []agent.Decision{signed.Pending[0].Allow()}
		}
		ran = nil
		for name, ds := range forged {
			events, err := gather(a.Resume(t.Context(), &agent.Session{History: res.History}, ds...))
			if reprise.KindOf(err) != reprise.KindInvalid || len(events) > 0 || len(ran) > 0 {
				t.Errorf("secret %q: %s: got %d events, error %v, ran %v", secret, name, len(events), err, ran)
			}
			diff(t, name, res.History, runError(t, err).Result.History)
		}
	}
}

// TestApprovalOnce: a decision is for its own call; a later one with the same
// id needs its own.
func TestApprovalOnce(t *testing.T) {
	ran := 0
	pay := with(tool("pay", func(context.Context, reprise.ToolCall) (string, error) { ran++; return "", nil }), reprise.Policy{Ask: reprise.AskAlways})
	a := &agent.Agent{Model: answers(calling(call("1", "pay", "{}")), calling(call("1", "pay", "{}")), say("end")), Tools: []reprise.Tool{pay}}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	res, err = agent.Collect(a.Resume(t.Context(), &agent.Session{History: res.History}, res.Pending[0].Allow()))
	if err != nil || res.End != agent.EndApproval || ran != 1 || len(res.Pending) != 1 || len(res.History) != 4 {
		t.Errorf("end %q, ran %d, pending %v, error %v", res.End, ran, res.Pending, err)
	}
}

// TestApprovalRefused: what cannot run is not asked for, and arguments that
// are not what is asked about must be allowed.
func TestApprovalRefused(t *testing.T) {
	a := &agent.Agent{
		Model:    answers(calling(call("1", "none", "{}"), call("2", "pay", `{"usd":`), call("3", "pay", `{"usd":"lots"}`)), say("end")),
		Tools:    []reprise.Tool{echo("pay"), echo("add")},
		Approval: agent.Approval{Ask: agent.AskArgs("pay", func(struct{ USD int }) bool { return false })},
	}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "pending", []agent.Pending{{Call: call("3", "pay", `{"usd":"lots"}`)}}, res.Pending)
	ask := agent.AskFor("a", "b")
	if !ask(call("", "a", "")) || !ask(call("", "b", "")) || ask(call("", "c", "")) {
		t.Error("AskFor asks for the wrong tools")
	}
}

// TestAskArgs: what a tool may read in another way must be allowed.
func TestAskArgs(t *testing.T) {
	type order struct {
		USD   int
		Items []struct{ Name string }
	}
	ask := agent.AskArgs("pay", func(in order) bool { return in.USD > 10 })
	for args, want := range map[string]bool{
		`{"usd":1}`: false, `{"usd":300}`: true, `{"usd":"1"}`: true, `{"usd":1`: true, ``: true, `{"usd":300} {"usd":1}`: true,
		`{"usd":300,"usd":1}`: true, `{"usd":300,"USD":1}`: true, `{"u\u017fd":1,"usd":300}`: true,
		`{"items":[{"name":"a"},{"name":"usd"}],"usd":1}`: false, `{"x":{"usd":"y"},"y":{},"usd":1}`: false,
		`{"items":[{"name":"a","z":[],"Name":"b"}],"usd":1}`: true,
	} {
		if got := ask(call("1", "pay", args)); got != want {
			t.Errorf("%s: %v", args, got)
		}
	}
}
