package openaichat

import (
	"encoding/json"

	"github.com/repriselabs/reprise"
)

// readAnnotations keeps the citations of a text.
func (s *stream) readAnnotations() {
	s.mold.spoil()
	for more := s.Open('['); more; more = s.Next(']') {
		raw := s.Raw()
		if raw == nil {
			return
		}
		c := reprise.Citation{Raw: append(json.RawMessage(nil), raw...)}
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

// readSources decodes the list of addresses that Perplexity puts beside the
// choices, in every chunk.
func (s *stream) readSources() {
	if s.citations != nil || s.Peek() != '[' {
		s.Skip()
		return
	}
	for more := s.Open('['); more; more = s.Next(']') {
		raw := s.Raw()
		var address string
		if json.Unmarshal(raw, &address) == nil && address != "" {
			s.citations = append(s.citations, reprise.Citation{URL: address})
		}
	}
}

// cited is a text's citations. The API counts characters, and a Citation
// bytes.
func (s *stream) cited(text string) []reprise.Citation {
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
