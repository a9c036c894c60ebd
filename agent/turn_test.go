package agent_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// seen is a model that keeps what it was asked.
func seen(m reprise.ModelFunc, asked *[]*reprise.Request) reprise.ModelFunc {
	return func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		*asked = append(*asked, req)
		return m(ctx, req)
	}
}

// TestPrepare: each turn can have its own model, system, messages, tools and
// choice, and no other is changed by it.
func TestPrepare(t *testing.T) {
	var asked, other []*reprise.Request
	plain := answers(calling(call("1", "add", "{}")), nil, say("end"))
	a := &agent.Agent{
		Model: seen(plain, &asked),
		Tools: []reprise.Tool{echo("add"), echo("multiply")},
		Prepare: func(_ context.Context, turn *agent.Turn) error {
			if turn.Number != 2 {
				return nil
			}
			if turn.Result.Turns != 1 || len(turn.Tools) != 2 || len(turn.Request.Messages) != 3 {
				t.Errorf("got turn %+v", turn)
			}
			turn.Model = seen(answers(nil, calling(call("2", "sub", "{}"))), &other)
			turn.Request.System = reprise.Parts{text("be quick")}
			turn.Request.Messages = append(turn.Request.Messages, reprise.User("hurry"))
			turn.Request.Choice = reprise.ToolChoice{Name: "sub"}
			turn.Tools = []reprise.Tool{echo("sub")}
			return nil
		},
	}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	history := []reprise.Message{
		reprise.User("go"), assistant(call("1", "add", "{}")), results(result("1", "add", "{}")),
		assistant(call("2", "sub", "{}")), results(result("2", "sub", "{}")), assistant(text("end")),
	}
	diff(t, "history", history, res.History)
	specs := []reprise.ToolSpec{{Name: "add"}, {Name: "multiply"}}
	diff(t, "requests", []*reprise.Request{{Messages: history[:1], Tools: specs}, {Messages: history[:5], Tools: specs}}, asked)
	diff(t, "request of turn 2", []*reprise.Request{{
		Messages: []reprise.Message{history[0], history[1], history[2], reprise.User("hurry")},
		System:   reprise.Parts{text("be quick")}, Choice: reprise.ToolChoice{Name: "sub"}, Tools: []reprise.ToolSpec{{Name: "sub"}},
	}}, other)
}

// TestPrepareTools: a tool that is not offered in a turn cannot run in it,
// also when the run goes on from its calls in another process.
func TestPrepareTools(t *testing.T) {
	never := tool("never", func(context.Context, reprise.ToolCall) (string, error) {
		t.Error("a tool that was not offered ran")
		return "", nil
	})
	hide := map[string]func(*agent.Turn){
		"a subset": func(turn *agent.Turn) { turn.Tools = turn.Tools[:1] },
		"none":     func(turn *agent.Turn) { turn.Request.Choice = reprise.ToolChoice{Mode: reprise.ToolNone} },
	}
	for name, how := range hide {
		a := &agent.Agent{
			Model: answers(calling(call("1", "never", "{}")), say("end")),
			Tools: []reprise.Tool{echo("add"), never},
			Prepare: func(_ context.Context, turn *agent.Turn) error {
				if len(turn.Request.Messages) == 1 {
					how(turn)
				}
				return nil
			},
		}
		for _, history := range [][]reprise.Message{reprise.Ask("go"), {reprise.User("go"), assistant(call("1", "never", "{}"))}} {
			res, err := a.Generate(t.Context(), history)
			if err != nil || !res.History[2].Results()[0].IsError {
				t.Errorf("%s: got %+v, error %v", name, res.History, err)
			}
		}
	}
}

func TestPrepareErrors(t *testing.T) {
	odd := errors.New("odd")
	for _, tt := range []struct {
		prepare func(*agent.Turn) error
		want    string
	}{
		{func(*agent.Turn) error { return odd }, "agent: turn 1: odd"},
		{func(turn *agent.Turn) error { turn.Model = nil; return nil }, "agent: turn 1: Agent.Prepare left Turn.Model unset"},
		{func(turn *agent.Turn) error { turn.Tools = []reprise.Tool{echo("a"), echo("a")}; return nil },
			`agent: turn 1: Turn.Tools has two tools of the name "a"`},
		{func(turn *agent.Turn) error { turn.Request.Tools = []reprise.ToolSpec{{}}; return nil },
			"agent: turn 1: Agent.Prepare set Turn.Request.Tools; tools belong in Turn.Tools"},
	} {
		a := &agent.Agent{Model: answers(say("hi")), Prepare: func(_ context.Context, turn *agent.Turn) error { return tt.prepare(turn) }}
		if events, err := gather(a.Run(t.Context(), reprise.Ask("go"))); err == nil || err.Error() != tt.want || len(events) > 0 {
			t.Errorf("got %d events, error %v, want %s", len(events), err, tt.want)
		}
	}
}

// TestPrefixWarning: what keeps the provider from reading the prompt from its
// cache is told, and nothing else is.
func TestPrefixWarning(t *testing.T) {
	tail := ", so the prompt cannot be read from the cache"
	for _, tt := range []struct {
		name    string
		prepare func(*agent.Turn)
		want    string
	}{
		{"nothing", func(turn *agent.Turn) { turn.Request.MaxTokens = turn.Number }, ""},
		{"more messages", func(turn *agent.Turn) {
			if turn.Number == 2 {
				turn.Request.Messages = append(turn.Request.Messages, reprise.User("x"))
			}
		}, ""},
		{"system", func(turn *agent.Turn) { turn.Request.System = reprise.Parts{text(strings.Repeat("x", turn.Number))} }, "the system prompt changed" + tail},
		{"tools", func(turn *agent.Turn) { turn.Tools = turn.Tools[:3-turn.Number] }, "the tools changed" + tail},
		{"model", func(turn *agent.Turn) { turn.Request.Model = strings.Repeat("m", turn.Number) }, `the model changed from "m" to "mm"` + tail},
		{"message", func(turn *agent.Turn) {
			turn.Request.Messages = append([]reprise.Message{reprise.User(strings.Repeat("x", turn.Number))}, turn.Request.Messages[1:]...)
		}, "messages[0] changed" + tail},
		{"fewer messages", func(turn *agent.Turn) {
			if turn.Number == 1 {
				turn.Request.Messages = append(turn.Request.Messages, reprise.User("1"), reprise.User("2"), reprise.User("3"))
			} else {
				turn.Request.Messages = []reprise.Message{reprise.User("go")}
			}
		}, "messages[1] is gone" + tail},
	} {
		asked := 0
		a := &agent.Agent{
			Model: reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
				if asked++; asked == 1 {
					return stream(calling(call("1", "add", "{}")))
				}
				return stream(say("end"))
			}),
			Tools:   []reprise.Tool{echo("add"), echo("more")},
			Prepare: func(_ context.Context, turn *agent.Turn) error { tt.prepare(turn); return nil },
		}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		var want []reprise.Warning
		if tt.want != "" {
			want = []reprise.Warning{{Code: agent.WarnPrefix, Message: tt.want}}
		}
		diff(t, tt.name, want, res.Warnings)
	}
}
