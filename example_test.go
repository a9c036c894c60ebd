package reprise_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/repriselabs/reprise"
)

// A fake model is a function, and so is a tool.
func Example() {
	add := reprise.Func("add", "Add two numbers", func(_ context.Context, in struct{ A, B int }) (int, error) {
		return in.A + in.B, nil
	})
	model := reprise.ModelFunc(func(_ context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			call := reprise.ToolCall{ID: "1", Name: req.Tools[0].Name, Args: `{"A":2,"B":3}`}
			if yield(reprise.PartDone{Part: call}, nil) {
				yield(reprise.Finish{Reason: reprise.ReasonToolCalls, Usage: reprise.Usage{Input: 20, Output: 8}}, nil)
			}
		}
	})

	resp, err := reprise.Generate(context.Background(), model, &reprise.Request{
		Messages: reprise.Ask("Add 2 and 3"),
		Tools:    []reprise.ToolSpec{add.Spec()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, call := range resp.Calls() {
		result, err := add.Call(context.Background(), call)
		fmt.Println(call.Name, call.Args, result.Parts.Text(), err)
	}
	fmt.Println(resp.Usage.Total(), "tokens")
	// Output:
	// add {"A":2,"B":3} 5 <nil>
	// 28 tokens
}

// A tool with a schema of one's own, which returns a picture.
func ExampleFuncTool() {
	photo := &reprise.FuncTool{
		ToolSpec: reprise.ToolSpec{Name: "photo", Description: "Take a photo", Schema: json.RawMessage(`{"type":"object","properties":{"zoom":{"type":"integer"}}}`)},
		Run: func(context.Context, reprise.ToolCall) (reprise.ToolResult, error) {
			return reprise.ToolResult{Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte("PNG")}}}, nil
		},
	}
	for _, args := range []string{`{"zoom":2}`, `{"zoom":"far"}`} {
		result, err := photo.Call(context.Background(), reprise.ToolCall{ID: "1", Name: "photo", Args: args})
		fmt.Println(len(result.Parts), err)
	}
	// Output:
	// 1 <nil>
	// 0 the arguments of photo are not valid: validating root: validating /properties/zoom: type: far has type "string", want "integer"
}
