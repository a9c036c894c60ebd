// Package sse reads event streams (text/event-stream) as the HTML standard
// defines them: https://html.spec.whatwg.org/multipage/server-sent-events.html
package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// An Event is one event of a stream. Its slices are parts of the reader's
// buffer and are valid until the next call of Next.
type Event struct {
	Name []byte // of the event field; empty: message
	Data []byte // the data lines, joined by newlines
	// Cut is set on a last event that the blank line does not follow: the
	// stream may have been cut inside it.
	Cut bool
}

// ErrTooLong is in the error of Next for an event beyond the bound.
var ErrTooLong = errors.New("event is too long")

// A Reader reads events. Lines end in LF, CR or CRLF, a byte order mark is
// passed over, and comments, ids and retry times are ignored. A line of the
// field "error", which the standard does not have, is the data of an event of
// that name: llama.cpp told its errors so. Data is read into one buffer and
// not copied again.
type Reader struct {
	// Max bounds the bytes of one event; zero: 64 MiB.
	Max int

	src   io.Reader
	buf   []byte
	pos   int  // the start of the line to read next
	seen  int  // how far that line was searched for its end
	end   int  // the end of what was read
	begun bool // the byte order mark is behind
	crs   bool // there are CRs in what was read
	lf    bool // a CR ended the last line: an LF that follows belongs to it
	full  int  // how many reads in a row filled the buffer
	err   error

	start   int // of the event in buf
	name    []byte
	data    span
	hasData bool
}

// span is a part of the buffer.
type span struct{ from, to int }

const (
	firstBuffer = 4 << 10
	fastBuffer  = 32 << 10 // for a stream of which more is there than is read at once
	fast        = 8        // reads that fill the first buffer show such a stream
	defaultMax  = 64 << 20
)

// NewReader returns a reader of events from src.
func NewReader(src io.Reader) *Reader { return &Reader{src: src} }

// First returns the first byte of the stream that is not white space or a
// byte order mark, without passing over it; 0 if there is none.
func (r *Reader) First() (byte, error) {
	for {
		if b := bytes.TrimLeft(bytes.TrimPrefix(r.buf[r.pos:r.end], bom), " \t\r\n"); len(b) > 0 && !bytes.HasPrefix(bom, b) {
			return b[0], nil
		}
		switch r.err {
		case nil:
			r.fill()
		case io.EOF:
			return 0, nil
		default:
			return 0, r.err
		}
	}
}

// Rest returns what Next has not read yet: for a stream that is no event
// stream after all.
func (r *Reader) Rest() io.Reader {
	head := bytes.NewReader(r.buf[r.pos:r.end])
	if r.err != nil {
		return head
	}
	return io.MultiReader(head, r.src)
}

var bom = []byte("\xef\xbb\xbf")

// Next returns the next event. The error is io.EOF at the end of the stream,
// and otherwise that of the source, which loses an event that it broke off.
func (r *Reader) Next() (Event, error) {
	r.start, r.name, r.data, r.hasData = r.pos, r.name[:0], span{}, false
	for {
		line, ok := r.line()
		if !ok {
			if r.err == io.EOF && r.hasData {
				return r.event(true), nil
			}
			return Event{}, r.err
		}
		if line.from < line.to {
			r.field(line)
			continue
		}
		if r.hasData {
			return r.event(false), nil
		}
		r.start, r.name = r.pos, r.name[:0]
	}
}

func (r *Reader) event(cut bool) Event {
	return Event{Name: r.name, Data: r.buf[r.data.from:r.data.to], Cut: cut}
}

// field takes a line that is not blank.
func (r *Reader) field(line span) {
	b := r.buf[line.from:line.to]
	switch {
	case bytes.HasPrefix(b, []byte("data")):
		if v, ok := value(b, 4, line); ok {
			r.add(v)
		}
	case bytes.HasPrefix(b, []byte("error")):
		if v, ok := value(b, 5, line); ok {
			r.name = append(r.name[:0], "error"...)
			r.add(v)
		}
	case bytes.HasPrefix(b, []byte("event")):
		if v, ok := value(b, 5, line); ok {
			r.name = append(r.name[:0], r.buf[v.from:v.to]...)
		}
	}
}

// add adds a line to the data, in place: what lies between has been read.
func (r *Reader) add(v span) {
	if !r.hasData {
		r.data, r.hasData = v, true
		return
	}
	r.buf[r.data.to] = '\n'
	r.data.to += 1 + copy(r.buf[r.data.to+1:], r.buf[v.from:v.to])
}

// value is what follows a field name of n bytes; ok is false if the name
// goes on.
func value(b []byte, n int, line span) (v span, ok bool) {
	switch {
	case len(b) == n:
		return span{line.to, line.to}, true
	case b[n] != ':':
		return span{}, false
	case len(b) > n+1 && b[n+1] == ' ':
		return span{line.from + n + 2, line.to}, true
	}
	return span{line.from + n + 1, line.to}, true
}

// line returns the next line without its end; at the end of the stream also
// one that has no end.
func (r *Reader) line() (span, bool) {
	if !r.begun {
		r.begin()
	}
	for {
		if r.lf && r.pos < r.end {
			if r.lf = false; r.buf[r.pos] == '\n' {
				r.pos++
			}
		}
		r.seen = max(r.seen, r.pos)
		if n := r.eol(); n >= 0 {
			l := span{r.pos, r.seen + n}
			r.lf = r.buf[l.to] == '\r'
			r.pos = l.to + 1
			return l, true
		}
		r.seen = r.end
		if r.err == nil {
			r.fill()
		}
		if r.err != nil && r.eol() < 0 {
			l := span{r.pos, r.end}
			r.pos = r.end
			return l, r.err == io.EOF && l.from < l.to
		}
	}
}

// begin passes over a byte order mark.
func (r *Reader) begin() {
	for r.end-r.pos < len(bom) && r.err == nil {
		r.fill()
	}
	if bytes.HasPrefix(r.buf[r.pos:r.end], bom) {
		r.pos += len(bom)
	}
	r.begun = true
}

// eol finds the first end of a line in what was not searched, or -1.
func (r *Reader) eol() int {
	b := r.buf[r.seen:r.end]
	n := bytes.IndexByte(b, '\n')
	if !r.crs {
		return n
	}
	if n >= 0 {
		b = b[:n]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return n
}

// fill reads more, after making room for it. It keeps the event so far.
func (r *Reader) fill() {
	if r.end == len(r.buf) {
		r.room()
	}
	limit := r.Max
	if limit == 0 {
		limit = defaultMax
	}
	if r.end-r.start > limit {
		r.err = fmt.Errorf("%w: more than %d bytes", ErrTooLong, limit)
		return
	}
	for range 100 {
		free := r.buf[r.end:]
		n, err := r.src.Read(free)
		r.end += n
		if r.full++; n < len(free) {
			r.full = 0
		}
		r.crs = r.crs || bytes.IndexByte(free[:n], '\r') >= 0
		if r.err = err; n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// room makes room behind what is still needed: by moving it to the front if
// that frees half of the buffer, else, and for a fast stream, by a larger
// buffer.
func (r *Reader) room() {
	keep := r.buf[r.start:r.end]
	to := r.buf
	switch {
	case len(keep) > len(r.buf)/2 || r.buf == nil:
		to = make([]byte, max(firstBuffer, 2*len(r.buf)))
	case r.full >= fast && len(r.buf) < fastBuffer:
		to = make([]byte, fastBuffer)
	}
	copy(to, keep)
	r.buf = to
	shift := r.start
	r.start, r.pos, r.seen, r.end = 0, r.pos-shift, r.seen-shift, r.end-shift
	if r.hasData {
		r.data = span{r.data.from - shift, r.data.to - shift}
	}
}
