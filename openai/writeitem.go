package openai

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/repriselabs/reprise/internal/wire"
)

// The states of an answer and of its items.
const (
	statusInProgress = "in_progress"
	statusCompleted  = "completed"
	statusIncomplete = "incomplete"
)

// open begins an item, of which it is known what else there is to it.
func (a *writer) open(item []byte) error {
	_, a.item = head(item)
	return a.sendItem("response.output_item.added", begun(item))
}

// close ends the item that was begun.
func (a *writer) close(item []byte) error {
	err := a.sendItem("response.output_item.done", item)
	a.output = append(a.output, item)
	return err
}

func (a *writer) sendItem(event string, item []byte) error {
	return a.send(event, func() {
		a.count("output_index", int64(len(a.output)))
		a.Key("item")
		a.Raw(item)
	})
}

// put writes an item as a whole.
func (a *writer) put(item []byte) error {
	if err := a.endMessage(); err != nil {
		return err
	}
	if err := a.open(item); err != nil {
		return err
	}
	if err := a.steps(item); err != nil {
		return err
	}
	return a.close(item)
}

// tell sends an event that is about the item which is being written.
func (a *writer) tell(event string, members func()) error {
	return a.send("response."+event, func() {
		a.Field("item_id", a.item)
		a.count("output_index", int64(len(a.output)))
		members()
	})
}

// begun is an item as it was when it began, with nothing in it yet.
func begun(item []byte) []byte {
	var e wire.Encoder
	e.Open('{')
	_ = eachMember(item, func(key string, value []byte) { // every item is an object
		switch {
		case key == "result":
			return
		case key == "status":
			value = []byte(`"` + statusInProgress + `"`)
		case (key == "content" || key == "summary") && value[0] == '[':
			value = []byte("[]")
		case (key == "arguments" || key == "input" || key == "code") && value[0] == '"':
			value = []byte(`""`)
		}
		e.Key(key)
		e.Raw(value)
	})
	e.Close('}')
	return e.Buf
}

// itemOf makes an item: its type, the members that it came with, the id and
// status that every client needs, and more.
func itemOf(kind, id string, own json.RawMessage, more func(e *wire.Encoder), skip ...string) []byte {
	var e wire.Encoder
	has := map[string]bool{}
	e.Open('{')
	e.Field("type", kind)
	_ = eachMember(own, func(key string, value []byte) { // it was read before
		switch {
		case key == "type" || has[key] || slices.Contains(skip, key):
			return
		case key == "id":
			e.Field(key, id)
		default:
			e.Key(key)
			e.Raw(onOneLine(value))
		}
		has[key] = true
	})
	if !has["id"] {
		e.Field("id", id)
	}
	if !has["status"] {
		e.Field("status", statusCompleted)
	}
	more(&e)
	e.Close('}')
	return e.Buf
}

// idOf is the id that an item came with, or else one that is made.
func (a *writer) idOf(own []byte, prefix string) string {
	if _, id := head(own); id != "" {
		return id
	}
	return a.makeID(prefix)
}

// onOneLine is JSON as an event has it: without line breaks. What is no JSON
// is nil.
func onOneLine(raw []byte) []byte {
	var line bytes.Buffer
	if json.Compact(&line, raw) != nil {
		return nil
	}
	return line.Bytes()
}

// step is an event between the beginning and the end of an item that comes as
// a whole.
type step struct {
	event  string
	member string // of the item, that the event tells; empty: none
}

// stepsOf are those of the items that come as a whole, by their types.
var stepsOf = map[string][]step{
	"web_search_call":  {{event: "web_search_call.in_progress"}, {event: "web_search_call.searching"}, {event: "web_search_call.completed"}},
	"file_search_call": {{event: "file_search_call.in_progress"}, {event: "file_search_call.searching"}, {event: "file_search_call.completed"}},
	"code_interpreter_call": {
		{event: "code_interpreter_call.in_progress"},
		{"code_interpreter_call_code.delta", "code"}, {"code_interpreter_call_code.done", "code"},
		{event: "code_interpreter_call.interpreting"}, {event: "code_interpreter_call.completed"},
	},
	"image_generation_call": {{event: "image_generation_call.in_progress"}, {event: "image_generation_call.generating"}, {event: "image_generation_call.completed"}},
	"mcp_call": {
		{event: "mcp_call.in_progress"},
		{"mcp_call_arguments.delta", "arguments"}, {"mcp_call_arguments.done", "arguments"},
		{event: "mcp_call.completed"},
	},
	"mcp_list_tools":   {{event: "mcp_list_tools.in_progress"}, {event: "mcp_list_tools.completed"}},
	"custom_tool_call": {{"custom_tool_call_input.delta", "input"}, {"custom_tool_call_input.done", "input"}},
}

// steps tells the steps of an item.
func (a *writer) steps(item []byte) error {
	members := map[string][]byte{}
	_ = eachMember(item, func(key string, value []byte) { members[key] = value }) // every item is an object
	for _, s := range stepsOf[text(members["type"])] {
		value := members[s.member]
		if s.member != "" && (len(value) == 0 || value[0] != '"') {
			continue // there is none
		}
		if before, ok := strings.CutSuffix(s.event, ".completed"); ok && strings.HasPrefix(s.event, "mcp_") && !isNull(members["error"]) {
			s.event = before + ".failed"
		}
		err := a.tell(s.event, func() {
			switch {
			case s.member == "":
				return
			case strings.HasSuffix(s.event, ".delta"):
				a.Key("delta")
			default:
				a.Key(s.member)
			}
			a.Raw(value)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
