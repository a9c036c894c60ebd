// Fantasy does jobs with the agent of charm.land/fantasy.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"charm.land/fantasy"
	"charm.land/fantasy/providers/openaicompat"

	"github.com/repriselabs/reprise/internal/clients"
)

func main() {
	if err := clients.Run(do); err != nil {
		log.Fatal(err)
	}
}

func do(ctx context.Context, job clients.Job) ([]clients.Turn, error) {
	provider, err := openaicompat.New(openaicompat.WithBaseURL(job.Base+"/v1"), openaicompat.WithAPIKey("none"), openaicompat.WithName("xai"))
	if err != nil {
		return nil, err
	}
	model, err := provider.LanguageModel(ctx, job.Model)
	if err != nil {
		return nil, err
	}
	options := []fantasy.AgentOption{fantasy.WithSystemPrompt(job.System), fantasy.WithMaxRetries(0)}
	for _, t := range job.Tools {
		options = append(options, fantasy.WithTools(&tool{offered: t, result: job.Results[t.Name]}))
	}
	agent := fantasy.NewAgent(model, options...)
	limit := int64(job.MaxTokens)
	var result *fantasy.AgentResult
	switch job.Client {
	case "chat":
		result, err = agent.Generate(ctx, fantasy.AgentCall{Prompt: job.Prompt, MaxOutputTokens: &limit})
	case "chat stream":
		result, err = agent.Stream(ctx, fantasy.AgentStreamCall{Prompt: job.Prompt, MaxOutputTokens: &limit})
	default:
		err = fmt.Errorf("there is no client %q", job.Client)
	}
	if err != nil {
		return nil, err
	}
	return turnsOf(result.Steps)
}

func turnsOf(steps []fantasy.StepResult) ([]clients.Turn, error) {
	var turns []clients.Turn
	for _, step := range steps {
		u := step.Usage
		turn := clients.Turn{Text: step.Content.Text(), Calls: []clients.Call{}, Usage: clients.Usage{
			Input:  u.InputTokens + u.CacheReadTokens + u.CacheCreationTokens,
			Output: u.TotalTokens - u.InputTokens - u.CacheReadTokens - u.CacheCreationTokens,
		}}
		for _, c := range step.Content.ToolCalls() {
			call := clients.Call{Name: c.ToolName}
			if err := json.Unmarshal([]byte(c.Input), &call.Args); err != nil {
				return nil, err
			}
			turn.Calls = append(turn.Calls, call)
		}
		turns = append(turns, turn)
	}
	return turns, nil
}

// A tool says always the same.
type tool struct {
	offered clients.Tool
	result  string
	options fantasy.ProviderOptions
}

// Info implements fantasy.AgentTool.
func (t *tool) Info() fantasy.ToolInfo {
	var schema struct {
		Properties map[string]any `json:"properties"`
		Required   []string       `json:"required"`
	}
	if err := json.Unmarshal(t.offered.Schema, &schema); err != nil {
		log.Fatal(err)
	}
	return fantasy.ToolInfo{Name: t.offered.Name, Description: t.offered.Description, Parameters: schema.Properties, Required: schema.Required, Parallel: true}
}

// Run implements fantasy.AgentTool.
func (t *tool) Run(context.Context, fantasy.ToolCall) (fantasy.ToolResponse, error) {
	return fantasy.NewTextResponse(t.result), nil
}

// ProviderOptions implements fantasy.AgentTool.
func (t *tool) ProviderOptions() fantasy.ProviderOptions { return t.options }

// SetProviderOptions implements fantasy.AgentTool.
func (t *tool) SetProviderOptions(o fantasy.ProviderOptions) { t.options = o }
