package main

import (
	"context"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"

	"github.com/repriselabs/reprise/internal/clients"
)

type askResponse func(context.Context, openai.Client, responses.ResponseNewParams) (*responses.Response, error)

func respond(ctx context.Context, job clients.Job, ask askResponse) func() (clients.Turn, error) {
	client := openaiClient(job)
	input := responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(job.Prompt, responses.EasyInputMessageRoleUser)}
	return func() (turn clients.Turn, err error) {
		params := responses.ResponseNewParams{
			Model: job.Model, Instructions: openai.String(job.System), MaxOutputTokens: openai.Int(int64(job.MaxTokens)),
			Input: responses.ResponseNewParamsInputUnion{OfInputItemList: input},
		}
		for _, t := range job.Tools {
			schema, err := schemaOf(t)
			if err != nil {
				return turn, err
			}
			params.Tools = append(params.Tools, responses.ToolUnionParam{OfFunction: &responses.FunctionToolParam{
				Name: t.Name, Description: openai.String(t.Description), Parameters: schema, Strict: openai.Bool(false),
			}})
		}
		r, err := ask(ctx, client, params)
		if err != nil {
			return turn, err
		}
		var results responses.ResponseInputParam
		turn = clients.Turn{Text: r.OutputText(), Calls: []clients.Call{}, Usage: clients.Usage{Input: r.Usage.InputTokens, Output: r.Usage.OutputTokens}}
		for _, item := range r.Output {
			if item.Type == "message" {
				input = append(input, responses.ResponseInputItemParamOfMessage(r.OutputText(), responses.EasyInputMessageRoleAssistant))
			}
			if item.Type != "function_call" {
				continue
			}
			call := item.AsFunctionCall()
			got, err := callOf(call.Name, call.Arguments)
			if err != nil {
				return turn, err
			}
			turn.Calls = append(turn.Calls, got)
			output := responses.ResponseInputItemParamOfFunctionCallOutput(job.Results[call.Name])
			output.OfFunctionCallOutput.CallID = openai.String(call.CallID)
			input = append(input, responses.ResponseInputItemParamOfFunctionCall(call.Arguments, call.CallID, call.Name))
			results = append(results, output)
		}
		input = append(input, results...)
		return turn, nil
	}
}

func wholeResponse(ctx context.Context, client openai.Client, params responses.ResponseNewParams) (*responses.Response, error) {
	return client.Responses.New(ctx, params)
}

func streamedResponse(ctx context.Context, client openai.Client, params responses.ResponseNewParams) (*responses.Response, error) {
	stream := client.Responses.NewStreaming(ctx, params)
	defer stream.Close()
	var last responses.Response
	for stream.Next() {
		if done, ok := stream.Current().AsAny().(responses.ResponseCompletedEvent); ok {
			last = done.Response
		}
	}
	return &last, stream.Err()
}
