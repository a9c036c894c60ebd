package agent_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// An agent is a tool of another, whose events tell which one they are of.
func ExampleSubAgent() {
	sums := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add), reprise.Func("multiply", "", multiply)}, Parallel: 1}
	a := &agent.Agent{
		Model: once("calculate", `{"task":"add and multiply 2 and 3"}`),
		Tools: []reprise.Tool{&agent.SubAgent{Name: "calculate", Description: "does sums", Agent: sums}},
	}
	for ev, err := range a.Run(ctx, reprise.Ask("What is 2 and 3?")) {
		if n, ok := ev.(agent.Nested); ok && err == nil {
			if d, ok := n.Event.(agent.ToolDone); ok {
				fmt.Println(n.Path, d.Call.Name, d.Result.Parts.Text())
			}
		}
	}
	// Output:
	// calculate:1 add 5
	// calculate:1 multiply 6
}

// The model gives the conversation to another agent.
func ExampleHandoff() {
	billing := &agent.Agent{System: "You do bills.", Model: reprise.ModelFunc(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		return stream(say("Billing here. " + req.System.Text()))
	})}
	a := &agent.Agent{
		Model: once("to_billing", ""), System: "You sort the questions.",
		Tools: []reprise.Tool{&agent.Handoff{Name: "to_billing", Description: "for questions about bills", To: billing}},
	}
	result, err := a.Generate(ctx, reprise.Ask("My bill is wrong"))
	fmt.Println(result.Text(), err)
	// Output: Billing here. You do bills. <nil>
}

// A conversation that grew too long is made shorter, and says so.
func ExampleWindow() {
	a := &agent.Agent{
		Model: reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
			return stream(say("All well."))
		}),
		Window: &agent.Window{Tokens: 1000},
	}
	for ev := range a.Run(ctx, long(9, 1000)) {
		if c, ok := ev.(agent.Compacted); ok {
			fmt.Println(c.Before.Tokens, c.After.Tokens, c.Dropped, c.Summary == nil)
		}
	}
	// Output: 2366 749 7 true
}

// A prompt that does not begin as the one before it costs more: it is not read
// from the provider's cache.
func ExampleTurn_prefix() {
	a := &agent.Agent{Model: once("now", ""), Tools: []reprise.Tool{echo("now")}}
	a.Prepare = func(_ context.Context, turn *agent.Turn) error {
		turn.Request.System = reprise.Parts{text(fmt.Sprint("This is turn ", turn.Number))}
		return nil
	}
	for ev := range a.Run(ctx, reprise.Ask("What time is it?")) {
		if w, ok := ev.(reprise.Warning); ok {
			fmt.Println(w.Code+":", w.Message)
		}
	}
	// Output: prefix: the system prompt changed, so the prompt cannot be read from the cache
}

func ExampleCountTokens() {
	req := &reprise.Request{Messages: reprise.Ask("How many tokens is this?")}
	count, err := agent.CountTokens(ctx, reprise.ModelFunc(fake), req)
	fmt.Println(count.Tokens, count.Estimated, err)
	// Output: 10 true <nil>
}
