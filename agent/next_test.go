package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

func TestNextOf(t *testing.T) {
	a, b := call("1", "add", `{"a":1}`), call("2", "multiply", "")
	ra, rb := result("1", "add", "x"), result("2", "multiply", "y")
	user, paused := reprise.User("hi"), assistant(text("a"))
	paused.Paused = true
	ask, over := agent.Next{Step: agent.StepAsk}, agent.Next{Step: agent.StepDone}
	tools := func(calls ...reprise.ToolCall) agent.Next { return agent.Next{Step: agent.StepTools, Calls: calls} }
	for _, tt := range []struct {
		name    string
		history []reprise.Message
		want    agent.Next
		err     string
	}{
		{"a question", []reprise.Message{user}, ask, ""},
		{"a system message", []reprise.Message{message(reprise.RoleSystem, text("be kind"))}, ask, ""},
		{"an answer", []reprise.Message{user, assistant(text("hello"))}, over, ""},
		{"an empty answer", []reprise.Message{user, assistant()}, over, ""},
		{"an answer in two messages", []reprise.Message{user, assistant(text("a")), assistant(text("b"))}, over, ""},
		{"a paused answer", []reprise.Message{user, paused}, ask, ""},
		{"a paused answer gone on with", []reprise.Message{user, paused, assistant(text("b"))}, over, ""},
		{"a paused answer with a call", []reprise.Message{user, {Role: reprise.RoleAssistant, Parts: reprise.Parts{a}, Paused: true}}, tools(a), ""},
		{"calls", []reprise.Message{user, assistant(text("let me see"), a, b)}, tools(a, b), ""},
		{"the first call answered", []reprise.Message{user, assistant(a, b), results(ra)}, tools(b), ""},
		{"the second call answered", []reprise.Message{user, assistant(a, b), results(rb)}, tools(a), ""},
		{"an empty tool message", []reprise.Message{user, assistant(a, b), results()}, tools(a, b), ""},
		{"all answered", []reprise.Message{user, assistant(a, b), results(ra, rb)}, ask, ""},
		{"all answered out of order", []reprise.Message{user, assistant(a, b), results(rb, ra)}, ask, ""},
		{"all answered in two messages", []reprise.Message{user, assistant(a, b), results(rb), results(ra)}, ask, ""},
		{"a cache point among results", []reprise.Message{user, assistant(a), results(ra, reprise.CachePoint{})}, ask, ""},
		{"the same id again a turn later", []reprise.Message{user, assistant(a), results(ra), assistant(a)}, tools(a), ""},
		{"a user message after results", []reprise.Message{user, assistant(a), results(ra), user}, ask, ""},
		{"old calls without ids", []reprise.Message{user, assistant(call("", "x", ""), call("", "y", "")),
			results(result("", "y", ""), result("", "x", ""))}, ask, ""},

		{"nothing", nil, agent.Next{}, "the history is empty; begin with reprise.Ask"},
		{"an unknown role", []reprise.Message{{Role: "robot"}}, agent.Next{}, `messages[0]: unknown role "robot"`},
		{"a result first", []reprise.Message{results(ra)}, agent.Next{},
			`messages[0]: a result for the call "1", which is not in the answer before it`},
		{"a result of another call", []reprise.Message{user, assistant(a), results(rb)}, agent.Next{},
			`messages[2]: a result for the call "2", which is not in the answer before it`},
		{"a result after something else", []reprise.Message{user, assistant(a), results(ra), user, results(ra)}, agent.Next{},
			`messages[4]: a result for the call "1", which is not in the answer before it`},
		{"two results", []reprise.Message{user, assistant(a), results(ra, ra)}, agent.Next{},
			`messages[2]: a second result for the call "1"`},
		{"a call never answered", []reprise.Message{user, assistant(a, b), results(ra), user}, agent.Next{},
			`messages[3]: the call "2" of multiply in messages[1] has no result before it`},
		{"an answer on an open call", []reprise.Message{user, assistant(a), assistant(text("well"))}, agent.Next{},
			`messages[2]: the call "1" of add in messages[1] has no result before it`},
		{"a call by the user", []reprise.Message{message(reprise.RoleUser, a)}, agent.Next{},
			`messages[0]: a tool call in a message of the role "user"`},
		{"a result by the user", []reprise.Message{user, assistant(a), message(reprise.RoleUser, ra)}, agent.Next{},
			`messages[2]: a tool result in a message of the role "user"`},
		{"open calls without ids", []reprise.Message{user, assistant(call("", "x", ""))}, agent.Next{},
			`messages[1]: the call of x has no id`},
		{"no part", []reprise.Message{message(reprise.RoleUser, nil)}, agent.Next{}, `messages[0]: a part of the type <nil>`},
		{"a pointer to a part", []reprise.Message{user, assistant(&reprise.Text{})}, agent.Next{}, `messages[1]: a part of the type *reprise.Text`},
		{"open calls of one id", []reprise.Message{user, assistant(a, a), results(ra)}, agent.Next{},
			`messages[1]: two calls have the id "1"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := agent.NextOf(tt.history)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("got error %v, want %s", err, tt.err)
				}
				if kind := reprise.KindOf(err); kind != reprise.KindInvalid {
					t.Errorf("got an error of kind %q, want %q", kind, reprise.KindInvalid)
				}
			} else if err != nil {
				t.Errorf("got error %v", err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("next (-want +got):\n%s", d)
			}
		})
	}
}
