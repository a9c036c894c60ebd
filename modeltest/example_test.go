package modeltest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/modeltest"
	"github.com/repriselabs/reprise/openaichat"
)

type pair struct {
	A int `json:"a"`
	B int `json:"b"`
}

func add(_ context.Context, in pair) (int, error) { return in.A + in.B, nil }

// A test of an agent, with a model that knows its lines. It fails if the
// agent asks for anything else.
func ExampleScript() {
	t := new(testing.T) // the test's own
	sum := reprise.ToolResult{ID: "1", Name: "add", Parts: reprise.Parts{reprise.Text{Text: "5"}}}
	a := &agent.Agent{
		Tools: []reprise.Tool{reprise.Func("add", "Add two numbers", add)},
		Model: modeltest.Script(t,
			modeltest.Turn{Want: reprise.Ask("Add 2 and 3"), Tools: []string{"add"}, Calls: []reprise.ToolCall{{ID: "1", Name: "add", Args: `{"a":2,"b":3}`}}},
			modeltest.Turn{Want: []reprise.Message{{Role: reprise.RoleTool, Parts: reprise.Parts{sum}}}, Text: "The sum is 5."},
		),
	}
	result, err := a.Generate(context.Background(), reprise.Ask("Add 2 and 3"))
	fmt.Println(result.Text(), err)
	// Output: The sum is 5. <nil>
}

// An agent's tools are all called once, with arguments that their schemas
// allow.
func ExampleAuto() {
	a := &agent.Agent{
		Model: modeltest.Auto{},
		Tools: []reprise.Tool{
			reprise.Func("add", "Add two numbers", add),
			reprise.Func("color", "Mix a color", func(_ context.Context, in struct {
				Name string `json:"name" enum:"red,green"`
			}) (string, error) {
				return "dark " + in.Name, nil
			}),
		},
	}
	result, err := a.Generate(context.Background(), reprise.Ask("Go"))
	fmt.Println(result.Text(), err)
	// Output: {"add":"2","color":"dark red"} <nil>
}

// A model that must not be asked in this test.
func ExampleNoNetwork() {
	var t *testing.T // the test's own
	m := openaichat.XAI("grok-code-fast-1", "")
	m.Client = modeltest.NoNetwork(t)
}

// What a fake server answers, and what a model makes of it.
func ExampleEvents() {
	answer := &reprise.Response{
		Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Text{Text: "Olá!"}}},
		Reason:  reprise.ReasonStop, Usage: reprise.Usage{Input: 9, Output: 2},
	}
	if _, err := openaichat.WriteResponse(io.Discard, modeltest.Events(answer), openaichat.Answer{Stream: true}); err != nil {
		fmt.Println(err)
	}
	for ev, err := range modeltest.Events(answer) {
		b, _ := json.Marshal(ev)
		fmt.Println(string(b), err)
	}
	// Output:
	// {"type":"text_delta","part":0,"text":"Ol"} <nil>
	// {"type":"text_delta","part":0,"text":"á"} <nil>
	// {"type":"text_delta","part":0,"text":"!"} <nil>
	// {"type":"part_done","index":0,"part":{"type":"text","text":"Olá!"}} <nil>
	// {"type":"finish","reason":"stop","usage":{"input":9,"output":2,"reasoning":null,"cache_read":0,"cache_write":0}} <nil>
}

// The conformance test of a provider.
func ExampleRun() {
	var t *testing.T // the test's own
	dialect, _ := openaichat.DialectFor("xai")
	modeltest.Run(t, modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			return &openaichat.Model{Name: "m", Dialect: dialect, BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
		},
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			return openaichat.ReadRequest(body, &dialect)
		},
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return openaichat.WriteResponse(w, events, openaichat.Answer{Dialect: &dialect, Known: known, Stream: stream})
		},
		WriteError: func(w http.ResponseWriter, err error) error {
			return openaichat.WriteError(w, err, openaichat.Answer{Dialect: &dialect})
		},
		Lacks: modeltest.Lacks{ErrorResults: "a tool message has no mark for an error"},
	})
}
