package cassette

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// An edit puts a text in place of a part of another.
type edit struct {
	begin, end int
	with       string
	kind       string
}

// edits returns what must be changed in the body of a request or response to
// take the secrets out, in order and without overlap. What is JSON, or lines
// of it, stays so: only texts within its strings change. A secret that is
// split over the events of a stream is found where they are put together, and
// its place is the first of them.
func (f *finder) edits(body string, how search) []edit {
	var out []edit
	switch {
	case body == "":
		return nil
	case !utf8.ValidString(body) && !isText(body):
		// Its frames may count bytes: it keeps its length.
		for _, s := range f.find(nil, body, how) {
			out = append(out, edit{s.begin, s.end, strings.Repeat("X", s.end-s.begin), s.kind})
		}
	case likeJSON(body):
		out = f.jsonOrLines(body, how)
	case isForm(body):
		out = f.form(body, how)
	case isEvents(body):
		out = f.lines(body, how)
	default:
		out = f.text(nil, body, 0, how)
	}
	return tidyEdits(out)
}

func (f *finder) text(out []edit, text string, at int, how search) []edit {
	for _, s := range f.find(nil, text, how) {
		out = append(out, edit{at + s.begin, at + s.end, Redacted, s.kind})
	}
	return out
}

// likeJSON reports whether the text begins as an object or array does.
func likeJSON(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return text != "" && (text[0] == '{' || text[0] == '[')
}

// atEnd is how to search a part of a text that is searched so.
func atEnd(how search, last bool) search {
	if how == cut && !last {
		return whole
	}
	return how
}

// jsonOrLines treats what begins as JSON does.
func (f *finder) jsonOrLines(body string, how search) []edit {
	var doc leafFinder
	if doc.parse(body, 0) {
		return f.leaves(nil, body, doc.leaves)
	}
	if strings.IndexByte(body, '\n') >= 0 {
		return f.lines(body, how)
	}
	return f.text(nil, body, 0, how)
}

// leaves treats each string of a JSON text by itself.
func (f *finder) leaves(out []edit, body string, leaves []leaf) []edit {
	for i := range leaves {
		l := &leaves[i]
		if secretMember(l.key) && l.end > l.begin && !l.isKey {
			out = append(out, edit{l.begin, l.end, Redacted, "value of " + l.key})
			continue
		}
		text, at := l.unescape(body)
		for _, s := range f.find(nil, text, whole) {
			out = append(out, edit{at(s.begin), endOf(at, s.end), Redacted, s.kind})
		}
	}
	return out
}

// lines treats an event stream, or JSON in lines.
func (f *finder) lines(body string, how search) []edit {
	var out []edit
	streams := map[string]*stream{}
	var doc leafFinder
	var place []byte
	for begin := 0; begin < len(body); {
		end := len(body)
		if n := strings.IndexByte(body[begin:], '\n'); n >= 0 {
			end = begin + n + 1
		}
		line := body[begin:end]
		skip := 0
		if strings.HasPrefix(line, "data:") {
			skip = len("data:")
		}
		if doc.parse(line[skip:], begin+skip) {
			out = f.leaves(out, body, doc.leaves)
			for i := range doc.leaves {
				l := &doc.leaves[i]
				if l.isKey || l.begin == l.end {
					continue
				}
				place = doc.appendPlace(place[:0], l)
				s := streams[string(place)]
				if s == nil {
					s = &stream{}
					streams[string(place)] = s
				}
				s.add(l, body)
			}
		} else {
			out = f.text(out, line, begin, atEnd(how, end == len(body)))
		}
		begin = end
	}
	for _, s := range streams {
		out = s.edits(out, f, how)
	}
	return out
}

// A stream is the text of the strings at one place of successive events.
type stream struct {
	text   []byte
	pieces []piece
}

// A piece is one event's part of a stream.
type piece struct {
	from, to int           // in stream.text
	at       func(int) int // from a place in the piece to one in the body
}

// add appends a leaf of the body.
func (s *stream) add(l *leaf, body string) {
	text, at := l.unescape(body)
	from := len(s.text)
	s.text = append(s.text, text...)
	s.pieces = append(s.pieces, piece{from, len(s.text), at})
}

// edits appends the edits for the secrets that lie in more than one piece, or
// that the cut leaves at the end.
func (s *stream) edits(out []edit, f *finder, how search) []edit {
	for _, sp := range f.find(nil, string(s.text), how) {
		first, _ := slices.BinarySearchFunc(s.pieces, sp.begin, func(p piece, at int) int { return cmp.Compare(p.to, at+1) })
		with := Redacted
		for _, p := range s.pieces[first:] {
			if p.from >= sp.end {
				break
			}
			begin, end := max(sp.begin, p.from)-p.from, min(sp.end, p.to)-p.from
			out = append(out, edit{p.at(begin), endOf(p.at, end), with, sp.kind})
			with = ""
		}
	}
	return out
}

// tidyEdits orders the edits and joins those that overlap.
func tidyEdits(edits []edit) []edit {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(a.begin-b.begin, b.end-a.end, len(b.with)-len(a.with)) })
	out := edits[:0]
	for _, e := range edits {
		if n := len(out); n > 0 && e.begin < out[n-1].end {
			out[n-1].end = max(out[n-1].end, e.end)
			if out[n-1].with == "" {
				out[n-1].with = e.with
			}
			continue
		}
		out = append(out, e)
	}
	return out
}

// apply returns the body with the edits made.
func apply(body string, edits []edit) string {
	if len(edits) == 0 {
		return body
	}
	var b strings.Builder
	b.Grow(len(body))
	at := 0
	for _, e := range edits {
		b.WriteString(body[at:e.begin])
		b.WriteString(e.with)
		at = e.end
	}
	b.WriteString(body[at:])
	return b.String()
}

// applyChunks returns the chunks of the body with the edits made: a new text
// is in the chunk in which the old one began.
func applyChunks(chunks []Chunk, edits []edit) []Chunk {
	if len(edits) == 0 {
		return chunks
	}
	out := slices.Clone(chunks)
	end := 0 // of the chunk in the old body
	n := 0
	for i := range out {
		begin := end
		end += out[i].Size
		for k := n; k < len(edits) && edits[k].begin < end; k++ {
			e := edits[k]
			lost := min(e.end, end) - max(e.begin, begin)
			out[i].Size -= lost
			if e.begin >= begin {
				out[i].Size += len(e.with)
			}
			if e.end <= end {
				n = k + 1
			}
		}
	}
	return out
}

// isText reports whether a body with bytes that are not UTF-8 is JSON or an
// event stream all the same.
func isText(body string) bool {
	return likeJSON(body) && new(leafFinder).parse(body, 0) || strings.HasPrefix(body, "data:") || strings.HasPrefix(body, "event:")
}

func isEvents(body string) bool {
	for _, start := range []string{"data:", "event:", "id:", "retry:", ":", "\n", "\r\n"} {
		if strings.HasPrefix(body, start) {
			return true
		}
	}
	return false
}

// isForm reports whether the body is name=value pairs in the form of a query.
func isForm(body string) bool {
	name, _, ok := strings.Cut(body, "=")
	return ok && name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r > '~' || !wordByte(byte(r)) && r != '.' && r != '%' && r != '+'
	}) < 0 && !strings.ContainsAny(body, " \n\t\"{<")
}

// form treats a query or a form.
func (f *finder) form(body string, how search) []edit {
	var out []edit
	at := 0
	for pair := range strings.SplitSeq(body, "&") {
		name, value, ok := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if ok && err == nil && value != "" && secretParam(plain) {
			out = append(out, edit{at + len(name) + 1, at + len(pair), Redacted, "value of " + plain})
		} else {
			out = f.text(out, pair, at, atEnd(how, at+len(pair) == len(body)))
		}
		at += len(pair) + 1
	}
	return out
}
