package server_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/openaichat"
	"github.com/repriselabs/reprise/server"
)

// Any client of any API can be pointed at a Handler; this one is ours.
func Example() {
	srv := httptest.NewServer(&server.Handler{Files: []string{"../internal/demo/multi_tool_streaming.yaml"}})
	defer srv.Close()

	type operands struct {
		A int `json:"a" jsonschema:"first number"`
		B int `json:"b" jsonschema:"second number"`
	}
	a := &agent.Agent{
		Model:  &openaichat.Model{Name: "grok-code-fast-1", BaseURL: srv.URL + "/v1", Key: "none"},
		System: "You are a helpful assistant. Always use both add and multiply at the same time.",
		Tools: []reprise.Tool{
			reprise.Func("add", "Add two numbers", func(_ context.Context, in operands) (int, error) { return in.A + in.B, nil }),
			reprise.Func("multiply", "Multiply two numbers", func(_ context.Context, in operands) (int, error) { return in.A * in.B, nil }),
		},
	}
	result, err := a.Generate(context.Background(), reprise.Ask("Add and multiply the number 2 and 3"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Text())
	// Output: The sum of 2 and 3 is 5, and the product of 2 and 3 is 6.
}
