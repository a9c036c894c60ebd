package gemini

import (
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise"
)

// groundingMetadata names sources, and which bytes of the answer rest on
// which of them.
// https://ai.google.dev/api/generate-content#GroundingMetadata
type groundingMetadata struct {
	Chunks   []json.RawMessage `json:"groundingChunks"`
	Supports []struct {
		Segment segment `json:"segment"`
		Indices []int   `json:"groundingChunkIndices"`
	} `json:"groundingSupports"`
}

// segment is a stretch of the answer.
type segment struct {
	Part  int    `json:"partIndex"`
	Start int    `json:"startIndex"`
	End   int    `json:"endIndex"`
	Text  string `json:"text"`
}

// citationMetadata names what the answer quotes.
type citationMetadata struct {
	Citations []json.RawMessage `json:"citations"`
	Sources   []json.RawMessage `json:"citationSources"` // its name in the Gemini API
}

// citer gives the texts of an answer their citations.
type citer struct {
	texts  []*draft
	starts []int // where each begins in joined
	joined string

	chunks []json.RawMessage // of the last groundingMetadata that had any
	all    []json.RawMessage // every groundingChunk
	used   map[string]bool   // those that a support names
	seen   map[string]bool   // chunks of a stream repeat what those before them said
}

// cite gives the texts that were not yielded yet their citations. A source
// that is for none of their bytes goes to the last of them.
func (s *stream) cite() {
	if len(s.grounding)+len(s.cited) == 0 {
		return
	}
	c := &citer{used: map[string]bool{}, seen: map[string]bool{}}
	var b strings.Builder
	for _, d := range s.parts {
		if d.kind == 't' {
			c.texts = append(c.texts, d)
			c.starts = append(c.starts, b.Len())
			b.WriteString(d.b.String())
		}
	}
	if c.texts == nil {
		return
	}
	c.joined = b.String()
	for _, raw := range s.grounding {
		c.ground(raw)
	}
	for _, chunk := range c.all {
		if !c.used[string(chunk)] {
			c.add(source(chunk), segment{})
		}
	}
	for _, raw := range s.cited {
		c.quote(raw)
	}
}

// add adds a citation to the text that it is of.
func (c *citer) add(citation reprise.Citation, of segment) {
	d, start, end := c.place(of)
	citation.Start, citation.End = start, end
	key, _ := json.Marshal(citation) // of strings, numbers and JSON
	if !c.seen[string(key)] {
		c.seen[string(key)] = true
		d.citations = append(d.citations, citation)
	}
}

// place finds a segment. The offsets are in bytes of the part named, but
// servers leave out which part that is, and count in the joined text; so the
// segment's text decides, where it is there.
func (c *citer) place(g segment) (d *draft, start, end int) {
	last := c.texts[len(c.texts)-1]
	if g.Start < 0 || g.End <= g.Start {
		return last, 0, 0
	}
	if g.End <= len(c.joined) && (g.Text == "" || c.joined[g.Start:g.End] == g.Text) {
		for i, d := range c.texts {
			from := c.starts[i]
			if from <= g.Start && g.End <= from+d.b.Len() {
				return d, g.Start - from, g.End - from
			}
		}
	}
	for _, d := range c.texts {
		if t := d.b.String(); g.Text != "" && g.End <= len(t) && t[g.Start:g.End] == g.Text {
			return d, g.Start, g.End
		}
	}
	for _, d := range c.texts {
		if i := strings.Index(d.b.String(), g.Text); g.Text != "" && i >= 0 {
			return d, i, i + len(g.Text)
		}
	}
	return last, 0, 0
}

func (c *citer) ground(raw []byte) {
	var g groundingMetadata
	if json.Unmarshal(raw, &g) != nil {
		return
	}
	if len(g.Chunks) > 0 {
		for i, chunk := range g.Chunks {
			g.Chunks[i] = compact(chunk)
		}
		c.chunks = g.Chunks
		c.all = append(c.all, g.Chunks...)
	}
	for _, support := range g.Supports {
		for _, i := range support.Indices {
			if i >= 0 && i < len(c.chunks) {
				c.used[string(c.chunks[i])] = true
				c.add(source(c.chunks[i]), support.Segment)
			}
		}
	}
}

// source reads a groundingChunk: a page, a document, a place or a picture.
func source(raw json.RawMessage) reprise.Citation {
	type kind struct {
		URI       string `json:"uri"`
		SourceURI string `json:"sourceUri"`
		Title     string `json:"title"`
		Text      string `json:"text"`
	}
	var chunk struct {
		Web       *kind `json:"web"`
		Retrieved *kind `json:"retrievedContext"`
		Maps      *kind `json:"maps"`
		Image     *kind `json:"image"`
	}
	c := reprise.Citation{Raw: raw}
	_ = json.Unmarshal(raw, &chunk) // what cannot be read is in Raw
	for _, k := range []*kind{chunk.Web, chunk.Retrieved, chunk.Maps, chunk.Image} {
		if k != nil {
			c.URL, c.Title, c.Quote = k.URI+k.SourceURI, k.Title, k.Text
		}
	}
	return c
}

func (c *citer) quote(raw []byte) {
	var m citationMetadata
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	for _, raw := range append(m.Citations, m.Sources...) {
		var q struct {
			Start int    `json:"startIndex"`
			End   int    `json:"endIndex"`
			URI   string `json:"uri"`
			Title string `json:"title"`
		}
		if json.Unmarshal(raw, &q) == nil {
			c.add(reprise.Citation{URL: q.URI, Title: q.Title, Raw: compact(raw)}, segment{Start: q.Start, End: q.End})
		}
	}
}
