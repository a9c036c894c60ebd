// Official does the benchmark's work with the official clients of the APIs
// other than Chat Completions.
package main

import (
	"context"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	peer.Main(peer.Peers{
		"official": {peer.Messages: messages, peer.Responses: response, peer.Gemini: gemini},
	})
}

func messages(ctx context.Context, t peer.Target) (int, error) {
	c := anthropic.NewClient(anthropicoption.WithBaseURL(strings.TrimSuffix(t.URL, "/v1")), anthropicoption.WithAPIKey("none"), anthropicoption.WithHTTPClient(t.Client), anthropicoption.WithMaxRetries(0))
	s := c.Messages.NewStreaming(ctx, anthropic.MessageNewParams{
		Model: "claude-sonnet-4-20250514", MaxTokens: peer.MaxTokens,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Say something."))},
	})
	defer s.Close()
	n := 0
	for s.Next() {
		if d, ok := s.Current().AsAny().(anthropic.ContentBlockDeltaEvent); ok {
			n += len(d.Delta.Text)
		}
	}
	return n, s.Err()
}

func response(ctx context.Context, t peer.Target) (int, error) {
	c := openai.NewClient(option.WithBaseURL(t.URL), option.WithAPIKey("none"), option.WithHTTPClient(t.Client), option.WithMaxRetries(0))
	s := c.Responses.NewStreaming(ctx, responses.ResponseNewParams{
		Model: "gpt-5-mini", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("Say something.")},
	})
	defer s.Close()
	n := 0
	for s.Next() {
		if d, ok := s.Current().AsAny().(responses.ResponseTextDeltaEvent); ok {
			n += len(d.Delta)
		}
	}
	return n, s.Err()
}

func gemini(ctx context.Context, t peer.Target) (int, error) {
	c, err := genai.NewClient(ctx, &genai.ClientConfig{APIKey: "none", Backend: genai.BackendGeminiAPI, HTTPClient: t.Client, HTTPOptions: genai.HTTPOptions{BaseURL: strings.TrimSuffix(t.URL, "/v1"), APIVersion: "v1"}})
	if err != nil {
		return 0, err
	}
	n := 0
	for r, err := range c.Models.GenerateContentStream(ctx, "gemini-2.5-flash", genai.Text("Say something."), nil) {
		if err != nil {
			return n, err
		}
		for _, p := range r.Candidates[0].Content.Parts {
			n += len(p.Text)
		}
	}
	return n, nil
}
