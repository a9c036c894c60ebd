package openaichat

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/repriselabs/reprise"
)

// messageMember is the member of an Echo's Data under which the first part of
// a message keeps what the message has besides: {"message": {"name": "bob"}}.
// The other members of a call's Echo are the call's own: its type if that is
// not function, and what the server wants back. The Echo of a Reasoning is
// not of this form: it is the reasoning_details.
const messageMember = "message"

// any reports whether there is anything in what is left of a message; nulls
// and empty lists, which some clients write for what is not there, are
// nothing.
func (f fields) any() bool {
	for name, raw := range f {
		if s := string(raw); s == "null" || s == "[]" {
			delete(f, name)
		}
	}
	return len(f) > 0
}

func object(f fields) json.RawMessage {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(f) // of valid JSON
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// keep keeps what is left of a message with the first of its parts that can.
func (r *reader) keep(parts reprise.Parts, left fields) reprise.Parts {
	if !left.any() {
		return parts
	}
	data := fields{messageMember: object(left)}
	echo := func() *reprise.Echo { return &reprise.Echo{Provider: r.dialect.name(), Data: object(data)} }
	for i, p := range parts {
		switch p := p.(type) {
		case reprise.Text:
			p.Echo = echo()
			parts[i] = p
		case reprise.Media:
			p.Echo = echo()
			parts[i] = p
		case reprise.ToolResult:
			p.Echo = echo()
			parts[i] = p
		case reprise.ToolCall:
			maps.Copy(data, own(r.dialect, p.Echo))
			p.Echo = echo()
			parts[i] = p
		default:
			continue
		}
		return parts
	}
	return append(parts, reprise.Text{Echo: echo()})
}

// own is the Data of an Echo that is of the server; nil if it is not.
func own(d *Dialect, e *reprise.Echo) fields {
	if e == nil || e.Provider != d.name() && e.Provider != API {
		return nil
	}
	var data fields
	_ = json.Unmarshal(e.Data, &data) // what is no object says nothing
	return data
}

// echoOf is the Echo of a part that is not reasoning.
func echoOf(p reprise.Part) *reprise.Echo {
	switch p := p.(type) {
	case reprise.Text:
		return p.Echo
	case reprise.Media:
		return p.Echo
	case reprise.ToolCall:
		return p.Echo
	case reprise.ToolResult:
		return p.Echo
	}
	return nil
}

// kept is what parts keep of their message. What another provider wants back
// is left out.
func (e *encoder) kept(parts reprise.Parts) (message fields) {
	for _, p := range parts {
		echo := echoOf(p)
		if echo == nil {
			continue // which is usual
		}
		if echo.Provider != e.dialect.name() && echo.Provider != API {
			e.dropped("what %s wants back with a part", echo.Provider)
		} else if m := own(e.dialect, echo).object(messageMember); message == nil {
			message = m
		}
	}
	return message
}

// members writes members but those that are written already.
func (e *encoder) members(f fields, but ...string) {
	if len(f) == 0 {
		return // without an allocation
	}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !slices.Contains(but, name) {
			e.Key(name)
			e.Raw(f[name])
		}
	}
}
