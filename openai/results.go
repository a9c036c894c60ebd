package openai

import (
	"bytes"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// results writes one item a result.
func (e *encoder) results(parts reprise.Parts) error {
	for _, p := range parts {
		var err error
		switch p := p.(type) {
		case reprise.ToolResult:
			err = e.result(p)
		case reprise.Opaque:
			err = e.opaque(p)
		case reprise.CachePoint:
			e.cachePoint()
		default:
			err = fmt.Errorf("a tool message holds results only, not a %T", p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// result writes the item that answers a call. That a result is an error is
// in its words, except where the API has a status for it.
func (e *encoder) result(r reprise.ToolResult) error {
	e.checkEcho(r.Echo)
	own, _ := unpack(e.dialect, r.Echo)
	as, ok := e.calls[r.ID]
	if !ok {
		as.kind = kindAnsweredBy(typeOf(own.Item))
	}
	e.Open('{')
	e.Field("type", as.kind.output)
	e.Field("call_id", r.ID)
	if as.caller != nil && !hasMember(own.Item, "caller") {
		e.Key("caller")
		e.Raw(as.caller)
	}
	skip := []string{"type", "call_id", "output"}
	var err error
	switch as.kind.item {
	case "computer_call":
		err = e.screenshot(r)
	case "local_shell_call":
		err = e.plainOutput(r)
	case "shell_call":
		err = e.shellOutput(r)
	case "apply_patch_call":
		if !hasMember(own.Item, "status") || r.IsError {
			skip = append(skip, "status")
			e.Field("status", map[bool]string{false: "completed", true: "failed"}[r.IsError])
		}
		err = e.plainOutput(r)
	default:
		e.Key("output")
		err = e.outputContent(r.Parts)
	}
	if err != nil {
		return fmt.Errorf("the result of the call %q: %w", r.ID, err)
	}
	e.members(own.Item, skip...)
	e.Close('}')
	return nil
}

// kindAnsweredBy finds the kind of call that items of this type answer; a
// function, if it is none.
func kindAnsweredBy(output string) *callKind {
	for i := range callKinds {
		if callKinds[i].output == output {
			return &callKinds[i]
		}
	}
	return &callKinds[0]
}

// outputContent writes a result: one text as a string, anything else as a
// list.
func (e *encoder) outputContent(parts reprise.Parts) error {
	if len(parts) == 0 {
		e.String("")
		return nil
	}
	if t, ok := parts[0].(reprise.Text); ok && len(parts) == 1 {
		if own, _ := unpack(e.dialect, t.Echo); own.Part == nil {
			e.checkText(t)
			e.String(t.Text)
			return nil
		}
	}
	return e.pieces(parts)
}

// texts returns the texts of a result, for what carries nothing else.
func (e *encoder) texts(r reprise.ToolResult) (string, error) {
	for _, p := range r.Parts {
		if _, ok := p.(reprise.Text); !ok {
			return "", fmt.Errorf("it can only be text, not a %T", p)
		}
	}
	return r.Parts.Text(), nil
}

func (e *encoder) plainOutput(r reprise.ToolResult) error {
	s, err := e.texts(r)
	if err == nil && (s != "" || len(r.Parts) > 0) {
		e.Field("output", s)
	}
	return err
}

// screenshot writes the image that answers an action on a computer.
func (e *encoder) screenshot(r reprise.ToolResult) error {
	var image *reprise.Media
	for _, p := range r.Parts {
		m, ok := p.(reprise.Media)
		if ok && image == nil && isImage(m) {
			image = &m
			continue
		}
		e.dropped("a %T beside the screenshot of a computer call", p)
	}
	if image == nil {
		return fmt.Errorf("the API takes only a screenshot")
	}
	e.checkEcho(image.Echo)
	own, _ := unpack(e.dialect, image.Echo)
	e.Key("output")
	e.Open('{')
	e.Field("type", "computer_screenshot")
	e.imageSource(*image)
	e.members(own.Part, "type", "image_url", "file_id")
	e.Close('}')
	return nil
}

// shellOutput writes what commands printed: a text that is a list already, in
// the API's form, or any other as what one command printed.
func (e *encoder) shellOutput(r reprise.ToolResult) error {
	s, err := e.texts(r)
	if err != nil {
		return err
	}
	e.Key("output")
	if list := bytes.TrimSpace([]byte(s)); wire.Valid(list) && list[0] == '[' {
		e.Raw(list)
		return nil
	}
	e.Open('[')
	e.Open('{')
	e.Field("stdout", s)
	e.Field("stderr", "")
	e.Key("outcome")
	e.Open('{')
	e.Field("type", "exit")
	e.Key("exit_code")
	e.Int(map[bool]int64{true: 1}[r.IsError])
	e.Close('}')
	e.Close('}')
	e.Close(']')
	return nil
}
