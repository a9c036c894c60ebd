package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/repriselabs/reprise/bench/peer"
)

func scan(ctx context.Context, t peer.Target, request string) (*answer, error) {
	var a answer
	err := eachEvent(ctx, t, request, a.chunk)
	return &a, err
}

func scanText(ctx context.Context, t peer.Target) (int, error) {
	a, err := scan(ctx, t, request)
	return len(a.text), err
}

func scanArgs(ctx context.Context, t peer.Target) (int, error) {
	a, err := scan(ctx, t, request)
	if err != nil || len(a.calls) == 0 {
		return 0, err
	}
	return len(a.calls[0].args), nil
}

// The requests of the run, by hand.
const (
	runHead = `{"model":"` + peer.Model + `","messages":[{"role":"system","content":"` + peer.System + `"},{"role":"user","content":"` + peer.Prompt + `"}`
	runTail = `],"tools":[{"type":"function","function":{"name":"add","description":"Add two numbers","strict":false,"parameters":{"properties":{"a":{"description":"first number","type":"integer"},"b":{"description":"second number","type":"integer"}},"required":["a","b"],"type":"object"}}},{"type":"function","function":{"name":"multiply","description":"Multiply two numbers","strict":false,"parameters":{"properties":{"a":{"description":"first number","type":"integer"},"b":{"description":"second number","type":"integer"}},"required":["a","b"],"type":"object"}}}],"tool_choice":"auto","max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}`
)

// scanRun is the run without an agent: two requests, and what stands between
// them.
func scanRun(ctx context.Context, t peer.Target) (int, error) {
	first, err := scan(ctx, t, runHead+runTail)
	if err != nil {
		return 0, err
	}
	calls, results := "", ""
	sum := 0
	for i, c := range first.calls {
		out, err := peer.Call(c.name, c.args)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			calls += ","
		}
		calls += `{"id":"` + c.id + `","type":"function","function":{"name":"` + c.name + `","arguments":` + strconv.Quote(string(c.args)) + `}}`
		results += `,{"role":"tool","tool_call_id":"` + c.id + `","content":"` + out + `"}`
		sum += len(c.args)
	}
	second, err := scan(ctx, t, runHead+`,{"role":"assistant","reasoning_content":`+strconv.Quote(string(first.reasoning))+`,"tool_calls":[`+calls+`]}`+results+runTail)
	if err == nil && second.finish != "stop" {
		err = fmt.Errorf("the run ended with %q", second.finish)
	}
	return sum + len(second.text), err
}
