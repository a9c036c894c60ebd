package main

import (
	"context"
	"strings"

	"charm.land/fantasy"

	"github.com/repriselabs/reprise/bench/peer"
)

func run(ctx context.Context, t peer.Target) (int, error) {
	m, err := model(ctx, t)
	if err != nil {
		return 0, err
	}
	return play(ctx, m)
}

func play(ctx context.Context, m fantasy.LanguageModel) (int, error) {
	a := fantasy.NewAgent(m, fantasy.WithSystemPrompt(peer.System), tools)
	limit := int64(peer.MaxTokens)
	n := 0
	var said strings.Builder
	_, err := a.Stream(ctx, fantasy.AgentStreamCall{
		Prompt:          peer.Prompt,
		MaxOutputTokens: &limit,
		OnTextDelta: func(_, text string) error {
			said.WriteString(text)
			return nil
		},
		OnToolCall: func(c fantasy.ToolCallContent) error {
			n += len(c.Input)
			return nil
		},
	})
	return n + said.Len(), err
}

func turns(ctx context.Context, t peer.Target) (int, error) {
	m, err := model(ctx, t)
	if err != nil {
		return 0, err
	}
	a := fantasy.NewAgent(m, fantasy.WithSystemPrompt(peer.System), tools)
	res, err := a.Stream(ctx, fantasy.AgentStreamCall{Prompt: peer.Prompt, StopWhen: []fantasy.StopCondition{fantasy.StepCountIs(t.Size + 1)}})
	if err != nil {
		return 0, err
	}
	return len(res.Response.Content.Text()), nil
}
