package openai

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// item is an item of the answer, which becomes one part of the message, or,
// if it is a message, one for each piece of its content.
type item struct {
	output int64 // its number on the wire
	kind   string
	id     string
	call   *callKind
	drafts []*draft
	done   bool
	lost   bool // it is not quite JSON: nothing of it can go back
}

// draft is a part that is being written.
type draft struct {
	index   int   // in the message
	number  int64 // of the piece in its message, or of the summary that is being written
	refusal bool
	summary bool // the reasoning that was streamed is a summary
	settled bool // it was yielded as a part
	b       strings.Builder
	id      string
	name    string
}

// find returns the item that an event is of, or nil.
func (s *stream) find(output int64) *item {
	if s.last != nil && (s.last.output == output || output < 0) {
		return s.last
	}
	return s.byOutput[output]
}

func (s *stream) begin(output int64, kind string) *item {
	it := &item{output: output, kind: kind, call: callKindOf(kind)}
	s.items = append(s.items, it)
	if s.byOutput == nil {
		s.byOutput = map[int64]*item{}
	}
	s.byOutput[output] = it
	s.last = it
	return it
}

func (s *stream) draft(it *item) *draft {
	d := &draft{index: s.parts}
	s.parts++
	it.drafts = append(it.drafts, d)
	return d
}

// only is the one draft of an item that is no message.
func (s *stream) only(it *item) *draft {
	if len(it.drafts) == 0 {
		return s.draft(it)
	}
	return it.drafts[0]
}

// piece is the draft of a piece of a message.
func (s *stream) piece(it *item, number int64, refusal bool) *draft {
	for i := len(it.drafts) - 1; i >= 0; i-- {
		if d := it.drafts[i]; d.number == number && d.refusal == refusal {
			return d
		}
	}
	d := s.draft(it)
	d.number, d.refusal = number, refusal
	return d
}

// added begins an item.
func (s *stream) added(output int64, raw []byte) {
	kind := typeOf(raw)
	if it := s.find(output); it != nil && !it.done && it.output == output && it.kind == kind {
		return // told twice
	}
	if len(raw) == 0 || raw[0] != '{' {
		return
	}
	it := s.begin(output, kind)
	switch {
	case kind == "message":
		return // its parts begin with their first byte
	case it.call == nil:
		s.only(it)
		return
	}
	c, _ := it.call.readCall(raw) // it was read before
	if c.hosted {
		it.call = nil
	}
	d := s.only(it)
	if it.call != nil {
		d.id, d.name = s.callID(c.id, d.index), c.name
		s.emit(reprise.ArgsDelta{Part: d.index, ID: d.id, Name: d.name})
	}
}

// callID is the call's id: the provider's, or one made from its place, so
// that a replay makes the same.
func (s *stream) callID(id string, index int) string {
	if id != "" {
		return id
	}
	return fmt.Sprintf("call_%d_%d", s.turn, index)
}

// itemKind is the type of the items that deltas of this kind are of.
func (k eventKind) itemKind() string {
	switch k {
	case summaryEvent, thoughtEvent:
		return "reasoning"
	case argsEvent:
		return "function_call"
	case inputEvent:
		return "custom_tool_call"
	}
	return "message"
}

// delta adds to a part.
func (s *stream) delta(e *event) {
	kind := e.kind.itemKind()
	it := s.find(e.output)
	if it == nil {
		it = s.begin(e.output, kind)
	}
	s.last = it
	if it.done || it.kind != kind || len(e.delta) == 0 {
		return
	}
	number := max(e.number, 0)
	switch e.kind {
	case textEvent, refusalEvent:
		d := s.piece(it, number, e.kind == refusalEvent)
		s.emit(reprise.TextDelta{Part: d.index, Text: d.write(e.delta)})
	case summaryEvent, thoughtEvent:
		s.addThought(it, number, e.kind == summaryEvent, e.delta)
	case argsEvent:
		s.addArgs(s.only(it), e.delta)
	case inputEvent:
		d := s.only(it)
		quoted := wire.AppendString(nil, string(e.delta))
		if d.b.Len() == 0 {
			s.addArgs(d, []byte(`{"input":"`))
		}
		s.addArgs(d, quoted[1:len(quoted)-1])
	}
}

// write adds to the draft and returns what was added, as a view: what a
// Builder holds never changes.
func (d *draft) write(b []byte) string {
	from := d.b.Len()
	d.b.Write(b)
	return d.b.String()[from:]
}

// between separates the summaries of one item.
const between = "\n\n"

// addThought adds to reasoning. Of an item that streams both, its text and
// summaries of it, the first to come counts.
func (s *stream) addThought(it *item, number int64, summary bool, delta []byte) {
	d := s.only(it)
	switch {
	case d.b.Len() == 0:
		d.summary, d.number = summary, number
	case d.summary != summary:
		return
	case d.number != number:
		d.number = number
		s.emit(reprise.ReasoningDelta{Part: d.index, Text: d.write([]byte(between))})
	}
	s.emit(reprise.ReasoningDelta{Part: d.index, Text: d.write(delta)})
}

func (s *stream) addArgs(d *draft, delta []byte) {
	s.emit(reprise.ArgsDelta{Part: d.index, ID: d.id, Name: d.name, Args: d.write(delta)})
}

// settle gives a draft its final text, of which the deltas were a part, and
// calls more with what they did not have.
func (d *draft) settle(full []byte, more func(string)) string {
	had := d.b.String()
	if string(full) == had {
		return had
	}
	if bytes.HasPrefix(full, []byte(had)) {
		more(d.write(full[len(had):]))
		return d.b.String()
	}
	return string(full)
}

// done ends an item with what it is as a whole.
func (s *stream) done(output int64, raw []byte) {
	kind, id := head(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return
	}
	it := s.find(output)
	switch {
	case it != nil && it.done && it.id == id && id != "":
		return // told twice
	case it == nil || it.done || it.kind != kind:
		it = s.begin(output, kind)
	}
	it.done, it.id = true, id
	s.doneItems++
	if it.lost = !json.Valid(raw); it.lost {
		s.emit(reprise.Warning{Provider: s.dialect.name(), Code: reprise.WarnData, Message: "an item of type " + kind + " is not quite JSON and cannot go back"})
	}
	switch {
	case kind == "message":
		s.message(it, raw)
	case kind == "reasoning":
		s.reasoning(it, raw)
	case it.call != nil:
		s.call(it, raw)
	case kind == "image_generation_call":
		s.image(it, raw)
	default:
		s.opaque(it, raw)
	}
}

func (s *stream) part(d *draft, p reprise.Part) {
	d.settled = true
	s.emit(reprise.PartDone{Index: d.index, Part: p})
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
		s.emit(reprise.ReasoningDelta{Part: d.index, Text: more})
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
				joined = append(joined, text(value)...)
			}
		})
	})
	return joined
}

// call ends a call that waits for the caller.
func (s *stream) call(it *item, raw []byte) {
	c, err := it.call.readCall(raw)
	if c.hosted || err != nil {
		s.opaque(it, raw)
		return
	}
	s.calls = true
	d := s.only(it)
	d.id, d.name = s.callID(c.id, d.index), c.name
	args := d.settle(c.args, func(more string) {
		s.emit(reprise.ArgsDelta{Part: d.index, ID: d.id, Name: d.name, Args: more})
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
