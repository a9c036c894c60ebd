package agent_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

func with(t reprise.Tool, p reprise.Policy) reprise.Tool {
	return reprise.PolicyTool{Tool: t, Policy: p}
}

// sleeper is a tool that sleeps for as many seconds as its id says, and
// counts how many run.
func sleeper(name string, running *atomic.Int32, check func(n int32)) reprise.Tool {
	return tool(name, func(ctx context.Context, c reprise.ToolCall) (string, error) {
		check(running.Add(1))
		defer running.Add(-1)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(time.Second):
			return c.ID, nil
		}
	})
}

// TestExclusive: an exclusive tool runs alone, and what was called before it
// ends before it, what was called after it begins after.
func TestExclusive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int32
		alone := with(sleeper("alone", &running, func(n int32) {
			if n != 1 {
				t.Errorf("%d tools run beside the exclusive one", n-1)
			}
		}), reprise.Policy{Exclusive: true})
		var most atomic.Int32
		free := sleeper("free", &running, func(n int32) {
			if n > 1 {
				most.Store(n)
			}
		})
		a := &agent.Agent{Tools: []reprise.Tool{alone, free}, Model: answers(calling(
			call("1", "free", ""), call("2", "free", ""), call("3", "alone", ""), call("4", "alone", ""), call("5", "free", ""), call("6", "free", "")), say("end"))}
		began := time.Now()
		events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 4*time.Second || most.Load() != 2 {
			t.Errorf("the tools took %v, %d ran at once", took, most.Load())
		}
		var got []string
		for _, ev := range events {
			switch ev := ev.(type) {
			case agent.ToolStart:
				got = append(got, "+"+ev.Call.ID)
			case agent.ToolDone:
				got = append(got, "-"+ev.Call.ID)
			}
		}
		if slices.Index(got, "+3") != 4 || slices.Index(got, "-3") != 5 || slices.Index(got, "+4") != 6 || slices.Index(got, "-4") != 7 {
			t.Errorf("got order %v", got)
		}
	})
}

// TestTimeout: a tool that takes too long is stopped, and the model is told.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int32
		slow := with(sleeper("slow", &running, func(int32) {}), reprise.Policy{Timeout: time.Second / 2})
		fast := with(sleeper("fast", &running, func(int32) {}), reprise.Policy{Timeout: 2 * time.Second})
		deaf := with(tool("deaf", func(context.Context, reprise.ToolCall) (string, error) {
			time.Sleep(3 * time.Second)
			return "done all the same", nil
		}), reprise.Policy{Timeout: time.Second})
		a := &agent.Agent{Tools: []reprise.Tool{slow, fast, deaf}, Model: answers(calling(call("1", "slow", ""), call("2", "fast", ""), call("3", "deaf", "")), say("end"))}
		events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "results", results(failure("1", "slow", "the tool was stopped: it was not done after 500ms"), result("2", "fast", "2"),
			result("3", "deaf", "done all the same")), events[len(events)-1].(agent.Done).Result.History[2])
		_, ends := toolEvents(events)
		for _, e := range ends {
			if kind := reprise.KindOf(e.Err); (kind == reprise.KindTimeout) != (e.Call.ID == "1") {
				t.Errorf("call %s has an error of kind %q", e.Call.ID, kind)
			}
		}
	})
}

// TestProgress: what a tool reports is told between its start and its end,
// and not after.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := make(chan bool)
		busy := tool("busy", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			for i := range 3 {
				reprise.Report(ctx, reprise.Progress{Text: c.ID, Done: float64(i), Total: 3})
				time.Sleep(time.Second)
			}
			go func() {
				time.Sleep(time.Minute)
				reprise.Report(ctx, reprise.Progress{Text: "too late"})
				late <- true
			}()
			return "", nil
		})
		a := &agent.Agent{Tools: []reprise.Tool{busy}, Model: answers(calling(call("1", "busy", ""), call("2", "busy", "")), say("end"))}
		got := map[string][]float64{}
		open := map[string]bool{}
		for ev, err := range a.Run(t.Context(), reprise.Ask("go")) {
			if err != nil {
				t.Fatal(err)
			}
			switch ev := ev.(type) {
			case agent.ToolStart:
				open[ev.Call.ID] = true
			case agent.ToolProgress:
				if !open[ev.Call.ID] || ev.Progress.Text != ev.Call.ID || ev.Progress.Total != 3 {
					t.Errorf("got %+v", ev)
				}
				got[ev.Call.ID] = append(got[ev.Call.ID], ev.Progress.Done)
			case agent.ToolDone:
				delete(open, ev.Call.ID)
			}
		}
		diff(t, "progress", map[string][]float64{"1": {0, 1, 2}, "2": {0, 1, 2}}, got)
		<-late
		<-late
	})
	reprise.Report(t.Context(), reprise.Progress{}) // nobody listens
}

// TestMaxResult: a long result is shortened, and the rest can be read piece by
// piece, in this run or, with a store, in another.
func TestMaxResult(t *testing.T) {
	long := strings.Repeat("0123456789äöü|", 50)
	big := tool("big", func(context.Context, reprise.ToolCall) (string, error) { return long, nil })
	var got strings.Builder
	reader := func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		last := req.Messages[len(req.Messages)-1]
		if last.Role == reprise.RoleUser {
			return stream(calling(call("1", "big", "")))
		}
		s := last.Results()[0].Parts.Text()
		body, note, more := strings.Cut(s, "\n[shortened: ")
		got.WriteString(body)
		if len(body) > 100 || len(body) < 90 && more || !utf8.ValidString(body) {
			t.Errorf("got a piece of %d bytes", len(body))
		}
		if !more {
			return stream(say("end"))
		}
		var from, to, all, offset int
		var key string
		if _, err := fmt.Sscanf(note, "bytes %d to %d of %d; read on with read_result, key %q, offset %d]", &from, &to, &all, &key, &offset); err != nil {
			t.Fatal(note, err)
		}
		return stream(calling(call("2", "read_result", fmt.Sprintf(`{"key":%q,"offset":%d}`, key, offset))))
	}
	a := &agent.Agent{Model: reprise.ModelFunc(reader), Tools: []reprise.Tool{big}, Window: &agent.Window{MaxResult: 100}}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil || got.String() != long {
		t.Fatalf("read %d bytes of %d, error %v", got.Len(), len(long), err)
	}
	// Another run does not have it.
	res, err = a.Generate(t.Context(), res.History[:4])
	if err != nil || !strings.Contains(res.History[4].Results()[0].Parts.Text(), "is not kept any more; call the tool again") {
		t.Errorf("got %v, error %v", res.History[4], err)
	}
	// A tool's own bound counts first; without a window the rest is lost.
	a = &agent.Agent{Model: answers(calling(call("1", "big", "")), say("end")), Tools: []reprise.Tool{with(big, reprise.Policy{MaxResult: 10})}}
	if res, err = a.Generate(t.Context(), reprise.Ask("go")); err != nil {
		t.Fatal(err)
	}
	diff(t, "shortened", results(result("1", "big", "0123456789\n[shortened: 10 of 850 bytes]")), res.History[2])
}

// TestPolicyOf: a wrapper hides no policy.
func TestPolicyOf(t *testing.T) {
	p := reprise.PolicyOf(wrapped{with(echo("a"), reprise.Policy{Stops: true})})
	if !p.Stops || reprise.PolicyOf(echo("a")).Stops {
		t.Errorf("got %+v", p)
	}
	own := echo("a")
	own.Policy.Exclusive = true
	if p := reprise.PolicyOf(wrapped{own}); !p.Exclusive {
		t.Errorf("got %+v", p)
	}
}

type wrapped struct{ reprise.Tool }

func (w wrapped) Unwrap() reprise.Tool { return w.Tool }
