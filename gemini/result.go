package gemini

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// results writes the results of tools: a functionResponse each, and then the
// media that cannot be in one, and what else the messages hold.
func (e *encoder) results(parts reprise.Parts) error {
	before := len(e.Buf)
	e.Open('{')
	e.Key("parts")
	e.Open('[')
	empty := len(e.Buf)
	var after reprise.Parts
	for _, p := range parts {
		r, ok := p.(reprise.ToolResult)
		if !ok {
			after = append(after, p)
			continue
		}
		media, err := e.result(r)
		if err != nil {
			return err
		}
		after = append(after, media...)
	}
	signed := false
	for _, p := range after {
		if err := e.part("user", p, &signed); err != nil {
			return err
		}
	}
	if len(e.Buf) == empty {
		e.Buf = e.Buf[:before]
		return nil
	}
	e.Close(']')
	e.Field("role", "user")
	e.Close('}')
	return nil
}

// result writes a functionResponse, and returns what is to follow it.
func (e *encoder) result(r reprise.ToolResult) (after reprise.Parts, err error) {
	name := r.Name
	if name == "" {
		name = e.callName(r.ID)
	}
	if name == "" {
		return nil, fmt.Errorf("the result of call %q has no Name, which the API wants, and there is no such call", r.ID)
	}
	texts, inside, outside, err := e.splitResult(r)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 && len(inside)+len(outside) > 0 {
		texts = []string{"The result is attached."}
	}
	e.Open('{')
	e.Key("functionResponse")
	e.Open('{')
	e.callID(r.ID)
	e.Field("name", name)
	e.response(strings.Join(texts, "\n"), r)
	if len(inside) > 0 {
		e.Key("parts")
		e.Open('[')
		for _, m := range inside {
			if err := e.media(m, true); err != nil {
				return nil, err
			}
		}
		e.Close(']')
	}
	e.Close('}')
	e.Close('}')
	if len(outside) > 0 {
		after = append(after, reprise.Text{Text: fmt.Sprintf("The result of %s (call %s):", name, r.ID)})
	}
	return append(after, outside...), nil
}

// response writes what a tool returned: as it was read from a recording, or
// as {"result": …} or {"error": …}. It is always text: as JSON values numbers
// would lose their digits.
func (e *encoder) response(text string, r reprise.ToolResult) {
	e.echo(r.Echo)
	if r.Echo != nil && e.own(r.Echo.Provider) {
		var have map[string]json.RawMessage
		_ = json.Unmarshal(r.Echo.Data, &have) // what is no object was not written
		if have["response"] != nil {
			return
		}
	}
	e.Key("response")
	e.Open('{')
	if r.IsError {
		e.Field("error", text)
	} else {
		e.Field("result", text)
	}
	e.Close('}')
}

// splitResult parts a result into its texts, the media that a
// functionResponse can hold, and those that have to follow it.
// https://ai.google.dev/gemini-api/docs/function-calling#multimodal
func (e *encoder) splitResult(r reprise.ToolResult) (texts []string, inside []reprise.Media, outside reprise.Parts, err error) {
	for _, p := range r.Parts {
		switch p := p.(type) {
		case reprise.Text:
			texts = append(texts, p.Text)
		case reprise.Media:
			kind, _, _ := strings.Cut(p.Type, "/")
			if e.generation >= 3 && (kind == "image" || p.Type == "application/pdf" || p.Type == "text/plain") {
				inside = append(inside, p)
			} else {
				outside = append(outside, p)
			}
		case reprise.CachePoint:
			e.cachePoint()
		case reprise.Opaque:
			e.dropped("a %s block in the result of call %s", p.Kind, r.ID)
		default:
			return nil, nil, nil, fmt.Errorf("%s cannot send a %T in the result of call %q", API, p, r.ID)
		}
	}
	return texts, inside, outside, nil
}

// callName finds the tool that a result is of.
func (e *encoder) callName(id string) string {
	for i := min(e.at, len(e.messages)-1); i >= 0; i-- {
		for _, c := range e.messages[i].Calls() {
			if c.ID == id {
				return c.Name
			}
		}
	}
	return ""
}
