package main

import (
	"context"

	"charm.land/fantasy"
	"charm.land/fantasy/object"
	"charm.land/fantasy/providers/openai"

	"github.com/repriselabs/reprise/bench/peer"
)

// partial reads an object that holds a list, as far as it has come. Of
// Fantasy's providers for Chat Completions this is the one that asks for JSON
// as text.
func partial(ctx context.Context, t peer.Target) (int, error) {
	p, err := openai.New(openai.WithBaseURL(t.URL), openai.WithAPIKey("none"), openai.WithHTTPClient(t.Client))
	if err != nil {
		return 0, err
	}
	m, err := p.LanguageModel(ctx, peer.Model)
	if err != nil {
		return 0, err
	}
	s, err := object.Stream[peer.Elements](ctx, m, fantasy.ObjectCall{Prompt: fantasy.Prompt{fantasy.NewUserMessage("Say something.")}})
	if err != nil {
		return 0, err
	}
	n := 0
	var last []peer.Element
	for v := range s.PartialObjectStream() {
		n, last = n+1, v.Value
	}
	return peer.Came(n, last, t.Size)
}
