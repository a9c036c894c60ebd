package openai

import (
	"unicode/utf8"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// annotations are the citations of a text: as they came, if they are this
// API's.
func (a *writer) annotations(t reprise.Text, isOwn bool) (list [][]byte) {
	quotes := false
	for _, c := range t.Citations {
		if isOwn && isWholeObject(c.Raw) {
			list = append(list, onOneLine(c.Raw))
			continue
		}
		if c.URL == "" {
			a.Dropped("a citation of %q: the API has a place only for one with a URL", c.Title)
			continue
		}
		quotes = quotes || c.Quote != ""
		list = append(list, annotationOf(c, t.Text))
	}
	if quotes {
		a.Dropped("what the citations of a text quote: the API has no place for it")
	}
	return list
}

// annotationOf writes a citation. The API counts characters, where a Citation
// counts bytes; one without a place is of the whole text.
func annotationOf(c reprise.Citation, of string) []byte {
	if c.Start == 0 && c.End == 0 {
		c.End = len(of)
	}
	var e wire.Encoder
	e.Open('{')
	e.Field("type", "url_citation")
	for _, place := range []struct {
		name string
		at   int
	}{{"start_index", c.Start}, {"end_index", c.End}} {
		e.Key(place.name)
		e.Int(int64(utf8.RuneCountInString(of[:min(max(place.at, 0), len(of))])))
	}
	e.Field("url", c.URL)
	e.Field("title", c.Title)
	e.Close('}')
	return e.Buf
}
