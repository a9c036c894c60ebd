package openai

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/internal/recordings"
)

// strict checks a stream as a client does that puts the answer together from
// all that it is told: each event is about something that has begun and has
// not ended, and all of them add up to the answer as a whole.
func strict(t *testing.T, stream string) {
	t.Helper()
	s := &strictClient{t: t, ids: map[string]bool{}}
	for block := range strings.SplitSeq(strings.TrimSuffix(stream, "\n\n"), "\n\n") {
		if stream == "" {
			return
		}
		name, data, ok := strings.Cut(strings.TrimPrefix(block, "event: "), "\ndata: ")
		if !ok || strings.Contains(data, "\n") {
			t.Fatalf("not an event: %q", block)
		}
		ev := recordings.Parse(t, data)
		if ev.Text("type") != name || ev.Number("sequence_number") != s.sequence {
			t.Fatalf("event %d is %q", s.sequence, block)
		}
		s.sequence++
		if s.event(name, ev); t.Failed() {
			t.Fatalf("at %q of\n%s", block, stream)
		}
	}
}

// strictClient is such a client.
type strictClient struct {
	t        *testing.T
	sequence int64
	ids      map[string]bool
	output   []any
	item     recordings.Object // that has begun; nil: none
	list     string            // content or summary
	piece    recordings.Object // that has begun; nil: none
}

func (s *strictClient) event(name string, ev recordings.Object) {
	s.t.Helper()
	switch kind := strings.TrimPrefix(name, "response."); kind {
	case "error":
	case "created", "in_progress":
		s.same("the answer so far", []any{}, ev.Object("response")["output"])
	case "completed", "incomplete":
		s.same("the answer", append([]any{}, s.output...), ev.Object("response")["output"])
		s.same("the status", kind, ev.Object("response")["status"])
	case "output_item.added":
		s.item = ev.Object("item")
		if id := s.item.Text("id"); s.item.Text("type") != "" && (id == "" || s.ids[id]) && !s.isForeign() {
			s.t.Errorf("the id %q is not a new one", id)
		}
		s.ids[s.item.Text("id")] = true
		s.same("output_index", int64(len(s.output)), ev.Number("output_index"))
	case "output_item.done":
		s.itemDone(ev.Object("item"))
	default:
		s.same("item_id", s.item.Text("id"), ev.Text("item_id"))
		s.same("output_index", int64(len(s.output)), ev.Number("output_index"))
		s.within(kind, ev)
	}
}

// isForeign reports whether the item is a block as it came: what it lacks is
// not the writer's to add.
func (s *strictClient) isForeign() bool {
	switch s.item.Text("type") {
	case "message", "function_call", "reasoning":
		return false
	}
	return true
}

func (s *strictClient) itemDone(item recordings.Object) {
	s.t.Helper()
	if s.piece != nil {
		s.t.Error("an item ends before its piece does")
	}
	for _, member := range []string{"id", "type", "call_id", "name"} {
		s.same(member, s.item[member], item[member])
	}
	if streamed[item.Text("type")] {
		for _, member := range []string{"content", "summary", "arguments", "input", "code"} {
			s.same(member, orEmpty(item[member]), orEmpty(s.item[member]))
		}
	}
	s.output = append(s.output, map[string]any(item))
	s.item = nil
}

// orEmpty takes a list that is not there for an empty one.
func orEmpty(member any) any {
	if member == nil {
		return []any{}
	}
	return member
}

// streamed are the types of items whose content is told bit by bit.
var streamed = map[string]bool{"message": true, "reasoning": true, "function_call": true, "custom_tool_call": true, "code_interpreter_call": true, "mcp_call": true}

// within takes an event about a piece or a member of the item.
func (s *strictClient) within(kind string, ev recordings.Object) {
	s.t.Helper()
	delta := ev.Text("delta")
	switch kind {
	case "content_part.added", "reasoning_summary_part.added":
		s.list = map[string]string{"content_part.added": "content", "reasoning_summary_part.added": "summary"}[kind]
		list, _ := s.item[s.list].([]any)
		s.same("the number of the piece", int64(len(list)), ev.Number(map[string]string{"content": "content_index", "summary": "summary_index"}[s.list]))
		s.piece = ev.Object("part")
		s.item[s.list] = append(list, map[string]any(s.piece))
	case "output_text.delta", "reasoning_summary_text.delta", "reasoning_text.delta":
		s.piece["text"] = s.piece.Text("text") + delta
	case "refusal.delta":
		s.piece["refusal"] = s.piece.Text("refusal") + delta
	case "output_text.done", "reasoning_summary_text.done", "reasoning_text.done":
		s.same("the text", s.piece["text"], ev["text"])
	case "refusal.done":
		s.same("the refusal", s.piece["refusal"], ev["refusal"])
	case "output_text.annotation.added":
		list, _ := s.piece["annotations"].([]any)
		s.same("annotation_index", int64(len(list)), ev.Number("annotation_index"))
		s.piece["annotations"] = append(list, ev["annotation"])
	case "content_part.done", "reasoning_summary_part.done":
		for _, member := range []string{"type", "text", "refusal"} {
			s.same(member, ev.Object("part")[member], s.piece[member])
		}
		list := s.item[s.list].([]any)
		list[len(list)-1] = ev["part"]
		s.piece = nil
	case "function_call_arguments.delta", "mcp_call_arguments.delta":
		s.item["arguments"] = s.item.Text("arguments") + delta
	case "custom_tool_call_input.delta":
		s.item["input"] = s.item.Text("input") + delta
	case "code_interpreter_call_code.delta":
		s.item["code"] = s.item.Text("code") + delta
	}
}

func (s *strictClient) same(what string, want, got any) {
	s.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
