package agent_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestRandomRetries: with a model that breaks by chance and is asked again, a
// conversation comes to the same end, and no tool runs twice for it.
func TestRandomRetries(t *testing.T) {
	again, resets := 0, 0
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) {
			whole, err := newWorld(t, seed, true).agent().Generate(t.Context(), reprise.Ask("go"))
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, seed, true)
			broke := map[int]int{} // how often, by answer
			flaky := reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
				n := answered(req.Messages)
				broke[n]++
				r := chance(seed, fmt.Sprint("break ", n, broke[n]))
				if broke[n] > 2 || r.IntN(2) == 0 {
					return w.stream(ctx, req)
				}
				again++
				at := r.IntN(4)
				return func(yield func(reprise.Event, error) bool) {
					for ev, err := range w.stream(ctx, req) {
						if _, last := ev.(reprise.Finish); last || at == 0 {
							yield(nil, &reprise.Error{Kind: reprise.KindNetwork, Err: errors.New("chance")})
							return
						}
						if at--; !yield(ev, err) {
							return
						}
					}
				}
			})
			a := w.agent()
			a.Model = &reprise.Retry{Model: flaky, Attempts: 3, AfterOutput: true}
			events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "history", whole.History, events[len(events)-1].(agent.Done).Result.History)
			for c, n := range w.ran {
				if n > 1 && strings.Contains(c, `"k"`) {
					t.Errorf("the call %s ran %d times", c, n)
				}
			}
			for _, ev := range events {
				if _, ok := ev.(reprise.Reset); ok {
					resets++
				}
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if again < seeds || resets < seeds {
		t.Errorf("chance made only %d breaks and %d resets: this test shows little", again, resets)
	}
}

// TestRandomArguments: a tool gets no arguments that are not valid by its
// schema; the model is told what is wrong with these.
func TestRandomArguments(t *testing.T) {
	schema := json.RawMessage(`{"type":"object","required":["n"],"additionalProperties":false,
		"properties":{"n":{"type":"integer","minimum":0},"s":{"enum":["a","b"]},"l":{"type":"array","items":{"type":"string"},"maxItems":1}}}`)
	var parsed jsonschema.Schema
	if err := json.Unmarshal(schema, &parsed); err != nil {
		t.Fatal(err)
	}
	valid, err := parsed.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(args string) error {
		var v any
		if err := json.Unmarshal([]byte(args), &v); err != nil {
			return err
		}
		return valid.Validate(v)
	}
	r := chance(1, "arguments")
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var calls []reprise.Part
	for i := range 400 {
		args := fmt.Sprintf(`{%s%s%s%s`, pick(`"n":1`, `"n":1`, `"n":-1`, `"n":1.0`, `"n":"1"`, `"x":0`), pick("", `,"s":"a"`, `,"s":"c"`),
			pick("", `,"l":["x"]`, `,"l":[1]`, `,"l":["x","y"]`, `,"l":{}`), pick("}", "}", "}", ",}", "", "}}", "} {}"))
		calls = append(calls, call(fmt.Sprint(i), "strict", args))
	}
	var got []string
	strict := &reprise.FuncTool{ToolSpec: reprise.ToolSpec{Name: "strict", Schema: schema}, Run: func(_ context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
		got = append(got, c.ID)
		return reprise.ToolResult{}, nil
	}}
	a := &agent.Agent{Model: answers(calling(calls...), say("end")), Tools: []reprise.Tool{strict}, Parallel: 1}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, p := range res.History[2].Results() {
		c := calls[i].(reprise.ToolCall)
		wrong := check(c.Args)
		if wrong == nil {
			want = append(want, c.ID)
		}
		if p.IsError != (wrong != nil) || p.IsError && !strings.HasPrefix(p.Parts.Text(), "the arguments of strict are not valid: ") {
			t.Errorf("%s: got %q", c.Args, p.Parts.Text())
		}
	}
	diff(t, "ran", want, got)
	if len(got) < 20 || len(got) > 380 {
		t.Errorf("%d of 400 were valid: this test shows little", len(got))
	}
}

// TestRandomApprovals: three levels of agents look and pay by chance, and
// decisions come one by one, to a session that was stored: each call that was
// allowed or needs not to be runs once, in its lane, and no other does.
func TestRandomApprovals(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) { approvals(t, seed, seen) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, what := range []string{"path of 0", "path of 1", "path of 2", "denied", "allowed", "left open", "history alone"} {
		if seen[what] < seeds/2 {
			t.Errorf("chance made only %d of %q: this test shows little", seen[what], what)
		}
	}
}

// book is what ran and what was decided, by lanes and arguments.
type book struct {
	mu      sync.Mutex
	ran     map[string]int
	decided map[string]bool
}

func approvals(t *testing.T, seed uint64, seen map[string]int) {
	s := &agent.Session{History: reprise.Ask("0")}
	b := &book{ran: map[string]int{}, decided: map[string]bool{}}
	var decisions []agent.Decision
	for n := range 100 {
		res, err := agent.Collect(level(t, seed, 0, b).Resume(t.Context(), s, decisions...))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(res)
		s = reload(t, s)
		if res.End == agent.EndDone {
			break
		}
		if n == 99 || len(s.Pending) == 0 {
			t.Fatalf("%d runs, %d pending", n, len(s.Pending))
		}
		decisions = nil
		r := chance(seed, fmt.Sprint("decide ", n))
		if r.IntN(3) == 0 { // a process that knows the history alone, and no decision
			same, err := level(t, seed, 0, b).Generate(t.Context(), s.History)
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "pending", s.Pending, same.Pending)
			seen["history alone"]++
		}
		first := r.IntN(len(s.Pending))
		var order []string // of the calls above
		for i, p := range s.Pending {
			order = append(order, strings.TrimPrefix(cmp.Or(strings.Split(p.Path, "/")[0], p.Call.ID), "sub:"))
			if i != first && r.IntN(2) == 0 {
				seen["left open"]++
				continue
			}
			d := p.Allow()
			if r.IntN(3) == 0 {
				d = p.Deny("chance")
			}
			key := p.Path + " " + p.Call.Args
			if _, twice := b.decided[key]; twice {
				t.Errorf("%s was asked for twice", key)
			}
			b.decided[key] = d.Allow
			seen[map[bool]string{true: "allowed", false: "denied"}[d.Allow]]++
			if p.Path == "" {
				seen["path of 0"]++
			} else {
				seen[fmt.Sprint("path of ", 1+strings.Count(p.Path, "/"))]++
			}
			decisions = append(decisions, d)
		}
		if !slices.IsSorted(order) {
			t.Errorf("the calls that wait are in the order %q", order)
		}
	}
	checkResults(t, s.History)
	for key, n := range b.ran {
		if n != 1 {
			t.Errorf("%s ran %d times", key, n)
		}
	}
	for key, allow := range b.decided {
		if (b.ran[key] == 1) != allow {
			t.Errorf("%s was allowed: %v, ran %d times", key, allow, b.ran[key])
		}
	}
}

// level is an agent of a level, which depends on chance and its task alone.
func level(t *testing.T, seed uint64, depth int, b *book) *agent.Agent {
	note := func(ctx context.Context, c reprise.ToolCall) (string, error) {
		time.Sleep(time.Duration(chance(seed, c.Args).IntN(9)) * time.Millisecond)
		key := agent.Lane(ctx) + " " + c.Args
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ran[key]++
		if c.Name == "pay" && !b.decided[key] {
			t.Errorf("%s ran although nobody had allowed it", key)
		}
		return "done", nil
	}
	a := &agent.Agent{Parallel: 3, Tools: []reprise.Tool{tool("look", note), with(tool("pay", note), reprise.Policy{Ask: reprise.AskAlways})}}
	names := []string{"look", "pay"}
	if depth < 2 {
		names = append(names, "sub", "sub")
		a.Tools = append(a.Tools, &agent.SubAgent{Name: "sub", Agent: level(t, seed, depth+1, b)})
	}
	if depth == 0 && seed%2 == 0 {
		a.Approval.Secret = []byte("secret")
	}
	a.Model = reprise.ModelFunc(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		task := req.Messages[0].Text()
		said := answered(req.Messages)
		r := chance(seed, fmt.Sprint(task, said))
		if said >= 1+len(task)%2 {
			return stream(say("end of " + task))
		}
		var calls []reprise.Part
		for i := range 1 + r.IntN(3) {
			id := fmt.Sprintf("%s.%d%d", task, said, i)
			calls = append(calls, call(fmt.Sprint(i), names[r.IntN(len(names))], fmt.Sprintf(`{"task":%q}`, id)))
		}
		return stream(calling(slices.Clip(calls)...))
	})
	return a
}
