package anthropic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// block is a content block that is being written.
type block struct {
	index int64  // on the wire
	part  int    // in the message
	kind  string // text, thinking, tool_use, or another, which is opaque
	text  strings.Builder

	id, name  string
	input     []byte // of a tool call, as the block began with it
	signature []byte
	citations []reprise.Citation
	echo      wire.Encoder // other members, without brackets

	raw   []byte // of an opaque block, as it began
	adds  []*added
	addTo map[string]*added // adds, by name
}

// block finds the one that a delta or a stop is for; nil: there is none.
func (s *stream) block(index int64) *block {
	for i := len(s.open) - 1; i >= 0; i-- {
		if s.open[i].index == index {
			return s.open[i]
		}
	}
	return nil
}

// maxOpen bounds how many blocks are written at once: the API writes one.
const maxOpen = 100

// startBlock begins a block. raw is valid only now.
func (s *stream) startBlock(index int64, raw []byte) {
	if old := s.block(index); old != nil { // a server that stops no blocks
		s.finishBlock(old)
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		s.Bad(fmt.Errorf("a content block: %w", err))
		return
	}
	s.begun = true
	if len(s.open) == maxOpen { // one of a server that stops no blocks
		s.finishBlock(s.open[0])
	}
	b := &block{index: index, part: s.parts, kind: head.Type}
	s.parts++
	s.open = append(s.open, b)
	switch b.kind {
	case "text", "thinking", "tool_use":
	default:
		b.raw = bytes.Clone(raw)
		return
	}
	s.Reset(raw)
	s.readBlock(b)
	if err := s.End(); err != nil {
		s.Bad(fmt.Errorf("a content block: %w", err))
		return
	}
	if b.kind != "tool_use" {
		return
	}
	if s.outputTool != "" && b.name == s.outputTool {
		b.kind = "output"
		return
	}
	s.calls = true
	s.Emit(reprise.ArgsDelta{Part: b.part, ID: s.callID(b), Name: b.name})
}

// readBlock reads a block of a kind that is modelled.
func (s *stream) readBlock(b *block) {
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := string(s.Key()); {
		case key == "type":
			s.Skip()
		case key == "text" && b.kind == "text", key == "thinking" && b.kind == "thinking":
			s.addText(b, s.Bytes())
		case key == "citations":
			for more := s.Open('['); more; more = s.Next(']') {
				b.addCitation(s.Raw())
			}
		case key == "signature" && b.kind == "thinking":
			b.signature = s.Append(b.signature)
		case key == "id" && b.kind == "tool_use":
			b.id = s.String()
		case key == "name" && b.kind == "tool_use":
			b.name = s.String()
		case key == "input" && b.kind == "tool_use":
			b.input = bytes.Clone(s.Raw())
		default:
			if raw := s.Raw(); raw != nil && !isDefault(key, raw) {
				b.echo.Key(key)
				b.echo.Raw(raw)
			}
		}
	}
}

// isDefault reports whether a member says nothing: a null, or that the model
// itself made a call, which is what no caller means too.
func isDefault(key string, raw []byte) bool {
	return string(raw) == "null" || key == "caller" && sameJSON(raw, []byte(`{"type":"direct"}`))
}

// blockDelta decodes what is added to a block. What it is, its members tell.
func (s *stream) blockDelta(index int64) {
	b := s.block(index)
	if b == nil {
		s.Bad(fmt.Errorf("a delta for content block %d, which has not begun", index))
		return
	}
	for more := s.Open('{'); more && !s.Stopped; more = s.Next('}') {
		key := s.Key()
		switch {
		case string(key) == "type":
			s.Skip()
		case b.raw != nil:
			s.addOpaque(b, string(key))
		case string(key) == "text" && b.kind == "text", string(key) == "thinking" && b.kind == "thinking",
			string(key) == "partial_json" && b.kind == "output":
			s.addText(b, s.Bytes())
		case string(key) == "partial_json" && b.kind == "tool_use":
			s.addArgs(b, s.Bytes())
		case string(key) == "signature" && b.kind == "thinking":
			b.signature = s.Append(b.signature)
		case string(key) == "citation" && b.kind == "text":
			b.addCitation(s.Raw())
		default:
			s.Skip()
		}
	}
}

func (s *stream) addText(b *block, text []byte) {
	if len(text) == 0 || s.Err() != nil {
		return
	}
	from := b.text.Len()
	b.text.Write(text)
	added := b.text.String()[from:] // a view: what a Builder holds never changes
	if b.kind == "thinking" {
		s.Emit(reprise.ReasoningDelta{Part: b.part, Text: added})
	} else {
		s.Emit(reprise.TextDelta{Part: b.part, Text: added})
	}
}

func (s *stream) addArgs(b *block, args []byte) {
	if len(args) == 0 || s.Err() != nil {
		return
	}
	from := b.text.Len()
	b.text.Write(args)
	s.Emit(reprise.ArgsDelta{Part: b.part, ID: s.callID(b), Name: b.name, Args: b.text.String()[from:]})
}

// addCitation keeps a citation: the record as it came, and what of it others
// have too.
func (b *block) addCitation(raw []byte) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	b.citations = append(b.citations, readCitation(raw))
}

func readCitation(raw []byte) reprise.Citation {
	var c struct {
		Text          string `json:"cited_text"`
		URL           string `json:"url"`
		Source        string `json:"source"`
		Title         string `json:"title"`
		DocumentTitle string `json:"document_title"`
	}
	_ = json.Unmarshal(raw, &c) // a record that cannot be read is kept all the same
	if c.URL == "" {
		c.URL = c.Source
	}
	if c.Title == "" {
		c.Title = c.DocumentTitle
	}
	return reprise.Citation{URL: c.URL, Title: c.Title, Quote: c.Text, Raw: bytes.Clone(raw)}
}

// finishBlock yields the part of a block, which does not change any more.
func (s *stream) finishBlock(b *block) {
	s.open = slices.DeleteFunc(s.open, func(o *block) bool { return o == b })
	var part reprise.Part
	switch b.kind {
	case "text":
		part = reprise.Text{Text: b.text.String(), Citations: b.citations, Echo: b.echoOf("")}
	case "thinking":
		part = reprise.Reasoning{Text: b.text.String(), Echo: b.echoOf("thinking")}
	case "tool_use":
		if args := b.wholeInput(); b.text.Len() == 0 {
			s.addArgs(b, args)
		}
		part = reprise.ToolCall{ID: s.callID(b), Name: b.name, Args: b.text.String(), Echo: b.echoOf("")}
	case "output":
		if args := b.wholeInput(); b.text.Len() == 0 {
			s.addText(b, args)
		}
		part = reprise.Text{Text: b.text.String()}
	case "redacted_thinking":
		part = reprise.Reasoning{Echo: &reprise.Echo{Provider: API, Data: b.whole()}}
	default:
		part = reprise.Opaque{Provider: API, Kind: b.kind, Data: b.whole()}
	}
	s.Emit(reprise.PartDone{Index: b.part, Part: part})
}

// wholeInput are the arguments that a call began with: all of them, if no
// deltas came.
func (b *block) wholeInput() []byte {
	if len(b.input) == 0 || string(b.input) == "null" {
		return []byte("{}")
	}
	return b.input
}

// callID is the call's id: the provider's, or one made from its place, so
// that a replay makes the same.
func (s *stream) callID(b *block) string {
	if b.id != "" {
		return b.id
	}
	return fmt.Sprintf("call_%d_%d", s.Turn, b.part)
}

// echoOf is what goes back with a part besides what it holds itself. A
// thinking block has its type and signature there.
func (b *block) echoOf(kind string) *reprise.Echo {
	var e wire.Encoder
	e.Open('{')
	if kind != "" {
		e.Field("type", kind)
		e.Field("signature", string(b.signature))
	}
	if len(b.echo.Buf) > 0 {
		e.Raw(b.echo.Buf)
	}
	e.Close('}')
	if len(e.Buf) == 2 {
		return nil
	}
	return &reprise.Echo{Provider: API, Data: e.Buf}
}
