package main

import (
	"context"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/repriselabs/reprise/internal/clients"
)

func openaiClient(job clients.Job) openai.Client {
	return openai.NewClient(option.WithBaseURL(job.Base+"/v1"), option.WithAPIKey("none"), option.WithMaxRetries(0))
}

type askChat func(context.Context, openai.Client, openai.ChatCompletionNewParams) (*openai.ChatCompletion, error)

func chat(ctx context.Context, job clients.Job, ask askChat) func() (clients.Turn, error) {
	client := openaiClient(job)
	params := openai.ChatCompletionNewParams{
		Model:     job.Model,
		Messages:  []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(job.System), openai.UserMessage(job.Prompt)},
		MaxTokens: openai.Int(int64(job.MaxTokens)),
	}
	return func() (turn clients.Turn, err error) {
		params.Tools = nil
		for _, t := range job.Tools {
			schema, err := schemaOf(t)
			if err != nil {
				return turn, err
			}
			params.Tools = append(params.Tools, openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
				Name: t.Name, Description: openai.String(t.Description), Parameters: schema,
			}))
		}
		c, err := ask(ctx, client, params)
		if err != nil {
			return turn, err
		}
		message := c.Choices[0].Message
		// Some count reasoning in completion_tokens, and others beside it.
		turn = clients.Turn{Text: message.Content, Calls: []clients.Call{}, Usage: clients.Usage{Input: c.Usage.PromptTokens, Output: c.Usage.TotalTokens - c.Usage.PromptTokens}}
		params.Messages = append(params.Messages, message.ToParam())
		for _, call := range message.ToolCalls {
			got, err := callOf(call.Function.Name, call.Function.Arguments)
			if err != nil {
				return turn, err
			}
			turn.Calls = append(turn.Calls, got)
			params.Messages = append(params.Messages, openai.ToolMessage(job.Results[call.Function.Name], call.ID))
		}
		return turn, nil
	}
}

func wholeChat(ctx context.Context, client openai.Client, params openai.ChatCompletionNewParams) (*openai.ChatCompletion, error) {
	return client.Chat.Completions.New(ctx, params)
}

func streamedChat(ctx context.Context, client openai.Client, params openai.ChatCompletionNewParams) (*openai.ChatCompletion, error) {
	params.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := client.Chat.Completions.NewStreaming(ctx, params)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	for stream.Next() {
		acc.AddChunk(stream.Current())
	}
	return &acc.ChatCompletion, stream.Err()
}
