package openai

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// calledAs is how a call was made: its result is of the same kind.
type calledAs struct {
	kind   *callKind
	caller json.RawMessage // a program of the model's that called, which the result is for
}

// conversation writes the system prompt and the messages, or, where the
// provider has the beginning of the conversation, what is new.
func (e *encoder) conversation(req *reprise.Request) error {
	e.findCalls(req.Messages)
	messages, previous := e.unknown(req.Messages)
	if previous != "" {
		e.Field("previous_response_id", previous)
	}
	continued := len(messages) < len(req.Messages)
	instructions, ok := e.instructions(req.System, continued)
	if ok {
		e.Field("instructions", instructions)
	}
	e.Key("input")
	e.Open('[')
	if len(req.System) > 0 && !ok && (!continued || e.dialect.Instructions) {
		if err := e.system(req.System); err != nil {
			return fmt.Errorf("system: %w", err)
		}
	}
	for i, m := range messages {
		if err := e.message(m); err != nil {
			return fmt.Errorf("messages[%d]: %w", len(req.Messages)-len(messages)+i, err)
		}
	}
	e.Close(']')
	return nil
}

// findCalls notes how each call was made.
func (e *encoder) findCalls(messages []reprise.Message) {
	e.calls = map[string]calledAs{}
	for _, m := range messages {
		for _, p := range m.Parts {
			if c, ok := p.(reprise.ToolCall); ok {
				e.calls[c.ID] = e.called(c)
			}
		}
	}
}

// called tells how a call was made.
func (e *encoder) called(c reprise.ToolCall) calledAs {
	as := calledAs{kind: &callKinds[0]}
	own, ok := unpack(e.dialect, c.Echo)
	if !ok {
		return as
	}
	_ = eachMember(own.Item, func(key string, value []byte) { // unpack read it
		switch key {
		case "type":
			if kind := callKindOf(text(value)); kind != nil {
				as.kind = kind
			}
		case "caller":
			as.caller = value
		}
	})
	return as
}

// unknown returns the messages that the provider does not have, and the id of
// the answer that they come after, if it is to be named.
func (e *encoder) unknown(messages []reprise.Message) (rest []reprise.Message, previous string) {
	wanted := e.extra.previous
	if wanted == "" && (!e.model.Stored || e.extra.conversation) {
		return messages, ""
	}
	for i := len(messages) - 1; i >= 0; i-- {
		id := e.answerID(messages[i])
		if id == "" || wanted != "" && id != wanted {
			continue
		}
		if wanted == "" {
			previous = id
		}
		return messages[i+1:], previous // a wanted one is in Extra
	}
	return messages, ""
}

// answerID is the provider's id of a message that it keeps, or "".
func (e *encoder) answerID(m reprise.Message) string {
	for _, p := range m.Parts {
		var of *reprise.Echo
		switch p := p.(type) {
		case reprise.Text:
			of = p.Echo
		case reprise.ToolCall:
			of = p.Echo
		case reprise.Media:
			of = p.Echo
		}
		if own, _ := unpack(e.dialect, of); own.Response != "" {
			return own.Response
		}
	}
	return ""
}

// instructions returns the system prompt if it is to be in the field of that
// name: where the provider keeps answers, since it does not keep that field,
// and where it was read from there.
func (e *encoder) instructions(system reprise.Parts, continued bool) (string, bool) {
	var b strings.Builder
	wanted := e.dialect.Instructions && (e.model.Stored || continued)
	for _, p := range system {
		t, ok := p.(reprise.Text)
		if !ok {
			return "", false
		}
		own, _ := unpack(e.dialect, t.Echo)
		wanted = wanted || own.Field == instructionsField
		b.WriteString(t.Text)
	}
	return b.String(), wanted && len(system) > 0
}

const instructionsField = "instructions"

// message writes the items of a message.
func (e *encoder) message(m reprise.Message) error {
	e.orphaned = false
	switch m.Role {
	case reprise.RoleSystem:
		return e.system(m.Parts)
	case reprise.RoleUser:
		return e.user(m.Parts)
	case reprise.RoleAssistant:
		return e.assistant(m.Parts)
	case reprise.RoleTool:
		return e.results(m.Parts)
	}
	return fmt.Errorf("unknown role %q", m.Role)
}
