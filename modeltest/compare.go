package modeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// same fails the check if got is not what it should be, as JSON.
func (s *suite) same(what string, want, got any) {
	s.Helper()
	if d := diff(want, got); d != "" {
		s.Errorf("%s:\n%s", what, d)
	}
}

// diff is where two values differ in their JSON: the lines from the first to
// the last that are not the same; empty: nowhere.
func diff(want, got any) string {
	w, g := strings.Split(indented(want), "\n"), strings.Split(indented(got), "\n")
	from := 0
	for from < len(w) && from < len(g) && w[from] == g[from] {
		from++
	}
	wEnd, gEnd := len(w), len(g)
	for wEnd > from && gEnd > from && w[wEnd-1] == g[gEnd-1] {
		wEnd--
		gEnd--
	}
	if from == wEnd && from == gEnd {
		return ""
	}
	var b strings.Builder
	for _, line := range w[max(0, from-2):from] {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	for _, line := range w[from:wEnd] {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	for _, line := range g[from:gEnd] {
		fmt.Fprintf(&b, "+ %s\n", line)
	}
	return "(-want +got)\n" + b.String()
}

func indented(v any) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Sprintf("%#v, which is not JSON: %v", v, err)
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

// sameJSON fails the check if two texts are not the same JSON.
func (s *suite) sameJSON(what string, want, got []byte) {
	s.Helper()
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		s.Fatalf("%s: %s: %v", what, want, err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		s.Errorf("%s: got %q, which is not JSON: %v", what, got, err)
		return
	}
	s.same(what, w, g)
}

// arrivedAs fails the check if the conversation did not arrive as it was sent,
// but for what an API may lack.
func (s *suite) arrivedAs(sent []reprise.Message) {
	s.Helper()
	got := s.last().Messages
	s.same("the conversation that arrived", s.plain(sent), s.plain(got))
	s.paired(got)
}

// plain is a conversation without what may differ from API to API.
func (s *suite) plain(messages []reprise.Message) []reprise.Message {
	out := make([]reprise.Message, len(messages))
	for i, m := range messages {
		out[i] = reprise.Message{Role: m.Role, Parts: s.plainParts(m.Parts)}
	}
	return out
}

// plainParts are parts without cache points, which a model may set by itself,
// without the names of results and marks of errors, and where the API has
// none, the ids. Empty arguments are an empty object.
func (s *suite) plainParts(parts reprise.Parts) reprise.Parts {
	out := reprise.Parts{}
	for _, p := range parts {
		switch part := p.(type) {
		case reprise.CachePoint:
			continue
		case reprise.ToolCall:
			part.Args = argsOf(part)
			if s.Lacks.CallIDs != "" {
				part.ID = ""
			}
			p = part
		case reprise.ToolResult:
			part.Name, part.IsError = "", false
			if s.Lacks.CallIDs != "" {
				part.ID = ""
			}
			p = part
		}
		out = append(out, p)
	}
	return out
}

// given are the parts of an answer as far as the script tells: without the
// Echo of a part that has none there. An API may give every part an id.
func given(script, got reprise.Parts) reprise.Parts {
	out := slices.Clone(got)
	for i := range min(len(script), len(out)) {
		switch p := out[i].(type) {
		case reprise.Text:
			if q, ok := script[i].(reprise.Text); ok && q.Echo == nil {
				p.Echo = nil
			}
			out[i] = p
		case reprise.ToolCall:
			if q, ok := script[i].(reprise.ToolCall); ok && q.Echo == nil {
				p.Echo = nil
			}
			out[i] = p
		}
	}
	return out
}

// argsOf are a call's arguments without white space around their values.
func argsOf(c reprise.ToolCall) string {
	if strings.TrimSpace(c.Args) == "" {
		return "{}"
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(c.Args)) != nil {
		return c.Args
	}
	return b.String()
}

// paired fails the check if results are not of the calls before them, in
// their order.
func (s *suite) paired(messages []reprise.Message) {
	s.Helper()
	var calls []reprise.ToolCall
	for _, m := range messages {
		calls = append(calls, m.Calls()...)
		for _, r := range m.Results() {
			if len(calls) == 0 || calls[0].ID != r.ID {
				s.Errorf("the result %q is not of the call before it; calls without a result: %v", r.ID, calls)
				return
			}
			calls = calls[1:]
		}
	}
}

// sameEchoes fails the check if what goes back is not, byte for byte, what
// came.
func (s *suite) sameEchoes(what string, want, got []reprise.Message) {
	s.Helper()
	if w, g := echoes(want), echoes(got); !slices.Equal(w, g) {
		s.Errorf("the echoes %s are\n%s\nwant\n%s", what, strings.Join(g, "\n"), strings.Join(w, "\n"))
	}
}

// echoes are those of a conversation's parts.
func echoes(messages []reprise.Message) []string {
	var out []string
	add := func(what string, e *reprise.Echo) {
		if e != nil {
			out = append(out, fmt.Sprintf("%s of %s: %s", what, e.Provider, e.Data))
		}
	}
	for _, m := range messages {
		for _, p := range m.Parts {
			switch p := p.(type) {
			case reprise.Text:
				add("text", p.Echo)
			case reprise.Reasoning:
				add("reasoning", p.Echo)
			case reprise.ToolCall:
				add("call", p.Echo)
			case reprise.Opaque:
				add(p.Kind, &reprise.Echo{Provider: p.Provider, Data: p.Data})
			}
		}
	}
	return out
}
