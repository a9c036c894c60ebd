package openaichat

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// member writes an addition as a member of a delta, or of a message.
func (a *writer) member(n addition) {
	switch n.place {
	case inReasoning:
		a.thought(n.text)
	case inCalls:
		a.Key(inCalls)
		a.Open('[')
		a.call(n)
		a.Close(']')
	case inAnnotations, inDetails:
		a.Key(n.place)
		a.Raw(n.list)
	case inAudio:
		a.Key(inAudio)
		a.Open('{')
		a.Field("id", n.id)
		a.Field("data", n.text)
		a.Close('}')
	default:
		a.Field(n.place, n.text)
	}
}

// thought writes reasoning where the server has it: where the API has no
// place for it, most call it reasoning_content.
func (a *writer) thought(text string) {
	switch a.Dialect.Reasoning {
	case ReasoningPieces:
		a.Key(inContent)
		a.Open('[')
		a.thinking(text)
		a.Close(']')
	case ReasoningText, ReasoningDetails:
		a.Field(string(ReasoningText), text)
	default:
		a.Field(string(ReasoningContent), text)
	}
}

// thinking writes a thinking piece of the content.
func (a *writer) thinking(text string) {
	a.Open('{')
	a.Field("type", "thinking")
	a.Key("thinking")
	a.Open('[')
	a.textPiece(text)
	a.Close(']')
	a.Close('}')
}

func (a *writer) textPiece(text string) {
	a.Open('{')
	a.Field("type", "text")
	a.Field("text", text)
	a.Close('}')
}

func (a *writer) call(n addition) {
	a.Open('{')
	if a.Stream {
		a.Key("index")
		a.Int(int64(n.number))
	}
	if n.first {
		a.Field("id", n.id)
		a.Field("type", "function")
	}
	a.Key("function")
	a.Open('{')
	if n.first {
		a.Field("name", n.name)
	}
	a.Field("arguments", n.text)
	a.Close('}')
	a.Close('}')
}

// joined is what the additions to one place add up to, or to one call.
type joined struct {
	addition
	all strings.Builder
}

// join adds to the whole message.
func (a *writer) join(n addition) {
	var to *joined
	for _, j := range a.message {
		if j.place == n.place && j.number == n.number {
			to = j
		}
	}
	switch {
	case to == nil:
		to = &joined{addition: n}
		a.message = append(a.message, to)
	case len(n.list) > 0:
		to.list = append(append(to.list[:len(to.list)-1], ','), n.list[1:]...)
	}
	to.all.WriteString(n.text)
}

// members writes the whole message, in the order in which its places began.
func (a *writer) members() {
	done := map[string]bool{}
	for _, j := range a.message {
		j.text = j.all.String()
	}
	for _, j := range a.message {
		place := j.place
		if place == inReasoning && a.Dialect.Reasoning == ReasoningPieces {
			place = inContent
		}
		switch {
		case done[place]:
		case place == inContent:
			a.content()
		case place == inCalls:
			a.allCalls()
		default:
			a.member(j.addition)
		}
		done[place] = true
	}
	if !done[inContent] {
		a.Key(inContent)
		a.Raw(nil)
	}
}

// content writes the text; as pieces, where the reasoning is one of them.
func (a *writer) content() {
	var pieces []*joined
	for _, j := range a.message {
		if j.place == inContent || j.place == inReasoning && a.Dialect.Reasoning == ReasoningPieces {
			pieces = append(pieces, j)
		}
	}
	if len(pieces) == 1 {
		a.member(pieces[0].addition)
		return
	}
	a.Key(inContent)
	a.Open('[')
	for _, j := range pieces {
		if j.place == inReasoning {
			a.thinking(j.text)
		} else {
			a.textPiece(j.text)
		}
	}
	a.Close(']')
}

func (a *writer) allCalls() {
	a.Key(inCalls)
	a.Open('[')
	for _, j := range a.message {
		if j.place == inCalls {
			a.call(j.addition)
		}
	}
	a.Close(']')
}

// annotations are a text's citations. Before are the characters of the
// content that come before the text: the API counts characters, and a
// Citation bytes.
func annotations(t reprise.Text, before int) []byte {
	var e wire.Encoder
	e.Open('[')
	for _, c := range t.Citations {
		if raw := ownCitation(c); raw != nil && before == 0 {
			e.Raw(raw)
			continue
		}
		e.Open('{')
		e.Field("type", "url_citation")
		e.Key("url_citation")
		e.Open('{')
		e.Field("url", c.URL)
		if c.Title != "" {
			e.Field("title", c.Title)
		}
		if c.Quote != "" {
			e.Field("content", c.Quote)
		}
		if c.End > 0 {
			e.Key("start_index")
			e.Int(int64(before + characters(t.Text, c.Start)))
			e.Key("end_index")
			e.Int(int64(before + characters(t.Text, c.End)))
		}
		e.Close('}')
		e.Close('}')
	}
	e.Close(']')
	return e.Buf
}

// ownCitation is a citation's record, on one line, if it is this API's.
func ownCitation(c reprise.Citation) []byte {
	var record struct {
		URL json.RawMessage `json:"url_citation"`
	}
	var line bytes.Buffer
	if json.Unmarshal(c.Raw, &record) != nil || record.URL == nil || json.Compact(&line, c.Raw) != nil {
		return nil
	}
	return line.Bytes()
}

// characters counts those in the first n bytes of a text.
func characters(text string, n int) int {
	return utf8.RuneCountInString(text[:min(max(n, 0), len(text))])
}
