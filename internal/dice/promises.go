package dice

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// A Codec writes answers in the words of an API, and reads them.
type Codec struct {
	// Write writes an answer; known, unless it is nil, is what the answer
	// will be.
	Write func(w io.Writer, events iter.Seq2[reprise.Event, error], stream bool, known *reprise.Response) ([]reprise.Warning, error)
	Read  func(io.Reader) iter.Seq2[reprise.Event, error]
	Check func(t *testing.T, written string, stream bool) // that it is in order; nil: only that JSON is JSON
	Same  cmp.Options                                     // what may differ in an answer that is read again
	Tells []reprise.Kind                                  // of errors in mid-stream, besides those that every API tells
}

// Promises checks what every writer of answers promises, whatever its API.
func (c Codec) Promises(t *testing.T) {
	t.Run("each event is sent before the next is asked for", c.atOnce)
	t.Run("no event is asked for when the client is gone", c.clientGone)
	t.Run("an answer that begins again", c.reset)
	t.Run("an answer that breaks off", c.brokenOff)
	t.Run("an answer without a Finish", c.unfinished)
}

// flushed is how much was flushed of what was written.
type flushed struct {
	bytes.Buffer
	upTo int
}

func (f *flushed) Flush() error {
	f.upTo = f.Len()
	return nil
}

func (c Codec) atOnce(t *testing.T) {
	var w flushed
	events := func(yield func(reprise.Event, error) bool) {
		for _, s := range []string{"one", "two", "three"} {
			yield(reprise.TextDelta{Text: s}, nil)
			got, _ := reprise.Collect(c.Read(bytes.NewReader(w.Bytes()[:w.upTo]))) // it is cut off
			if !strings.HasSuffix(got.Text(), s) {
				t.Errorf("after %q, this was flushed: %s", s, w.Bytes()[:w.upTo])
			}
		}
		yield(reprise.Finish{Reason: reprise.ReasonStop}, nil)
	}
	if _, err := c.Write(&w, events, true, nil); err != nil || w.upTo != w.Len() {
		t.Errorf("%v, and %d bytes were not flushed", err, w.Len()-w.upTo)
	}
}

// gone is a client that leaves after some writes.
type gone struct{ after int }

func (g *gone) Write(b []byte) (int, error) {
	if g.after--; g.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

func (c Codec) clientGone(t *testing.T) {
	for after := range 8 {
		asked, client := 0, &gone{after: after}
		events := func(yield func(reprise.Event, error) bool) {
			for client.after >= 0 && asked < 10 { // one more is asked for, and no more
				asked++
				if !yield(reprise.TextDelta{Text: "a"}, nil) {
					return
				}
			}
			t.Errorf("gone after %d writes, but event %d was asked for", after, asked+1)
		}
		if _, err := c.Write(client, events, true, nil); err != io.ErrClosedPipe || client.after != -1 {
			t.Errorf("gone after %d writes: got %v and %d writes too many", after, err, -1-client.after)
		}
	}
	answer := []reprise.Event{
		reprise.ReasoningDelta{Part: 0, Text: "a"}, reprise.TextDelta{Part: 1, Text: "b"}, reprise.ArgsDelta{Part: 2, ID: "c", Name: "f", Args: "{}"},
		reprise.Finish{Reason: reprise.ReasonToolCalls},
	}
	stays := &gone{after: 1000}
	if _, err := c.Write(stays, Stream(nil, answer...), true, nil); err != nil || stays.after == 1000 {
		t.Fatalf("got %v after %d writes", err, 1000-stays.after)
	}
	for after := range 1000 - stays.after {
		client := &gone{after: after}
		if _, err := c.Write(client, Stream(nil, answer...), true, nil); err != io.ErrClosedPipe || client.after != -1 {
			t.Errorf("gone after %d writes of an answer: got %v and %d writes too many", after, err, -1-client.after)
		}
	}
}

func (c Codec) reset(t *testing.T) {
	again := []reprise.Event{reprise.Reset{Reason: "retry"}, reprise.TextDelta{Text: "good"}, reprise.Finish{Reason: reprise.ReasonStop}}
	for _, stream := range []bool{true, false} {
		void := []reprise.Event{reprise.ArgsDelta{Part: 0, ID: "held back"}}
		if !stream {
			void = append(void, reprise.TextDelta{Part: 1, Text: "void"}, reprise.PartDone{Index: 2, Part: reprise.Text{Text: "void", Refusal: true}})
		}
		var b bytes.Buffer
		warnings, err := c.Write(&b, Stream(nil, slices.Concat(void, again)...), stream, nil)
		got, readErr := reprise.Collect(c.Read(&b))
		if err != nil || readErr != nil || warnings != nil || got.Text() != "good" || len(got.Message.Parts) != 1 {
			t.Errorf("stream %v: got %+v, %v, %v, warnings %v", stream, got.Message, err, readErr, warnings)
		}
	}
	var b bytes.Buffer
	_, err := c.Write(&b, Stream(nil, slices.Concat([]reprise.Event{reprise.TextDelta{Text: "void"}}, again)...), true, nil)
	if err == nil || !strings.Contains(err.Error(), "began again") {
		t.Errorf("after some was sent: got %v", err)
	}
	if _, err := reprise.Collect(c.Read(&b)); reprise.KindOf(err) != reprise.KindServer {
		t.Errorf("after some was sent: the client sees %v", err)
	}
}

// brokenOff: an error of the events ends the answer: in a stream as a
// server's error, if it is one, and else as a stream that ends too early.
func (c Codec) brokenOff(t *testing.T) {
	half := reprise.TextDelta{Text: "so far"}
	kinds := map[reprise.Kind]reprise.Kind{
		reprise.KindOverloaded: reprise.KindOverloaded, reprise.KindRateLimit: reprise.KindRateLimit, reprise.KindServer: reprise.KindServer,
		reprise.KindQuota: reprise.KindQuota, reprise.KindTimeout: reprise.KindTimeout,
		reprise.KindCut: reprise.KindCut, reprise.KindNetwork: reprise.KindCut, reprise.KindCanceled: reprise.KindCut, reprise.KindBadResponse: reprise.KindCut,
	}
	for _, kind := range c.Tells {
		kinds[kind] = kind
	}
	for kind, want := range kinds {
		fault := &reprise.Error{Kind: kind, Err: errors.New("broke")}
		var b bytes.Buffer
		if _, err := c.Write(&b, Stream(fault, half), true, nil); err != fault {
			t.Errorf("%s: got error %v", kind, err)
		}
		got, err := reprise.Collect(c.Read(&b))
		if reprise.KindOf(err) != want || got.Text() != "so far" || want != reprise.KindCut && !strings.Contains(err.Error(), "broke") {
			t.Errorf("%s: read as %q and %v", kind, got.Text(), err)
		}
		for stream, events := range map[bool]iter.Seq2[reprise.Event, error]{true: Stream(fault), false: Stream(fault, half)} {
			b.Reset()
			if _, err := c.Write(&b, events, stream, nil); err != fault || b.Len() > 0 {
				t.Errorf("%s, stream %v: wrote %q, error %v", kind, stream, b.String(), err)
			}
		}
	}
}

func (c Codec) unfinished(t *testing.T) {
	for _, stream := range []bool{true, false} {
		if _, err := c.Write(io.Discard, Stream(nil, reprise.TextDelta{Text: "a"}), stream, nil); reprise.KindOf(err) != reprise.KindBadResponse {
			t.Errorf("stream %v: got %v", stream, err)
		}
	}
}
