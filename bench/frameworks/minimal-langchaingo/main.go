// Minimal-langchaingo streams an answer with langchaingo.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"
)

func main() {
	m, err := openai.New(openai.WithBaseURL("https://api.x.ai/v1"), openai.WithToken(os.Getenv("XAI_API_KEY")), openai.WithModel("grok-code-fast-1"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, err = llms.GenerateFromSinglePrompt(context.Background(), m, "Hello", llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		fmt.Print(string(chunk))
		return nil
	}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
