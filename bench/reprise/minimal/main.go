// Minimal streams an answer with this project.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/openaichat"
)

func main() {
	m := openaichat.XAI("grok-code-fast-1", os.Getenv("XAI_API_KEY"))
	for ev, err := range m.Stream(context.Background(), &reprise.Request{Messages: reprise.Ask("Hello")}) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if d, ok := ev.(reprise.TextDelta); ok {
			fmt.Print(d.Text)
		}
	}
}
