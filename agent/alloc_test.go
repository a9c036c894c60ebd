package agent_test

import (
	"context"
	"iter"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestAllocations: passing an event on allocates nothing but the room that
// its text needs, which grows by doubling.
func TestAllocations(t *testing.T) {
	var delta reprise.Event = reprise.TextDelta{Text: "some text"}
	var end reprise.Event = reprise.Finish{Reason: reprise.ReasonStop}
	allocs := func(n int) float64 {
		a := &agent.Agent{Model: reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
			return func(yield func(reprise.Event, error) bool) {
				for range n {
					if !yield(delta, nil) {
						return
					}
				}
				yield(end, nil)
			}
		})}
		history := reprise.Ask("go")
		return testing.AllocsPerRun(5, func() {
			for _, err := range a.Run(t.Context(), history) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	few, many := allocs(100), allocs(20_000)
	if many-few > 50 {
		t.Errorf("a run of 100 events allocates %v times, one of 20000 %v times", few, many)
	}
	if few > 60 {
		t.Errorf("a run of one turn allocates %v times", few)
	}
	t.Logf("%v allocations for 100 events, %v for 20000", few, many)
}
