// Reprise does the benchmark's work with this project.
package main

import (
	"context"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/bench/peer"
	"github.com/repriselabs/reprise/openaichat"
)

func main() {
	peer.Main(peer.Peers{
		"reprise": {peer.Text: text, peer.Vary: text, peer.Args: args, peer.Seed: run, peer.Slow: text,
			peer.Load: load, peer.InOrder: inOrder, peer.Last: last, peer.Record: record, peer.Replay: replay, peer.Turns: turns,
			peer.Messages: messages, peer.Responses: responses, peer.Gemini: geminiText, peer.List: list, peer.Object: object},
	})
}

func model(t peer.Target) *openaichat.Model {
	m := openaichat.XAI(peer.Model, "")
	m.Client, m.BaseURL = t.Client, t.URL
	return m
}

var question = &reprise.Request{Messages: reprise.Ask("Say something.")}

func text(ctx context.Context, t peer.Target) (int, error) { return textOf(ctx, model(t)) }

func textOf(ctx context.Context, m reprise.Model) (int, error) {
	n := 0
	for ev, err := range m.Stream(ctx, question) {
		if err != nil {
			return n, err
		}
		if d, ok := ev.(reprise.TextDelta); ok {
			n += len(d.Text)
		}
	}
	return n, nil
}

func args(ctx context.Context, t peer.Target) (int, error) {
	n := 0
	for ev, err := range model(t).Stream(ctx, question) {
		if err != nil {
			return n, err
		}
		if d, ok := ev.(reprise.PartDone); ok {
			n += len(d.Part.(reprise.ToolCall).Args)
		}
	}
	return n, nil
}

// operands are the arguments of both tools.
type operands struct {
	A int `json:"a" jsonschema:"first number"`
	B int `json:"b" jsonschema:"second number"`
}

func add(_ context.Context, in operands) (int, error)      { return in.A + in.B, nil }
func multiply(_ context.Context, in operands) (int, error) { return in.A * in.B, nil }

var tools = []reprise.Tool{
	reprise.Func("add", "Add two numbers", add),
	reprise.Func("multiply", "Multiply two numbers", multiply),
}

func run(ctx context.Context, t peer.Target) (int, error) { return play(ctx, model(t)) }

func play(ctx context.Context, m reprise.Model) (int, error) {
	a := &agent.Agent{Model: m, System: peer.System, Tools: tools, Settings: reprise.Request{MaxTokens: peer.MaxTokens}}
	n := 0
	var said strings.Builder
	for ev, err := range a.Run(ctx, reprise.Ask(peer.Prompt)) {
		if err != nil {
			return n, err
		}
		switch ev := ev.(type) {
		case reprise.TextDelta:
			said.WriteString(ev.Text)
		case agent.ToolStart:
			n += len(ev.Call.Args)
		}
	}
	return n + said.Len(), nil
}

func turns(ctx context.Context, t peer.Target) (int, error) {
	a := &agent.Agent{Model: model(t), System: peer.System, Tools: tools, MaxTurns: t.Size + 1}
	res, err := a.Generate(ctx, reprise.Ask(peer.Prompt))
	return len(res.Text()), err
}
