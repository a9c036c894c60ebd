package anthropic

import (
	"fmt"

	"github.com/repriselabs/reprise"
)

// systemParts are the parts of the system prompt: System, the system messages
// before the conversation, and those within it that the API does not take
// there. placed tells the messages that it does: it wants them after a user
// message, and before an answer or at the end.
func (e *encoder) systemParts(req *reprise.Request) (system reprise.Parts, placed []bool) {
	system = req.System
	placed = make([]bool, len(req.Messages))
	last := reprise.RoleSystem // the role of the message before, passing over system messages
	for i, m := range req.Messages {
		if m.Role != reprise.RoleSystem {
			last = m.Role
			continue
		}
		next := reprise.RoleAssistant
		for _, n := range req.Messages[i+1:] {
			if n.Role != reprise.RoleSystem {
				next = n.Role
				break
			}
		}
		after := last == reprise.RoleUser || last == reprise.RoleTool
		if placed[i] = e.profile.system && e.model.Host == nil && after && next == reprise.RoleAssistant; placed[i] {
			continue
		}
		if last != reprise.RoleSystem {
			e.dropped("the place of system message %d: it is sent with the system prompt", i)
		}
		system = append(system[:len(system):len(system)], m.Parts...)
	}
	return system, placed
}

// system writes the system prompt. A cache point before its first text is
// for the tools.
func (e *encoder) system(parts reprise.Parts) error {
	keep, begun := hasText(parts), false
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Text:
			if p.Text == "" || !keep {
				continue
			}
			if !begun {
				e.Key("system")
				e.Open('[')
				begun = true
			}
			if err := e.text(p); err != nil {
				return err
			}
		case reprise.CachePoint:
			e.cachePoint(p)
		default:
			return fmt.Errorf("system: the API takes text there, not a %T", p)
		}
	}
	if begun {
		e.autoMark()
		e.Close(']')
	}
	return nil
}

// messages writes the list of messages. Those of one role that follow each
// other are one, as the API would make them.
func (e *encoder) messages(messages []reprise.Message, placed []bool) error {
	e.Key("messages")
	e.Open('[')
	for i, m := range messages {
		var err error
		switch m.Role {
		case reprise.RoleSystem:
			if placed[i] {
				err = e.systemMessage(m.Parts)
			}
		case reprise.RoleUser:
			err = e.user(m.Parts)
		case reprise.RoleAssistant:
			err = e.assistant(m.Parts)
		case reprise.RoleTool:
			err = e.results(m.Parts)
		default:
			err = fmt.Errorf("unknown role %q", m.Role)
		}
		if err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
	}
	e.autoMark()
	e.endMessage()
	e.Close(']')
	return nil
}

// enter sees to it that a message of the role is open.
func (e *encoder) enter(role reprise.Role) {
	if e.open == role {
		return
	}
	e.endMessage()
	e.Open('{')
	e.Field("role", string(role))
	e.Key("content")
	e.Open('[')
	e.open = role
}

func (e *encoder) endMessage() {
	if e.open != "" {
		e.Close(']')
		e.Close('}')
		e.open = ""
	}
}

func (e *encoder) systemMessage(parts reprise.Parts) error {
	keep := hasText(parts)
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.CachePoint:
			e.cachePoint(p)
		case reprise.Text:
			if err := e.textIn(reprise.RoleSystem, p, keep); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a system message holds text only, not a %T", p)
		}
	}
	return nil
}

func (e *encoder) user(parts reprise.Parts) error {
	keep := hasText(parts)
	for _, p := range parts {
		var err error
		switch p := p.(type) {
		case reprise.Text:
			err = e.textIn(reprise.RoleUser, p, keep)
		case reprise.Media:
			e.enter(reprise.RoleUser)
			err = e.media(p)
		case reprise.Opaque:
			err = e.opaqueIn(reprise.RoleUser, p)
		case reprise.CachePoint:
			e.cachePoint(p)
		default:
			err = fmt.Errorf("a user message cannot hold a %T", p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) assistant(parts reprise.Parts) error {
	keep := hasText(parts)
	for _, p := range parts {
		var err error
		switch p := p.(type) {
		case reprise.Text:
			err = e.textIn(reprise.RoleAssistant, p, keep)
		case reprise.Reasoning:
			err = e.reasoning(p)
		case reprise.ToolCall:
			err = e.call(p)
		case reprise.Opaque:
			err = e.opaqueIn(reprise.RoleAssistant, p)
		case reprise.CachePoint:
			e.cachePoint(p)
		case reprise.Media:
			e.dropped("a file of type %q in an answer: the API cannot carry it there", p.Type)
		default:
			err = fmt.Errorf("an answer cannot hold a %T", p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// results writes the results of tool calls, which are in a user message.
func (e *encoder) results(parts reprise.Parts) error {
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.CachePoint:
			e.cachePoint(p)
		case reprise.ToolResult:
			e.enter(reprise.RoleUser)
			if err := e.result(p); err != nil {
				return fmt.Errorf("the result of %q: %w", p.Name, err)
			}
		default:
			return fmt.Errorf("a tool message holds results only, not a %T", p)
		}
	}
	return nil
}

func (e *encoder) result(r reprise.ToolResult) error {
	e.cache.block = 0 // a cache point within is for what is within
	e.Open('{')
	e.Field("type", "tool_result")
	e.Field("tool_use_id", cleanID(r.ID))
	content := r.Parts
	if r.IsError && len(content) == 0 { // the API refuses an error without words
		content = reprise.Parts{reprise.Text{Text: "The tool failed."}}
	}
	if err := e.resultContent(content); err != nil {
		return err
	}
	if r.IsError {
		e.Key("is_error")
		e.Bool(true)
	}
	if err := e.echo(r.Echo, "a result", "type", "tool_use_id", "content", "is_error"); err != nil {
		return err
	}
	e.closeBlock(true)
	return nil
}

func (e *encoder) resultContent(parts reprise.Parts) error {
	keep, begun := hasText(parts), false
	for _, p := range parts {
		if t, ok := p.(reprise.Text); ok && (t.Text == "" || !keep) {
			continue
		}
		if !begun && !isCachePoint(p) {
			e.Key("content")
			e.Open('[')
			begun = true
		}
		var err error
		switch p := p.(type) {
		case reprise.Text:
			err = e.text(p)
		case reprise.Media:
			err = e.media(p)
		case reprise.Opaque:
			err = e.opaque(p)
		case reprise.CachePoint:
			e.cachePoint(p)
		default:
			err = fmt.Errorf("it cannot hold a %T", p)
		}
		if err != nil {
			return err
		}
	}
	if begun {
		e.Close(']')
	}
	return nil
}
