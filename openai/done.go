package openai

import (
	"bytes"
	"encoding/base64"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// settle gives a draft its final text, of which the deltas were a part, and
// calls more with what they did not have.
func (d *draft) settle(full []byte, more func(string)) string {
	had := d.b.String()
	if string(full) == had {
		return had
	}
	if len(full) > len(had) && string(full[:len(had)]) == had {
		more(d.write(full[len(had):]))
		return d.b.String()
	}
	return string(full)
}

// done ends an item with what it is as a whole.
func (s *stream) done(output int64, raw []byte) {
	if len(raw) == 0 || raw[0] != '{' {
		return
	}
	kind, id := head(raw)
	it := s.find(output, id)
	switch {
	case it != nil && it.done && it.id == id && id != "":
		return // told twice
	case it == nil || it.done || it.kind != kind:
		it = s.begin(output, kind, id)
	}
	it.done, it.id = true, id
	s.doneItems++
	if it.lost = !wire.Valid(raw); it.lost {
		s.Emit(reprise.Warning{Provider: s.Call.Provider, Code: reprise.WarnData, Message: "an item of type " + kind + " is not quite JSON and cannot go back"})
	}
	switch {
	case kind == "message":
		s.message(it, raw)
	case kind == "reasoning":
		s.reasoning(it, raw)
	case it.call != nil:
		s.toolCall(it, raw)
	case kind == "image_generation_call":
		s.image(it, raw)
	default:
		s.opaque(it, raw)
	}
}

func (s *stream) part(d *draft, p reprise.Part) {
	d.settled = true
	s.Emit(reprise.PartDone{Index: d.index, Part: p})
}

// opaque keeps an item as it is.
func (s *stream) opaque(it *item, raw []byte) {
	if !it.lost {
		s.part(s.only(it), reprise.Opaque{Provider: s.dialect.key(), Kind: it.kind, Data: bytes.Clone(raw)})
	}
}

// reasoning ends reasoning. Its text is the full one, where it is told, or
// the summaries.
func (s *stream) reasoning(it *item, raw []byte) {
	d := s.only(it)
	full := thoughts(raw, d.b.Len() > 0 && d.summary)
	p := reprise.Reasoning{Text: d.settle(full, func(more string) {
		s.Emit(reprise.ReasoningDelta{Part: d.index, Text: more})
	})}
	if !it.lost {
		p.Echo = &reprise.Echo{Provider: s.dialect.key(), Data: bytes.Clone(raw)}
	}
	s.part(d, p)
}

// thoughts is what a person can read of a reasoning item.
func thoughts(raw []byte, preferSummary bool) []byte {
	var content, summary []byte
	_ = eachMember(raw, func(key string, value []byte) { // it was read before
		switch key {
		case "content":
			content = joinTexts(value)
		case "summary":
			summary = joinTexts(value)
		}
	})
	if len(content) == 0 || preferSummary && len(summary) > 0 {
		return summary
	}
	return content
}

func joinTexts(list []byte) (joined []byte) {
	first := true
	_ = eachElement(list, func(piece []byte) { // what is no list has no texts
		if !first {
			joined = append(joined, between...)
		}
		first = false
		_ = eachMember(piece, func(key string, value []byte) {
			if key == "text" {
				joined = appendText(joined, value)
			}
		})
	})
	return joined
}

// toolCall ends a call that waits for the caller.
func (s *stream) toolCall(it *item, raw []byte) {
	c, err := s.readCall(it.call, raw)
	if c.hosted || err != nil {
		s.opaque(it, raw)
		return
	}
	s.calls = true
	d := s.only(it)
	d.id, d.name = s.callID(c.id, d.index), c.name
	args := d.settle(c.args, func(more string) {
		s.Emit(reprise.ArgsDelta{Part: d.index, ID: d.id, Name: d.name, Args: more})
	})
	p := reprise.ToolCall{ID: d.id, Name: d.name, Args: args}
	if !it.lost {
		p.Echo = s.echo(echo{Item: c.rest})
	}
	s.part(d, p)
}

// echo makes an Echo, with the answer's id if the provider keeps it.
func (s *stream) echo(e echo) *reprise.Echo {
	if s.stored {
		e.Response = s.id
	}
	return e.pack(s.dialect)
}

// image ends a generated image.
func (s *stream) image(it *item, raw []byte) {
	var others rest
	var result []byte
	format := "png"
	_ = eachMember(raw, func(key string, value []byte) { // it was read before
		if key == "result" {
			result = value
			return
		}
		if key == "output_format" && text(value) != "" {
			format = text(value)
		}
		others.add(key, value)
	})
	data, err := base64.StdEncoding.DecodeString(text(result))
	if err != nil || len(data) == 0 || it.lost || base64.StdEncoding.EncodeToString(data) != text(result) {
		s.opaque(it, raw)
		return
	}
	if format == "svg" {
		format = "svg+xml"
	}
	s.part(s.only(it), reprise.Media{Type: "image/" + format, Data: data, Echo: s.echo(echo{Item: others.object()})})
}
