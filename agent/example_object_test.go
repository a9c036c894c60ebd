package agent_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

type trip struct {
	City string   `json:"city"`
	Days int      `json:"days"`
	See  []string `json:"see"`
}

// guide stands for a model that looks at the weather, and then plans a trip.
var guide = answers(calling(call("1", "weather", `{"City":"Faro"}`)), pieces(`{"city":"Faro","days":2,`, `"see":["the old`, ` town","the lagoon"]}`))

// The run ends with a value: the tools run, and the last answer is checked.
func ExampleGenerateAs() {
	weather := reprise.Func("weather", "The weather of a city", func(context.Context, struct{ City string }) (string, error) { return "sunny", nil })
	a := &agent.Agent{Model: guide, Tools: []reprise.Tool{weather}}
	plan, result, err := agent.GenerateAs[trip](ctx, a, reprise.Ask("Where to for the weekend?"))
	fmt.Println(plan.City, plan.Days, plan.See, result.Turns, err)
	// Output: Faro 2 [the old town the lagoon] 2 <nil>
}

// The value as it comes, among all events of the run.
func ExampleRunAs() {
	weather := reprise.Func("weather", "The weather of a city", func(context.Context, struct{ City string }) (string, error) { return "sunny", nil })
	a := &agent.Agent{Model: guide, Tools: []reprise.Tool{weather}}
	for ev := range agent.RunAs[trip](ctx, a, reprise.Ask("Where to for the weekend?")) {
		switch ev := ev.(type) {
		case agent.ToolDone:
			fmt.Println(ev.Call.Name, "is", ev.Result.Parts.Text())
		case reprise.Partial[trip]:
			fmt.Printf("%s, %d days: %q %v\n", ev.Value.City, ev.Value.Days, ev.Value.See, ev.Done)
		}
	}
	// Output:
	// weather is sunny
	// Faro, 2 days: [] false
	// Faro, 2 days: ["the old"] false
	// Faro, 2 days: ["the old town" "the lagoon"] false
	// Faro, 2 days: ["the old town" "the lagoon"] true
}

// The model gives its answer by a tool beside the others, and may be wrong once.
func ExampleObject() {
	o := &agent.Object[trip]{
		Agent: &agent.Agent{Model: answers(calling(call("1", "output", `{"city":"Faro"}`)), calling(call("2", "output", `{"city":"Faro","days":2,"see":[]}`)))},
		Mode:  reprise.OutputTool, Tries: 2,
	}
	plan, result, err := o.Generate(ctx, reprise.Ask("Where to for the weekend?"))
	fmt.Println(plan.City, plan.Days, result.Turns, err)
	// Output: Faro 2 2 <nil>
}

// A run that ends before its value: here a call waits for a decision.
func ExampleCollectAs() {
	weather := reprise.Func("weather", "The weather of a city", func(context.Context, struct{ City string }) (string, error) { return "sunny", nil })
	weather.Policy.Ask = reprise.AskAlways
	o := &agent.Object[trip]{Agent: &agent.Agent{Model: guide, Tools: []reprise.Tool{weather}}}
	_, result, err := o.Generate(ctx, reprise.Ask("Where to for the weekend?"))
	fmt.Println(errors.Is(err, agent.ErrNoValue), err)
	s := &agent.Session{History: result.History}
	plan, _, err := agent.CollectAs[trip](o.Resume(ctx, s, result.Pending[0].Allow()))
	fmt.Println(plan.City, err)
	// Output:
	// true the run ended without a value: approval
	// Faro <nil>
}
