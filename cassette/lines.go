package cassette

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// errUnusual says that a file is not in the plain shape that go-vcr and this
// package write, and needs a whole YAML reader.
var errUnusual = errors.New("not the plain shape")

// lines reads a file line by line. A line is valid until the next is read.
type lines struct {
	r    *bufio.Reader
	long []byte // holds lines longer than r's buffer
	line []byte // the line looked at, without its newline
	held bool   // peek returns line again
	err  error
}

func newLines(r io.Reader) *lines {
	return &lines{r: bufio.NewReaderSize(r, 64<<10)}
}

// raw returns the next line without looking at what is in it. At the end it
// returns false; err is then nil, errUnusual if the last line has no newline,
// or the reader's error.
func (l *lines) raw() ([]byte, bool) {
	if l.held {
		return l.line, true
	}
	if l.err != nil {
		return nil, false
	}
	line, err := l.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		l.long = append(l.long[:0], line...)
		for err == bufio.ErrBufferFull {
			line, err = l.r.ReadSlice('\n')
			l.long = append(l.long, line...)
		}
		line = l.long
	}
	if err != nil {
		if err == io.EOF && len(line) > 0 {
			err = errUnusual
		}
		l.err = err
		return nil, false
	}
	l.line, l.held = line[:len(line)-1], true
	return l.line, true
}

// peek returns the indentation and the text of the next line that is neither
// blank nor a comment at its begin, without taking it. At the end of the
// document it returns false.
func (l *lines) peek() (indent int, text []byte, ok bool) {
	for {
		line, ok := l.raw()
		if !ok {
			return 0, nil, false
		}
		text := bytes.TrimLeft(line, " ")
		switch indent := len(line) - len(text); {
		case len(text) == 0:
		case indent == 0 && text[0] == '#':
			if !clean(text) {
				l.err, l.held = errUnusual, false
				return 0, nil, false
			}
		case string(line) == "...":
			return 0, nil, false
		default:
			return indent, text, true
		}
		l.held = false
	}
}

// take takes the line that peek or raw returned.
func (l *lines) take() { l.held = false }

// ended returns why no more lines come.
func (l *lines) ended() error {
	if l.err == io.EOF {
		return nil
	}
	return l.err
}
