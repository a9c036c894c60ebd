package modeltest

import (
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
)

var (
	addTool = reprise.ToolSpec{Name: "add", Description: "Add two numbers", Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"required":["a","b"]}`)}
	nowTool = reprise.ToolSpec{Name: "now", Description: "The time"}
)

func result(id, name, s string) reprise.ToolResult {
	return reprise.ToolResult{ID: id, Name: name, Parts: reprise.Parts{text(s)}}
}

// converse offers the tools, has the model call them, and gives it results.
func (s *suite) converse(tools []reprise.ToolSpec, calls []reprise.ToolCall, results func(i int, c reprise.ToolCall) reprise.ToolResult) {
	s.Helper()
	var parts reprise.Parts
	for _, c := range calls {
		parts = append(parts, c)
	}
	s.answers(s.said(parts...), s.said(text("done")))
	req := &reprise.Request{Messages: reprise.Ask("Use your tools"), Tools: tools}
	got := s.ask(req)
	s.toolsArrived(tools)
	if got.Reason != reprise.ReasonToolCalls {
		s.Errorf("an answer with calls ended with %q", got.Reason)
	}
	s.same("the calls", s.plain([]reprise.Message{{Role: reprise.RoleAssistant, Parts: parts}}), s.plain([]reprise.Message{{Role: reprise.RoleAssistant, Parts: given(parts, got.Message.Parts)}}))
	answer := reprise.Message{Role: reprise.RoleTool}
	for i, c := range got.Calls() {
		answer.Parts = append(answer.Parts, results(i, c))
	}
	req.Messages = append(req.Messages, got.Message, answer)
	if last := s.ask(req); last.Text() != "done" {
		s.Errorf("got %q after the results", last.Text())
	}
	s.arrivedAs(req.Messages)
}

func (s *suite) toolsArrived(tools []reprise.ToolSpec) {
	s.Helper()
	got := s.last().Tools
	if len(got) != len(tools) {
		s.Fatalf("%d tools arrived, want %d: %s", len(got), len(tools), indented(got))
	}
	for i, want := range tools {
		if got[i].Name != want.Name || got[i].Description != want.Description {
			s.Errorf("the tool %q (%s) arrived as %q (%s)", want.Name, want.Description, got[i].Name, got[i].Description)
		}
		if want.Schema != nil {
			s.sameJSON("the schema of "+want.Name, want.Schema, got[i].Schema)
		}
	}
}

func sum(_ int, c reprise.ToolCall) reprise.ToolResult { return result(c.ID, c.Name, "5") }

func (s *suite) oneTool() {
	s.converse([]reprise.ToolSpec{addTool}, []reprise.ToolCall{{ID: "call00001", Name: "add", Args: `{"a":2,"b":3}`}}, sum)
}

func (s *suite) parallelTools() {
	multiply := addTool
	multiply.Name, multiply.Description = "multiply", "Multiply two numbers"
	calls := []reprise.ToolCall{
		{ID: "call00009", Name: "multiply", Args: `{"a":2,"b":3}`},
		{ID: "call00001", Name: "add", Args: `{"a":2,"b":3}`},
		{ID: "call00005", Name: "add", Args: `{"b":5,"a":4}`},
	}
	s.converse([]reprise.ToolSpec{addTool, multiply}, calls, func(i int, c reprise.ToolCall) reprise.ToolResult {
		return result(c.ID, c.Name, fmt.Sprintf("result %d", i))
	})
}

func (s *suite) zeroArguments() {
	s.converse([]reprise.ToolSpec{nowTool}, []reprise.ToolCall{{ID: "call00001", Name: "now"}}, func(_ int, c reprise.ToolCall) reprise.ToolResult {
		return result(c.ID, c.Name, "noon")
	})
}

func failed(_ int, c reprise.ToolCall) reprise.ToolResult {
	r := result(c.ID, c.Name, "no such number: "+awkward)
	r.IsError = true
	return r
}

func (s *suite) toolError() {
	s.converse([]reprise.ToolSpec{addTool}, []reprise.ToolCall{{ID: "call00001", Name: "add", Args: `{"a":2,"b":3}`}}, failed)
}

func (s *suite) toolErrorMark() {
	s.toolError()
	for _, m := range s.last().Messages {
		for _, r := range m.Results() {
			if !r.IsError {
				s.Errorf("the result %q is not marked as an error", r.Parts.Text())
			}
		}
	}
}

func (s *suite) toolChoice() {
	s.onRequest(func(x *exchange) { x.answer(s.said(text("fine"))) })
	for _, choice := range []reprise.ToolChoice{{}, {Mode: reprise.ToolRequired}, {Mode: reprise.ToolNone}, {Name: "now"}} {
		s.ask(&reprise.Request{Messages: reprise.Ask("hi"), Tools: []reprise.ToolSpec{addTool, nowTool}, Choice: choice})
		got := s.last()
		if choice.Mode == reprise.ToolNone && len(got.Tools) == 0 {
			continue // without tools there are no calls either
		}
		s.same("the choice", choice, got.Choice)
	}
}
