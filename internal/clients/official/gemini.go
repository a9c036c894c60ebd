package main

import (
	"context"
	"iter"
	"strings"

	"google.golang.org/genai"

	"github.com/repriselabs/reprise/internal/clients"
)

func gemini(ctx context.Context, job clients.Job, stream bool) ([]clients.Turn, error) {
	client, err := genai.NewClient(ctx, &genai.ClientConfig{APIKey: "none", Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: job.Base}})
	if err != nil {
		return nil, err
	}
	config := &genai.GenerateContentConfig{MaxOutputTokens: int32(job.MaxTokens), SystemInstruction: genai.NewContentFromText(job.System, genai.RoleUser)}
	var functions []*genai.FunctionDeclaration
	for _, t := range job.Tools {
		schema, err := schemaOf(t)
		if err != nil {
			return nil, err
		}
		functions = append(functions, &genai.FunctionDeclaration{Name: t.Name, Description: t.Description, Parameters: declared(schema)})
	}
	if functions != nil {
		config.Tools = []*genai.Tool{{FunctionDeclarations: functions}}
	}
	chat, err := client.Chats.Create(ctx, job.Model, config, nil)
	if err != nil {
		return nil, err
	}
	next := []genai.Part{{Text: job.Prompt}}
	return converse(func() (clients.Turn, error) {
		answers := chat.SendMessageStream(ctx, next...)
		if !stream {
			answers = one(chat.SendMessage(ctx, next...))
		}
		var turn clients.Turn
		turn, next, err = answered(answers, job)
		return turn, err
	})
}

func one(r *genai.GenerateContentResponse, err error) iter.Seq2[*genai.GenerateContentResponse, error] {
	return func(yield func(*genai.GenerateContentResponse, error) bool) { yield(r, err) }
}

// answered reads an answer, and what the tools say to it.
func answered(answers iter.Seq2[*genai.GenerateContentResponse, error], job clients.Job) (turn clients.Turn, results []genai.Part, err error) {
	turn.Calls = []clients.Call{}
	for r, err := range answers {
		if err != nil {
			return turn, nil, err
		}
		for _, p := range r.Candidates[0].Content.Parts {
			switch {
			case p.FunctionCall != nil:
				turn.Calls = append(turn.Calls, clients.Call{Name: p.FunctionCall.Name, Args: p.FunctionCall.Args})
				results = append(results, genai.Part{FunctionResponse: &genai.FunctionResponse{
					ID: p.FunctionCall.ID, Name: p.FunctionCall.Name, Response: map[string]any{"output": job.Results[p.FunctionCall.Name]},
				}})
			case !p.Thought:
				turn.Text += p.Text
			}
		}
		if u := r.UsageMetadata; u != nil {
			turn.Usage = clients.Usage{Input: int64(u.PromptTokenCount), Output: int64(u.CandidatesTokenCount + u.ThoughtsTokenCount)}
		}
	}
	return turn, results, nil
}

// declared is the schema of an object as Gemini has it.
func declared(schema map[string]any) *genai.Schema {
	out := &genai.Schema{}
	if kind, ok := schema["type"].(string); ok {
		out.Type = genai.Type(strings.ToUpper(kind))
	}
	out.Description, _ = schema["description"].(string)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		out.Required = append(out.Required, name.(string))
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		if out.Properties == nil {
			out.Properties = map[string]*genai.Schema{}
		}
		out.Properties[name] = declared(property.(map[string]any))
	}
	return out
}
