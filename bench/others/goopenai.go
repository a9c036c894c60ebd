package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/sashabaranov/go-openai"

	"github.com/repriselabs/reprise/bench/peer"
)

func goClient(t peer.Target) *openai.Client {
	cfg := openai.DefaultConfig("none")
	cfg.BaseURL, cfg.HTTPClient = t.URL, t.Client
	return openai.NewClientWithConfig(cfg)
}

var goQuestion = openai.ChatCompletionRequest{
	Model: peer.Model, Stream: true, StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "Say something."}},
}

// goEach calls f with each delta of an answer.
func goEach(ctx context.Context, c *openai.Client, req openai.ChatCompletionRequest, f func(openai.ChatCompletionStreamChoiceDelta)) error {
	s, err := c.CreateChatCompletionStream(ctx, req)
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
		if len(chunk.Choices) > 0 {
			f(chunk.Choices[0].Delta)
		}
	}
}

func goText(ctx context.Context, t peer.Target) (int, error) {
	n := 0
	err := goEach(ctx, goClient(t), goQuestion, func(d openai.ChatCompletionStreamChoiceDelta) { n += len(d.Content) })
	return n, err
}

func goArgs(ctx context.Context, t peer.Target) (int, error) {
	var args strings.Builder
	err := goEach(ctx, goClient(t), goQuestion, func(d openai.ChatCompletionStreamChoiceDelta) {
		for _, c := range d.ToolCalls {
			args.WriteString(c.Function.Arguments)
		}
	})
	return args.Len(), err
}

// goRun is the loop that a user of this client writes.
func goRun(ctx context.Context, t peer.Target) (int, error) {
	c := goClient(t)
	req := openai.ChatCompletionRequest{
		Model: peer.Model, MaxTokens: peer.MaxTokens, Stream: true, StreamOptions: &openai.StreamOptions{IncludeUsage: true}, ToolChoice: "auto",
		Messages: []openai.ChatCompletionMessage{{Role: "system", Content: peer.System}, {Role: "user", Content: peer.Prompt}},
		Tools: []openai.Tool{
			{Type: "function", Function: &openai.FunctionDefinition{Name: "add", Description: "Add two numbers", Parameters: peer.Schema}},
			{Type: "function", Function: &openai.FunctionDefinition{Name: "multiply", Description: "Multiply two numbers", Parameters: peer.Schema}},
		},
	}
	n := 0
	for {
		var text, reasoning strings.Builder
		var calls []openai.ToolCall
		err := goEach(ctx, c, req, func(d openai.ChatCompletionStreamChoiceDelta) {
			text.WriteString(d.Content)
			reasoning.WriteString(d.ReasoningContent)
			for _, tc := range d.ToolCalls {
				for len(calls) <= *tc.Index {
					calls = append(calls, openai.ToolCall{Type: "function"})
				}
				to := &calls[*tc.Index]
				to.ID += tc.ID
				to.Function.Name += tc.Function.Name
				to.Function.Arguments += tc.Function.Arguments
			}
		})
		if err != nil || len(calls) == 0 {
			return n + text.Len(), err
		}
		req.Messages = append(req.Messages, openai.ChatCompletionMessage{Role: "assistant", Content: text.String(), ReasoningContent: reasoning.String(), ToolCalls: calls})
		for _, tc := range calls {
			n += len(tc.Function.Arguments)
			out, err := peer.Call(tc.Function.Name, []byte(tc.Function.Arguments))
			if err != nil {
				return n, err
			}
			req.Messages = append(req.Messages, openai.ChatCompletionMessage{Role: "tool", ToolCallID: tc.ID, Content: out})
		}
	}
}
