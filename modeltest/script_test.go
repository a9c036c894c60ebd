package modeltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// fakeTB takes what a test would say.
type fakeTB struct {
	testing.TB
	said     []string
	cleanups []func()
}

func (f *fakeTB) Helper()           {}
func (f *fakeTB) Error(args ...any) { f.said = append(f.said, fmt.Sprint(args...)) }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}
func (f *fakeTB) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

// end ends the test.
func (f *fakeTB) end() {
	for _, c := range f.cleanups {
		c()
	}
}

// story is a conversation of three turns, as a script expects it.
func story() []Turn {
	cost := reprise.USD(3)
	return []Turn{
		{
			Want: reprise.Ask("add"), Tools: []string{"add"}, Parts: reprise.Parts{reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "p", Data: []byte(`{}`)}}},
			Text: "I add.", Calls: []reprise.ToolCall{{Name: "add", Args: `{"a":1}`}, {ID: "x", Name: "add"}}, Usage: reprise.Usage{Input: 1, Output: 2}, Cost: &cost,
		},
		{Want: []reprise.Message{{Role: reprise.RoleTool, Parts: reprise.Parts{result("call_1_2", "add", "2"), result("x", "add", "3")}}}, Text: "five", Reason: reprise.ReasonLength},
		{Want: reprise.Ask("again"), Fresh: true, Tools: []string{}, Text: "no"},
	}
}

// requests are those that the story expects.
func requests() []*reprise.Request {
	first := reprise.Ask("add")
	second := append(first[:1:1],
		reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{
			reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "p", Data: []byte(`{}`)}}, text("I add."),
			reprise.ToolCall{ID: "call_1_2", Name: "add", Args: `{"a":1}`}, reprise.ToolCall{ID: "x", Name: "add"}}},
		reprise.Message{Role: reprise.RoleTool, Parts: reprise.Parts{result("call_1_2", "add", "2"), result("x", "add", "3")}})
	tools := []reprise.ToolSpec{{Name: "add"}}
	return []*reprise.Request{{Messages: first, Tools: tools}, {Messages: second, Tools: tools}, {Messages: reprise.Ask("again")}}
}

func TestScript(t *testing.T) {
	tb := &fakeTB{TB: t}
	m := Script(tb, story()...)
	var got []*reprise.Response
	for _, req := range requests() {
		resp, err := reprise.Generate(t.Context(), m, req)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, resp)
	}
	tb.end()
	if tb.said != nil {
		t.Errorf("the test fails: %q", tb.said)
	}
	first := got[0]
	if d := cmp.Diff(requests()[1].Messages[1], first.Message); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if first.Reason != reprise.ReasonToolCalls || first.Usage != (reprise.Usage{Input: 1, Output: 2}) || *first.Cost != 3 {
		t.Errorf("got %+v", first)
	}
	if got[1].Reason != reprise.ReasonLength || got[2].Reason != reprise.ReasonStop || got[2].Text() != "no" {
		t.Errorf("got %+v and %+v", got[1], got[2])
	}
}

func TestScriptDrift(t *testing.T) {
	for want, change := range map[string]func(r []*reprise.Request) []*reprise.Request{
		"turn 1 of the script: the new messages are not those expected:\n(-want +got)": func(r []*reprise.Request) []*reprise.Request {
			r[0].Messages = reprise.Ask("multiply")
			return r
		},
		"turn 1 of the script: the tools are not those expected:\n(-want +got)\n  [\n-   \"add\"\n+   \"add\",\n+   \"now\"": func(r []*reprise.Request) []*reprise.Request {
			r[0].Tools = append(r[0].Tools[:1:1], nowTool)
			return r
		},
		"turn 2 of the script: the conversation so far has changed:\n(-want +got)": func(r []*reprise.Request) []*reprise.Request {
			r[1].Messages[1].Parts[0] = reprise.Reasoning{Text: "hm"}
			return r
		},
		"turn 2 of the script: the conversation has become shorter": func(r []*reprise.Request) []*reprise.Request {
			return append(r[:1], &reprise.Request{Messages: r[1].Messages[:1]})
		},
		"request 4 is not in the script, which has 3 turns": func(r []*reprise.Request) []*reprise.Request { return append(r, r[2]) },
		"the script has 3 turns, and only 2 were asked for": func(r []*reprise.Request) []*reprise.Request { return r[:2] },
	} {
		tb := &fakeTB{TB: t}
		m := Script(tb, story()...)
		var err error
		for _, req := range change(requests()) {
			if _, err = reprise.Generate(t.Context(), m, req); err != nil {
				break
			}
		}
		tb.end()
		if len(tb.said) != 1 || !strings.Contains(tb.said[0], want) {
			t.Errorf("the test says %q, want %q", tb.said, want)
		}
		if few := strings.Contains(want, "only"); few != (err == nil) || !few && (reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), want)) {
			t.Errorf("the model gives the error %v, want %q", err, want)
		}
	}
}

func TestScriptCheck(t *testing.T) {
	tb := &fakeTB{TB: t}
	m := Script(tb, Turn{Text: "a"}, Turn{Check: func(r *reprise.Request) error { return fmt.Errorf("the effort is %q", r.Effort) }})
	resp, err := reprise.Generate(t.Context(), m, &reprise.Request{Messages: reprise.Ask("go")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = reprise.Generate(t.Context(), m, &reprise.Request{Messages: []reprise.Message{reprise.User("go"), resp.Message, reprise.User("on")}})
	if want := `turn 2 of the script: the effort is ""`; err == nil || err.Error() != want || tb.said[0] != want {
		t.Errorf("got %v, %q", err, tb.said)
	}
	tb = &fakeTB{TB: t}
	m = Script(tb, Turn{Text: "a"}, Turn{Text: "b"})
	for i, req := range []*reprise.Request{{Messages: reprise.Ask("go")}, {Messages: append(reprise.Ask("go"), resp.Message)}} {
		if _, err = reprise.Generate(t.Context(), m, req); (err != nil) != (i == 1) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if !strings.Contains(fmt.Sprint(err), "nothing was added to the conversation") {
		t.Errorf("got %v", err)
	}
}

// TestScriptErr: after an error the same request comes again.
func TestScriptErr(t *testing.T) {
	down := &reprise.Error{Kind: reprise.KindOverloaded}
	m := Script(t, Turn{Want: reprise.Ask("go"), Text: "so far", Err: down}, Turn{Want: []reprise.Message{}, Text: "done"})
	req := &reprise.Request{Messages: reprise.Ask("go")}
	if resp, err := reprise.Generate(t.Context(), m, req); err != down || resp.Text() != "so far" {
		t.Errorf("got %q, %v", resp.Text(), err)
	}
	if resp, err := reprise.Generate(t.Context(), m, req); err != nil || resp.Text() != "done" {
		t.Errorf("got %q, %v", resp.Text(), err)
	}
}

// TestFakesHeedContext: a fake does not answer one who has given up, and the
// turn is not used up.
func TestFakesHeedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	script := Script(t, Turn{Text: "hi"})
	req := &reprise.Request{Messages: reprise.Ask("go")}
	for _, m := range []reprise.Model{script, Auto{}} {
		if _, err := reprise.Generate(ctx, m, req); reprise.KindOf(err) != reprise.KindCanceled || !errors.Is(err, context.Canceled) {
			t.Errorf("%T: got %v", m, err)
		}
		if _, err := reprise.Generate(late, m, req); reprise.KindOf(err) != reprise.KindTimeout {
			t.Errorf("%T: got %v", m, err)
		}
		if _, err := reprise.Generate(t.Context(), m, req); err != nil {
			t.Errorf("%T: got %v", m, err)
		}
	}
}

func TestNoNetwork(t *testing.T) {
	tb := &fakeTB{TB: t}
	body := io.NopCloser(strings.NewReader("{}"))
	_, err := NoNetwork(tb).Post("https://me:secret@api.example.org/v1/chat?key=secret", "application/json", body)
	want := "this test may not reach the network: POST https://api.example.org/v1/chat; play a recording (cassette.Test), or use a modeltest.Script"
	if len(tb.said) != 1 || tb.said[0] != want || err == nil {
		t.Errorf("got %v, and the test says %q", err, tb.said)
	}
	if _, err := NoNetwork(tb).Do(must(http.NewRequest("GET", "http://localhost/", nil))); err == nil || len(tb.said) != 2 {
		t.Errorf("got %v, and the test says %q", err, tb.said)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestEvents: what Events tells is in order and adds up to the answer.
func TestEvents(t *testing.T) {
	cost := reprise.USD(1)
	want := response("id", reprise.Parts{
		reprise.Reasoning{Text: "日本語 é😀"}, text(awkward), reprise.Text{}, reprise.ToolCall{ID: "1", Name: "f", Args: `{"x":"é"}`}, reprise.ToolCall{ID: "2", Name: "g"},
		reprise.Opaque{Provider: "p", Data: []byte("{}")},
	}, "", reprise.Usage{Input: 1}, &cost)
	problems, got := ordered(Events(want))
	if d := cmp.Diff(want, got); d != "" || problems != nil {
		t.Errorf("problems %q (-want +got):\n%s", problems, d)
	}
	total := 0
	for range Events(want) {
		total++
	}
	for at := 1; at <= total; at++ {
		n := 0
		Events(want)(func(reprise.Event, error) bool {
			n++
			return n < at
		})
		if n != at {
			t.Errorf("left at event %d, got %d", at, n)
		}
	}
}
