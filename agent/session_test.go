package agent_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestSessionJSON: nothing is lost, and what a later program wrote is refused.
func TestSessionJSON(t *testing.T) {
	want := agent.Session{
		History: []reprise.Message{reprise.User("a < b"), assistant(call("1", "add", `{"a": 1}`)), results(result("1", "add", "x"))},
		Usage:   reprise.Usage{Input: 3, Output: 4}, Cost: money(7), Turns: 2,
		Pending: []agent.Pending{{Call: call("1", "x", "{"), Token: "t"}},
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got agent.Session
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	diff(t, string(b), want, got)
	for from, want := range map[string]string{
		`"version":1`: "", `"version":2`: "the session has version 2; this program reads versions up to 1",
		`"version":-1`: "the session has version -1; this program reads versions up to 1", `"versions":1`: "the session has no version",
	} {
		err := json.Unmarshal([]byte(strings.Replace(string(b), `"version":1`, from, 1)), &got)
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: got error %v, want %q", from, err, want)
		}
	}
}

// TestSessionAdd: the sums are of all runs, also of those that failed.
func TestSessionAdd(t *testing.T) {
	var s agent.Session
	a := &agent.Agent{Model: answers(calling(call("1", "add", "{}")), say("a"), say("b")), Tools: []reprise.Tool{echo("add")}}
	for i, prompt := range []string{"1", "2", "3"} {
		s.History = append(s.History, reprise.User(prompt))
		res, err := agent.Collect(a.Resume(t.Context(), &s))
		if (err != nil) != (i == 2) {
			t.Fatal(err)
		}
		s.Add(res)
	}
	if s.Turns != 3 || s.Usage.Input != 30 || *s.Cost != 15 || len(s.History) != 7 {
		t.Errorf("got %+v, cost %v", s, *s.Cost)
	}
	s.Add(&agent.Result{Turns: 1, Usage: reprise.Usage{Input: 1}})
	if s.Cost != nil {
		t.Errorf("got cost %v, which is not known", *s.Cost)
	}
}

// TestRepair: whatever a crash left behind, a run can go on from it, and what
// was whole stays as it was.
func TestRepair(t *testing.T) {
	lost := "the result was lost: the program ended first, and the tool may have run or not"
	user, a, b := reprise.User("go"), call("1", "add", "{}"), call("2", "multiply", "{}")
	ra, rb := result("1", "add", "x"), result("2", "multiply", "y")
	for _, tt := range []struct {
		name      string
		in, want  []reprise.Message
		pending   []agent.Pending
		wantCalls int // that are still open
	}{
		{"whole", []reprise.Message{user, assistant(a, b), results(ra, rb), assistant(text("end"))},
			[]reprise.Message{user, assistant(a, b), results(ra, rb), assistant(text("end"))}, nil, 0},
		{"no results", []reprise.Message{user, assistant(a, b)},
			[]reprise.Message{user, assistant(a, b), results(failure("1", "add", lost), failure("2", "multiply", lost))}, nil, 0},
		{"some results", []reprise.Message{user, assistant(a, b), results(rb)},
			[]reprise.Message{user, assistant(a, b), results(failure("1", "add", lost), rb)}, nil, 0},
		{"one waits", []reprise.Message{user, assistant(a, b), results(rb)},
			[]reprise.Message{user, assistant(a, b), results(rb)}, []agent.Pending{{Call: a}}, 1},
		{"both wait", []reprise.Message{user, assistant(a, b)}, []reprise.Message{user, assistant(a, b)}, []agent.Pending{{Call: a}, {Call: b}}, 2},
		{"none waits in the middle", []reprise.Message{user, assistant(a), user},
			[]reprise.Message{user, assistant(a), results(failure("1", "add", lost)), user}, []agent.Pending{{Call: a}}, 0},
		{"results apart, out of order, with more", []reprise.Message{user, assistant(a, b), results(rb, reprise.CachePoint{}), results(ra)},
			[]reprise.Message{user, assistant(a, b), results(ra, rb, reprise.CachePoint{})}, nil, 0},
		{"results of nothing", []reprise.Message{results(ra), user, results(rb), assistant(text("x")), results(ra)},
			[]reprise.Message{user, assistant(text("x"))}, nil, 0},
		{"a second result", []reprise.Message{user, assistant(a), results(ra, rb, ra)}, []reprise.Message{user, assistant(a), results(ra)}, nil, 0},
		{"what users do not say", []reprise.Message{message(reprise.RoleUser, text("go"), a, ra), {Role: "robot"}}, []reprise.Message{user}, nil, 0},
		{"what is no part", []reprise.Message{message(reprise.RoleUser, text("go"), nil), assistant(a), results(&ra, ra)}, []reprise.Message{user, assistant(a), results(ra)}, nil, 0},
		{"ids", []reprise.Message{user, assistant(call("", "add", ""), a, a), results(result("", "add", "0"), result("1", "add", "1"), result("1", "add", "2"))},
			[]reprise.Message{user, assistant(call("call_1_0", "add", ""), a, call("call_1_2", "add", "{}")),
				results(result("call_1_0", "add", "0"), result("1", "add", "1"), result("call_1_2", "add", "2"))}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := fmt.Sprint(tt.in)
			got := agent.Repair(tt.in, tt.pending)
			diff(t, "history", tt.want, got)
			if fmt.Sprint(tt.in) != before {
				t.Error("the arguments were changed")
			}
			next, err := agent.NextOf(got)
			if err != nil || len(next.Calls) != tt.wantCalls {
				t.Errorf("next is %+v, error %v", next, err)
			}
			diff(t, "again", got, agent.Repair(got, tt.pending))
		})
	}
}

// FuzzRepair: whatever the messages, the repaired history is one to go on
// from, keeps what was said, and needs no second repair.
func FuzzRepair(f *testing.F) {
	f.Add([]byte("uatxar"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		var history []reprise.Message
		said := ""
		for i, c := range b {
			s := fmt.Sprint(i)
			parts := []reprise.Part{text(s), call("1", "t", ""), call("2", "t", ""), call("", "t", ""), result("1", "t", ""), result("2", "t", ""), reprise.CachePoint{}}
			role := []reprise.Role{reprise.RoleUser, reprise.RoleAssistant, reprise.RoleTool, "robot"}[c%4]
			some := reprise.Parts{parts[int(c/4)%7], parts[int(c/28)%7]}
			if role == reprise.RoleUser || role == reprise.RoleAssistant {
				said += some.Text()
			}
			history = append(history, reprise.Message{Role: role, Parts: some})
		}
		got := agent.Repair(history, nil)
		if len(got) == 0 {
			return
		}
		next, err := agent.NextOf(got)
		if err != nil || next.Step == agent.StepTools {
			t.Fatalf("next of %v is %v, error %v", got, next, err)
		}
		diff(t, "again", got, agent.Repair(got, nil))
		checkResults(t, got)
		kept := ""
		for _, m := range got {
			if m.Role == reprise.RoleUser || m.Role == reprise.RoleAssistant {
				kept += m.Text()
			}
		}
		if kept != said {
			t.Errorf("kept %q of %q", kept, said)
		}
	})
}

// FuzzSession: what is read is written and read the same, and what is loaded
// can be gone on with.
func FuzzSession(f *testing.F) {
	f.Add([]byte(`{"version":1,"history":[{"role":"user","parts":[{"type":"text","text":"a"}]}],"usage":{},"cost":"0.1","turns":1}`))
	f.Add([]byte(`{"version":1,"history":[{"role":"assistant","parts":[{"type":"tool_call","id":"1","name":"a","args":{}}]}],"pending":[{"call":{"id":"1"}}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second agent.Session
		if json.Unmarshal(b, &first) != nil {
			return
		}
		out, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("read but cannot be written: %v", err)
		}
		if err := json.Unmarshal(out, &second); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if again, err := json.Marshal(second); err != nil || !bytes.Equal(out, again) {
			t.Errorf("written as\n%s\nthen as\n%s (%v)", out, again, err)
		}
		loaded, err := agent.LoadSession(b)
		if err != nil {
			t.Fatal(err)
		}
		if next, err := agent.NextOf(loaded.History); err != nil && len(loaded.History) > 0 || len(next.Calls) > 0 && len(loaded.Pending) == 0 {
			t.Errorf("next of %+v is %+v, error %v", loaded, next, err)
		}
	})
}
