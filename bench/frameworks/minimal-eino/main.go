// Minimal-eino streams an answer with eino.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cloudwego/eino-ext/components/model/openai"
	"github.com/cloudwego/eino/schema"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	m, err := openai.NewChatModel(ctx, &openai.ChatModelConfig{BaseURL: "https://api.x.ai/v1", APIKey: os.Getenv("XAI_API_KEY"), Model: "grok-code-fast-1"})
	if err != nil {
		return err
	}
	s, err := m.Stream(ctx, []*schema.Message{schema.UserMessage("Hello")})
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		chunk, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		fmt.Print(chunk.Content)
	}
}
