package agent_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// journal is an agent.Journal in memory. A process that begins again sees it
// through again.
type journal struct {
	mu      sync.Mutex
	entries map[string][]*entry
	next    map[string]int
	full    error // of every write
}

type entry struct {
	out   []byte
	ended bool
}

var errUnfinished = errors.New("it was begun and may have happened")

func (j *journal) again() *journal { return &journal{entries: j.entries, next: map[string]int{}} }

func (j *journal) Do(ctx context.Context, name string, input []byte, fn func(context.Context) ([]byte, error)) ([]byte, error) {
	return j.do(ctx, name, input, false, fn)
}

func (j *journal) Once(ctx context.Context, name string, input []byte, fn func(context.Context) ([]byte, error)) ([]byte, error) {
	return j.do(ctx, name, input, true, fn)
}

func (j *journal) do(ctx context.Context, name string, input []byte, once bool, fn func(context.Context) ([]byte, error)) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key := agent.Lane(ctx) + "|" + name + string(input)
	j.mu.Lock()
	if j.entries == nil {
		j.entries = map[string][]*entry{}
	}
	if j.next == nil {
		j.next = map[string]int{}
	}
	for n := j.next[key]; n < len(j.entries[key]); n++ {
		if e := j.entries[key][n]; e.ended || once {
			j.next[key] = n + 1
			j.mu.Unlock()
			if !e.ended {
				return nil, errUnfinished
			}
			return e.out, nil
		}
	}
	e := new(entry)
	j.entries[key] = append(j.entries[key], e)
	j.next[key] = len(j.entries[key])
	j.mu.Unlock()
	out, err := fn(ctx)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		e.out, e.ended = out, true
		err = j.full
	}
	return out, err
}

// TestJournal: what came of a call is the same when it is taken from the
// journal, and the tool does not run again.
func TestJournal(t *testing.T) {
	ran := 0
	odd := tool("odd", func(_ context.Context, c reprise.ToolCall) (string, error) {
		ran++
		switch c.ID {
		case "error":
			return "", errors.New("odd")
		case "panic":
			panic("odd")
		case "exit":
			runtime.Goexit()
		}
		return "fine", nil
	})
	media := toolFunc(func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
		ran++
		return reprise.ToolResult{Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte{1}}}, IsError: true,
			Echo: &reprise.Echo{Provider: "p", Data: []byte(`{"a":1}`)}}, nil
	})
	var j *journal
	run := func() *agent.Result {
		a := &agent.Agent{Parallel: 1, Journal: j, Tools: []reprise.Tool{odd, media}, Model: answers(calling(
			call("fine", "odd", `{"n":1}`), call("error", "odd", `{"n":2}`), call("panic", "odd", `{"n":3}`), call("exit", "odd", `{"n":4}`),
			call("media", "raw", ""), call("again", "odd", `{"n":1}`)), say("end"))}
		if j == nil {
			a.Journal = nil
		}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	want := run()
	j = new(journal)
	diff(t, "recorded", want, run())
	if ran != 12 {
		t.Errorf("the tools ran %d times, want 12", ran)
	}
	j = j.again()
	diff(t, "from the journal", want, run())
	if ran != 12 {
		t.Errorf("a tool ran again: %d", ran)
	}
}

// TestJournalCrash: a run that crashes between two parallel tools and is
// begun again runs only what had not ended.
func TestJournalCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var ended []string
		slow := tool("slow", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case <-time.After(time.Duration(len(c.Args)) * time.Second):
			}
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, c.ID)
			return c.ID, nil
		})
		j := new(journal)
		a := &agent.Agent{Journal: j, Tools: []reprise.Tool{slow}, Model: answers(calling(call("1", "slow", `{}`), call("2", "slow", `{"a":1}`)), say("end"))}
		for ev := range a.Run(t.Context(), reprise.Ask("go")) {
			if _, ok := ev.(agent.ToolDone); ok {
				break
			}
		}
		diff(t, "ended before the crash", []string{"1"}, ended)
		a.Journal = j.again()
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "ended", []string{"1", "2"}, ended)
		diff(t, "results", results(result("1", "slow", "1"), result("2", "slow", "2")), res.History[2])
	})
}

// TestJournalOnce: a call whose effect must happen once, and of which nobody
// knows whether it did, ends the run, with a whole history.
func TestJournalOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		pay := with(tool("pay", func(ctx context.Context, c reprise.ToolCall) (string, error) {
			ran++
			<-ctx.Done()
			return "", ctx.Err()
		}), reprise.Policy{Effect: reprise.EffectOnce})
		j := new(journal)
		a := &agent.Agent{Journal: j, Parallel: 1, Tools: []reprise.Tool{pay, echo("add")},
			Model: answers(calling(call("1", "pay", `{}`), call("2", "add", `{}`)), say("end"))}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.Generate(ctx, reprise.Ask("go")); reprise.KindOf(err) != reprise.KindTimeout {
			t.Fatal(err)
		}
		a.Journal = j.again()
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if !errors.Is(err, errUnfinished) || ran != 1 {
			t.Errorf("got error %v, the tool ran %d times", err, ran)
		}
		diff(t, "results", results(failure("1", "pay", "not known: it was begun and may have happened"),
			failure("2", "add", "not run: the run was stopped first")), res.History[2])
	})
}

// TestJournalPending: a run that cannot go on has no calls that wait.
func TestJournalPending(t *testing.T) {
	full := errors.New("disk full")
	a := &agent.Agent{Journal: &journal{full: full}, Parallel: 1, Tools: []reprise.Tool{echo("add"), echo("pay")},
		Approval: agent.Approval{Ask: agent.AskFor("pay")}, Model: answers(calling(call("1", "pay", `{}`), call("2", "add", `{}`)), say("end"))}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if !errors.Is(err, full) || res.Pending != nil || len(res.History) != 3 {
		t.Fatalf("got %d messages, %d pending, error %v", len(res.History), len(res.Pending), err)
	}
	diff(t, "results", results(failure("1", "pay", "not run: the run was stopped first"), result("2", "add", "{}")), res.History[2])
}

// TestJournalFull: a result that cannot be written is kept, and the run ends.
func TestJournalFull(t *testing.T) {
	full := errors.New("disk full")
	a := &agent.Agent{Journal: &journal{full: full}, Tools: []reprise.Tool{echo("add")}, Model: answers(calling(call("1", "add", `{}`)), say("end"))}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if !errors.Is(err, full) || len(res.History) != 3 {
		t.Fatalf("got %d messages, error %v", len(res.History), err)
	}
	diff(t, "results", results(result("1", "add", "{}")), res.History[2])
}

// TestJournalBounded: the journal has the whole result, and a run that is
// repeated from it offers the rest again.
func TestJournalBounded(t *testing.T) {
	j := new(journal)
	run := func(j *journal) string {
		a := &agent.Agent{Journal: j, Window: &agent.Window{MaxResult: 4}, Tools: []reprise.Tool{echo("add")}}
		key := ""
		a.Model = answers(calling(call("1", "add", `{"a":123456}`)), nil, say("end"))
		for ev, err := range a.Run(t.Context(), reprise.Ask("go")) {
			if err != nil {
				break
			}
			if d, ok := ev.(agent.ToolDone); ok {
				key = d.Result.Parts.Text()
			}
		}
		return key
	}
	first := run(j)
	if second := run(j.again()); first != second || len(j.entries) != 1 {
		t.Errorf("got %q, then %q", first, second)
	}
	for _, e := range slices.Concat(j.entries[`|add{"a":123456}`]) {
		if want := `{"parts":[{"type":"text","text":"{\"a\":123456}"}]}`; string(e.out) != want {
			t.Errorf("the journal has %s, want %s", e.out, want)
		}
	}
}
