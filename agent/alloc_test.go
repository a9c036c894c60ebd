package agent_test

import (
	"context"
	"iter"
	"strconv"
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
	if few > 40 {
		t.Errorf("a run of one turn allocates %v times", few)
	}
	t.Logf("%v allocations for 100 events, %v for 20000", few, many)
}

// TestTurnsAllocateAlike: what a turn allocates does not grow with the history.
func TestTurnsAllocateAlike(t *testing.T) {
	perTurn := func(turns int) float64 {
		a := &agent.Agent{Tools: []reprise.Tool{echo("add")}, MaxTurns: turns + 1}
		a.Model = reprise.ModelFunc(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return func(yield func(reprise.Event, error) bool) {
				if n := len(req.Messages); n < 2*turns && !yield(reprise.PartDone{Part: call(strconv.Itoa(n), "add", "{}")}, nil) {
					return
				}
				yield(reprise.Finish{Reason: reprise.ReasonStop}, nil)
			}
		})
		return testing.AllocsPerRun(5, func() {
			if res, err := a.Generate(t.Context(), reprise.Ask("go")); err != nil || res.Turns != turns+1 {
				t.Fatal(res.Turns, err)
			}
		}) / float64(turns)
	}
	few, many := perTurn(20), perTurn(200)
	if many > few { // what a run needs once is shared by more
		t.Errorf("a turn of 20 allocates %.1f times, one of 200 %.1f times", few, many)
	}
	t.Logf("%.1f allocations a turn of 20, %.1f of 200", few, many)
}
