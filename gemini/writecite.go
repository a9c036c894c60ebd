package gemini

import (
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// citedText is a text that has citations. Before are the bytes of the texts
// that come before it: the API counts in the whole answer.
type citedText struct {
	reprise.Text
	before int
}

// grounding tells the sources of the texts, unless the answer has the API's
// own account of them.
func (a *writer) grounding() {
	own := func(m member) bool { return m.name == "groundingMetadata" || m.name == "citationMetadata" }
	if len(a.cited) == 0 || slices.ContainsFunc(a.end.candidate, own) {
		return
	}
	var e wire.Encoder
	e.Open('{')
	e.Key("groundingChunks")
	e.Open('[')
	for _, t := range a.cited {
		for _, c := range t.Citations {
			groundingChunk(&e, c)
		}
	}
	e.Close(']')
	e.Key("groundingSupports")
	e.Open('[')
	chunk := 0
	for _, t := range a.cited {
		for _, c := range t.Citations {
			t.support(&e, c, chunk)
			chunk++
		}
	}
	e.Close(']')
	e.Close('}')
	a.end.candidate = append(a.end.candidate, member{"groundingMetadata", e.Buf})
}

// groundingChunk writes a source: a page, or a document with its words.
func groundingChunk(e *wire.Encoder, c reprise.Citation) {
	kind := "web"
	if c.URL == "" || c.Quote != "" {
		kind = "retrievedContext"
	}
	e.Open('{')
	e.Key(kind)
	e.Open('{')
	for _, m := range []struct{ name, value string }{{"uri", c.URL}, {"title", c.Title}, {"text", c.Quote}} {
		if m.value != "" {
			e.Field(m.name, m.value)
		}
	}
	e.Close('}')
	e.Close('}')
}

// support writes which bytes rest on a source, if that is told.
func (t citedText) support(e *wire.Encoder, c reprise.Citation, chunk int) {
	if c.Start < 0 || c.End <= c.Start || c.End > len(t.Text.Text) {
		return
	}
	e.Open('{')
	e.Key("segment")
	e.Open('{')
	e.Key("startIndex")
	e.Int(int64(t.before + c.Start))
	e.Key("endIndex")
	e.Int(int64(t.before + c.End))
	e.Field("text", t.Text.Text[c.Start:c.End])
	e.Close('}')
	e.Key("groundingChunkIndices")
	e.Open('[')
	e.Int(int64(chunk))
	e.Close(']')
	e.Close('}')
}
