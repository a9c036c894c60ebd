// Minimal streams an answer with charm.land/fantasy.
package main

import (
	"context"
	"fmt"
	"os"

	"charm.land/fantasy"
	"charm.land/fantasy/providers/openaicompat"
)

func main() {
	ctx := context.Background()
	p, err := openaicompat.New(openaicompat.WithBaseURL("https://api.x.ai/v1"), openaicompat.WithAPIKey(os.Getenv("XAI_API_KEY")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	m, err := p.LanguageModel(ctx, "grok-code-fast-1")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, err = fantasy.NewAgent(m).Stream(ctx, fantasy.AgentStreamCall{Prompt: "Hello", OnTextDelta: func(_, text string) error {
		fmt.Print(text)
		return nil
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
