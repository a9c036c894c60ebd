// Minimal-openai-go streams an answer with openai-go.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	c := openai.NewClient(option.WithBaseURL("https://api.x.ai/v1"), option.WithAPIKey(os.Getenv("XAI_API_KEY")))
	s := c.Chat.Completions.NewStreaming(context.Background(), openai.ChatCompletionNewParams{
		Model: "grok-code-fast-1", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello")},
	})
	for s.Next() {
		if chunk := s.Current(); len(chunk.Choices) > 0 {
			fmt.Print(chunk.Choices[0].Delta.Content)
		}
	}
	if err := s.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
