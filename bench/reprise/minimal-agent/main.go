// Minimal-agent runs an agent with a tool.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/openaichat"
)

func main() {
	a := &agent.Agent{
		Model: openaichat.XAI("grok-code-fast-1", os.Getenv("XAI_API_KEY")),
		Tools: []reprise.Tool{reprise.Func("add", "Add two numbers", func(_ context.Context, in struct{ A, B int }) (int, error) { return in.A + in.B, nil })},
	}
	for ev, err := range a.Run(context.Background(), reprise.Ask("Hello")) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if d, ok := ev.(reprise.TextDelta); ok {
			fmt.Print(d.Text)
		}
	}
}
