// Others does the benchmark's work with other clients for Go.
package main

import (
	"encoding/json"
	"strconv"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	peer.Main(peer.Peers{
		"go-openai": {peer.Text: goText, peer.Vary: goText, peer.Args: goArgs, peer.Seed: goRun, peer.Slow: goText},
		"openai-go": {peer.Text: officialText, peer.Vary: officialText, peer.Args: officialArgs, peer.Seed: officialRun, peer.Slow: officialText},
	})
}

// schema is that of both tools' arguments.
var schema = map[string]any{
	"type": "object",
	"properties": map[string]any{
		"a": map[string]any{"type": "integer", "description": "first number"},
		"b": map[string]any{"type": "integer", "description": "second number"},
	},
	"required": []string{"a", "b"},
}

// call runs a tool.
func call(name, args string) (string, error) {
	var in struct{ A, B int }
	if err := json.Unmarshal([]byte(args), &in); err != nil {
		return "", err
	}
	if name == "multiply" {
		return strconv.Itoa(in.A * in.B), nil
	}
	return strconv.Itoa(in.A + in.B), nil
}
