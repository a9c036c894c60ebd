package agent_test

import (
	"context"
	"fmt"
	"iter"
	"log"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

type pair struct {
	A int `json:"a" jsonschema:"first number"`
	B int `json:"b" jsonschema:"second number"`
}

func add(_ context.Context, in pair) (int, error)      { return in.A + in.B, nil }
func multiply(_ context.Context, in pair) (int, error) { return in.A * in.B, nil }

// fake stands for a model of a provider: it calls both tools, and then answers.
func fake(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		if req.Messages[len(req.Messages)-1].Role == reprise.RoleTool {
			_ = yield(reprise.TextDelta{Text: "The sum is 5, "}, nil) &&
				yield(reprise.TextDelta{Text: "the product is 6."}, nil) &&
				yield(reprise.Finish{Reason: reprise.ReasonStop}, nil)
			return
		}
		_ = yield(reprise.PartDone{Index: 0, Part: reprise.ToolCall{ID: "1", Name: "add", Args: `{"a":2,"b":3}`}}, nil) &&
			yield(reprise.PartDone{Index: 1, Part: reprise.ToolCall{ID: "2", Name: "multiply", Args: `{"a":2,"b":3}`}}, nil) &&
			yield(reprise.Finish{Reason: reprise.ReasonToolCalls}, nil)
	}
}

func Example() {
	a := &agent.Agent{
		Model:    reprise.ModelFunc(fake),
		System:   "Always use both add and multiply at the same time.",
		Tools:    []reprise.Tool{reprise.Func("add", "Add two numbers", add), reprise.Func("multiply", "Multiply two numbers", multiply)},
		Parallel: 1,
	}
	for ev, err := range a.Run(context.Background(), reprise.Ask("Add and multiply the number 2 and 3")) {
		if err != nil {
			log.Fatal(err)
		}
		switch ev := ev.(type) {
		case reprise.TextDelta:
			fmt.Print(ev.Text)
		case agent.ToolDone:
			fmt.Println(ev.Call.Name, ev.Call.Args, "=", ev.Result.Parts.Text())
		case agent.Done:
			fmt.Printf("\n%d turns, %d messages\n", ev.Result.Turns, len(ev.Result.History))
		}
	}
	// Output:
	// add {"a":2,"b":3} = 5
	// multiply {"a":2,"b":3} = 6
	// The sum is 5, the product is 6.
	// 2 turns, 4 messages
}

// A call that a person must allow first: leave the loop at the answer, ask,
// and go on from the history later, in another process if need be.
func ExampleAgent_Run_approval() {
	a := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add), reprise.Func("multiply", "", multiply)}}
	history := reprise.Ask("Add and multiply the number 2 and 3")
	for ev, err := range a.Run(context.Background(), history) {
		if err != nil {
			log.Fatal(err)
		}
		if m, ok := ev.(agent.MessageDone); ok {
			history = append(history, m.Message)
			break // nothing has run yet
		}
	}
	next, _ := agent.NextOf(history)
	fmt.Println(next.Step, len(next.Calls))

	result, err := a.Generate(context.Background(), history)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Text())
	// Output:
	// tools 2
	// The sum is 5, the product is 6.
}
