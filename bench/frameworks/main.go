// Frameworks does the benchmark's work with frameworks for agents in Go.
package main

import (
	"context"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	peer.Main(peer.Peers{
		"eino":        {peer.Text: einoText, peer.Vary: einoText, peer.Args: einoArgs, peer.Seed: einoRun, peer.Slow: einoText, peer.Turns: einoTurns},
		"langchaingo": {peer.Text: chainText, peer.Vary: chainText, peer.Args: chainArgs, peer.Seed: chainRun, peer.Slow: chainText},
	})
}

// operands are the arguments of both tools.
type operands struct {
	A int `json:"a" jsonschema:"required" jsonschema_description:"first number"`
	B int `json:"b" jsonschema:"required" jsonschema_description:"second number"`
}

func add(_ context.Context, in operands) (int, error)      { return in.A + in.B, nil }
func multiply(_ context.Context, in operands) (int, error) { return in.A * in.B, nil }
