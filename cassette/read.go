package cassette

import (
	"bytes"
	"io"
	"strconv"
	"time"
)

// This file reads the shape of file that go-vcr and this package write, line
// by line and without a tree, in one pass and about the memory of the result.
// Whatever is not exactly in that shape makes it give up with errUnusual, and
// the YAML library reads the file instead: it is never read differently, only
// slower.

// plainReader reads one file.
type plainReader struct {
	in      *lines
	words   map[string]string // short strings seen before, to share them
	scratch []byte
}

func readPlain(r io.Reader) (*Recording, error) {
	p := &plainReader{in: newLines(r), words: map[string]string{}}
	rec := &Recording{}
	if err := p.head(rec); err != nil {
		return nil, p.why(err)
	}
	if err := p.interactions(rec); err != nil {
		return nil, p.why(err)
	}
	if _, _, ok := p.in.peek(); ok {
		return nil, errUnusual
	}
	rec.Interrupted = p.in.held // peek stopped at the end of the document
	return rec, p.in.ended()
}

// why prefers the error of the underlying reader.
func (p *plainReader) why(err error) error {
	if ended := p.in.ended(); ended != nil {
		return ended
	}
	return err
}

// head reads up to the interactions' key.
func (p *plainReader) head(rec *Recording) error {
	var comment []byte
	for first := true; ; first = false {
		line, ok := p.in.raw()
		switch {
		case !ok:
			return errUnusual
		case first && string(line) == "---":
		case len(line) > 0 && line[0] == '#' && clean(line):
			comment = append(append(comment, commentText(line)...), '\n')
		case string(line) == "version: 2":
			rec.Version = 2
			rec.Comment = string(bytes.TrimSuffix(comment, []byte("\n")))
			p.in.take()
			return nil
		default:
			return errUnusual
		}
		p.in.take()
	}
}

// commentText returns what follows "#" and one space.
func commentText(line []byte) []byte {
	return bytes.TrimRight(bytes.TrimPrefix(line[1:], []byte(" ")), " ")
}

func (p *plainReader) interactions(rec *Recording) error {
	indent, text, ok := p.in.peek()
	if !ok || indent != 0 {
		return errUnusual
	}
	switch string(text) {
	case "interactions: []":
		p.in.take()
		return nil
	case "interactions:":
		p.in.take()
	default:
		return errUnusual
	}
	list, _, _ := p.in.peek()
	for {
		indent, text, ok := p.in.peek()
		if !ok || indent < list {
			return nil
		}
		if indent != list || !bytes.HasPrefix(text, []byte("- id: ")) {
			return errUnusual
		}
		// "- " begins the item's mapping two columns further in.
		text[0], text[1] = ' ', ' '
		var i Interaction
		if err := p.interaction(indent+2, &i); err != nil {
			return err
		}
		rec.Interactions = append(rec.Interactions, i)
	}
}

func (p *plainReader) interaction(indent int, i *Interaction) error {
	var started, outcome string
	var request, response, effect bool
	top := [6]field{{"supersedes", true, &i.Supersedes}, {"id", false, &i.ID}, {"started", false, &started}, {"outcome", false, &outcome}, {"error", false, &i.Error}, {"lane", false, &i.Lane}}
	err := p.mapping(indent, top[:], func(key string, inner int) error {
		switch {
		case key == "request" && !request:
			request = true
			f := i.Request.fields()
			return p.mapping(inner, f[:], nil)
		case key == "response" && !response:
			response = true
			f := i.Response.fields()
			return p.mapping(inner, f[:], nil)
		case key == "unfinished" && !request && !response:
			request, response = true, true
			return p.unfinished(inner, i)
		case key == "effect" && !effect:
			effect = true
			i.Effect = &Effect{}
			f := i.Effect.fields()
			return p.mapping(inner, f[:], nil)
		}
		return errUnusual
	})
	if err != nil {
		return err
	}
	i.Outcome = Outcome(outcome)
	if started != "" {
		if i.Started, err = time.Parse(time.RFC3339Nano, started); err != nil {
			return errUnusual
		}
	}
	if request != response || request == effect || (effect || request) && !i.complete() {
		return errUnusual // the slow reader says what is wrong
	}
	return nil
}

func (p *plainReader) unfinished(indent int, i *Interaction) error {
	var request, response bool
	err := p.mapping(indent, nil, func(key string, inner int) error {
		switch {
		case key == "request" && !request:
			request = true
			f := i.Request.fields()
			return p.mapping(inner, f[:], nil)
		case key == "response" && !response:
			response = true
			f := i.Response.fields()
			return p.mapping(inner, f[:], nil)
		}
		return errUnusual
	})
	if err == nil && !(request && response) {
		return errUnusual
	}
	return err
}

// mapping reads the keys at indent into fields; those whose value is another
// mapping go to nested, with its indentation.
func (p *plainReader) mapping(indent int, fields []field, nested func(key string, inner int) error) error {
	for {
		n, text, ok := p.in.peek()
		if !ok || n < indent {
			return nil
		}
		key, rest, ok := splitKey(text)
		if n != indent || !ok {
			return errUnusual
		}
		f := find(fields, key)
		if f == nil {
			if nested == nil || len(rest) > 0 {
				return errUnusual
			}
			name := p.word(key)
			p.in.take()
			inner, _, ok := p.in.peek()
			if !ok || inner <= indent {
				return errUnusual
			}
			if err := nested(name, inner); err != nil {
				return err
			}
			continue
		}
		at := f.at
		f.name = "" // a second one is not found
		if err := p.value(indent, rest, at); err != nil {
			return err
		}
	}
}

func find(fields []field, key []byte) *field {
	for i := range fields {
		if fields[i].name == string(key) {
			return &fields[i]
		}
	}
	return nil
}

// value reads the value of the key on the current line, of which rest is
// left, and takes its lines.
func (p *plainReader) value(indent int, rest []byte, at any) (err error) {
	switch at := at.(type) {
	case *string:
		*at, err = p.str(indent, rest)
		return err
	case *[]string:
		if *at, err = p.list(indent, rest); len(*at) == 0 {
			*at = nil
		}
		return err
	case *map[string][]string:
		*at, err = p.lists(indent, rest)
		return err
	}
	defer p.in.take()
	switch at := at.(type) {
	case *int:
		*at, err = plainInt(rest)
		return err
	case *int64:
		n, err := plainInt(rest)
		*at = int64(n)
		return err
	case *[]int:
		*at, err = plainInts(rest)
		return err
	case *bool:
		*at = string(rest) == "true"
		if !*at && string(rest) != "false" {
			return errUnusual
		}
	case *time.Duration:
		if *at, err = time.ParseDuration(string(rest)); err != nil || rest[len(rest)-1] != 's' || rest[0] == '+' {
			return errUnusual
		}
	case *[]Chunk:
		text := string(rest)
		if text == `"-"` {
			text = "-"
		} else if text == "-" {
			return errUnusual
		}
		if *at, err = parseChunks(text); err != nil {
			return errUnusual
		}
	}
	return nil
}

func plainInt(text []byte) (int, error) {
	digits := bytes.TrimPrefix(text, []byte("-"))
	if len(digits) == 0 || len(digits) > 18 || digits[0] < '0' || digits[0] > '9' || digits[0] == '0' && len(text) > 1 {
		return 0, errUnusual
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return 0, errUnusual
	}
	return n, nil
}

func plainInts(text []byte) (list []int, err error) {
	if len(text) < 3 || text[0] != '[' || text[len(text)-1] != ']' {
		return nil, errUnusual
	}
	for item := range bytes.SplitSeq(text[1:len(text)-1], []byte(",")) {
		n, err := plainInt(item)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// lists reads a header: keys, each with a list of strings.
func (p *plainReader) lists(indent int, rest []byte) (map[string][]string, error) {
	p.in.take()
	if string(rest) == "{}" {
		return nil, nil
	}
	inner, _, ok := p.in.peek()
	if !ok || inner <= indent || len(rest) > 0 {
		return nil, errUnusual
	}
	lists := map[string][]string{}
	for {
		n, text, ok := p.in.peek()
		if !ok || n < inner {
			return lists, nil
		}
		key, rest, ok := splitKey(text)
		if n != inner || !ok {
			return nil, errUnusual
		}
		name := p.word(key)
		if _, twice := lists[name]; twice || reads(name) {
			return nil, errUnusual
		}
		list, err := p.list(inner, rest)
		if err != nil {
			return nil, err
		}
		lists[name] = list
	}
}

// list reads a list of strings, which may be as far in as its key.
func (p *plainReader) list(indent int, rest []byte) ([]string, error) {
	p.in.take()
	if string(rest) == "[]" {
		return []string{}, nil
	}
	inner, text, ok := p.in.peek()
	if !ok || len(rest) > 0 || inner < indent || text[0] != '-' {
		return nil, errUnusual
	}
	list := make([]string, 0, 1)
	for {
		n, text, ok := p.in.peek()
		if !ok || n < inner || n == inner && text[0] != '-' {
			return list, nil
		}
		item, dash := bytes.CutPrefix(text, []byte("- "))
		if n != inner || !dash || len(item) > 0 && item[0] == '|' {
			return nil, errUnusual
		}
		s, err := p.str(inner, item)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
}

// word returns b as a string, shared with the same word elsewhere.
func (p *plainReader) word(b []byte) string {
	if w, ok := p.words[string(b)]; ok {
		return w
	}
	w := string(b)
	if len(w) <= 80 && len(p.words) < 1000 {
		p.words[w] = w
	}
	return w
}
