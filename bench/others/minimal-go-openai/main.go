// Minimal-go-openai streams an answer with go-openai.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/sashabaranov/go-openai"
)

func main() {
	cfg := openai.DefaultConfig(os.Getenv("XAI_API_KEY"))
	cfg.BaseURL = "https://api.x.ai/v1"
	s, err := openai.NewClientWithConfig(cfg).CreateChatCompletionStream(context.Background(), openai.ChatCompletionRequest{
		Model: "grok-code-fast-1", Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "Hello"}},
	})
	for err == nil {
		var chunk openai.ChatCompletionStreamResponse
		if chunk, err = s.Recv(); err == nil && len(chunk.Choices) > 0 {
			fmt.Print(chunk.Choices[0].Delta.Content)
		}
	}
	if err != io.EOF {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
