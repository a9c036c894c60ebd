package gemini

import (
	"strconv"
	"strings"

	"github.com/repriselabs/reprise/internal/wire"
)

// partialArgs puts the arguments of a call together that come in pieces
// (streamFunctionCallArguments of toolConfig.functionCallingConfig): each has
// a path and a value, and strings may go on in the next piece.
// https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
type partialArgs struct {
	root node
}

// node is a value that is being put together.
type node struct {
	literal string // of a number, true, false or null
	text    strings.Builder
	isText  bool
	names   []string // of the fields, in their order
	fields  map[string]*node
	items   []*node
}

// maxPath bounds the steps of a path.
const maxPath = 100

// add takes a list of pieces. It is false if one cannot be understood.
func (a *partialArgs) add(raw []byte) bool {
	var d wire.Decoder
	d.Reset(raw)
	for more := d.Open('['); more; more = d.Next(']') {
		var path, text, literal string
		isText := false
		for more := d.Open('{'); more; more = d.Next('}') {
			switch camel(string(d.Key())) {
			case "jsonPath":
				path = d.String()
			case "stringValue":
				isText, text = true, d.String()
			case "numberValue", "boolValue":
				literal = string(d.Raw())
			case "nullValue":
				d.Skip()
				literal = "null"
			default:
				d.Skip()
			}
		}
		n := a.root.at(path)
		if n == nil || d.Err() != nil {
			return false
		}
		if isText {
			n.isText = true
			n.text.WriteString(text)
		} else if literal != "" {
			n.literal = literal
		}
	}
	return d.End() == nil
}

// at finds the node of a path such as $.a[0]['b c'], or makes it; nil if it
// is no such path.
func (n *node) at(path string) *node {
	rest, ok := strings.CutPrefix(path, "$")
	for steps := 0; ok && rest != ""; steps++ {
		switch {
		case steps == maxPath:
			return nil
		case rest[0] == '.':
			rest = rest[1:]
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			n, rest = n.field(rest[:end]), rest[end:]
		case strings.HasPrefix(rest, "['") || strings.HasPrefix(rest, `["`):
			name, after, found := strings.Cut(rest[2:], rest[1:2]+"]")
			n, rest, ok = n.field(name), after, found
		case rest[0] == '[':
			number, after, found := strings.Cut(rest[1:], "]")
			i, err := strconv.Atoi(number)
			if !found || err != nil || i < 0 || i > len(n.items) { // elements come in order
				return nil
			}
			n, rest = n.item(i), after
		default:
			return nil
		}
	}
	if !ok {
		return nil
	}
	return n
}

func (n *node) field(name string) *node {
	f := n.fields[name]
	if f == nil {
		if n.fields == nil {
			n.fields = map[string]*node{}
		}
		f = new(node)
		n.fields[name] = f
		n.names = append(n.names, name)
	}
	return f
}

func (n *node) item(i int) *node {
	if i == len(n.items) {
		n.items = append(n.items, new(node))
	}
	return n.items[i]
}

// json writes the arguments so far.
func (a *partialArgs) json() string {
	var e wire.Encoder
	if a.root.fields == nil {
		return "{}"
	}
	a.root.write(&e)
	return string(e.Buf)
}

func (n *node) write(e *wire.Encoder) {
	switch {
	case n.fields != nil:
		e.Open('{')
		for _, name := range n.names {
			e.Key(name)
			n.fields[name].write(e)
		}
		e.Close('}')
	case n.items != nil:
		e.Open('[')
		for _, item := range n.items {
			item.write(e)
		}
		e.Close(']')
	case n.isText:
		e.String(n.text.String())
	default:
		e.Raw([]byte(n.literal))
	}
}
