package modeltest

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/repriselabs/reprise"
)

// Auto is a model that calls every tool once and then answers. The arguments
// are made from the tool's schema: the least that it allows. So a program
// runs through all its tools in a test without a word of what they are.
//
// The calls are in one answer, unless the request wants them one by one; its
// choice of tools is heeded, and tools that a provider would run are not
// called. Each new user message begins anew. With an output schema the answer
// is JSON of it. Nothing depends on chance.
type Auto struct {
	// Text is the answer; empty: the last result of each tool, as a JSON
	// object.
	Text string
}

// Stream answers as the conversation wants it.
func (a Auto) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		err := canceled(ctx)
		var parts reprise.Parts
		if err == nil {
			parts, err = a.parts(req)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		id := fmt.Sprintf("auto_%d", len(req.Messages))
		usage := reprise.Usage{Input: int64(len(req.Messages)), Output: int64(len(parts))} // one token each
		Events(response(id, parts, "", usage, nil))(yield)
	}
}

func (a Auto) parts(req *reprise.Request) (reprise.Parts, error) {
	calls, results := sinceUser(req.Messages)
	var parts reprise.Parts
	for _, spec := range wanted(req, calls) {
		args, err := argsFor(spec.Schema)
		if err != nil {
			return nil, &reprise.Error{Kind: reprise.KindInvalid, Err: fmt.Errorf("modeltest.Auto: tool %s: %w", spec.Name, err)}
		}
		parts = append(parts, reprise.ToolCall{ID: fmt.Sprintf("auto_%d_%d", len(req.Messages), len(parts)), Name: spec.Name, Args: args})
	}
	if parts != nil {
		return parts, nil
	}
	answer := a.Text
	switch {
	case req.Output != nil:
		v, err := instance(req.Output.JSON)
		if err != nil {
			return nil, &reprise.Error{Kind: reprise.KindInvalid, Err: fmt.Errorf("modeltest.Auto: the output: %w", err)}
		}
		answer = v
	case answer == "":
		b, err := json.Marshal(results)
		if err != nil {
			return nil, err
		}
		answer = string(b)
	}
	return reprise.Parts{reprise.Text{Text: answer}}, nil
}

// sinceUser finds what was called since the last user message, and the last
// result of each tool.
func sinceUser(messages []reprise.Message) (calls []reprise.ToolCall, results map[string]string) {
	results = map[string]string{}
	for _, m := range messages {
		if m.Role == reprise.RoleUser {
			calls, results = nil, map[string]string{}
		}
		calls = append(calls, m.Calls()...)
		for _, r := range m.Results() {
			for _, c := range calls {
				if c.ID == r.ID {
					results[c.Name] = r.Parts.Text()
				}
			}
		}
	}
	return calls, results
}

// wanted are the tools to be called next.
func wanted(req *reprise.Request, calls []reprise.ToolCall) []reprise.ToolSpec {
	if req.Choice.Name == "" && req.Choice.Mode == reprise.ToolNone {
		return nil
	}
	var specs []reprise.ToolSpec
	for _, spec := range req.Tools {
		called := slices.ContainsFunc(calls, func(c reprise.ToolCall) bool { return c.Name == spec.Name })
		if spec.Provider == "" && !called && (req.Choice.Name == "" || req.Choice.Name == spec.Name) {
			specs = append(specs, spec)
		}
	}
	if req.SerialTools && len(specs) > 1 {
		specs = specs[:1]
	}
	return specs
}

// argsFor makes the arguments of a tool.
func argsFor(schema json.RawMessage) (string, error) {
	if len(schema) == 0 {
		return "{}", nil
	}
	return instance(schema)
}
