package main

import (
	"context"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/repriselabs/reprise/internal/clients"
)

type askMessage func(context.Context, anthropic.Client, anthropic.MessageNewParams) (*anthropic.Message, error)

func messages(ctx context.Context, job clients.Job, ask askMessage) func() (clients.Turn, error) {
	client := anthropic.NewClient(option.WithBaseURL(job.Base), option.WithAPIKey("none"), option.WithMaxRetries(0))
	params := anthropic.MessageNewParams{
		Model: job.Model, MaxTokens: int64(job.MaxTokens),
		System:   []anthropic.TextBlockParam{{Text: job.System}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(job.Prompt))},
	}
	return func() (turn clients.Turn, err error) {
		params.Tools = nil
		for _, t := range job.Tools {
			var schema anthropic.ToolInputSchemaParam
			if err := schema.UnmarshalJSON(t.Schema); err != nil {
				return turn, err
			}
			params.Tools = append(params.Tools, anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{
				Name: t.Name, Description: anthropic.String(t.Description), InputSchema: schema,
			}})
		}
		m, err := ask(ctx, client, params)
		if err != nil {
			return turn, err
		}
		u := m.Usage
		turn = clients.Turn{Calls: []clients.Call{}, Usage: clients.Usage{Input: u.InputTokens + u.CacheReadInputTokens + u.CacheCreationInputTokens, Output: u.OutputTokens}}
		params.Messages = append(params.Messages, m.ToParam())
		var results []anthropic.ContentBlockParamUnion
		for _, block := range m.Content {
			switch b := block.AsAny().(type) {
			case anthropic.TextBlock:
				turn.Text += b.Text
			case anthropic.ToolUseBlock:
				call, err := callOf(b.Name, string(b.Input))
				if err != nil {
					return turn, err
				}
				turn.Calls = append(turn.Calls, call)
				results = append(results, anthropic.NewToolResultBlock(b.ID, job.Results[b.Name], false))
			}
		}
		params.Messages = append(params.Messages, anthropic.NewUserMessage(results...))
		return turn, nil
	}
}

func wholeMessage(ctx context.Context, client anthropic.Client, params anthropic.MessageNewParams) (*anthropic.Message, error) {
	return client.Messages.New(ctx, params)
}

func streamedMessage(ctx context.Context, client anthropic.Client, params anthropic.MessageNewParams) (*anthropic.Message, error) {
	stream := client.Messages.NewStreaming(ctx, params)
	defer stream.Close()
	var m anthropic.Message
	for stream.Next() {
		if err := m.Accumulate(stream.Current()); err != nil {
			return nil, err
		}
	}
	return &m, stream.Err()
}
