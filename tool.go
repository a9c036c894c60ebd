package reprise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"
)

// A Tool is something that the model may call.
//
// Call runs one call and returns its result; an agent sets the result's ID
// and Name. An error becomes a result that the model sees as one. Several
// calls may run at once.
type Tool interface {
	Spec() ToolSpec
	Call(ctx context.Context, call ToolCall) (ToolResult, error)
}

// A ToolSpec is what the model is told of a tool.
type ToolSpec struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"` // of the arguments: a JSON Schema, sent unchanged; empty: no arguments
	// Strict asks the provider to hold the model to the schema.
	Strict bool `json:"strict,omitempty"`
	// Provider and Config are set for a tool that the provider runs itself:
	// Config is its entry in the provider's list of tools, sent unchanged.
	Provider string          `json:"provider,omitempty"`
	Config   json.RawMessage `json:"config,omitempty"`
}

// FuncTool is a [Tool] that is a Go function. [Func] makes one from a typed
// function; a literal with a Schema and a Run of your own is one too. Its
// fields must not be changed after its first use.
type FuncTool struct {
	ToolSpec
	// Policy is what the tool says of itself to whoever runs it.
	Policy Policy
	// Run gets calls whose arguments are valid by Schema. It returns as
	// [Tool].Call does.
	Run func(ctx context.Context, call ToolCall) (ToolResult, error)

	once     sync.Once
	spec     ToolSpec
	resolved *jsonschema.Resolved
	plain    *jsonschema.Schema // what is resolved, if it is plain; else nil
	err      error
	typed    *jsonschema.Schema // of Func: Schema is made from it
}

// Func makes a tool from a function. The arguments' schema is made from In,
// which must be a struct or a map with string keys: field names are those of
// encoding/json, a jsonschema tag is the field's description, an enum tag
// ("a,b,c") its values; fields without omitempty or omitzero are required;
// pointers may be null. Out becomes the result: a string is text, a [Part],
// [Parts] or a [ToolResult] is itself, and anything else is JSON.
//
// Func panics if In cannot be described by a schema.
func Func[In, Out any](name, description string, fn func(context.Context, In) (Out, error)) *FuncTool {
	schema, err := schemaFor(reflect.TypeFor[In]())
	if err == nil && schema.Type != "object" {
		err = fmt.Errorf("arguments must be a struct or a map, not %v", reflect.TypeFor[In]())
	}
	if err != nil {
		panic(fmt.Sprintf("reprise.Func %q: %v", name, err))
	}
	return &FuncTool{
		ToolSpec: ToolSpec{Name: name, Description: description},
		typed:    schema,
		Run: func(ctx context.Context, call ToolCall) (ToolResult, error) {
			var in In
			if err := decodeValid([]byte(call.Args), &in); err != nil {
				return ToolResult{}, &ArgsError{Tool: name, Err: err}
			}
			out, err := fn(ctx, in)
			if err != nil {
				return ToolResult{}, err
			}
			if whole, ok := any(out).(ToolResult); ok {
				return whole, nil
			}
			parts, err := resultParts(out)
			return ToolResult{Parts: parts}, err
		},
	}
}

// ArgsError says what is wrong with a call's arguments, in words that help
// the model to write better ones.
type ArgsError struct {
	Tool string
	Err  error
}

// Error names the tool and what is wrong.
func (e *ArgsError) Error() string {
	return fmt.Sprintf("the arguments of %s are not valid: %v", e.Tool, e.Err)
}

// Unwrap returns Err.
func (e *ArgsError) Unwrap() error { return e.Err }

// Spec returns what the model is told.
func (t *FuncTool) Spec() ToolSpec {
	t.once.Do(t.prepare)
	return t.spec
}

// ToolPolicy returns t.Policy.
func (t *FuncTool) ToolPolicy() Policy { return t.Policy }

// Call checks the arguments and runs the function.
func (t *FuncTool) Call(ctx context.Context, call ToolCall) (ToolResult, error) {
	t.once.Do(t.prepare)
	if t.err != nil {
		return ToolResult{}, t.err
	}
	if t.Run == nil {
		return ToolResult{}, fmt.Errorf("tool %s has no Run function", t.Name)
	}
	if strings.TrimSpace(call.Args) == "" {
		call.Args = "{}"
	}
	if err := t.check(call.Args); err != nil {
		return ToolResult{}, &ArgsError{Tool: t.Name, Err: err}
	}
	return t.Run(ctx, call)
}

// prepare makes the spec and the validator, once.
func (t *FuncTool) prepare() {
	t.spec = t.ToolSpec
	schema := t.typed
	switch {
	case schema != nil:
		if t.Strict {
			schema = closeObjects(schema.CloneSchemas())
		}
		t.spec.Schema, t.err = json.Marshal(schema)
	case len(t.Schema) == 0:
		return
	default:
		schema = new(jsonschema.Schema)
		t.err = json.Unmarshal(t.Schema, schema)
	}
	if t.err == nil {
		t.resolved, t.err = schema.Resolve(nil)
	}
	switch {
	case t.err != nil:
		t.err = fmt.Errorf("the schema of tool %s: %w", t.Name, t.err)
	case isPlain(schema):
		t.plain = schema
	}
}

func (t *FuncTool) check(args string) error {
	v, err := decodeArgs(args)
	if err != nil {
		return err
	}
	object, ok := v.(map[string]any)
	switch {
	case !ok:
		return fmt.Errorf("want a JSON object, got %.40s", args)
	case t.resolved == nil || t.plain != nil && holds(t.plain, object):
		return nil
	}
	return t.resolved.Validate(object)
}

// decodeArgs decodes what should be one JSON value.
func decodeArgs(args string) (v any, err error) {
	if json.Unmarshal([]byte(args), &v) == nil {
		return v, nil
	}
	dec := json.NewDecoder(strings.NewReader(args)) // which tells what is wrong
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return nil, errors.New("more than one JSON value")
}

// resultParts turns what a tool function returned into parts.
func resultParts(out any) (Parts, error) {
	switch out := out.(type) {
	case string:
		return Parts{Text{Text: out}}, nil
	case Parts:
		return out, nil
	case Part:
		return Parts{out}, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("the result: %w", err)
	}
	return Parts{Text{Text: strings.TrimSuffix(buf.String(), "\n")}}, nil
}
