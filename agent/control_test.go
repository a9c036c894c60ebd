package agent_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestControlSend: what is sent comes into the conversation between turns, and
// makes a model that was done go on.
func TestControlSend(t *testing.T) {
	c := new(agent.Control)
	c.Send("first")
	a := &agent.Agent{
		Model: answers(calling(call("1", "add", "{}"), call("2", "add", "{}")), say("done"), say("really")),
		Tools: []reprise.Tool{echo("add")}, Control: c,
	}
	var res *agent.Result
	told := reprise.Ask("go")
	for ev, err := range a.Run(t.Context(), told) {
		if err != nil {
			t.Fatal(err)
		}
		switch ev := ev.(type) {
		case agent.ToolStart:
			c.Send("in " + ev.Call.ID)
		case reprise.Finish:
			if len(told) == 6 {
				c.Send("and", reprise.Media{URL: "u"})
			}
		case agent.MessageDone:
			told = append(told, ev.Message)
		case agent.Done:
			res = ev.Result
		}
	}
	want := []reprise.Message{
		reprise.User("go"), reprise.User("first"), assistant(call("1", "add", "{}"), call("2", "add", "{}")),
		results(result("1", "add", "{}"), result("2", "add", "{}")), reprise.User("in 1"), reprise.User("in 2"),
		assistant(text("done")), reprise.User("and", reprise.Media{URL: "u"}), assistant(text("really")),
	}
	diff(t, "history", want, res.History)
	diff(t, "told", want, told)
}

// TestControlPaused: nothing comes between a paused answer and the rest of it.
func TestControlPaused(t *testing.T) {
	c := new(agent.Control)
	a := &agent.Agent{Model: answers(done(reprise.ReasonPause, text("a")), say("b"), say("c")), Control: c}
	var roles []reprise.Role
	for ev, err := range a.Run(t.Context(), reprise.Ask("go")) {
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := ev.(agent.MessageDone); ok {
			if roles = append(roles, m.Message.Role); len(roles) == 1 {
				c.Send("more")
			}
		}
	}
	diff(t, "roles", []reprise.Role{reprise.RoleAssistant, reprise.RoleAssistant, reprise.RoleUser, reprise.RoleAssistant}, roles)
}

// TestControlStop: the turn comes to its end, then the run does, and nothing
// that was sent is lost.
func TestControlStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(agent.Control)
		slow := tool("add", func(ctx context.Context, _ reprise.ToolCall) (string, error) {
			time.Sleep(time.Minute)
			return "slept", ctx.Err()
		})
		time.AfterFunc(30*time.Second, func() { c.Stop(); c.Send("late") })
		a := &agent.Agent{Model: reprise.ModelFunc(forever), Tools: []reprise.Tool{slow}, Control: c}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil || res.End != agent.EndStopped {
			t.Fatalf("end %q, error %v", res.End, err)
		}
		want := []reprise.Message{reprise.User("go"), assistant(call("1", "add", "{}")), results(result("1", "add", "slept"))}
		diff(t, "history", want, res.History)
		diff(t, "unsent", []reprise.Message{reprise.User("late")}, c.Unsent())
		if left := c.Unsent(); len(left) > 0 {
			t.Errorf("Unsent gave %v twice", left)
		}
	})
	c := new(agent.Control)
	c.Stop()
	events, err := gather((&agent.Agent{Model: answers(say("hi")), Control: c}).Run(t.Context(), reprise.Ask("go")))
	if err != nil || len(events) != 1 || !cmp.Equal(events[0].(agent.Done).Result.End, agent.EndStopped) {
		t.Errorf("a run that was stopped before it began gave %v, error %v", events, err)
	}
}
