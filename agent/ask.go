package agent

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// AskFor asks for all calls of the tools.
func AskFor(names ...string) func(reprise.ToolCall) bool {
	return func(c reprise.ToolCall) bool { return slices.Contains(names, c.Name) }
}

// AskArgs asks for the calls of a tool whose arguments say so, and for those
// whose arguments are not of the type In, or are it in two ways: an object in
// them has a key twice, or two that differ in case alone, of which the tool may
// take the other one.
func AskArgs[In any](name string, ask func(In) bool) func(reprise.ToolCall) bool {
	return func(c reprise.ToolCall) bool {
		var in In
		return c.Name == name && (json.Unmarshal([]byte(c.Args), &in) != nil || ambiguous(c.Args) || ask(in))
	}
}

// ambiguous reports whether an object of the JSON value has keys that one
// program or another takes for the same.
func ambiguous(value string) bool {
	dec := json.NewDecoder(strings.NewReader(value))
	var inside []map[string]bool // the keys of each open object; nil: an array
	isKey := false
	for {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		switch t := t.(type) {
		case json.Delim:
			switch t {
			case '{':
				inside = append(inside, map[string]bool{})
			case '[':
				inside = append(inside, nil)
			default:
				inside = inside[:len(inside)-1]
			}
		case string:
			if isKey {
				key := strings.ToLower(strings.ToUpper(t))
				keys := inside[len(inside)-1]
				if keys[key] {
					return true
				}
				keys[key], isKey = true, false
				continue
			}
		}
		isKey = len(inside) > 0 && inside[len(inside)-1] != nil
	}
}
