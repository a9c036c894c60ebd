package agent_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// house is a world with rules: its tools have policies by chance, some calls
// must be allowed, some tools are hidden in some turns. It lives through
// several runs of one conversation, each of which may be cut.
type house struct {
	t    *testing.T
	seed uint64
	j    *journal
	a    *agent.Agent

	mu      sync.Mutex
	running map[string]int  // by tool
	ended   map[string]int  // how often a call has ended, by its arguments
	failed  map[int]bool    // the turns whose stream has broken once
	denied  map[string]bool // by the arguments
	allowed map[string]bool
	log     []logged
	usage   int64 // of all answers that were whole
	seen    *sightings
}

// logged is an event of one of the runs.
type logged struct {
	process, n int
	ev         agent.Event
	err        error
}

// sightings counts what the random runs have met.
type sightings struct {
	early, kept, exclusive, pending, denied, hidden, resumed, stopped, sent, unused int
}

func newHouse(t *testing.T, seed uint64, seen *sightings) *house {
	r := chance(seed, "house")
	h := &house{t: t, seed: seed, j: &journal{entries: map[string][]*entry{}}, running: map[string]int{}, ended: map[string]int{}, failed: map[int]bool{}, denied: map[string]bool{}, allowed: map[string]bool{}, seen: seen}
	h.a = &agent.Agent{
		Model: reprise.ModelFunc(h.stream), Parallel: 1 + r.IntN(4), Control: new(agent.Control),
		Approval: agent.Approval{Ask: h.ask}, Prepare: h.prepare,
	}
	if r.IntN(2) == 0 {
		h.a.Approval.Secret = []byte("secret")
	}
	for _, name := range []string{"t0", "t1", "t2"} {
		p := reprise.Policy{Early: r.IntN(2) == 0, Exclusive: r.IntN(4) == 0, Stops: r.IntN(12) == 0}
		if r.IntN(3) == 0 {
			p.Timeout = 3 * time.Millisecond
		}
		h.a.Tools = append(h.a.Tools, with(houseTool{h, name, p}, p))
	}
	return h
}

// hides tells which tool is hidden in the turn that answers n answers.
func (h *house) hides(n int) string {
	return fmt.Sprint("t", chance(h.seed, fmt.Sprint("hide ", n)).IntN(9))
}

func (h *house) prepare(_ context.Context, turn *agent.Turn) error {
	hidden := h.hides(answered(turn.Request.Messages))
	turn.Tools = slices.DeleteFunc(turn.Tools, func(t reprise.Tool) bool { return t.Spec().Name == hidden })
	return nil
}

// ask depends on the arguments.
func (h *house) ask(c reprise.ToolCall) bool { return chance(h.seed, "ask "+c.Args).IntN(6) == 0 }

// stream is the model.
func (h *house) stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	n := answered(req.Messages)
	if next, err := agent.NextOf(req.Messages); err != nil || next.Step == agent.StepTools {
		h.t.Errorf("the model was asked with a history that is not whole: %v, %v", next, err)
	}
	r := chance(h.seed, fmt.Sprint("answer ", n))
	parts := h.answer(n)
	var events []reprise.Event
	if r.IntN(2) == 0 { // an attempt that is taken back
		for i, p := range parts[:1+r.IntN(len(parts))] {
			if c, ok := p.(reprise.ToolCall); ok {
				switch r.IntN(3) {
				case 0:
					c.ID += "v" // the same call, by another id
				case 1:
					c.Args = fmt.Sprintf(`{"k":"%d.%d"}`, n, 9+i) // one that does not come again
				}
				p = c
			}
			events = append(events, reprise.PartDone{Index: i, Part: p})
		}
		events = append(events, reprise.Reset{Reason: "chance"})
	}
	if r.IntN(4) == 0 {
		parts = parts[1:]
	}
	for i, p := range parts {
		events = append(events, reprise.PartDone{Index: i, Part: p})
	}
	events = append(events, finish(reprise.ReasonOther))
	h.mu.Lock()
	if r.IntN(3) == 0 && !h.failed[n] {
		h.failed[n] = true
		events = append(events[:r.IntN(len(events))], broken{err: errors.New("chance")})
	}
	h.mu.Unlock()
	return func(yield func(reprise.Event, error) bool) {
		for ev, err := range stream(events) {
			time.Sleep(time.Duration(r.IntN(4)) * time.Millisecond)
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// answer makes up the parts of answer n. The arguments of each call are of
// this call alone.
func (h *house) answer(n int) []reprise.Part {
	r := chance(h.seed, fmt.Sprint("parts ", n))
	parts := []reprise.Part{reprise.Reasoning{Text: "hm"}}
	calls := 1 + r.IntN(4)
	if n >= 4 {
		calls = 0
		parts = append(parts, text("end"))
	}
	for i := range calls {
		id := []string{fmt.Sprint("id", i), fmt.Sprint("id", i), "same", ""}[r.IntN(4)]
		args := fmt.Sprintf(`{"k":"%d.%d"}`, n, i)
		if r.IntN(12) == 0 {
			args = "["
		}
		parts = append(parts, call(id, fmt.Sprint("t", r.IntN(4)), args))
	}
	return parts
}

// houseTool checks that it may run.
type houseTool struct {
	h      *house
	name   string
	policy reprise.Policy
}

func (ht houseTool) Spec() reprise.ToolSpec { return reprise.ToolSpec{Name: ht.name} }

func (ht houseTool) Call(ctx context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
	h := ht.h
	var n, i int
	if _, err := fmt.Sscanf(c.Args, `{"k":"%d.%d"}`, &n, &i); err != nil {
		h.t.Errorf("%s got %q: %v", ht.name, c.Args, err)
	}
	h.mu.Lock()
	if h.hides(n) == ht.name {
		h.t.Errorf("%s ran in turn %d, where it is hidden", ht.name, n)
	}
	if h.denied[c.Args] {
		h.t.Errorf("%s ran although it was denied", c.Args)
	}
	if allowed := !h.ask(c) || h.allowed[c.Args]; !allowed {
		h.t.Errorf("%s ran although nobody had allowed it", c.Args)
	}
	h.running[ht.name]++
	all := h.running["t0"] + h.running["t1"] + h.running["t2"]
	alone := ht.policy.Exclusive
	for _, t := range h.a.Tools {
		p := t.(reprise.PolicyTool)
		alone = alone || p.Policy.Exclusive && h.running[p.Tool.(houseTool).name] > 0
	}
	if all > h.a.Parallel || alone && all > 1 {
		h.t.Errorf("%d tools run at once, exclusive: %v, at most %d may", all, alone, h.a.Parallel)
	}
	if ht.policy.Exclusive {
		h.seen.exclusive++
	}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.running[ht.name]--
	}()
	r := chance(h.seed, "run "+c.Args)
	reprise.Report(ctx, reprise.Progress{Text: c.Args})
	select {
	case <-ctx.Done():
		if context.Cause(ctx) == context.DeadlineExceeded {
			h.end(c)
		}
		return reprise.ToolResult{}, ctx.Err()
	case <-time.After(time.Duration(r.IntN(6)) * time.Millisecond):
	}
	h.end(c)
	if r.IntN(5) == 0 {
		panic("chance")
	}
	return reprise.ToolResult{Parts: reprise.Parts{text("of " + c.Args)}}, nil
}

// end counts that a call has ended, with a result that must not be lost.
func (h *house) end(c reprise.ToolCall) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended[c.Args]++; h.ended[c.Args] > 1 {
		h.t.Errorf("the call %s has ended %d times", c.Args, h.ended[c.Args])
	}
}
