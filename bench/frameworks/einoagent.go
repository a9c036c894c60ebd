package main

import (
	"context"
	"sync/atomic"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components/tool"
	"github.com/cloudwego/eino/components/tool/utils"
	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/flow/agent"
	"github.com/cloudwego/eino/flow/agent/react"
	"github.com/cloudwego/eino/schema"
	template "github.com/cloudwego/eino/utils/callbacks"

	"github.com/repriselabs/reprise/bench/peer"
)

// operands are the arguments of both tools.
type operands struct {
	A int `json:"a" jsonschema:"required" jsonschema_description:"first number"`
	B int `json:"b" jsonschema:"required" jsonschema_description:"second number"`
}

func add(_ context.Context, in operands) (int, error)      { return in.A + in.B, nil }
func multiply(_ context.Context, in operands) (int, error) { return in.A * in.B, nil }

// einoAgents are the agents that were made already: each is a graph, which a
// program compiles once.
var einoAgents = map[string]*react.Agent{}

func einoAgent(ctx context.Context, t peer.Target) (*react.Agent, error) {
	if a := einoAgents[t.URL]; a != nil {
		return a, nil
	}
	m, err := einoModel(ctx, t)
	if err != nil {
		return nil, err
	}
	plus, err := utils.InferTool("add", "Add two numbers", add)
	if err != nil {
		return nil, err
	}
	times, err := utils.InferTool("multiply", "Multiply two numbers", multiply)
	if err != nil {
		return nil, err
	}
	a, err := react.NewAgent(ctx, &react.AgentConfig{
		ToolCallingModel: m,
		ToolsConfig:      compose.ToolsNodeConfig{Tools: []tool.BaseTool{plus, times}},
		MaxStep:          2*t.Size + 4, // a turn is a step of the model and one of the tools
	})
	if err == nil {
		einoAgents[t.URL] = a
	}
	return a, err
}

// einoRun is eino's own loop, its react agent.
func einoRun(ctx context.Context, t peer.Target) (int, error) {
	var args atomic.Int64 // the tools run at once
	watch := template.NewHandlerHelper().Tool(&template.ToolCallbackHandler{
		OnStart: func(ctx context.Context, _ *callbacks.RunInfo, in *tool.CallbackInput) context.Context {
			args.Add(int64(len(in.ArgumentsInJSON)))
			return ctx
		},
	}).Handler()
	n, err := einoPlay(ctx, t, agent.WithComposeOptions(compose.WithCallbacks(watch)))
	return n + int(args.Load()), err
}

func einoTurns(ctx context.Context, t peer.Target) (int, error) { return einoPlay(ctx, t) }

func einoPlay(ctx context.Context, t peer.Target, options ...agent.AgentOption) (int, error) {
	a, err := einoAgent(ctx, t)
	if err != nil {
		return 0, err
	}
	s, err := a.Stream(ctx, []*schema.Message{schema.SystemMessage(peer.System), schema.UserMessage(peer.Prompt)}, options...)
	if err != nil {
		return 0, err
	}
	n := 0
	err = einoEach(s, func(m *schema.Message) { n += len(m.Content) })
	return n, err
}
