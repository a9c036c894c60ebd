package main

import (
	"context"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/repriselabs/reprise/bench/peer"
)

func chainModel(t peer.Target) (*openai.LLM, error) {
	return openai.New(openai.WithBaseURL(t.URL), openai.WithToken("none"), openai.WithModel(peer.Model), openai.WithHTTPClient(t.Client))
}

// chainAsk asks for one answer, streaming.
func chainAsk(ctx context.Context, t peer.Target, f func(context.Context, []byte) error) (*llms.ContentChoice, error) {
	m, err := chainModel(t)
	if err != nil {
		return nil, err
	}
	res, err := m.GenerateContent(ctx, []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, "Say something.")}, llms.WithStreamingFunc(f))
	if err != nil {
		return nil, err
	}
	return res.Choices[0], nil
}

func chainText(ctx context.Context, t peer.Target) (int, error) {
	n := 0
	_, err := chainAsk(ctx, t, func(_ context.Context, chunk []byte) error {
		n += len(chunk)
		return nil
	})
	return n, err
}

func chainArgs(ctx context.Context, t peer.Target) (int, error) {
	answer, err := chainAsk(ctx, t, func(context.Context, []byte) error { return nil })
	if err != nil {
		return 0, err
	}
	return len(answer.ToolCalls[0].FunctionCall.Arguments), nil
}

var chainTools = []llms.Tool{
	{Type: "function", Function: &llms.FunctionDefinition{Name: "add", Description: "Add two numbers", Parameters: peer.Schema}},
	{Type: "function", Function: &llms.FunctionDefinition{Name: "multiply", Description: "Multiply two numbers", Parameters: peer.Schema}},
}

// chainRun is the loop that a user of this library writes: its agents give
// each tool one argument, a string.
func chainRun(ctx context.Context, t peer.Target) (int, error) {
	m, err := chainModel(t)
	if err != nil {
		return 0, err
	}
	history := []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, peer.System),
		llms.TextParts(llms.ChatMessageTypeHuman, peer.Prompt),
	}
	n := 0
	for {
		res, err := m.GenerateContent(ctx, history, llms.WithTools(chainTools), llms.WithMaxTokens(peer.MaxTokens),
			llms.WithStreamingFunc(func(context.Context, []byte) error { return nil }))
		if err != nil {
			return n, err
		}
		answer := res.Choices[0]
		if len(answer.ToolCalls) == 0 {
			return n + len(answer.Content), nil
		}
		said := llms.TextParts(llms.ChatMessageTypeAI, answer.Content)
		for _, c := range answer.ToolCalls {
			said.Parts = append(said.Parts, c)
		}
		history = append(history, said)
		for _, c := range answer.ToolCalls {
			n += len(c.FunctionCall.Arguments)
			out, err := peer.Call(c.FunctionCall.Name, []byte(c.FunctionCall.Arguments))
			if err != nil {
				return n, err
			}
			history = append(history, llms.MessageContent{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{
				llms.ToolCallResponse{ToolCallID: c.ID, Name: c.FunctionCall.Name, Content: out},
			}})
		}
	}
}
