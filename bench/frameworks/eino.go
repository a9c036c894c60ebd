package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/cloudwego/eino-ext/components/model/openai"
	"github.com/cloudwego/eino/schema"

	"github.com/repriselabs/reprise/bench/peer"
)

func einoModel(ctx context.Context, t peer.Target) (*openai.ChatModel, error) {
	limit := peer.MaxTokens
	return openai.NewChatModel(ctx, &openai.ChatModelConfig{APIKey: "none", BaseURL: t.URL, HTTPClient: t.Client, Model: peer.Model, MaxTokens: &limit})
}

// einoEach calls f with each message of a stream.
func einoEach(s *schema.StreamReader[*schema.Message], f func(*schema.Message)) error {
	defer s.Close()
	for {
		m, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		f(m)
	}
}

func einoAsk(ctx context.Context, t peer.Target, f func(*schema.Message)) error {
	m, err := einoModel(ctx, t)
	if err != nil {
		return err
	}
	s, err := m.Stream(ctx, []*schema.Message{schema.UserMessage("Say something.")})
	if err != nil {
		return err
	}
	return einoEach(s, f)
}

func einoText(ctx context.Context, t peer.Target) (int, error) {
	n := 0
	err := einoAsk(ctx, t, func(m *schema.Message) { n += len(m.Content) })
	return n, err
}

func einoArgs(ctx context.Context, t peer.Target) (int, error) {
	var args strings.Builder
	err := einoAsk(ctx, t, func(m *schema.Message) {
		for _, c := range m.ToolCalls {
			args.WriteString(c.Function.Arguments)
		}
	})
	return args.Len(), err
}
