package main

import (
	"context"

	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/bench/peer"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/openai"
)

func messages(ctx context.Context, t peer.Target) (int, error) {
	return textOf(ctx, &anthropic.Model{Name: "claude-sonnet-4-20250514", BaseURL: t.URL, Client: t.Client})
}

func responses(ctx context.Context, t peer.Target) (int, error) {
	return textOf(ctx, &openai.Model{Name: "gpt-5-mini", BaseURL: t.URL, Client: t.Client})
}

func geminiText(ctx context.Context, t peer.Target) (int, error) {
	return textOf(ctx, &gemini.Model{Name: "gemini-2.5-flash", BaseURL: t.URL, Client: t.Client})
}
