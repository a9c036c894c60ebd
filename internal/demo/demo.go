// Package demo holds the recorded run that the demo plays and that tests
// stand on: an agent with two tools, add and multiply, asks xAI's
// grok-code-fast-1 to use both. See NOTICE for where it comes from.
package demo

import (
	"context"
	_ "embed"

	"github.com/repriselabs/reprise"
)

// Cassette is the recording.
//
//go:embed multi_tool_streaming.yaml
var Cassette []byte

// What the recorded program sent.
const (
	Model     = "grok-code-fast-1"
	System    = "You are a helpful assistant. Always use both add and multiply at the same time."
	Prompt    = "Add and multiply the number 2 and 3"
	MaxTokens = 4000
)

// Operands are the arguments of both tools.
type Operands struct {
	A int `json:"a" jsonschema:"first number"`
	B int `json:"b" jsonschema:"second number"`
}

// Tools are the two tools, in the order in which they were offered.
func Tools() []reprise.Tool {
	return []reprise.Tool{
		reprise.Func("add", "Add two numbers", func(_ context.Context, in Operands) (int, error) {
			return in.A + in.B, nil
		}),
		reprise.Func("multiply", "Multiply two numbers", func(_ context.Context, in Operands) (int, error) {
			return in.A * in.B, nil
		}),
	}
}
