package agent_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// broken is, among the events of a fake answer, where the stream ends with
// the error.
type broken struct {
	reprise.Event
	err error
}

// answers is a model that gives its n-th answer to a conversation that has n
// answers, and says so if it is asked for more.
func answers(turns ...[]reprise.Event) reprise.ModelFunc {
	return func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		n := 0
		for _, m := range req.Messages {
			if m.Role == reprise.RoleAssistant {
				n++
			}
		}
		if n >= len(turns) {
			return stream([]reprise.Event{broken{err: errors.New("the fake has no more answers")}})
		}
		return stream(turns[n])
	}
}

func stream(events []reprise.Event) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		for _, ev := range events {
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

// finish is a Finish with 10 tokens in, 3 out, and a cost of 5.
func finish(reason reprise.FinishReason) reprise.Finish {
	cost := reprise.USD(5)
	return reprise.Finish{Reason: reason, Usage: reprise.Usage{Input: 10, Output: 3}, Cost: &cost}
}

// done is a whole answer of the parts.
func done(reason reprise.FinishReason, parts ...reprise.Part) []reprise.Event {
	var out []reprise.Event
	for i, p := range parts {
		out = append(out, reprise.PartDone{Index: i, Part: p})
	}
	return append(out, finish(reason))
}

func say(s string) []reprise.Event { return done(reprise.ReasonStop, text(s)) }

func calling(calls ...reprise.Part) []reprise.Event {
	return done(reprise.ReasonToolCalls, calls...)
}

func text(s string) reprise.Text { return reprise.Text{Text: s} }

func call(id, name, args string) reprise.ToolCall {
	return reprise.ToolCall{ID: id, Name: name, Args: args}
}

func result(id, name, s string) reprise.ToolResult {
	return reprise.ToolResult{ID: id, Name: name, Parts: reprise.Parts{text(s)}}
}

func failure(id, name, s string) reprise.ToolResult {
	r := result(id, name, s)
	r.IsError = true
	return r
}

func message(role reprise.Role, parts ...reprise.Part) reprise.Message {
	return reprise.Message{Role: role, Parts: parts}
}

func assistant(parts ...reprise.Part) reprise.Message {
	return message(reprise.RoleAssistant, parts...)
}

func results(parts ...reprise.Part) reprise.Message { return message(reprise.RoleTool, parts...) }

// tool is a tool of any arguments.
func tool(name string, run func(ctx context.Context, c reprise.ToolCall) (string, error)) *reprise.FuncTool {
	return &reprise.FuncTool{
		ToolSpec: reprise.ToolSpec{Name: name},
		Run: func(ctx context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
			s, err := run(ctx, c)
			if err != nil {
				return reprise.ToolResult{}, err
			}
			return reprise.ToolResult{Parts: reprise.Parts{text(s)}}, nil
		},
	}
}

// echo is a tool that returns its arguments.
func echo(name string) *reprise.FuncTool {
	return tool(name, func(_ context.Context, c reprise.ToolCall) (string, error) { return c.Args, nil })
}

// gather reads a run to its end.
func gather(run iter.Seq2[agent.Event, error]) (events []agent.Event, err error) {
	for ev, e := range run {
		if err != nil {
			panic("the run went on after its error")
		}
		if e != nil {
			err = e
			continue
		}
		events = append(events, ev)
	}
	return events, err
}

// errText compares errors by their texts.
var errText = cmp.Comparer(func(a, b error) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error()
})

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, errText); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// runError takes an error of a run apart.
func runError(t *testing.T, err error) *agent.RunError {
	t.Helper()
	var re *agent.RunError
	if !errors.As(err, &re) {
		t.Fatalf("got error %v (%T), want a RunError", err, err)
	}
	return re
}
