package openai

import (
	"fmt"
	"slices"
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
	pieces map[pieceKey]*draft // of a message
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

// pieceKey is a piece of a message. Its number alone does not do: text and a
// refusal may have the same.
type pieceKey struct {
	number  int64
	refusal bool
}

// find returns the item that an event is of, or nil: by its number, or, where
// a server gives none, by its id, or else the last.
func (s *stream) find(output int64, id string) *item {
	switch {
	case s.last != nil && output >= 0 && s.last.output == output:
		return s.last
	case output >= 0:
		return s.byOutput[output]
	case id == "":
		return s.last
	}
	for _, it := range slices.Backward(s.items) {
		if it.id == id {
			return it
		}
	}
	return nil
}

func (s *stream) begin(output int64, kind, id string) *item {
	it := &item{output: output, kind: kind, id: id, call: callKindOf(kind)}
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
	if n := len(it.drafts); n > 0 && it.drafts[n-1].number == number && it.drafts[n-1].refusal == refusal {
		return it.drafts[n-1]
	}
	key := pieceKey{number, refusal}
	if d := it.pieces[key]; d != nil {
		return d
	}
	d := s.draft(it)
	d.number, d.refusal = number, refusal
	if it.pieces == nil {
		it.pieces = map[pieceKey]*draft{}
	}
	it.pieces[key] = d
	return d
}

// added begins an item.
func (s *stream) added(output int64, raw []byte) {
	if len(raw) == 0 || raw[0] != '{' {
		return
	}
	kind, id := head(raw)
	if it := s.find(output, id); it != nil && !it.done && it.kind == kind && it.id == id && (output >= 0 || id != "") {
		return // told twice
	}
	it := s.begin(output, kind, id)
	switch {
	case kind == "message":
		return // its parts begin with their first byte
	case it.call == nil:
		s.only(it)
		return
	}
	c, _ := s.readCall(it.call, raw) // it was read before
	if c.hosted {
		it.call = nil
	}
	d := s.only(it)
	if it.call != nil {
		d.id, d.name = s.callID(c.id, d.index), c.name
		s.Emit(reprise.ArgsDelta{Part: d.index, ID: d.id, Name: d.name})
	}
}

// callID is the call's id: the provider's, or one made from its place, so
// that a replay makes the same.
func (s *stream) callID(id string, index int) string {
	if id != "" {
		return id
	}
	return fmt.Sprintf("call_%d_%d", s.Turn, index)
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
	var it *item
	if e.output >= 0 {
		it = s.find(e.output, "")
	} else {
		it = s.find(-1, text(e.itemID))
	}
	if it == nil {
		it = s.begin(e.output, kind, text(e.itemID))
	}
	s.last = it
	if it.done || it.kind != kind || len(e.delta) == 0 || it.call == nil && callKindOf(kind) != nil {
		return // the last: the server runs it
	}
	number := max(e.number, 0)
	switch e.kind {
	case textEvent, refusalEvent:
		d := s.piece(it, number, e.kind == refusalEvent)
		s.Emit(reprise.TextDelta{Part: d.index, Text: d.write(e.delta)})
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
		s.Emit(reprise.ReasoningDelta{Part: d.index, Text: d.write([]byte(between))})
	}
	s.Emit(reprise.ReasoningDelta{Part: d.index, Text: d.write(delta)})
}

func (s *stream) addArgs(d *draft, delta []byte) {
	s.Emit(reprise.ArgsDelta{Part: d.index, ID: d.id, Name: d.name, Args: d.write(delta)})
}
