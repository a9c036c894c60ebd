package openaichat

import (
	"cmp"
	"encoding/json"

	"github.com/repriselabs/reprise"
)

// readAnnotations keeps the citations of a text.
func (s *stream) readAnnotations() {
	s.mold.spoil()
	for more := s.list(); more; more = s.Next(']') {
		raw := s.valid("an annotation")
		if raw == nil {
			continue
		}
		c := reprise.Citation{Raw: raw}
		var a struct {
			URL struct {
				URL   string `json:"url"`
				Title string `json:"title"`
				Quote string `json:"content"` // OpenRouter
				Start int    `json:"start_index"`
				End   int    `json:"end_index"`
			} `json:"url_citation"`
		}
		if json.Unmarshal(raw, &a) == nil {
			c.URL, c.Title, c.Quote, c.Start, c.End = a.URL.URL, a.URL.Title, a.URL.Quote, a.URL.Start, a.URL.End
		}
		s.citations = append(s.citations, c)
	}
}

// sources are what an answer as a whole comes from, which some servers put
// beside the choices, in every chunk.
type sources struct {
	list []reprise.Citation
	told bool // with more than their addresses
	size int  // of the list on the wire
}

// readSources decodes a list of addresses, or of records with more than that.
func (s *stream) readSources(told bool) {
	raw := s.Raw()
	if len(raw) == s.sources.size || s.sources.told && !told {
		return // it is the same again
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil || len(elements) == 0 {
		return
	}
	s.sources = sources{told: told, size: len(raw)}
	for _, e := range elements {
		var address string
		if json.Unmarshal(e, &address) != nil {
			s.sources.list = append(s.sources.list, source(e))
		} else if address != "" {
			s.sources.list = append(s.sources.list, reprise.Citation{URL: address})
		}
	}
}

// source reads the record of a source, under the names of Perplexity, Azure
// and Z.ai.
func source(raw json.RawMessage) reprise.Citation {
	var r struct {
		URL     string `json:"url"`
		Link    string `json:"link"`
		Title   string `json:"title"`
		Content string `json:"content"`
		Snippet string `json:"snippet"`
	}
	_ = json.Unmarshal(raw, &r) // what cannot be read is in Raw
	return reprise.Citation{URL: cmp.Or(r.URL, r.Link), Title: r.Title, Quote: cmp.Or(r.Content, r.Snippet), Raw: raw}
}

// readContext decodes what Azure found in the caller's data.
func (s *stream) readContext() {
	s.mold.spoil()
	raw := s.valid("the context")
	var c struct {
		Citations []json.RawMessage `json:"citations"`
	}
	if raw == nil || json.Unmarshal(raw, &c) != nil {
		return
	}
	s.addWhole(reprise.Opaque{Provider: s.Call.Provider, Kind: "context", Data: raw})
	for _, e := range c.Citations {
		s.citations = append(s.citations, source(e))
	}
}

// cited is a text's citations. The API counts characters, and a Citation
// bytes.
func (s *stream) cited(text string) []reprise.Citation {
	if s.citations == nil {
		return s.sources.list
	}
	for i := range s.citations {
		c := &s.citations[i]
		if c.End == 0 {
			continue
		}
		c.Start, c.End = byteOffset(text, c.Start), byteOffset(text, c.End)
	}
	return s.citations
}

// byteOffset is where the n-th character of a text begins.
func byteOffset(text string, n int) int {
	for i := range text {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(text)
}
