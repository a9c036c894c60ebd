package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// toolFunc is a tool that checks nothing.
type toolFunc func(ctx context.Context, c reprise.ToolCall) (reprise.ToolResult, error)

func (toolFunc) Spec() reprise.ToolSpec { return reprise.ToolSpec{Name: "raw"} }
func (f toolFunc) Call(ctx context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
	return f(ctx, c)
}

// badError is an error that cannot be told.
type badError struct{ text *string }

func (e *badError) Error() string { return *e.text }

// TestCall shows what the model gets for a call, whatever happens to it.
func TestCall(t *testing.T) {
	odd := errors.New("odd")
	ran := func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
		return reprise.ToolResult{ID: "wrong", Name: "wrong", Parts: reprise.Parts{text("ran")}}, nil
	}
	stop, length := reprise.ReasonToolCalls, reprise.ReasonLength
	notRun := `the arguments of raw are not valid: `
	cut := notRun + "the answer was cut off in them; call again, with less in one answer"
	for _, tt := range []struct {
		name   string
		reason reprise.FinishReason
		call   reprise.ToolCall
		tool   toolFunc
		want   reprise.ToolResult
		err    error
	}{
		{"fine", stop, call("1", "raw", `{"a":1}`), ran, result("1", "raw", "ran"), nil},
		{"empty arguments", stop, call("1", "raw", " "), func(_ context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{Parts: reprise.Parts{text(c.Args)}}, nil
		}, result("1", "raw", "{}"), nil},
		{"the tool's own failure", stop, call("1", "raw", `{}`), func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{IsError: true}, nil
		}, reprise.ToolResult{ID: "1", Name: "raw", IsError: true}, nil},
		{"an error", stop, call("1", "raw", `{}`), func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{}, odd
		}, failure("1", "raw", "odd"), odd},
		{"output and an error", stop, call("1", "raw", `{}`), func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{Parts: reprise.Parts{text("out")}}, odd
		}, reprise.ToolResult{ID: "1", Name: "raw", Parts: reprise.Parts{text("out"), text("odd")}, IsError: true}, odd},
		{"a panic", stop, call("1", "raw", `{}`), func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			panic(odd)
		}, failure("1", "raw", "the tool panicked: odd"), &agent.PanicError{Value: odd}},
		{"a nil panic", stop, call("1", "raw", `{}`), func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			panic(nil)
		}, failure("1", "raw", "the tool panicked: "+new(runtime.PanicNilError).Error()),
			&agent.PanicError{Value: new(runtime.PanicNilError)}},
		{"an error that panics", stop, call("1", "raw", `{}`), func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{}, (*badError)(nil)
		}, failure("1", "raw", "the tool panicked: runtime error: invalid memory address or nil pointer dereference"),
			&agent.PanicError{Value: errors.New("runtime error: invalid memory address or nil pointer dereference")}},
		{"the goroutine ends", stop, call("1", "raw", `{}`), func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			runtime.Goexit()
			return reprise.ToolResult{}, nil
		}, failure("1", "raw", "the tool ended without a result"), errors.New("the tool ended without a result")},

		{"an unknown tool", stop, call("1", "rot", `{}`), ran, failure("1", "rot", `there is no tool "rot"; the tools are raw, other`), nil},
		{"an array", stop, call("1", "raw", `[1]`), ran, failure("1", "raw", notRun+`want a JSON object, got "[1]"`), nil},
		{"null", stop, call("1", "raw", `null`), ran, failure("1", "raw", notRun+`want a JSON object, got "null"`), nil},
		{"half an object", stop, call("1", "raw", `{"a":`), ran, failure("1", "raw", notRun+`not JSON: unexpected end of JSON input`), nil},
		{"an object and more", stop, call("1", "raw", `{}}`), ran, failure("1", "raw", notRun+`not JSON: invalid character '}' after top-level value`), nil},
		{"cut off", length, call("1", "raw", `{"a":`), ran, failure("1", "raw", cut), nil},
		{"cut off before the arguments", length, call("1", "raw", ``), ran, failure("1", "raw", cut), nil},
		{"filtered", reprise.ReasonContentFilter, call("1", "raw", ``), ran, failure("1", "raw", cut), nil},
		{"cut off after the call", length, call("1", "raw", `{}`), ran, result("1", "raw", "ran"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &agent.Agent{
				Model: answers(done(tt.reason, tt.call), say("end")),
				Tools: []reprise.Tool{tt.tool, echo("other")},
			}
			events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
			if err != nil {
				t.Fatal(err)
			}
			history := []reprise.Message{reprise.User("go"), assistant(tt.call), results(tt.want), assistant(text("end"))}
			diff(t, "history", history, events[len(events)-1].(agent.Done).Result.History)
			starts, ends := toolEvents(events)
			if len(ends) != 1 {
				t.Fatalf("got %d ToolDone", len(ends))
			}
			want := tt.err
			if refused := tt.want.IsError && tt.err == nil && tt.tool != nil && len(starts) == 0; refused {
				want = errors.New(tt.want.Parts.Text())
			}
			diff(t, "error", struct{ Err error }{want}, struct{ Err error }{ends[0].Err})
		})
	}
}

func toolEvents(events []agent.Event) (starts []agent.ToolStart, ends []agent.ToolDone) {
	for _, ev := range events {
		switch ev := ev.(type) {
		case agent.ToolStart:
			starts = append(starts, ev)
		case agent.ToolDone:
			ends = append(ends, ev)
		}
	}
	return starts, ends
}

// TestToolsSlices: a tool may return the same parts for many calls.
func TestToolsSlices(t *testing.T) {
	shared := append(make(reprise.Parts, 0, 4), text("out"))
	raw := toolFunc(func(_ context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
		return reprise.ToolResult{Parts: shared}, errors.New(c.ID)
	})
	a := &agent.Agent{Model: answers(calling(call("1", "raw", ""), call("2", "raw", "")), say("end")), Tools: []reprise.Tool{raw}}
	res, err := a.Generate(t.Context(), reprise.Ask("go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range res.History[2].Results() {
		diff(t, "parts", reprise.Parts{text("out"), text(r.ID)}, r.Parts)
	}
}

// TestRefusedCalls: what may not run does not, and is not said to start.
func TestRefusedCalls(t *testing.T) {
	never := toolFunc(func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
		t.Error("the tool ran")
		return reprise.ToolResult{}, nil
	})
	for _, tt := range []struct {
		name  string
		agent agent.Agent
		call  reprise.ToolCall
		want  string
	}{
		{"no tools", agent.Agent{}, call("1", "raw", "{}"), `there is no tool "raw": there are no tools`},
		{"no choice", agent.Agent{Tools: []reprise.Tool{never}, Settings: reprise.Request{Choice: reprise.ToolChoice{Mode: reprise.ToolNone}}},
			call("1", "raw", "{}"), "no tool can be called now"},
		{"unknown", agent.Agent{Tools: []reprise.Tool{never}}, call("1", "Raw", "{}"), `there is no tool "Raw"; the tools are raw`},
		{"invalid", agent.Agent{Tools: []reprise.Tool{never}}, call("1", "raw", `"{}"`),
			`the arguments of raw are not valid: want a JSON object, got "\"{}\""`},
	} {
		tt.agent.Model = answers(calling(tt.call), say("end"))
		events, err := gather(tt.agent.Run(t.Context(), reprise.Ask("go")))
		if err != nil {
			t.Fatal(err)
		}
		starts, ends := toolEvents(events)
		if len(starts) != 0 {
			t.Errorf("%s: got %d ToolStart", tt.name, len(starts))
		}
		diff(t, tt.name, []agent.ToolDone{{Call: tt.call, Result: failure("1", tt.call.Name, tt.want), Err: errors.New(tt.want)}}, ends)
	}
}

// TestTypedArguments: the schema of a typed tool is held, and what is wrong
// can be told by its type.
func TestTypedArguments(t *testing.T) {
	a := &agent.Agent{
		Model: answers(calling(call("1", "add", `{"a":"two","b":3}`)), say("end")),
		Tools: []reprise.Tool{reprise.Func("add", "", add)},
	}
	events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
	if err != nil {
		t.Fatal(err)
	}
	_, ends := toolEvents(events)
	var args *reprise.ArgsError
	if !errors.As(ends[0].Err, &args) || args.Tool != "add" || !ends[0].Result.IsError || ends[0].Result.Parts.Text() != args.Error() {
		t.Errorf("got %+v", ends[0])
	}
}

// TestPanicStack: the program can see where a tool panicked, the model not.
func TestPanicStack(t *testing.T) {
	a := &agent.Agent{Model: answers(calling(call("1", "raw", "")), say("end")), Tools: []reprise.Tool{toolFunc(culprit)}}
	events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
	if err != nil {
		t.Fatal(err)
	}
	_, ends := toolEvents(events)
	var p *agent.PanicError
	if !errors.As(ends[0].Err, &p) || p.Value != "oh" || !bytes.Contains(p.Stack, []byte("culprit")) {
		t.Errorf("got error %#v", ends[0].Err)
	}
	diff(t, "result", failure("1", "raw", "the tool panicked: oh"), ends[0].Result)
}

func culprit(context.Context, reprise.ToolCall) (reprise.ToolResult, error) { panic("oh") }

// TestParallel: tools run at once, as many as may, in call order; and the
// results are in call order however they ended.
func TestParallel(t *testing.T) {
	for _, tt := range []struct {
		parallel, most int
		took           time.Duration
	}{
		{0, 8, 10 * time.Second}, // 10 calls of 10s … 1s
		{1, 1, 55 * time.Second},
		{3, 3, 19 * time.Second},
		{100, 10, 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var running, most atomic.Int32
			slow := reprise.Func("slow", "", func(_ context.Context, in struct{ N int }) (string, error) {
				if n := running.Add(1); n > most.Load() {
					most.Store(n)
				}
				defer running.Add(-1)
				time.Sleep(time.Duration(10-in.N) * time.Second)
				return fmt.Sprint(in.N), nil
			})
			var calls, want, ordered []reprise.Part
			for i := range 10 {
				calls = append(calls, call(fmt.Sprint(i), "slow", fmt.Sprintf(`{"N":%d}`, i)))
				ordered = append(ordered, result(fmt.Sprint(i), "slow", fmt.Sprint(i)))
				want = append(want, reprise.Part(calls[i]))
			}
			began := time.Now()
			a := &agent.Agent{Model: answers(calling(calls...), say("end")), Tools: []reprise.Tool{slow}, Parallel: tt.parallel}
			events, err := gather(a.Run(t.Context(), reprise.Ask("go")))
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != tt.took {
				t.Errorf("parallel %d: the run took %v, want %v", tt.parallel, took, tt.took)
			}
			if got := int(most.Load()); got != tt.most {
				t.Errorf("parallel %d: %d ran at once, want %d", tt.parallel, got, tt.most)
			}
			starts, ends := toolEvents(events)
			var started []reprise.Part
			for _, s := range starts {
				started = append(started, s.Call)
			}
			diff(t, "starts", want, started)
			for _, e := range ends {
				if i := slices.Index(calls, reprise.Part(e.Call)); e.Duration != time.Duration(10-i)*time.Second {
					t.Errorf("call %d took %v", i, e.Duration)
				}
			}
			diff(t, "results", results(ordered...), events[len(events)-1].(agent.Done).Result.History[2])
		})
	}
}

// TestWrongResults: what no model could be sent is an error that it can be
// sent, and the history can be stored.
func TestWrongResults(t *testing.T) {
	broke := errors.New("broke")
	for _, tt := range []struct {
		part reprise.Part
		err  error
		want string
	}{
		{nil, nil, "the tool returned a <nil>, which cannot be in a result"},
		{&reprise.Text{Text: "hi"}, nil, "the tool returned a *reprise.Text, which cannot be in a result"},
		{result("1", "odd", "hi"), nil, "the tool returned a reprise.ToolResult, which cannot be in a result"},
		{reprise.Media{Type: "image/png"}, nil, `the tool returned a file of type "image/png" without data, URL and ID`},
		{nil, broke, "broke"},
	} {
		odd := &reprise.FuncTool{ToolSpec: reprise.ToolSpec{Name: "odd"}, Run: func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{Parts: reprise.Parts{text("so"), tt.part}}, tt.err
		}}
		a := &agent.Agent{Model: answers(calling(call("1", "odd", "")), say("end")), Tools: []reprise.Tool{odd}, Window: &agent.Window{Tokens: 1}}
		res, err := a.Generate(t.Context(), reprise.Ask("go"))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "results", results(failure("1", "odd", tt.want)), res.History[2])
	}
}

// TestShared: one Agent and one Tool serve many runs at once.
func TestShared(t *testing.T) {
	var ran atomic.Int32
	count := reprise.Func("add", "Add two numbers", func(ctx context.Context, in pair) (int, error) {
		ran.Add(1)
		return add(ctx, in)
	})
	temperature := 0.5
	a := &agent.Agent{
		Model:  reprise.ModelFunc(fake),
		System: "be brief",
		Tools:  []reprise.Tool{count, reprise.Func("multiply", "", multiply)},
		Settings: reprise.Request{Temperature: &temperature, Stop: []string{"x"},
			Choice: reprise.ToolChoice{Mode: reprise.ToolRequired}},
	}
	history := make([]reprise.Message, 1, 8) // with room that all would write into
	history[0] = reprise.User("go")
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			res, err := a.Generate(t.Context(), history)
			if err != nil || res.Text() != "The sum is 5, the product is 6." || len(res.History) != 4 {
				t.Errorf("got %q, error %v", res.Text(), err)
			}
		})
	}
	wg.Wait()
	if ran.Load() != 100 {
		t.Errorf("the tool ran %d times", ran.Load())
	}
}
