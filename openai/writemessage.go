package openai

import (
	"encoding/json"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// message is a message that is being written.
type message struct {
	own     echo   // of its first text
	isOwn   bool   // there was one
	index   int    // of the last text, as its Echo has it
	pieces  []byte // that are done: the elements of a list
	number  int64  // of the piece that is being written
	refusal bool   // which is one
}

// goesOn reports whether a text with this Echo is a piece of the message: the
// same question that a request answers (together).
func (m *message) goesOn(own echo, isOwn bool) bool {
	return m.isOwn == isOwn && (!isOwn || own.Index > m.index)
}

func (m *message) item(id string) []byte {
	return itemOf("message", id, m.own.Item, func(e *wire.Encoder) {
		e.Key("content")
		e.Open('[')
		if len(m.pieces) > 0 {
			e.Raw(m.pieces)
		}
		e.Close(']')
		e.Field("role", "assistant")
	}, "role", "content")
}

func (a *writer) text(part int, delta string) error {
	if a.begin(part) {
		if err := a.beginText(a.known(part)); err != nil {
			return err
		}
	}
	event := "output_text.delta"
	if a.message.refusal {
		event = "refusal.delta"
	}
	return a.tell(event, func() {
		a.count("content_index", a.message.number)
		a.Field("delta", delta)
		a.logprobs()
	})
}

// beginText begins a piece, in a message of its own or the one before.
func (a *writer) beginText(known reprise.Part) error {
	t, _ := known.(reprise.Text)
	own, isOwn := unpack(a.Dialect, t.Echo)
	if a.message != nil && !a.message.goesOn(own, isOwn) {
		if err := a.endMessage(); err != nil {
			return err
		}
	}
	if a.message == nil {
		a.message = &message{own: own, isOwn: isOwn, number: -1}
		if err := a.open(a.message.item(a.idOf(own.Item, "msg"))); err != nil {
			return err
		}
	}
	m := a.message
	m.index, m.refusal = own.Index, t.Refusal
	m.number++
	a.refused = a.refused || m.refusal
	return a.tellPiece("content_part.added", textPiece(reprise.Text{Refusal: m.refusal}, nil, nil))
}

func (a *writer) textDone(part int, t reprise.Text) error {
	if a.begin(part) { // it is empty
		if err := a.beginText(t); err != nil {
			return err
		}
	}
	m := a.message
	own, isOwn := unpack(a.Dialect, t.Echo)
	switch {
	case t.Echo != nil && !isOwn:
		a.DroppedEcho(t.Echo, "text")
	case isOwn != m.isOwn:
		a.untold(part, "text")
	}
	if t.Refusal != m.refusal {
		a.Warn(reprise.WarnData, "the refusal in part %d was sent as content: Answer.Known did not tell", part)
		t.Refusal = m.refusal
	}
	list := a.annotations(t, isOwn)
	if err := a.endText(t, list); err != nil {
		return err
	}
	piece := textPiece(t, list, own.Part)
	if len(m.pieces) > 0 {
		m.pieces = append(m.pieces, ',')
	}
	m.pieces = append(m.pieces, piece...)
	if err := a.tellPiece("content_part.done", piece); err != nil {
		return err
	}
	next := a.known(part + 1)
	after, ok := next.(reprise.Text)
	if own, isOwn := unpack(a.Dialect, after.Echo); next == nil || ok && m.goesOn(own, isOwn) {
		return nil
	}
	return a.endMessage()
}

// untold warns of a part that has an Echo, which came too late.
func (a *writer) untold(part int, what string) {
	a.Warn(reprise.WarnData, "the %s in part %d was sent with an id that was made: Answer.Known did not tell its own", what, part)
}

// endText tells what a text is as a whole.
func (a *writer) endText(t reprise.Text, annotations [][]byte) error {
	if t.Refusal {
		return a.tell("refusal.done", func() {
			a.count("content_index", a.message.number)
			a.Field("refusal", t.Text)
		})
	}
	for i, annotation := range annotations {
		err := a.tell("output_text.annotation.added", func() {
			a.count("content_index", a.message.number)
			a.count("annotation_index", int64(i))
			a.Key("annotation")
			a.Raw(annotation)
		})
		if err != nil {
			return err
		}
	}
	return a.tell("output_text.done", func() {
		a.count("content_index", a.message.number)
		a.Field("text", t.Text)
		a.logprobs()
	})
}

// logprobs says that there are none with a text.
func (a *writer) logprobs() {
	if !a.message.refusal {
		a.Key("logprobs")
		a.Raw([]byte("[]"))
	}
}

func (a *writer) tellPiece(event string, piece []byte) error {
	return a.tell(event, func() {
		a.count("content_index", a.message.number)
		a.Key("part")
		a.Raw(piece)
	})
}

// textPiece is a piece of a message, with the members that it came with.
func textPiece(t reprise.Text, annotations [][]byte, own json.RawMessage) []byte {
	e := encoder{}
	e.Open('{')
	if t.Refusal {
		e.Field("type", "refusal")
		e.Field("refusal", t.Text)
	} else {
		e.Field("type", "output_text")
		e.Field("text", t.Text)
		if !hasMember(own, "logprobs") {
			e.Key("logprobs")
			e.Raw([]byte("[]"))
		}
	}
	if !t.Refusal || len(annotations) > 0 {
		e.Key("annotations")
		e.Open('[')
		for _, a := range annotations {
			e.Raw(a)
		}
		e.Close(']')
	}
	e.members(onOneLine(own), "type", "text", "refusal", "annotations")
	e.Close('}')
	return e.Buf
}

// endMessage ends the message that is being written, if there is one.
func (a *writer) endMessage() error {
	if a.message == nil {
		return nil
	}
	item := a.message.item(a.item)
	a.message = nil
	return a.close(item)
}
