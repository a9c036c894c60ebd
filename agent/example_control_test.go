package agent_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

var ctx = context.Background()

// A run ends by itself when a condition holds. What it came to is whole.
func ExampleStop() {
	a := &agent.Agent{
		Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add), reprise.Func("multiply", "", multiply)},
		Stop: agent.Stop{Turns: 5, Tokens: 10_000, Tools: []string{"add"}},
	}
	result, err := a.Generate(ctx, reprise.Ask("Add and multiply the number 2 and 3"))
	fmt.Println(result.End, result.Turns, len(result.History), err)
	// Output: stopped 1 3 <nil>
}

// A run that must not cost too much. Package price knows prices.
func ExampleLimits() {
	a := &agent.Agent{
		Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add)},
		Limits: agent.Limits{Cost: 1e10, Time: time.Minute, TurnTime: 20 * time.Second}, // a cent
		Price:  func(*reprise.Response) (reprise.USD, bool) { return 2e10, true },
	}
	_, err := a.Generate(ctx, reprise.Ask("Add 2 and 3"))
	var limit *agent.LimitError
	fmt.Println(errors.As(err, &limit), err)
	// Output: true agent: turn 1: the run used 0.02 dollars, Agent.Limits.Cost is 0.01 dollars
}

// The first turn has one tool and must use it.
func ExampleTurn() {
	a := &agent.Agent{
		Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add), reprise.Func("multiply", "", multiply)},
		Prepare: func(_ context.Context, turn *agent.Turn) error {
			if turn.Number == 1 {
				turn.Tools = turn.Tools[:1]
				turn.Request.Choice = reprise.ToolChoice{Name: "add"}
			}
			return nil
		},
	}
	result, _ := a.Generate(ctx, reprise.Ask("Add and multiply the number 2 and 3"))
	fmt.Println(result.History[2].Results()[1].Parts.Text())
	// Output: there is no tool "multiply"; the tools are add
}

// A message for a run that is on its way, which is then told to end.
func ExampleControl() {
	c := new(agent.Control)
	a := &agent.Agent{Model: reprise.ModelFunc(fake), Tools: []reprise.Tool{reprise.Func("add", "", add)}, Control: c}
	for ev := range a.Run(ctx, reprise.Ask("Add and multiply the number 2 and 3")) {
		switch ev := ev.(type) {
		case agent.TurnStart:
			if ev.Turn == 2 {
				c.Stop() // when the turn is complete
			} else {
				c.Send("Only the sum, please.")
			}
		case agent.Done:
			fmt.Println(ev.Result.History[3].Text(), ev.Result.End)
		}
	}
	// Output: Only the sum, please. stopped
}
