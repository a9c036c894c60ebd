package agent_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/cassette"
)

var _ agent.Journal = (*cassette.Cassette)(nil)

// TestCassette: a run that crashed goes on from its cassette, and the
// cassette replays the whole of it.
func TestCassette(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.yaml")
	ran := map[string]int{}
	odd := errors.New("odd")
	work := tool("work", func(_ context.Context, c reprise.ToolCall) (string, error) {
		ran[c.ID]++
		if c.ID == "1" {
			return "", odd
		}
		return "<b>&\n", nil
	})
	pay := with(tool("pay", func(context.Context, reprise.ToolCall) (string, error) { ran["pay"]++; return "paid", nil }), reprise.Policy{Effect: reprise.EffectOnce})
	run := func(c *cassette.Cassette, until int) (*agent.Result, error) {
		c.File = file
		defer func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
		a := &agent.Agent{Journal: c, Parallel: 1, Tools: []reprise.Tool{work, pay},
			Model: answers(calling(call("1", "work", `{"n":1}`), call("2", "work", `{"n":2}`), call("3", "pay", "")), say("end"))}
		n := 0
		var res *agent.Result
		for ev, err := range a.Run(t.Context(), reprise.Ask("go")) {
			if err != nil {
				return nil, err
			}
			switch ev := ev.(type) {
			case agent.ToolDone:
				n++
			case agent.Done:
				res = ev.Result
			}
			if n == until {
				return nil, nil
			}
		}
		return res, nil
	}
	want := results(failure("1", "work", "odd"), result("2", "work", "<b>&\n"), result("3", "pay", "paid"))
	for _, until := range []int{1, 2, 0} {
		mode := &cassette.Cassette{Mode: cassette.Append}
		if until == 0 {
			until = -1
		}
		res, err := run(mode, until)
		if err != nil {
			t.Fatal(err)
		}
		if res != nil {
			diff(t, "results", want, res.History[2])
		}
	}
	diff(t, "ran", map[string]int{"1": 1, "2": 1, "pay": 1}, ran)
	for _, effects := range []cassette.Effects{cassette.Recorded, cassette.Live} {
		res, err := run(&cassette.Cassette{Effects: effects}, -1)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "replayed", want, res.History[2])
	}
	diff(t, "ran", map[string]int{"1": 2, "2": 2, "pay": 1}, ran) // Live runs what may run again
}

// TestCassetteLanes: agents that run at once get their own results back,
// whichever comes first.
func TestCassetteLanes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.yaml")
	for _, slow := range []string{"sub:2", "sub:1"} {
		c := &cassette.Cassette{File: file, Mode: cassette.Append, Match: cassette.Match{Lane: agent.Lane}}
		if slow == "sub:1" {
			c.Mode, c.Effects = cassette.Replay, cassette.Recorded
		}
		first := make(chan bool) // closed when the other has its result
		work := tool("work", func(ctx context.Context, _ reprise.ToolCall) (string, error) { return agent.Lane(ctx), nil })
		below := &agent.Agent{Tools: []reprise.Tool{work}, Model: reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			if len(req.Messages) > 1 {
				if agent.Lane(ctx) != slow {
					close(first)
				}
				return stream(say(req.Messages[2].Results()[0].Parts.Text()))
			}
			if agent.Lane(ctx) == slow {
				<-first
			}
			return stream(calling(call("1", "work", "{}")))
		})}
		a := &agent.Agent{Journal: c, Tools: []reprise.Tool{&agent.SubAgent{Name: "sub", Agent: below}},
			Model: answers(calling(call("1", "sub", `{"task":"t"}`), call("2", "sub", `{"task":"t"}`)), say("end"))}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err == nil {
			err = c.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "results", results(result("1", "sub", "sub:1"), result("2", "sub", "sub:2")), res.History[2])
	}
}
