package gemini

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// conversation writes systemInstruction and contents.
func (e *encoder) conversation(req *reprise.Request) error {
	system, messages, err := e.system(req)
	if err != nil {
		return err
	}
	var first reprise.Parts // of the first message of the user's
	if noSystem(e.model) {
		system, first = nil, system
	}
	if len(system) > 0 {
		e.Key("systemInstruction")
		if err := e.content("user", system); err != nil {
			return err
		}
	}
	e.Key("contents")
	e.Open('[')
	if len(first) > 0 {
		if len(messages) == 0 || messages[0].Role != reprise.RoleUser {
			messages = append([]reprise.Message{{Role: reprise.RoleUser, Parts: first}}, messages...)
		} else {
			head := reprise.Message{Role: reprise.RoleUser, Parts: append(first, messages[0].Parts...)}
			messages = append([]reprise.Message{head}, messages[1:]...)
		}
	}
	resume, err := e.contents(messages, len(req.Messages)-len(messages))
	if err != nil {
		return err
	}
	e.Close(']')
	if resume != nil {
		e.Key("continuationToken")
		e.Raw(resume)
	}
	return nil
}

// system gathers the texts of the system: those of the request, and of the
// system messages at the head of the conversation.
func (e *encoder) system(req *reprise.Request) (reprise.Parts, []reprise.Message, error) {
	var system reprise.Parts
	add := func(where string, parts reprise.Parts) error {
		for _, p := range parts {
			switch p := p.(type) {
			case reprise.Text:
				if p.Text != "" {
					system = append(system, p)
				}
			case reprise.CachePoint:
				e.cachePoint()
			default:
				return fmt.Errorf("%s: the system instruction takes only text, not a %T", where, p)
			}
		}
		return nil
	}
	if err := add("system", req.System); err != nil {
		return nil, nil, err
	}
	messages := req.Messages
	for i := 0; len(messages) > 0 && messages[0].Role == reprise.RoleSystem; i++ {
		if err := add(fmt.Sprintf("messages[%d]", i), messages[0].Parts); err != nil {
			return nil, nil, err
		}
		messages = messages[1:]
	}
	return system, messages, nil
}

func (e *encoder) cachePoint() {
	e.dropped("a cache point: the API caches by itself, or by cachedContent in Extra[%q]", API)
}

// contents writes the messages. If the last one is an answer that the
// provider will go on with by a token, what there is of the answer stays out,
// and the token is returned.
func (e *encoder) contents(messages []reprise.Message, skipped int) (resume json.RawMessage, err error) {
	if n := len(messages); n > 0 && messages[n-1].Paused {
		resume = e.token(messages[n-1].Parts)
		for n > 0 && resume != nil && messages[n-1].Paused {
			n--
			messages = messages[:n]
		}
	}
	for i := 0; i < len(messages); i++ {
		m := messages[i]
		switch m.Role {
		case reprise.RoleSystem:
			e.dropped("the role of a system message after others: it is sent as the user's")
			err = e.content("user", m.Parts)
		case reprise.RoleUser:
			err = e.content("user", m.Parts)
		case reprise.RoleAssistant:
			err = e.content("model", m.Parts)
		case reprise.RoleTool:
			parts := m.Parts
			for i+1 < len(messages) && messages[i+1].Role == reprise.RoleTool {
				i++ // the API wants all results in one content
				parts = append(parts[:len(parts):len(parts)], messages[i].Parts...)
			}
			e.at = i + skipped
			err = e.results(parts)
		default:
			err = fmt.Errorf("unknown role %q", m.Role)
		}
		if err != nil {
			return nil, fmt.Errorf("messages[%d]: %w", i+skipped, err)
		}
	}
	return resume, nil
}

// token finds the token by which a paused answer goes on.
func (e *encoder) token(parts reprise.Parts) json.RawMessage {
	for _, p := range parts {
		if o, ok := p.(reprise.Opaque); ok && o.Kind == continuation && e.own(o.Provider) && wire.Valid(o.Data) {
			return o.Data
		}
	}
	return nil
}

// content writes a message, unless nothing is in it: the API refuses a
// content without parts.
func (e *encoder) content(role string, parts reprise.Parts) error {
	before := len(e.Buf)
	e.Open('{')
	e.Key("parts")
	e.Open('[')
	empty := len(e.Buf)
	unsigned := role == "model" && e.unsigned(parts)
	for _, p := range parts {
		if err := e.part(role, p, &unsigned); err != nil {
			return err
		}
	}
	if len(e.Buf) == empty {
		e.Buf = e.Buf[:before]
		return nil
	}
	e.Close(']')
	e.Field("role", role)
	e.Close('}')
	return nil
}

// unsigned reports whether an answer is not one of this provider's, although
// the model wants a signature with its first call.
func (e *encoder) unsigned(parts reprise.Parts) bool {
	if e.generation < 3 {
		return false
	}
	for _, p := range parts {
		var from *reprise.Echo
		switch p := p.(type) {
		case reprise.Text:
			from = p.Echo
		case reprise.Reasoning:
			from = p.Echo
		case reprise.ToolCall:
			from = p.Echo
		case reprise.Opaque:
			from = &reprise.Echo{Provider: p.Provider}
		}
		if from != nil && e.own(from.Provider) {
			return false
		}
	}
	return true
}

// skipSignature stands for the signature of a call that another model made.
// https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
const skipSignature = "skip_thought_signature_validator"

func (e *encoder) part(role string, p reprise.Part, unsigned *bool) error {
	switch p := p.(type) {
	case reprise.Text:
		e.text(p.Text, false, p.Echo)
	case reprise.Reasoning:
		if role != "model" {
			return fmt.Errorf("%s cannot send a %T of the user's", API, p)
		}
		e.text(p.Text, true, p.Echo)
	case reprise.Media:
		return e.media(p, e.provider == Vertex)
	case reprise.ToolCall:
		if role != "model" {
			return fmt.Errorf("%s cannot send a %T of the user's", API, p)
		}
		e.call(p, *unsigned)
		*unsigned = false
	case reprise.CachePoint:
		e.cachePoint()
	case reprise.Opaque:
		switch {
		case !e.own(p.Provider):
			e.dropped("a %s block of %s", p.Kind, p.Provider)
		case p.Kind == continuation: // it has done its work
		case !wire.Valid(p.Data):
			return fmt.Errorf("the data of a %s block is not JSON", p.Kind)
		default:
			e.Raw(p.Data)
		}
	default:
		return fmt.Errorf("%s cannot send a %T here", API, p)
	}
	return nil
}

// text writes a text or a thought. One that is empty says nothing, unless it
// is signed.
func (e *encoder) text(text string, thought bool, echo *reprise.Echo) {
	if text == "" && (echo == nil || !e.own(echo.Provider)) {
		e.echo(echo)
		return
	}
	e.Open('{')
	e.Field("text", text)
	if thought {
		e.Key("thought")
		e.Bool(true)
	}
	e.echo(echo)
	e.Close('}')
}

// echo writes what the provider wants back with a part, as members of it.
func (e *encoder) echo(echo *reprise.Echo) {
	if echo == nil {
		return
	}
	if !e.own(echo.Provider) {
		e.dropped("what %s wants back with a part, such as a signature", echo.Provider)
		return
	}
	if !isObject(echo.Data) {
		return
	}
	var d wire.Decoder
	d.Reset(echo.Data)
	for more := d.Open('{'); more; more = d.Next('}') {
		e.Key(string(d.Key()))
		e.Raw(d.Raw())
	}
}

func (e *encoder) call(c reprise.ToolCall, unsigned bool) {
	e.Open('{')
	e.Key("functionCall")
	e.Open('{')
	e.callID(c.ID)
	e.Field("name", c.Name)
	e.Key("args")
	switch {
	case isObject([]byte(c.Args)):
		e.Raw([]byte(c.Args))
	case strings.TrimSpace(c.Args) == "":
		e.Raw([]byte("{}"))
	default:
		e.dropped("the form of the arguments of call %s, which are no JSON object: they are sent as text", c.ID)
		e.Open('{')
		e.Field("arguments", c.Args)
		e.Close('}')
	}
	e.Close('}')
	e.echo(c.Echo)
	if unsigned {
		e.Field("thoughtSignature", skipSignature)
	}
	e.Close('}')
}

// callID writes the id of a call. Google Cloud gives none, and gets none back
// that was made here.
func (e *encoder) callID(id string) {
	if id != "" && (e.answer || e.provider != Vertex || !isMade(id)) {
		e.Field("id", id)
	}
}

// isMade reports whether an id is one of callID's.
func isMade(id string) bool {
	rest, ok := strings.CutPrefix(id, "call_")
	turn, index, ok2 := strings.Cut(rest, "_")
	return ok && ok2 && turn != "" && index != "" && strings.Trim(turn+index, "0123456789") == ""
}

func isObject(raw []byte) bool {
	return wire.Valid(raw) && strings.HasPrefix(strings.TrimSpace(string(raw)), "{")
}
