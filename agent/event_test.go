package agent_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

func TestEventJSON(t *testing.T) {
	c := call("1", "add", `{"a":1}`)
	cost := reprise.USD(5_000_000)
	for _, tt := range []struct {
		event agent.Event
		want  string
	}{
		{reprise.TextDelta{Part: 1, Text: "a < b"}, `{"type":"text_delta","part":1,"text":"a < b"}`},
		{agent.TurnStart{Turn: 2}, `{"type":"turn_start","turn":2}`},
		{agent.MessageDone{Message: assistant(text("a < b"))},
			`{"type":"message_done","message":{"role":"assistant","parts":[{"type":"text","text":"a < b"}]}}`},
		{agent.ToolStart{Call: c}, `{"type":"tool_start","call":{"type":"tool_call","id":"1","name":"add","args":{"a":1}}}`},
		{agent.ToolDone{Call: c, Result: result("1", "add", "3"), Duration: 1500 * time.Microsecond},
			`{"type":"tool_done","call":{"type":"tool_call","id":"1","name":"add","args":{"a":1}},` +
				`"result":{"type":"tool_result","id":"1","name":"add","parts":[{"type":"text","text":"3"}]},"duration_ms":1}`},
		{agent.ToolDone{Call: call("1", "add", "{"), Result: failure("1", "add", "no"), Err: errors.New("no & no")},
			`{"type":"tool_done","call":{"type":"tool_call","id":"1","name":"add","args":"{","invalid":true},` +
				`"result":{"type":"tool_result","id":"1","name":"add","parts":[{"type":"text","text":"no"}],"is_error":true},` +
				`"error":"no & no","duration_ms":0}`},
		{agent.ToolProgress{Call: c, Progress: reprise.Progress{Text: "half", Done: 1, Total: 2}},
			`{"type":"tool_progress","call":{"type":"tool_call","id":"1","name":"add","args":{"a":1}},"progress":{"text":"half","done":1,"total":2}}`},
		{agent.Nested{Path: "a:1/b:2", Event: agent.TurnStart{Turn: 2}}, `{"type":"nested","path":"a:1/b:2","event":{"type":"turn_start","turn":2}}`},
		{agent.HandedOff{By: "to_billing"}, `{"type":"handed_off","by":"to_billing"}`},
		{agent.Compacted{History: reprise.Ask("hi"), Before: agent.TokenCount{Tokens: 9}, After: agent.TokenCount{Tokens: 3, Estimated: true}, Dropped: 2},
			`{"type":"compacted","history":[{"role":"user","parts":[{"type":"text","text":"hi"}]}],` +
				`"before":{"tokens":9},"after":{"tokens":3,"estimated":true},"dropped":2}`},
		{agent.Done{Result: &agent.Result{End: agent.EndApproval, Pending: []agent.Pending{{Call: c, Token: "t"}}, Response: &reprise.Response{}}},
			`{"type":"done","result":{"history":null,"response":{"message":{"role":"","parts":null},` +
				`"usage":{"input":0,"output":0,"reasoning":null,"cache_read":0,"cache_write":0}},"end":"approval",` +
				`"pending":[{"call":{"type":"tool_call","id":"1","name":"add","args":{"a":1}},"token":"t"}],` +
				`"usage":{"input":0,"output":0,"reasoning":null,"cache_read":0,"cache_write":0},"cost":null,"turns":0}}`},
		{agent.Done{Result: &agent.Result{
			History: []reprise.Message{reprise.User("hi"), assistant(text("ho"))}, Turns: 1, Cost: &cost,
			Response: &reprise.Response{Message: assistant(text("ho")), Reason: reprise.ReasonStop}, Usage: reprise.Usage{Input: 1, Output: 2},
		}}, `{"type":"done","result":{` +
			`"history":[{"role":"user","parts":[{"type":"text","text":"hi"}]},{"role":"assistant","parts":[{"type":"text","text":"ho"}]}],` +
			`"response":{"message":{"role":"assistant","parts":[{"type":"text","text":"ho"}]},"reason":"stop",` +
			`"usage":{"input":0,"output":0,"reasoning":null,"cache_read":0,"cache_write":0}},` +
			`"usage":{"input":1,"output":2,"reasoning":null,"cache_read":0,"cache_write":0},"cost":"0.000005","turns":1}}`},
	} {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(tt.event); err != nil {
			t.Fatalf("%T: %v", tt.event, err)
		}
		if d := cmp.Diff(tt.want+"\n", buf.String()); d != "" {
			t.Errorf("%T (-want +got):\n%s", tt.event, d)
		}
	}
}
