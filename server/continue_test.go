package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/server"
)

// A run of two turns, with the conversation in each request, and with only
// the id of the answer before.
const (
	respondFirst    = `{"model":"m","instructions":"Be short","input":"What is in the box?","tools":[{"type":"function","name":"look","parameters":{"type":"object"},"strict":false}]}`
	respondCall     = `{"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"type":"function_call","id":"fc_1","call_id":"c1","name":"look","arguments":"{}","status":"completed"}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`
	respondWhole    = `{"model":"m","instructions":"Be short","input":[{"role":"user","content":"What is in the box?"},{"type":"function_call","call_id":"c1","name":"look","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"a cat"}],"tools":[{"type":"function","name":"look","parameters":{"type":"object"},"strict":false}]}`
	respondPrevious = `{"model":"m","previous_response_id":"resp_1","input":[{"type":"function_call_output","call_id":"c1","output":"a cat"}],"tools":[{"type":"function","name":"look","parameters":{"type":"object"},"strict":false}]}`
	respondAnswer   = `{"id":"resp_2","object":"response","status":"completed","model":"m","output":[{"type":"message","id":"msg_2","role":"assistant","status":"completed","content":[{"type":"output_text","text":"A cat.","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`

	// So does the AI SDK: it refers to texts and to reasoning.
	respondTold     = `{"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"I look.","annotations":[]}]},{"type":"function_call","id":"fc_1","call_id":"c1","name":"look","arguments":"{}","status":"completed"}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`
	respondReferred = `{"model":"m","instructions":"Be short","input":[{"role":"user","content":"What is in the box?"},{"type":"item_reference","id":"msg_1"},{"type":"function_call","call_id":"c1","name":"look","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"a cat"}],"tools":[{"type":"function","name":"look","parameters":{"type":"object"},"strict":false}]}`
	respondWords    = `{"model":"m","instructions":"Be short","input":[{"role":"user","content":"What is in the box?"},{"role":"assistant","content":"I look."},{"type":"function_call","call_id":"c1","name":"look","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"a cat"}],"tools":[{"type":"function","name":"look","parameters":{"type":"object"},"strict":false}]}`

	messageFirst    = `{"model":"m","max_tokens":9,"system":"Be short","messages":[{"role":"user","content":"What is in the box?"}],"tools":[{"name":"look","input_schema":{"type":"object"}}]}`
	messageCall     = `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t1","name":"look","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`
	messageWhole    = `{"model":"m","max_tokens":9,"system":"Be short","messages":[{"role":"user","content":"What is in the box?"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"look","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a cat"}]}],"tools":[{"name":"look","input_schema":{"type":"object"}}]}`
	messagePrevious = `{"model":"m","max_tokens":9,"thread":{"type":"continue","previous_message_id":"msg_1"},"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a cat"}]}]}`
	messageAnswer   = `{"id":"msg_2","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"A cat."}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`
)

// TestContinued: a request that only has the id of the answer that it goes on
// from is the same conversation as one that has all that was said.
func TestContinued(t *testing.T) {
	run := func(path, first, call, second, answer string) *cassette.Recording {
		exchange := func(id int, asked, answered string) cassette.Interaction {
			return cassette.Interaction{
				ID:       id,
				Request:  cassette.Request{Method: "POST", URL: "https://example.com" + path, Body: asked},
				Response: cassette.Response{Code: 200, Body: answered},
			}
		}
		return &cassette.Recording{Interactions: []cassette.Interaction{exchange(0, first, call), exchange(1, second, answer)}}
	}
	const responses, messages = "/v1/responses", "/v1/messages"
	other := edit(t, respondPrevious, map[string]any{"previous_response_id": "resp_9"})
	for _, tt := range []struct {
		name, path         string
		recorded           *cassette.Recording
		asked, want, match string
	}{
		{"responses, recorded whole", responses, run(responses, respondFirst, respondCall, respondWhole, respondAnswer), respondPrevious, "run#1", "conversation"},
		{"responses, asked whole", responses, run(responses, respondFirst, respondCall, respondPrevious, respondAnswer), respondWhole, "run#1", "conversation"},
		{"the same id", responses, run(responses, respondFirst, respondCall, respondPrevious, respondAnswer), edit(t, respondPrevious, map[string]any{"temperature": 1}), "run#1", "conversation"},
		{"another answer", responses, run(responses, respondFirst, respondCall, respondPrevious, respondAnswer), other, "", "none"},
		{"an answer that is not recorded", responses, run(responses, respondFirst, respondCall, other, respondAnswer), edit(t, other, map[string]any{"temperature": 1}), "run#1", "conversation"},
		{"itself", responses, run(responses, respondFirst, respondCall, respondPrevious, edit(t, respondAnswer, map[string]any{"id": "resp_1"})), respondWhole, "run#1", "conversation"},
		{"other words", responses, run(responses, respondFirst, respondCall, respondWhole, respondAnswer), edit(t, respondPrevious, map[string]any{"input": "And now?"}), "", "none"},
		{"a reference, recorded whole", responses, run(responses, respondFirst, respondTold, respondWords, respondAnswer), respondReferred, "run#1", "conversation"},
		{"a reference, asked whole", responses, run(responses, respondFirst, respondTold, respondReferred, respondAnswer), respondWords, "run#1", "conversation"},
		{"a reference to reasoning", responses, run(responses, respondFirst, respondCall, respondWhole, respondAnswer), strings.ReplaceAll(respondReferred, "msg_1", "rs_1"), "run#1", "conversation"},
		{"a reference to another answer", responses, run(responses, respondFirst, respondTold, respondWords, respondAnswer), strings.ReplaceAll(respondReferred, `"name":"look","arguments":"{}"`, `"name":"look","arguments":"{\"x\":1}"`), "", "none"},
		{"messages, recorded whole", messages, run(messages, messageFirst, messageCall, messageWhole, messageAnswer), messagePrevious, "run#1", "conversation"},
		{"messages, asked whole", messages, run(messages, messageFirst, messageCall, messagePrevious, messageAnswer), messageWhole, "run#1", "conversation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, &server.Handler{Recordings: map[string]*cassette.Recording{"run": tt.recorded}})
			got := post(t, url+tt.path, tt.asked)
			if d := cmp.Diff([]string{tt.want, tt.match}, []string{got.Exchange, got.Match}); d != "" {
				t.Errorf("answered by (-want +got):\n%s\n%s", d, got.Body)
			}
		})
	}
}

// TestNamed: what a request names of what the provider keeps is part of the
// conversation.
func TestNamed(t *testing.T) {
	const generate = "/v1beta/models/m:generateContent"
	for _, tt := range []struct{ path, recorded, asked, want string }{
		{"/v1/responses", `{"prompt":{"id":"a","variables":{"x":"1","y":"2"}},"input":"hi"}`, `{"prompt":{"variables":{"y":"2","x":"1"},"id":"a"},"input":"hi","temperature":1}`, "conversation"},
		{"/v1/responses", `{"prompt":{"id":"a"},"input":"hi"}`, `{"prompt":{"id":"b"},"input":"hi"}`, "none"},
		{"/v1/responses", `{"prompt":{"id":"a"},"input":"hi"}`, `{"input":"hi"}`, "none"},
		{generate, `{"cachedContent":"cachedContents/a","contents":[{"role":"user","parts":[{"text":"hi"}]}]}`, `{"cachedContent":"cachedContents/b","contents":[{"role":"user","parts":[{"text":"hi"}]}]}`, "none"},
	} {
		rec := &cassette.Recording{Interactions: []cassette.Interaction{{
			Request:  cassette.Request{Method: "POST", URL: "https://example.com" + tt.path, Body: tt.recorded},
			Response: cassette.Response{Code: 200, Body: respondAnswer},
		}}}
		url := serve(t, &server.Handler{Recordings: map[string]*cassette.Recording{"run": rec}})
		if got := post(t, url+tt.path, tt.asked); got.Match != tt.want {
			t.Errorf("%s after %s is on the rung %q, want %q", tt.asked, tt.recorded, got.Match, tt.want)
		}
	}
}

// TestContinuedLoose: on the loose rung it does not count from which answer a
// request goes on, if that is not recorded.
func TestContinuedLoose(t *testing.T) {
	asked := func(id string) string {
		return edit(t, respondPrevious, map[string]any{"previous_response_id": id, "input": "And now?"})
	}
	rec := &cassette.Recording{Interactions: []cassette.Interaction{{
		Request:  cassette.Request{Method: "POST", URL: "https://example.com/v1/responses", Body: asked("resp_8")},
		Response: cassette.Response{Code: 200, Body: respondAnswer},
	}}}
	for rung, want := range map[server.Rung]string{server.Conversation: "none", server.Loose: "loose"} {
		url := serve(t, &server.Handler{Match: rung, Recordings: map[string]*cassette.Recording{"run": rec}})
		if got := post(t, url+"/v1/responses", asked("resp_9")); got.Match != want {
			t.Errorf("%s: matched by %q, want %q", rung, got.Match, want)
		}
	}
}
