// Fantasy does the benchmark's work with charm.land/fantasy.
package main

import (
	"context"
	"strconv"

	"charm.land/fantasy"
	"charm.land/fantasy/providers/openaicompat"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	peer.Main(peer.Peers{
		"fantasy": {peer.Text: text, peer.Vary: text, peer.Args: args, peer.Seed: run, peer.Slow: text, peer.Replay: replay, peer.Turns: turns, peer.Object: partial},
	})
}

func model(ctx context.Context, t peer.Target) (fantasy.LanguageModel, error) {
	p, err := openaicompat.New(openaicompat.WithBaseURL(t.URL), openaicompat.WithAPIKey("none"), openaicompat.WithHTTPClient(t.Client), openaicompat.WithName("xai"))
	if err != nil {
		return nil, err
	}
	return p.LanguageModel(ctx, peer.Model)
}

func ask(ctx context.Context, t peer.Target) (fantasy.StreamResponse, error) {
	m, err := model(ctx, t)
	if err != nil {
		return nil, err
	}
	return m.Stream(ctx, fantasy.Call{Prompt: fantasy.Prompt{fantasy.NewUserMessage("Say something.")}})
}

func text(ctx context.Context, t peer.Target) (int, error) {
	stream, err := ask(ctx, t)
	if err != nil {
		return 0, err
	}
	n := 0
	for part := range stream {
		switch part.Type {
		case fantasy.StreamPartTypeTextDelta:
			n += len(part.Delta)
		case fantasy.StreamPartTypeError:
			return n, part.Error
		}
	}
	return n, nil
}

func args(ctx context.Context, t peer.Target) (int, error) {
	stream, err := ask(ctx, t)
	if err != nil {
		return 0, err
	}
	n := 0
	for part := range stream {
		switch part.Type {
		case fantasy.StreamPartTypeToolCall:
			n += len(part.ToolCallInput)
		case fantasy.StreamPartTypeError:
			return n, part.Error
		}
	}
	return n, nil
}

// operands are the arguments of both tools.
type operands struct {
	A int `json:"a" description:"first number"`
	B int `json:"b" description:"second number"`
}

var tools = fantasy.WithTools(
	tool("add", "Add two numbers", func(a, b int) string { return strconv.Itoa(a + b) }),
	tool("multiply", "Multiply two numbers", func(a, b int) string { return strconv.Itoa(a * b) }),
)

func tool(name, description string, f func(a, b int) string) fantasy.AgentTool {
	return fantasy.NewParallelAgentTool(name, description, func(_ context.Context, in operands, _ fantasy.ToolCall) (fantasy.ToolResponse, error) {
		return fantasy.NewTextResponse(f(in.A, in.B)), nil
	})
}
