package main

import (
	"context"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/repriselabs/reprise/bench/peer"
)

func officialClient(t peer.Target) openai.Client {
	return openai.NewClient(option.WithBaseURL(t.URL), option.WithAPIKey("none"), option.WithHTTPClient(t.Client), option.WithMaxRetries(0))
}

var officialQuestion = openai.ChatCompletionNewParams{
	Model:         peer.Model,
	StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)},
	Messages:      []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Say something.")},
}

// officialEach calls f with each chunk of an answer.
func officialEach(ctx context.Context, c openai.Client, req openai.ChatCompletionNewParams, f func(openai.ChatCompletionChunk)) error {
	s := c.Chat.Completions.NewStreaming(ctx, req)
	defer s.Close()
	for s.Next() {
		f(s.Current())
	}
	return s.Err()
}

func officialText(ctx context.Context, t peer.Target) (int, error) {
	n := 0
	err := officialEach(ctx, officialClient(t), officialQuestion, func(chunk openai.ChatCompletionChunk) {
		if len(chunk.Choices) > 0 {
			n += len(chunk.Choices[0].Delta.Content)
		}
	})
	return n, err
}

func officialArgs(ctx context.Context, t peer.Target) (int, error) {
	var args strings.Builder
	err := officialEach(ctx, officialClient(t), officialQuestion, func(chunk openai.ChatCompletionChunk) {
		if len(chunk.Choices) > 0 {
			for _, c := range chunk.Choices[0].Delta.ToolCalls {
				args.WriteString(c.Function.Arguments)
			}
		}
	})
	return args.Len(), err
}

// officialRun is the loop that a user of this client writes, with its own
// accumulator.
func officialRun(ctx context.Context, t peer.Target) (int, error) {
	c := officialClient(t)
	req := openai.ChatCompletionNewParams{
		Model: peer.Model, MaxTokens: openai.Int(peer.MaxTokens), StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)},
		Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(peer.System), openai.UserMessage(peer.Prompt)},
		Tools: []openai.ChatCompletionToolUnionParam{
			openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: "add", Description: openai.String("Add two numbers"), Parameters: peer.Schema}),
			openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: "multiply", Description: openai.String("Multiply two numbers"), Parameters: peer.Schema}),
		},
	}
	n := 0
	for {
		var acc openai.ChatCompletionAccumulator
		if err := officialEach(ctx, c, req, func(chunk openai.ChatCompletionChunk) { acc.AddChunk(chunk) }); err != nil {
			return n, err
		}
		m := acc.Choices[0].Message
		if len(m.ToolCalls) == 0 {
			return n + len(m.Content), nil
		}
		req.Messages = append(req.Messages, m.ToParam())
		for _, tc := range m.ToolCalls {
			n += len(tc.Function.Arguments)
			out, err := peer.Call(tc.Function.Name, []byte(tc.Function.Arguments))
			if err != nil {
				return n, err
			}
			req.Messages = append(req.Messages, openai.ToolMessage(out, tc.ID))
		}
	}
}
