package openai

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// message ends a message: each piece of its content becomes a part.
func (s *stream) message(it *item, raw []byte) {
	var content []byte
	var others rest
	_ = eachMember(raw, func(key string, value []byte) { // it was read before
		switch key {
		case "content":
			content = value
		case "type", "role":
		default:
			others.add(key, value)
		}
	})
	m := messagePieces{stream: s, item: it, others: others.object()}
	if len(content) > 0 && content[0] == '"' {
		m.text(piece{text: content})
	} else {
		_ = eachElement(content, func(raw []byte) { m.add(raw) }) // a null has none
	}
	for _, d := range it.drafts { // streamed, but not in the item
		if !d.settled {
			m.finish(d, []byte(d.b.String()), piece{})
		}
	}
	if len(it.drafts) == 0 {
		s.opaque(it, raw)
	}
}

// messagePieces takes the pieces of a message in their order.
type messagePieces struct {
	*stream
	item   *item
	others json.RawMessage
	number int64 // of the next piece
	texts  int   // so far
}

// piece is a piece of content.
type piece struct {
	text, annotations []byte
	refusal           bool
	others            json.RawMessage
}

func (m *messagePieces) add(raw []byte) {
	var p piece
	var others rest
	kind := typeOf(raw)
	_ = eachMember(raw, func(key string, value []byte) { // what is no object has no members
		switch {
		case key == "type":
		case key == "text" && kind != "refusal", key == "refusal" && kind == "refusal":
			p.text = value
		case key == "annotations":
			p.annotations = value
		case key == "logprobs" && isEmptyList(value):
		default:
			others.add(key, value)
		}
	})
	p.others = others.object()
	switch kind {
	case "refusal":
		p.refusal = true
		m.text(p)
	case "output_text", "text":
		m.text(p)
	default:
		m.unknown(raw)
	}
}

func isEmptyList(value []byte) bool {
	return len(bytes.Trim(value, "[] \t\r\n")) == 0 || isNull(value)
}

func (m *messagePieces) text(p piece) {
	d := m.piece(m.item, m.number, p.refusal)
	m.number++
	m.finish(d, appendText(nil, p.text), p)
}

func (m *messagePieces) finish(d *draft, full []byte, p piece) {
	t := reprise.Text{Refusal: d.refusal, Text: d.settle(full, func(more string) {
		m.Emit(reprise.TextDelta{Part: d.index, Text: more})
	})}
	m.refused = m.refused || d.refusal
	t.Citations = citations(p.annotations, t.Text)
	if !m.item.lost {
		e := echo{Index: m.texts, Part: p.others}
		if m.texts == 0 {
			e.Item = m.others
		}
		if t.Citations != nil && e.Part == nil {
			e.Part = json.RawMessage("{}") // without an Echo they would be taken for another's
		}
		t.Echo = m.echo(e)
	}
	m.texts++
	m.part(d, t)
}

// unknown keeps a piece of another type: in a message of its own.
func (m *messagePieces) unknown(raw []byte) {
	d := m.draft(m.item)
	d.number = m.number
	m.number++
	d.settled = true
	if m.item.lost {
		return
	}
	data := append([]byte(`{"type":"message","role":"assistant","content":[`), raw...)
	m.part(d, reprise.Opaque{Provider: m.dialect.key(), Kind: "message", Data: append(data, `]}`...)})
}

// annotation is where a text comes from:
// https://platform.openai.com/docs/api-reference/responses/object. Places
// count characters; an end is that of a slice.
type annotation struct {
	Type     string `json:"type"`
	URL      string `json:"url"`
	Title    string `json:"title"`
	Filename string `json:"filename"`
	Start    *int   `json:"start_index"`
	End      *int   `json:"end_index"`
	Index    *int   `json:"index"`
}

// citations reads the annotations of a text.
func citations(raw []byte, of string) []reprise.Citation {
	if isEmptyList(raw) {
		return nil
	}
	var out []reprise.Citation
	var places []place
	_ = eachElement(raw, func(value []byte) { // what is no list has none
		var a annotation
		_ = json.Unmarshal(value, &a) // what is of another type is not told
		c := reprise.Citation{URL: a.URL, Title: a.Title}
		if wire.Valid(value) {
			c.Raw = bytes.Clone(value)
		}
		if c.Title == "" {
			c.Title = a.Filename
		}
		if a.Type == "file_citation" && a.Start == nil && a.End == nil {
			a.Start, a.End = a.Index, a.Index // where it stands
		}
		if a.Start != nil && a.End != nil && 0 <= *a.Start && *a.Start <= *a.End {
			places = append(places, place{len(out), *a.Start, false}, place{len(out), *a.End, true})
		}
		out = append(out, c)
	})
	locate(out, places, of)
	return out
}

// place is where a citation begins or ends, in characters.
type place struct {
	citation, at int
	end          bool
}

// locate turns places into byte offsets, in one pass over the text. A
// citation whose places are not in it has none.
func locate(list []reprise.Citation, places []place, of string) {
	slices.SortStableFunc(places, func(a, b place) int { return a.at - b.at })
	at, characters := 0, 0
	for _, p := range places {
		for characters < p.at && at < len(of) {
			_, n := utf8.DecodeRuneInString(of[at:])
			at += n
			characters++
		}
		c := &list[p.citation]
		switch {
		case characters != p.at:
			c.Start, c.End = 0, 0
		case p.end:
			c.End = at
		default:
			c.Start = at
		}
	}
}
