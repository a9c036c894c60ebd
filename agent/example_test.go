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
		Model: reprise.ModelFunc(fake), System: "Always use both add and multiply at the same time.", Parallel: 1,
		Tools: []reprise.Tool{reprise.Func("add", "Add two numbers", add), reprise.Func("multiply", "Multiply two numbers", multiply)},
	}
	for ev, err := range a.Run(ctx, reprise.Ask("Add and multiply the number 2 and 3")) {
		switch ev := ev.(type) {
		case nil:
			log.Fatal(err)
		case reprise.TextDelta:
			fmt.Print(ev.Text)
		case agent.ToolDone:
			fmt.Println(ev.Call.Name, ev.Call.Args, "=", ev.Result.Parts.Text())
		}
	}
	// Output:
	// add {"a":2,"b":3} = 5
	// multiply {"a":2,"b":3} = 6
	// The sum is 5, the product is 6.
}

func ExampleAgent_Generate() {
	a := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "Add two numbers", add)}}
	result, err := a.Generate(ctx, reprise.Ask("Add 2 and 3"))
	fmt.Println(result.Text(), result.Turns, len(result.History), err)
	// Output: The sum is 5, the product is 6. 2 4 <nil>
}

// The history tells where a run stands: leave the loop at an answer, and go on
// from there later, in another process if need be.
func ExampleNextOf() {
	a := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add), reprise.Func("multiply", "", multiply)}}
	history := reprise.Ask("Add and multiply the number 2 and 3")
	for ev := range a.Run(ctx, history) {
		if m, ok := ev.(agent.MessageDone); ok {
			history = append(history, m.Message)
			break // nothing has run yet
		}
	}
	next, _ := agent.NextOf(history)
	fmt.Println(next.Step, len(next.Calls))
	result, err := a.Generate(ctx, history)
	fmt.Println(result.Text(), err)
	// Output:
	// tools 2
	// The sum is 5, the product is 6. <nil>
}
