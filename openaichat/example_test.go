package openaichat_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/openaichat"
)

type operands struct {
	A int `json:"a" jsonschema:"first number"`
	B int `json:"b" jsonschema:"second number"`
}

func add(_ context.Context, in operands) (int, error)      { return in.A + in.B, nil }
func multiply(_ context.Context, in operands) (int, error) { return in.A * in.B, nil }

// An agent with two tools, on a model of xAI's.
func ExampleXAI() {
	a := &agent.Agent{
		Model:  openaichat.XAI("grok-code-fast-1", os.Getenv("XAI_API_KEY")),
		System: "Always use both add and multiply at the same time.",
		Tools:  []reprise.Tool{reprise.Func("add", "Add two numbers", add), reprise.Func("multiply", "Multiply two numbers", multiply)},
	}
	for ev, err := range a.Run(context.Background(), reprise.Ask("Add and multiply the number 2 and 3")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if text, ok := ev.(reprise.TextDelta); ok {
			fmt.Print(text.Text)
		}
	}
}

// Any server of the API will do; here is one.
func ExampleModel() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"choices":[{"message":{"content":"Olá!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}`)
	}))
	defer server.Close()

	m := &openaichat.Model{Name: "small", BaseURL: server.URL + "/v1"}
	resp, err := reprise.Generate(context.Background(), m, &reprise.Request{Messages: reprise.Ask("Say hi in Portuguese")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text(), resp.Reason, resp.Usage.Total())
	// Output: Olá! stop 11
}
