package agent_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// world is a model and tools that do what chance says. The same seed is the
// same chance, and what is said depends on the conversation alone.
type world struct {
	t      *testing.T
	seed   uint64
	tame   bool // every answer is whole and can be told from the history
	limit  int  // of tools that run at once
	offers map[string]bool

	mu      sync.Mutex
	running int
	ran     map[string]int // how often, by the k of the arguments
	asked   [][]reprise.Message
}

func newWorld(t *testing.T, seed uint64, tame bool) *world {
	r := chance(seed, "world")
	return &world{
		t: t, seed: seed, tame: tame, limit: 1 + r.IntN(4),
		offers: map[string]bool{"t0": true, "t1": true, "t2": true}, ran: map[string]int{},
	}
}

func chance(seed uint64, what string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func (w *world) agent() *agent.Agent {
	a := &agent.Agent{Model: reprise.ModelFunc(w.stream), Parallel: w.limit, MaxTurns: maxTurns}
	if w.tame {
		a.MaxTurns = 0
	}
	for _, name := range []string{"t0", "t1", "t2"} {
		a.Tools = append(a.Tools, worldTool{w, name})
	}
	return a
}

// stream is the model. It checks what it is asked.
func (w *world) stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	n := 0
	for _, m := range req.Messages {
		if m.Role == reprise.RoleAssistant {
			n++
		}
	}
	if next, err := agent.NextOf(req.Messages); err != nil || next.Step == agent.StepTools {
		w.t.Errorf("the model was asked with a history that is not whole: %v, %v", next, err)
	}
	w.asked = append(w.asked, req.Messages)
	r := chance(w.seed, fmt.Sprint("answer ", n))
	events, deaf := w.answer(r, n), r.IntN(2) == 0
	return func(yield func(reprise.Event, error) bool) {
		for _, ev := range events {
			time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
			if err := ctx.Err(); err != nil && !deaf {
				yield(nil, &reprise.Error{Kind: reprise.KindCanceled, Err: err})
				return
			}
			if b, ok := ev.(broken); ok {
				yield(nil, b.err)
				return
			}
			if !yield(ev, nil) {
				return
			}
		}
	}
}

// answer makes up the answer to a conversation with n answers.
func (w *world) answer(r *rand.Rand, n int) []reprise.Event {
	var events []reprise.Event
	if r.IntN(5) == 0 {
		events = append(events, reprise.TextDelta{Text: "void"}, reprise.PartDone{Part: call("void", "t0", "{}")}, reprise.Reset{Reason: "chance"})
	}
	part := 0
	put := func(p reprise.Part) {
		events = append(events, reprise.PartDone{Index: part, Part: p})
		part++
	}
	if r.IntN(2) == 0 {
		events = append(events, reprise.ReasoningDelta{Text: "hm"})
		put(reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "p"}})
	}
	calls := r.IntN(5)
	if n >= 3+int(w.seed%3) {
		calls = 0
	}
	for i := range calls {
		put(w.call(r, n, i))
	}
	if calls == 0 || r.IntN(3) == 0 {
		s := fmt.Sprintf("answer %d", n)
		events = append(events, reprise.TextDelta{Part: part, Text: s})
		put(text(s))
	}
	fin := finish(reprise.ReasonOther)
	fin.Usage = reprise.Usage{Input: r.Int64N(100), Output: r.Int64N(100)}
	if r.IntN(8) == 0 {
		fin.Reason = reprise.ReasonPause
	}
	if !w.tame {
		reasons := []reprise.FinishReason{reprise.ReasonToolCalls, reprise.ReasonStop, reprise.ReasonLength, reprise.ReasonPause, reprise.ReasonRefusal}
		fin.Reason = reasons[r.IntN(len(reasons))]
		if r.IntN(6) == 0 {
			fin.Cost = nil
		}
		if r.IntN(8) == 0 {
			events = append(events[:r.IntN(len(events)+1)], broken{err: errors.New("chance")})
		}
	}
	return append(events, fin)
}

func (w *world) call(r *rand.Rand, n, i int) reprise.ToolCall {
	ids := []string{fmt.Sprintf("id%d", i), "same", "", fmt.Sprintf("call_%d_%d", n+1, r.IntN(4))}
	names := []string{"t0", "t1", "t2", "hidden", ""}
	args := []string{fmt.Sprintf(`{"k":"%d.%d"}`, n, i), fmt.Sprintf(` {"k" : "%d.%d"} `, n, i), "", "[]", `{"k"`, "null"}
	pick := func(of []string) string { return of[max(0, r.IntN(2*len(of))-len(of))] } // mostly the first
	return call(ids[r.IntN(len(ids))], pick(names), pick(args))
}

// worldTool is a tool that does what chance says.
type worldTool struct {
	w    *world
	name string
}

func (wt worldTool) Spec() reprise.ToolSpec { return reprise.ToolSpec{Name: wt.name} }

func (wt worldTool) Call(ctx context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
	w := wt.w
	w.mu.Lock()
	w.running++
	w.ran[c.ID+c.Args]++
	if w.running > w.limit {
		w.t.Errorf("%d tools run at once, want %d at most", w.running, w.limit)
	}
	if c.Name != wt.name || !strings.HasPrefix(strings.TrimSpace(c.Args), "{") {
		w.t.Errorf("tool %s got call %+v", wt.name, c)
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.running--
		w.mu.Unlock()
	}()
	r := chance(w.seed, c.Name+c.Args)
	if r.IntN(3) > 0 {
		time.Sleep(time.Duration(r.IntN(8)) * time.Millisecond)
	}
	switch r.IntN(8) {
	case 0:
		return reprise.ToolResult{}, errors.New("chance")
	case 1:
		panic("chance")
	case 2:
		runtime.Goexit()
	case 3:
		select {
		case <-ctx.Done():
			return reprise.ToolResult{}, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return reprise.ToolResult{Parts: reprise.Parts{text("of " + c.Args)}}, nil
}
