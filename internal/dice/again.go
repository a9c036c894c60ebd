package dice

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// Test runs f on n throws, and Fuzz on whatever is thrown.
func Test(t *testing.T, n int, f func(t *testing.T, d *Dice)) {
	for data := range Rolls(n) {
		if f(t, &Dice{Data: data}); t.Failed() {
			return
		}
	}
}

// Fuzz is [Test] for a fuzz target.
func Fuzz(f *testing.F, check func(t *testing.T, d *Dice)) {
	for data := range Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, &Dice{Data: data}) })
}

// RoundTrip checks that the events of an answer are written, and read as the
// same answer, streamed and whole.
func (c Codec) RoundTrip(t *testing.T, want *reprise.Response, events []reprise.Event) {
	t.Helper()
	for _, stream := range []bool{true, false} {
		var b bytes.Buffer
		warnings, err := c.Write(&b, Stream(nil, events...), stream, want)
		if err != nil || !slices.Equal(warnings, want.Warnings) {
			t.Fatalf("stream %v: %v, warnings %v", stream, err, warnings)
		}
		text := b.String()
		c.check(t, text, stream)
		got, err := reprise.Collect(c.Read(&b))
		if d := cmp.Diff(want, got, c.Same); d != "" || err != nil {
			t.Fatalf("stream %v: %v in %s\n(-want +got):\n%s", stream, err, text, d)
		}
	}
}

// Recording is RoundTrip for an answer that was recorded.
func (c Codec) Recording(t *testing.T, body string) {
	t.Helper()
	var events []reprise.Event
	for ev, err := range c.Read(strings.NewReader(body)) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, ev)
	}
	want, err := reprise.Collect(Stream(nil, events...))
	if err != nil {
		t.Fatal(err)
	}
	c.RoundTrip(t, want, events)
}

// Anything checks that whatever the events are, what is written is in order,
// and read as an answer or an error. The events are those of [Dice.Anything].
func (c Codec) Anything(t *testing.T, d *Dice, known *reprise.Response, provider string, extra ...string) {
	t.Helper()
	var events []reprise.Event
	for len(d.Data) > 0 {
		events = append(events, d.Anything(provider, extra...))
	}
	for _, stream := range []bool{true, false} {
		var b bytes.Buffer
		_, err := c.Write(&b, Stream(nil, events...), stream, known)
		if b.Len() > 0 {
			c.check(t, b.String(), stream)
		}
		_, readErr := reprise.Collect(c.Read(&b))
		if (err == nil) != (readErr == nil) {
			t.Errorf("stream %v: written with the error %v, read with the error %v", stream, err, readErr)
		}
	}
}

func (c Codec) check(t *testing.T, written string, stream bool) {
	t.Helper()
	switch {
	case !stream && !json.Valid([]byte(written)):
		t.Errorf("not JSON: %s", written)
	case c.Check != nil:
		c.Check(t, written, stream)
	}
}

// Chunks checks that a stream is data lines of JSON, and perhaps [DONE]: it
// is the Check of a Codec.
func Chunks(t *testing.T, written string, stream bool) {
	t.Helper()
	if !stream {
		return
	}
	for line := range strings.Lines(written) {
		chunk, isData := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		if line != "\n" && (!isData || chunk != "[DONE]" && !json.Valid([]byte(chunk))) {
			t.Errorf("not a chunk: %q", line)
		}
	}
}
