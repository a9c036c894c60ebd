package agent_test

import (
	"context"
	"iter"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/internal/kept"
)

// TestKept: the models of a run share what they keep of a conversation;
// tools, which may have conversations of their own, do not.
func TestKept(t *testing.T) {
	var turns reprise.ModelFunc
	var shared []*kept.Strings
	model := reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		shared = append(shared, kept.From(ctx))
		return turns(ctx, req)
	})
	look := reprise.Func("look", "", func(ctx context.Context, _ struct{}) (string, error) {
		if kept.From(ctx) != nil {
			t.Error("a tool has what the run keeps")
		}
		return "", nil
	})
	for range 2 {
		turns = answers(calling(call("1", "look", "{}")), say("end"))
		if _, err := (&agent.Agent{Model: model, Tools: []reprise.Tool{look}}).Generate(t.Context(), reprise.Ask("go")); err != nil {
			t.Fatal(err)
		}
	}
	if len(shared) != 4 || shared[0] == nil || shared[0] != shared[1] || shared[2] != shared[3] || shared[0] == shared[2] {
		t.Errorf("the turns of two runs keep in %v, want one place for each run", shared)
	}
}
