package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// once is a model that makes one call, and then says what came of it.
func once(name, args string) reprise.ModelFunc {
	return func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		last := req.Messages[len(req.Messages)-1]
		if res := last.Results(); len(res) > 0 {
			return stream(say(res[0].Parts.Text()))
		}
		return stream(calling(call("1", name, args)))
	}
}

// What a tool says of itself: it runs alone, for a minute at most, and never
// twice.
func ExampleAgent_policies() {
	pay := reprise.Func("pay", "Pay a bill", func(context.Context, struct{ USD int }) (string, error) { return "paid", nil })
	pay.Policy = reprise.Policy{Exclusive: true, Timeout: time.Minute, Effect: reprise.EffectOnce, Stops: true}
	a := &agent.Agent{Model: once("pay", `{"USD":3}`), Tools: []reprise.Tool{pay}}
	result, err := a.Generate(ctx, reprise.Ask("Pay my bill"))
	fmt.Println(result.End, result.History[2].Results()[0].Parts.Text(), err)
	// Output: stopped paid <nil>
}

// A tool that tells how far it is.
func ExampleToolProgress() {
	index := reprise.Func("index", "Index the files", func(ctx context.Context, _ struct{}) (string, error) {
		for i := range 3 {
			reprise.Report(ctx, reprise.Progress{Text: "indexing", Done: float64(i), Total: 3})
		}
		return "indexed", nil
	})
	a := &agent.Agent{Model: once("index", ""), Tools: []reprise.Tool{index}}
	for ev := range a.Run(ctx, reprise.Ask("Index them")) {
		if p, ok := ev.(agent.ToolProgress); ok {
			fmt.Println(p.Progress.Text, p.Progress.Done, "of", p.Progress.Total)
		}
	}
	// Output:
	// indexing 0 of 3
	// indexing 1 of 3
	// indexing 2 of 3
}

// A tool that starts while the rest of the answer still comes.
func ExampleAgent_early() {
	look := reprise.Func("add", "", add)
	look.Policy = reprise.Policy{Effect: reprise.EffectPure, Early: true}
	a := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{look, reprise.Func("multiply", "", multiply)}}
	for ev := range a.Run(ctx, reprise.Ask("Add and multiply the number 2 and 3")) {
		switch ev := ev.(type) {
		case agent.ToolStart:
			fmt.Println("start", ev.Call.Name)
		case reprise.Finish:
			fmt.Println("the answer is complete")
		}
	}
	// Output:
	// start add
	// the answer is complete
	// start multiply
	// the answer is complete
}

// Long results are cut, and the model can read on with a tool.
func ExampleWindow_results() {
	list := reprise.Func("list", "List the files", func(context.Context, struct{}) (string, error) { return "a.go b.go c.go d.go", nil })
	a := &agent.Agent{Model: once("list", ""), Tools: []reprise.Tool{list}, Window: &agent.Window{MaxResult: 9}}
	result, _ := a.Generate(ctx, reprise.Ask("List them"))
	fmt.Println(result.Text())
	// Output:
	// a.go b.go
	// [shortened: bytes 0 to 9 of 19; read on with read_result, key "5230764abcfed4e3", offset 9]
}

// A person must allow large payments, perhaps tomorrow, in another process.
func ExampleApproval() {
	pay := func(context.Context, struct{ USD int }) (string, error) { return "paid", nil }
	a := &agent.Agent{
		Model: once("pay", `{"USD":300}`), Tools: []reprise.Tool{reprise.Func("pay", "Pay a bill", pay)},
		Approval: agent.Approval{Ask: agent.AskArgs("pay", func(in struct{ USD int }) bool { return in.USD > 100 }), Secret: []byte("…")},
	}
	var s agent.Session
	result, _ := a.Generate(ctx, reprise.Ask("Pay my bill"))
	s.Add(result)
	stored, _ := json.Marshal(s)

	later, _ := agent.LoadSession(stored)
	fmt.Println(result.End, later.Pending[0].Call.Args)
	result, err := agent.Collect(a.Resume(ctx, later, later.Pending[0].Allow()))
	fmt.Println(result.Text(), err)
	// Output:
	// approval {"USD":300}
	// paid <nil>
}

// What an agent below asks for waits as a call of the run, and tells who asks.
func ExamplePending() {
	pay := reprise.Func("pay", "Pay a bill", func(context.Context, struct{ USD int }) (string, error) { return "paid", nil })
	pay.Policy.Ask = reprise.AskAlways
	clerk := &agent.Agent{Model: once("pay", `{"USD":300}`), Tools: []reprise.Tool{pay}}
	a := &agent.Agent{Model: once("clerk", `{"task":"pay"}`), Tools: []reprise.Tool{&agent.SubAgent{Name: "clerk", Agent: clerk}}}
	var s agent.Session
	result, _ := a.Generate(ctx, reprise.Ask("Pay my bill"))
	s.Add(result) // the history has what the clerk has done, too
	fmt.Println(s.Pending[0].Path, s.Pending[0].Call.Name, s.Pending[0].Call.Args)
	result, err := agent.Collect(a.Resume(ctx, &s, s.Pending[0].Allow()))
	fmt.Println(result.Text(), err)
	// Output:
	// clerk:1 pay {"USD":300}
	// paid <nil>
}

// A session is the state between runs.
func ExampleSession() {
	a := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add), reprise.Func("multiply", "", multiply)}}
	s := &agent.Session{History: reprise.Ask("Add and multiply the number 2 and 3")}
	result, err := agent.Collect(a.Resume(ctx, s))
	s.Add(result)
	stored, _ := json.Marshal(s)
	s, _ = agent.LoadSession(stored)
	fmt.Println(len(s.History), s.Turns, err)
	fmt.Println(json.Unmarshal([]byte(`{"version":9}`), s))
	// Output:
	// 4 2 <nil>
	// the session has version 9; this program reads versions up to 1
}

// What a crash left behind is made whole.
func ExampleRepair() {
	history := append(reprise.Ask("Pay my bill"), assistant(call("1", "pay", "{}")))
	history = agent.Repair(history, nil)
	next, err := agent.NextOf(history)
	fmt.Println(next.Step, err)
	fmt.Println(history[2].Results()[0].Parts.Text())
	// Output:
	// ask <nil>
	// the result was lost: the program ended first, and the tool may have run or not
}

// With a journal, such as a cassette that appends, a run that is begun again
// after a crash repeats no tool that had ended.
func ExampleJournal() {
	file := &journal{entries: map[string][]*entry{}}
	pay := reprise.Func("pay", "", func(context.Context, struct{}) (string, error) { fmt.Println("paying"); return "paid", nil })
	for range 2 {
		a := &agent.Agent{Model: once("pay", ""), Tools: []reprise.Tool{pay}, Journal: file.again()}
		result, err := a.Generate(ctx, reprise.Ask("Pay my bill"))
		fmt.Println(result.Text(), err)
	}
	// Output:
	// paying
	// paid <nil>
	// paid <nil>
}

// A check that runs beside the model and stops it.
func ExampleGuard() {
	a := &agent.Agent{
		Model: once("pay", ""), Tools: []reprise.Tool{echo("pay")},
		Guards: []agent.Guard{{Name: "topic", Input: func(_ context.Context, messages []reprise.Message) error {
			if messages[0].Text() == "Do my homework" {
				return errors.New("only bills, please")
			}
			return nil
		}}},
	}
	_, err := a.Generate(ctx, reprise.Ask("Do my homework"))
	fmt.Println(err)
	// Output: agent: turn 1: guard "topic": Input: only bills, please
}
