package peer

import (
	"encoding/json"
	"strconv"
)

// Schema is that of the arguments of the run's tools, add and multiply, for
// clients that make none from a function.
var Schema = map[string]any{
	"type": "object",
	"properties": map[string]any{
		"a": map[string]any{"type": "integer", "description": "first number"},
		"b": map[string]any{"type": "integer", "description": "second number"},
	},
	"required": []string{"a", "b"},
}

// Call runs a tool, for clients that run none.
func Call(name string, args []byte) (string, error) {
	var in struct{ A, B int }
	if err := json.Unmarshal(args, &in); err != nil {
		return "", err
	}
	if name == "multiply" {
		return strconv.Itoa(in.A * in.B), nil
	}
	return strconv.Itoa(in.A + in.B), nil
}
