package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// all reads a stream and writes it down.
func all(r *Reader) []string {
	var out []string
	for {
		ev, err := r.Next()
		if err != nil {
			if err != io.EOF {
				out = append(out, "error "+err.Error())
			}
			return out
		}
		s := fmt.Sprintf("%s|%s", ev.Name, ev.Data)
		if ev.Cut {
			s += "|cut"
		}
		out = append(out, s)
	}
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name, stream string
		want         []string
	}{
		{"nothing", "", nil},
		{"LF", "data: a\n\ndata: b\n\n", []string{"|a", "|b"}},
		{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []string{"|a", "|b"}},
		{"CR", "data: a\r\rdata: b\r\r", []string{"|a", "|b"}},
		{"mixed", "data: a\r\n\ndata: b\n\r\n", []string{"|a", "|b"}},
		{"a byte order mark", "\xef\xbb\xbfdata: a\n\n", []string{"|a"}},
		{"a byte order mark later is data", "data: a\n\n\xef\xbb\xbfdata: b\n\n", []string{"|a"}},
		{"several lines", "data: a\ndata:\ndata: b\n\n", []string{"|a\n\nb"}},
		{"a name after the data", "data: a\nevent: long_name\ndata: bcdefghijklmnop\n\n", []string{"long_name|a\nbcdefghijklmnop"}},
		{"a name without data", "event: x\n\ndata: a\n\n", []string{"|a"}},
		{"the last name counts", "event: x\nevent: y\ndata: a\n\n", []string{"y|a"}},
		{"one space is taken off", "data:a\ndata:  b\n\n", []string{"|a\n b"}},
		{"a field without a colon", "data\n\n", []string{"|"}},
		{"other fields", ": hi\nid: 1\nretry: 2\ndataset: no\ndata: a\n\n", []string{"|a"}},
		{"no blank line", "data: a\n", []string{"|a|cut"}},
		{"no line end", "data: a", []string{"|a|cut"}},
		{"an error line", "data: a\n\nerror: b\n\nerrors: c\n\n", []string{"|a", "error|b"}},
		{"only comments", ": a\n\n: b\n\n", nil},
	} {
		if d := cmp.Diff(c.want, all(NewReader(strings.NewReader(c.stream)))); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestTooLong(t *testing.T) {
	r := NewReader(strings.NewReader("data: a\n\ndata: " + strings.Repeat("b", 100_000) + "\n\n"))
	r.Max = 10_000
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v, want ErrTooLong", err)
	}
}

func TestSourceError(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if d := cmp.Diff([]string{"|a", "error unexpected EOF"}, all(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// once gives its bytes in one read, and fails the test at a second one.
type once struct {
	t    *testing.T
	data string
}

func (o *once) Read(p []byte) (int, error) {
	if o.data == "" {
		o.t.Error("read again, although an event was there")
		return 0, io.EOF
	}
	n := copy(p, o.data)
	o.data = o.data[n:]
	return n, nil
}

func TestNoWaitForMore(t *testing.T) {
	r := NewReader(&once{t, "data: a\n\ndata: b\n\n"})
	if _, err := r.First(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a", "b"} {
		if ev, err := r.Next(); string(ev.Data) != want || err != nil {
			t.Errorf("got %q, %v, want %q", ev.Data, err, want)
		}
	}
}

func TestFirst(t *testing.T) {
	for stream, want := range map[string]byte{"": 0, " \r\n": 0, "\xef\xbb\xbf\n {}": '{', "data: a": 'd'} {
		for _, src := range []io.Reader{iotest.OneByteReader(strings.NewReader(stream)), iotest.DataErrReader(strings.NewReader(stream))} {
			r := NewReader(src)
			if got, err := r.First(); got != want || err != nil {
				t.Errorf("%q: got %q, %v, want %q", stream, got, err, want)
			}
			if rest, err := io.ReadAll(r.Rest()); string(rest) != stream || err != nil {
				t.Errorf("%q: the rest is %q, %v", stream, rest, err)
			}
		}
	}
}

// reference reads a stream as the standard's text says, line by line.
func reference(stream []byte) []string {
	text := strings.TrimPrefix(string(stream), "\xef\xbb\xbf")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var out, data []string
	name := ""
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		last := i == len(lines)-1
		field, v, _ := strings.Cut(line, ":")
		v = strings.TrimPrefix(v, " ")
		switch {
		case line == "" && !last:
			if data != nil {
				out = append(out, name+"|"+strings.Join(data, "\n"))
			}
			data, name = nil, ""
		case field == "data":
			data = append(data, v)
		case field == "error": // which the standard does not have
			name = "error"
			data = append(data, v)
		case field == "event":
			name = v
		}
		if last && data != nil {
			out = append(out, name+"|"+strings.Join(data, "\n")+"|cut")
		}
	}
	return out
}

// FuzzReader compares with the reference, whole and one byte a read.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\xef\xbb\xbfdata: a\r\ndata: b\r\revent: x\ndata\n\n: c\ndata: d"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		want := reference(stream)
		if d := cmp.Diff(want, all(NewReader(bytes.NewReader(stream)))); d != "" {
			t.Errorf("whole (-want +got):\n%s", d)
		}
		if d := cmp.Diff(want, all(NewReader(iotest.DataErrReader(bytes.NewReader(stream))))); d != "" {
			t.Errorf("with the end beside the data (-want +got):\n%s", d)
		}
		if d := cmp.Diff(want, all(NewReader(iotest.OneByteReader(bytes.NewReader(stream))))); d != "" {
			t.Errorf("one byte a read (-want +got):\n%s", d)
		}
	})
}
