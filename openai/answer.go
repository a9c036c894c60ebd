package openai

import (
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// assistant writes an answer of the model's, item by item in its order.
func (e *encoder) assistant(parts reprise.Parts) error {
	for i := 0; i < len(parts); i++ {
		switch p := parts[i].(type) {
		case reprise.Text:
			n := e.together(parts[i:])
			e.answer(parts[i : i+n])
			i += n - 1
		case reprise.Reasoning:
			e.thought(p, parts[i+1:])
		case reprise.ToolCall:
			if err := e.call(p); err != nil {
				return err
			}
		case reprise.Media:
			e.image(p)
		case reprise.Opaque:
			if err := e.opaque(p); err != nil {
				return err
			}
		case reprise.CachePoint:
			e.cachePoint()
		default:
			e.dropped("a %T in an answer: the API cannot carry it", p)
		}
	}
	return nil
}

// together counts the texts that are one message: those that were pieces of
// it, or that have no Echo to tell.
func (e *encoder) together(parts reprise.Parts) int {
	first, known := unpack(e.dialect, parts[0].(reprise.Text).Echo)
	for n, p := range parts[1:] {
		t, ok := p.(reprise.Text)
		if !ok {
			return n + 1
		}
		own, also := unpack(e.dialect, t.Echo)
		if also != known || known && own.Index <= first.Index {
			return n + 1
		}
		first.Index = own.Index
	}
	return len(parts)
}

// answer writes texts as one message of the model's.
func (e *encoder) answer(texts reprise.Parts) {
	first := texts[0].(reprise.Text)
	own, known := unpack(e.dialect, first.Echo)
	e.Open('{')
	if !known && len(texts) == 1 && !first.Refusal {
		e.checkEcho(first.Echo)
		e.checkCitations(first)
		e.Field("role", "assistant")
		e.Field("content", first.Text)
		e.Close('}')
		return
	}
	e.Field("type", "message")
	e.Field("role", "assistant")
	e.members(own.Item, "type", "role", "content")
	e.Key("content")
	e.Open('[')
	for _, p := range texts {
		e.answerPiece(p.(reprise.Text))
	}
	e.Close(']')
	e.Close('}')
}

func (e *encoder) answerPiece(t reprise.Text) {
	own, known := unpack(e.dialect, t.Echo)
	e.Open('{')
	if t.Refusal {
		e.Field("type", "refusal")
		e.Field("refusal", t.Text)
	} else {
		e.Field("type", "output_text")
		e.Field("text", t.Text)
	}
	switch {
	case !known:
		e.checkEcho(t.Echo)
		e.checkCitations(t)
	case !t.Refusal || len(t.Citations) > 0:
		e.Key("annotations")
		e.Open('[')
		for _, c := range t.Citations {
			if isWholeObject(c.Raw) {
				e.Raw(c.Raw)
			} else {
				e.dropped("a citation of %q: it is not one of this API", c.URL+c.Title)
			}
		}
		e.Close(']')
	}
	e.members(own.Part, "type", "text", "refusal", "annotations")
	e.Close('}')
}

func (e *encoder) checkCitations(t reprise.Text) {
	if len(t.Citations) > 0 {
		e.dropped("the citations of a text that is not from this API")
	}
}

// thought writes reasoning, as it came. OpenAI demands that it has its
// encrypted content where it is not kept there, and that what it led to
// follows.
func (e *encoder) thought(r reprise.Reasoning, after reprise.Parts) {
	switch {
	case r.Echo == nil:
		e.dropped("reasoning that has no Echo: the API takes only what it gave")
	case !e.dialect.owns(r.Echo.Provider):
		e.dropped("%s's reasoning", r.Echo.Provider)
	case !wire.Valid(r.Echo.Data) || typeOf(r.Echo.Data) != "reasoning":
		e.dropped("reasoning whose Echo is not of this API")
	case e.dialect.Encrypted && !reasons(e.name):
		e.dropped("reasoning, to a model that does not reason and refuses it")
		e.orphaned = true
	case e.dialect.Encrypted && !e.extra.stored && !isEncrypted(r.Echo.Data):
		e.dropped("reasoning without its encrypted content, which the API would not find")
		e.orphaned = true
	case e.dialect.Encrypted && !e.isFollowed(after):
		e.dropped("reasoning that led to nothing, which the API refuses")
	default:
		e.Raw(r.Echo.Data)
		e.orphaned = false
	}
}

// isEncrypted reports whether reasoning can go back on its own.
func isEncrypted(item json.RawMessage) (is bool) {
	_ = eachMember(item, func(key string, value []byte) { // it is valid
		is = is || key == "encrypted_content" && text(value) != ""
	})
	return is
}

// isFollowed reports whether anything is sent of the parts after reasoning.
func (e *encoder) isFollowed(after reprise.Parts) bool {
	for _, p := range after {
		switch p := p.(type) {
		case reprise.Text, reprise.ToolCall:
			return true
		case reprise.Opaque:
			if e.dialect.owns(p.Provider) {
				return true
			}
		case reprise.Media:
			if own, _ := unpack(e.dialect, p.Echo); typeOf(own.Item) != "" {
				return true
			}
		}
	}
	return false
}

// call writes a call as the item that it came as.
func (e *encoder) call(c reprise.ToolCall) error {
	e.checkEcho(c.Echo)
	own, _ := unpack(e.dialect, c.Echo)
	kind := e.called(c).kind
	if kind.text == "" && c.Args != "" && !isWholeObject([]byte(c.Args)) {
		return fmt.Errorf("the arguments of the %s call %q are not a JSON object", c.Name, c.ID)
	}
	e.Open('{')
	e.Field("type", kind.item)
	e.Field("call_id", c.ID)
	if kind.name == "" {
		e.Field("name", c.Name)
	}
	kind.writeArgs(&e.Encoder, c.Args)
	skip := append([]string{"type", "call_id", "name", kind.text}, kind.members...)
	e.members(own.Item, skip...)
	e.Close('}')
	return nil
}

// image writes an image that the model generated.
func (e *encoder) image(m reprise.Media) {
	own, ok := unpack(e.dialect, m.Echo)
	if !ok || typeOf(own.Item) != "image_generation_call" {
		e.checkEcho(m.Echo)
		e.dropped("a file in an answer: the API carries only images that it generated")
		return
	}
	e.orphaned = false // the API knows an image by its id
	e.Open('{')
	e.members(own.Item, "result")
	e.Key("result")
	e.Base64("", m.Data)
	e.Close('}')
}
