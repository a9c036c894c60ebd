package openai

import (
	"bytes"
	"encoding/json"

	"github.com/repriselabs/reprise/internal/wire"
)

// callKind is a type of item by which the model asks the caller to do
// something, as a [reprise.ToolCall].
type callKind struct {
	item   string // its type
	output string // the type of the item that answers it
	name   string // of the tool; empty: the item tells
	// text is the member, a string, that is the arguments.
	text string
	// wrapped says that this string is no JSON: the arguments are an object
	// that has it under the same name.
	wrapped bool
	// members, where there is no text, are those that together are the
	// arguments, as one object.
	members []string
}

const functionOutput = "function_call_output"

var callKinds = []callKind{
	{item: "function_call", output: functionOutput, text: "arguments"},
	{item: "custom_tool_call", output: "custom_tool_call_output", text: "input", wrapped: true},
	{item: "computer_call", output: "computer_call_output", name: "computer", members: []string{"action", "actions", "pending_safety_checks"}},
	{item: "local_shell_call", output: "local_shell_call_output", name: "local_shell", members: []string{"action"}},
	{item: "shell_call", output: "shell_call_output", name: "shell", members: []string{"action"}},
	{item: "apply_patch_call", output: "apply_patch_call_output", name: "apply_patch", members: []string{"operation"}},
}

// callKindOf finds the kind by the type of the item; nil if it is none.
func callKindOf(item string) *callKind {
	for i := range callKinds {
		if callKinds[i].item == item {
			return &callKinds[i]
		}
	}
	return nil
}

// isOutput reports whether items of this type answer calls.
func isOutput(item string) bool {
	for i := range callKinds {
		if callKinds[i].output == item {
			return true
		}
	}
	return false
}

// toolName is the name by which a tool of the provider's is called.
func toolName(tool string) string {
	switch tool {
	case "computer", "computer_use", "computer_use_preview":
		return "computer"
	}
	return tool
}

// callItem is an item that is a call, taken apart.
type callItem struct {
	id, name string
	args     []byte // of what is there of it
	rest     json.RawMessage
	hosted   bool // the provider runs it itself
}

// readCall takes an item apart.
func (k *callKind) readCall(raw []byte) (c callItem, err error) {
	var others, args rest
	var itemID string
	err = eachMember(raw, func(key string, value []byte) {
		switch {
		case key == "call_id":
			c.id = text(value)
		case key == "type" && k.item == "function_call":
		case key == "name" && k.name == "":
			c.name = text(value)
		case key == k.text && !k.wrapped:
			c.args = k.textArgs(value)
		case key == k.text:
			args.add(key, wire.AppendString(nil, text(value)))
		case k.isMember(key):
			args.add(key, value)
		default:
			if key == "id" {
				itemID = text(value)
			}
			if key == "environment" {
				c.hosted = !isNull(value) && typeOf(value) != "local"
			}
			others.add(key, value)
		}
	})
	if k.text == "" || k.wrapped {
		c.args = args.object()
	}
	if c.id == "" {
		c.id = itemID
	}
	if k.name != "" {
		c.name = k.name
	}
	c.rest = others.object()
	return c, err
}

// textArgs is the text of arguments. Some servers do not wrap them in a
// string.
func (k *callKind) textArgs(value []byte) []byte {
	switch {
	case isNull(value):
		return nil
	case value[0] == '"':
		return appendText(nil, value)
	}
	return bytes.Clone(value)
}

func (k *callKind) isMember(key string) bool {
	for _, m := range k.members {
		if m == key {
			return true
		}
	}
	return false
}

// writeArgs writes arguments as the members that they came from.
func (k *callKind) writeArgs(e *wire.Encoder, args string) {
	switch {
	case k.text == "":
		_ = eachMember([]byte(args), func(key string, value []byte) { // the caller has checked that it is an object
			e.Key(key)
			e.Raw(value)
		})
	case k.wrapped:
		if s, ok := k.unwrap(args); ok {
			args = s
		}
		e.Field(k.text, args)
	default:
		if args == "" {
			args = "{}"
		}
		e.Field(k.text, args)
	}
}

// unwrap is the string that wrapped arguments hold; ok is false if they are
// not of that form.
func (k *callKind) unwrap(args string) (s string, ok bool) {
	var in map[string]string
	if json.Unmarshal([]byte(args), &in) != nil || len(in) != 1 {
		return "", false
	}
	s, ok = in[k.text]
	return s, ok
}
