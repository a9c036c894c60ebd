package agent_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

const (
	seeds    = 60
	maxTurns = 4 // of a world
)

// TestRandomRuns: whatever model and tools do, at whichever event the caller
// cancels or leaves, and whenever the time is up, the invariants of a run hold.
func TestRandomRuns(t *testing.T) {
	var seen tally
	for seed := range uint64(seeds) {
		n := oneRun(t, seed, -1, "", &seen)
		for at := range n {
			oneRun(t, seed, at, "cancel", &seen)
			oneRun(t, seed, at, "break", &seen)
		}
		for at := range 12 {
			oneRun(t, seed, at+1, "time", &seen)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for what, n := range map[string]int{"done": seen.done, "failed": seen.failed, "tools": seen.ran, "refused": seen.refused, "canceled in tools": seen.notRun, "late": seen.late} {
		if n < seeds/2 {
			t.Errorf("chance made only %d of %q: this test shows little", n, what)
		}
	}
}

// tally counts what the random runs have met.
type tally struct{ done, failed, ran, refused, notRun, late int }

// oneRun runs world seed, does how at event number at (or has so many
// milliseconds of time), and checks what came of it. It returns the number of events.
func oneRun(t *testing.T, seed uint64, at int, how string, seen *tally) int {
	t.Helper()
	var events []agent.Event
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := newWorld(t, seed, false)
		history := reprise.Ask("go")
		var err error
		a := w.agent()
		if how == "time" {
			a.Limits.Time = time.Duration(at) * time.Millisecond
		}
		for ev, e := range a.Run(ctx, history) {
			if err != nil {
				t.Fatal("the run went on after its error")
			}
			if err = e; e != nil {
				continue
			}
			events = append(events, ev)
			if len(events)-1 == at && how == "cancel" {
				cancel()
			}
			if len(events)-1 == at && how == "break" {
				break
			}
		}
		if w.running != 0 {
			t.Errorf("%d tools still run", w.running)
		}
		diff(t, "the caller's history", reprise.Ask("go"), history)
		checkEvents(t, w, events)
		if how != "break" {
			checkEnd(t, w, history, events, err)
		}
		seen.count(events, err)
		if t.Failed() {
			t.Logf("seed %d, %s at %d, events:", seed, how, at)
			for _, ev := range events {
				t.Logf("%T%+v", ev, ev)
			}
		}
	})
	return len(events)
}

func (s *tally) count(events []agent.Event, err error) {
	starts, ends := toolEvents(events)
	s.ran += len(starts)
	for _, e := range ends {
		switch {
		case e.Result.Parts.Text() == "not run: the run was stopped first":
			s.notRun++
		case e.Result.IsError:
			s.refused++
		}
	}
	if reprise.KindOf(err) == reprise.KindTimeout {
		s.late++
	}
	if err != nil {
		s.failed++
	} else {
		s.done++
	}
}

// checkEvents checks the order of events and what they say of calls.
func checkEvents(t *testing.T, w *world, events []agent.Event) {
	t.Helper()
	var turn int
	var answering bool
	var open []reprise.ToolCall // of the last answer, without ToolDone
	var byID map[string]reprise.ToolResult
	started := map[string]bool{}
	last := -1
	for i, ev := range events {
		switch ev := ev.(type) {
		case agent.TurnStart:
			turn++
			if ev.Turn != turn || answering || len(open) > 0 || byID != nil {
				t.Errorf("event %d: TurnStart %d in turn %d, %d calls open", i, ev.Turn, turn, len(open))
			}
			answering = true
		case reprise.Event:
			if !answering {
				t.Errorf("event %d: %T outside an answer", i, ev)
			}
		case agent.MessageDone:
			if ev.Message.Role == reprise.RoleAssistant {
				if !answering {
					t.Errorf("event %d: an answer outside a turn", i)
				}
				answering, open, last = false, ev.Message.Calls(), -1
				if clear(started); len(open) > 0 {
					byID = map[string]reprise.ToolResult{}
				}
				continue
			}
			if len(open) > 0 || len(ev.Message.Results()) != len(byID) {
				t.Errorf("event %d: results with %d calls open", i, len(open))
			}
			for _, res := range ev.Message.Results() {
				diff(t, "result", byID[res.ID], res)
			}
			byID = nil
		case agent.ToolStart:
			// Call order: each start is of a call behind the last one's.
			at := slices.Index(callsBefore(events[:i]), ev.Call)
			if at <= last || started[ev.Call.ID] || !w.offers[ev.Call.Name] {
				t.Errorf("event %d: ToolStart of call %d after %d: %+v", i, at, last, ev.Call)
			}
			last, started[ev.Call.ID] = at, true
		case agent.ToolDone:
			at := slices.Index(open, ev.Call)
			if at < 0 {
				t.Errorf("event %d: ToolDone of %+v, which is not open", i, ev.Call)
				continue
			}
			open = slices.Delete(slices.Clone(open), at, at+1)
			byID[ev.Call.ID] = ev.Result
		case agent.Done:
			if i != len(events)-1 || answering || len(open) > 0 {
				t.Errorf("event %d of %d: Done", i, len(events))
			}
		default:
			t.Errorf("event %d: %T", i, ev)
		}
	}
}

// callsBefore is the calls of the last answer among the events.
func callsBefore(events []agent.Event) []reprise.ToolCall {
	for _, ev := range slices.Backward(events) {
		if m, ok := ev.(agent.MessageDone); ok {
			return m.Message.Calls()
		}
	}
	return nil
}

// checkEnd checks the result of a run that came to its end or failed.
func checkEnd(t *testing.T, w *world, history []reprise.Message, events []agent.Event, err error) {
	t.Helper()
	var res *agent.Result
	if err != nil {
		res = runError(t, err).Result
	} else {
		res = events[len(events)-1].(agent.Done).Result
	}
	next, nextErr := agent.NextOf(res.History)
	if nextErr != nil || next.Step == agent.StepTools {
		t.Errorf("the history is not whole: %v, %v", next, nextErr)
	}
	told, sum := slices.Clone(history), agent.Result{}
	cost, priced := reprise.USD(0), true
	billed := 0
	for _, ev := range events {
		switch ev := ev.(type) {
		case agent.TurnStart: // what was told is what the model gets, part for part
			if ev.Turn <= len(w.asked) {
				diff(t, "messages", told, w.asked[ev.Turn-1])
			}
		case reprise.Finish:
			billed++ // also where it is not kept
			sum.Usage = sum.Usage.Add(ev.Usage)
			if priced = priced && ev.Cost != nil; priced {
				cost += *ev.Cost
			}
		case agent.MessageDone:
			told = append(told, ev.Message)
			if ev.Message.Role == reprise.RoleAssistant {
				sum.Turns++
			}
		}
	}
	if priced && billed > 0 {
		sum.Cost = &cost
	}
	if sum.Turns > maxTurns {
		t.Errorf("%d turns, at most %d may be", sum.Turns, maxTurns)
	}
	diff(t, "history", told, res.History)
	diff(t, "sums", sum, agent.Result{Usage: res.Usage, Cost: res.Cost, Turns: res.Turns})
	checkResults(t, res.History)
	checkRuns(t, w, events)
}

// checkResults checks that each call has one result, in call order.
func checkResults(t *testing.T, history []reprise.Message) {
	t.Helper()
	for i, m := range history {
		calls := m.Calls()
		if len(calls) == 0 {
			continue
		}
		var want, got []string
		for _, c := range calls {
			if c.ID == "" || slices.Contains(want, c.ID) {
				t.Errorf("messages[%d]: the id %q is not of one call", i, c.ID)
			}
			want = append(want, c.ID)
		}
		for _, res := range history[i+1].Results() {
			got = append(got, res.ID)
		}
		diff(t, "ids of results", want, got)
	}
}

// checkRuns checks that each call whose start was told has run once (unless
// the run was stopped just then) and no other has.
func checkRuns(t *testing.T, w *world, events []agent.Event) {
	t.Helper()
	want := 0
	started := map[string]bool{} // in this turn
	for _, ev := range events {
		switch ev := ev.(type) {
		case agent.TurnStart:
			clear(started)
		case agent.ToolStart:
			started[ev.Call.ID] = true
			want++
		case agent.ToolDone:
			if started[ev.Call.ID] && ev.Result.Parts.Text() == "not run: the run was stopped first" {
				want--
			}
		}
	}
	got := 0
	for call, n := range w.ran {
		if got += n; n > 1 && strings.Contains(call, `"k"`) {
			t.Errorf("the call %s ran %d times", call, n)
		}
	}
	if got != want {
		t.Errorf("%d tools ran, %d were said to start", got, want)
	}
}

// TestRandomResume: a run that goes on from any point of a history, with any
// of the results of its last answer, comes to the same end, and runs no call
// that has a result.
func TestRandomResume(t *testing.T) {
	partials := 0
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) {
			whole, err := newWorld(t, seed, true).agent().Generate(t.Context(), reprise.Ask("go"))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			r := rand.New(rand.NewPCG(seed, 0))
			for n := 1; n <= len(whole.History); n++ {
				resume(t, seed, whole.History, whole.History[:n])
				last := whole.History[n-1]
				if last.Role == reprise.RoleTool && len(last.Parts) > 1 {
					partials++
					some := slices.Clone(last.Parts)
					r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
					some = some[:r.IntN(len(some))]
					resume(t, seed, whole.History, append(slices.Clone(whole.History[:n-1]), results(some...)))
				}
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if partials < seeds/2 {
		t.Errorf("chance made only %d histories with some results", partials)
	}
}

func resume(t *testing.T, seed uint64, whole, history []reprise.Message) {
	t.Helper()
	before := slices.Clone(history)
	next, err := agent.NextOf(history)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, seed, true)
	events, err := gather(w.agent().Run(t.Context(), history))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "resumed history", whole, events[len(events)-1].(agent.Done).Result.History)
	diff(t, "the caller's history", before, history)
	for _, ev := range events { // of the first answer's calls just those that were open
		if m, ok := ev.(agent.MessageDone); ok && next.Step == agent.StepTools {
			if m.Message.Role != reprise.RoleTool {
				t.Errorf("the first message is %+v", m.Message)
			}
			break
		}
		if e, ok := ev.(agent.ToolDone); ok && next.Step == agent.StepTools {
			if !slices.ContainsFunc(next.Calls, func(c reprise.ToolCall) bool { return cmp.Equal(c, e.Call) }) {
				t.Errorf("a call with a result was run: %+v", e.Call)
			}
		}
	}
}
