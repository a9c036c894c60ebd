package agent_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestGuards: a check that fails, in whatever way, ends the run; nothing of
// the answer is kept and no tool has run.
func TestGuards(t *testing.T) {
	bad := errors.New("bad")
	never := tool("never", func(context.Context, reprise.ToolCall) (string, error) {
		t.Error("a tool ran that a guard had stopped")
		return "", nil
	})
	input := func(f func() error) agent.Guard {
		return agent.Guard{Name: "g", Input: func(context.Context, []reprise.Message) error { return f() }}
	}
	first := func(g agent.Guard) agent.Guard { g.First = true; return g }
	for _, tt := range []struct {
		name  string
		guard agent.Guard
		asked bool
		want  string
	}{
		{"input", input(func() error { time.Sleep(time.Second); return bad }), true, `agent: turn 1: guard "g": Input: bad`},
		{"input, late", input(func() error { time.Sleep(time.Hour); return bad }), true, `agent: turn 1: guard "g": Input: bad`},
		{"input first", first(input(func() error { time.Sleep(time.Hour); return bad })), false, `agent: turn 1: guard "g": Input: bad`},
		{"panic", input(func() error { time.Sleep(time.Second); panic("oh") }), true, `agent: turn 1: guard "g": Input: the check panicked: oh`},
		{"exit", input(func() error { time.Sleep(time.Second); runtime.Goexit(); return nil }), true, `agent: turn 1: guard "g": Input: the check ended without a verdict`},
		{"output", agent.Guard{Name: "g", Output: func(_ context.Context, p reprise.Part) error {
			if p, ok := p.(reprise.Text); ok && p.Text == "secret" {
				return bad
			}
			return nil
		}}, true, `agent: turn 1: guard "g": Output: bad`},
		{"call", agent.Guard{Name: "g", Call: func(_ context.Context, c reprise.ToolCall) error {
			return fmt.Errorf("no %s: %w", c.Name, agent.ErrStop)
		}}, true, `agent: turn 1: guard "g": Call: no never: the guard stops the run`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := false
				a := &agent.Agent{Tools: []reprise.Tool{never}, Guards: []agent.Guard{{Name: "none"}, tt.guard}}
				a.Model = reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
					return func(yield func(reprise.Event, error) bool) {
						asked = true
						stream(calling(text("secret"), call("1", "never", "{}")))(yield)
					}
				})
				res, err := a.Generate(t.Context(), reprise.Ask("go"))
				var ge *agent.GuardError
				if !errors.As(err, &ge) || err.Error() != tt.want {
					t.Errorf("got error %v, want %s", err, tt.want)
				}
				if asked != tt.asked {
					t.Errorf("the model was asked: %v", asked)
				}
				want := reprise.Ask("go")
				if tt.guard.Call != nil {
					want = append(want, assistant(text("secret"), call("1", "never", "{}")), results(failure("1", "never", "no never: the guard stops the run")))
				}
				diff(t, "history", want, res.History)
			})
		})
	}
}

// TestGuardBeside: a check runs beside the model and stops it.
func TestGuardBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("bad")
		for name, g := range map[string]agent.Guard{
			"input":  {Input: func(context.Context, []reprise.Message) error { time.Sleep(5 * time.Second); return bad }},
			"output": {Output: func(context.Context, reprise.Part) error { time.Sleep(5 * time.Second); return bad }},
		} {
			began := time.Now()
			a := &agent.Agent{Guards: []agent.Guard{g}, Model: reprise.ModelFunc(func(ctx context.Context, _ *reprise.Request) iter.Seq2[reprise.Event, error] {
				return func(yield func(reprise.Event, error) bool) {
					if yield(reprise.PartDone{Part: text("a")}, nil) {
						<-ctx.Done()
						yield(nil, ctx.Err())
					}
				}
			})}
			res, err := a.Generate(t.Context(), reprise.Ask("go"))
			if took := time.Since(began); !errors.Is(err, bad) || took != 5*time.Second {
				t.Errorf("%s: took %v, error %v", name, took, err)
			}
			if re := runError(t, err); len(res.History) != 1 || re.Partial.Text() != "a" {
				t.Errorf("%s: got %+v, partial %+v", name, res.History, re.Partial)
			}
		}
	})
}

// TestGuardInput: each message is checked once.
func TestGuardInput(t *testing.T) {
	var mu sync.Mutex
	var got [][]reprise.Message
	a := &agent.Agent{
		Model: answers(calling(call("1", "add", "{}")), say("end")), Tools: []reprise.Tool{echo("add")},
		Guards: []agent.Guard{{Input: func(_ context.Context, messages []reprise.Message) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, messages)
			return nil
		}}},
	}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "checked", [][]reprise.Message{res.History[:1], res.History[1:3]}, got)
}

// TestGuardInputWindow: what is new is checked although the history is made
// shorter, and no summary is asked for before a check that must be first.
func TestGuardInputWindow(t *testing.T) {
	bad := errors.New("bad")
	for _, first := range []bool{false, true} {
		summaries := 0
		history := long(6, 4000)
		a := &agent.Agent{
			Model: answers(say("end")),
			Window: &agent.Window{Tokens: 10, Summarizer: reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
				summaries++
				return stream(say("short"))
			})},
			Guards: []agent.Guard{{First: first, Input: func(_ context.Context, messages []reprise.Message) error {
				diff(t, "checked", history, messages)
				return bad
			}}},
		}
		_, err := a.Generate(t.Context(), history)
		if !errors.Is(err, bad) || first && summaries > 0 {
			t.Errorf("first %v: %d summaries, error %v", first, summaries, err)
		}
	}
}

// TestGuardDeltas: a model that tells its answer in deltas alone is checked too.
func TestGuardDeltas(t *testing.T) {
	bad := errors.New("bad")
	a := &agent.Agent{
		Model: answers([]reprise.Event{reprise.TextDelta{Text: "a "}, reprise.TextDelta{Text: "secret"}, finish(reprise.ReasonStop)}),
		Guards: []agent.Guard{{Output: func(_ context.Context, p reprise.Part) error {
			diff(t, "part", text("a secret"), p)
			return bad
		}}},
	}
	if res, err := a.Generate(t.Context(), reprise.Ask("go")); !errors.Is(err, bad) || len(res.History) != 1 {
		t.Errorf("got %+v, error %v", res.History, err)
	}
}

// TestGuardCanceled: an answer whose check a cancel has cut off is not kept,
// but was billed.
func TestGuardCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		a := &agent.Agent{Model: answers(say("bad")), Guards: []agent.Guard{{Output: func(ctx context.Context, _ reprise.Part) error {
			<-ctx.Done()
			return errors.New("not known")
		}}}}
		res, err := a.Generate(ctx, reprise.Ask("go"))
		if reprise.KindOf(err) != reprise.KindCanceled {
			t.Errorf("got error %v", err)
		}
		diff(t, "history", reprise.Ask("go"), res.History)
		if res.Turns != 0 || res.Usage.Total() != 13 || *res.Cost != 5 {
			t.Errorf("got %d turns, %d tokens, cost %v", res.Turns, res.Usage.Total(), res.Cost)
		}
	})
}

// TestGuardCall: a call that a check refuses is answered, and the run goes on.
func TestGuardCall(t *testing.T) {
	a := &agent.Agent{
		Model: answers(calling(call("1", "add", `{"path":"/etc"}`), call("2", "add", `{}`)), say("end")), Tools: []reprise.Tool{echo("add")},
		Guards: []agent.Guard{{Call: func(_ context.Context, c reprise.ToolCall) error {
			if strings.Contains(c.Args, "/etc") {
				return errors.New("not there")
			}
			return nil
		}}},
	}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "results", results(failure("1", "add", "not there"), result("2", "add", "{}")), res.History[2])
}

// TestGuardLeft: the checks end with the run, whichever way that ends.
func TestGuardLeft(t *testing.T) {
	for _, how := range []string{"break", "cancel"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var running atomic.Int32
			check := func(ctx context.Context) error {
				running.Add(1)
				defer running.Add(-1)
				<-ctx.Done()
				time.Sleep(time.Minute)
				return ctx.Err()
			}
			a := &agent.Agent{Model: answers([]reprise.Event{reprise.PartDone{Part: text("a")}, reprise.TextDelta{Part: 1}, finish(reprise.ReasonStop)}), Guards: []agent.Guard{{
				Input:  func(ctx context.Context, _ []reprise.Message) error { return check(ctx) },
				Output: func(ctx context.Context, _ reprise.Part) error { return check(ctx) },
			}}}
			for ev, err := range a.Run(ctx, reprise.Ask("go")) {
				if err != nil && reprise.KindOf(err) != reprise.KindCanceled {
					t.Errorf("got error %v", err)
				}
				if _, ok := ev.(reprise.TextDelta); !ok {
					continue
				}
				time.Sleep(time.Second) // let them begin
				if n := running.Load(); n != 2 {
					t.Errorf("%d checks run", n)
				}
				if how == "break" {
					break
				}
				cancel()
			}
			if running.Load() != 0 {
				t.Errorf("%s: %d checks still run", how, running.Load())
			}
		})
	}
}
