package openaichat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
)

// dice makes an answer, and events that tell it, out of bytes.
type dice struct{ data []byte }

// roll is a number below n; 0 when the bytes are used up.
func (d *dice) roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

var texts = []string{"Olá", "é😀\n\"\\/\t\x00", "<b> & \u2028 data: [DONE]\r\n\r\n", "日本語", `{"a":1}`, "x"}

func (d *dice) text() string {
	s := texts[d.roll(len(texts))]
	for range d.roll(4) {
		s += texts[d.roll(len(texts))]
	}
	return s
}

// answer is one that the API can carry, read by a model of the dialect.
func (d *dice) answer(dialect *Dialect) *reprise.Response {
	r := &reprise.Response{ID: "id", Provider: dialect.name(), Model: "m", Reason: reprise.ReasonStop, Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{}}}
	var reasoning, rest reprise.Parts
	if d.roll(2) == 1 {
		part := reprise.Reasoning{Text: d.text()}
		if dialect.Reasoning == ReasoningDetails && d.roll(2) == 1 {
			part.Echo = &reprise.Echo{Provider: dialect.name(), Data: json.RawMessage(`[{"type":"reasoning.text","text":"<hm>","signature":"s=","index":0},{"type":"reasoning.encrypted","data":"x"}]`)}
			part.Text = part.Text[:len(part.Text)*d.roll(2)]
		}
		reasoning = append(reasoning, part)
	}
	if d.roll(2) == 1 {
		part := reprise.Text{Text: d.text()}
		for range d.roll(3) {
			part.Citations = append(part.Citations, reprise.Citation{URL: "https://example.org", Title: d.text(), Quote: "q", Start: 0, End: len(part.Text)})
		}
		rest = append(rest, part)
	}
	refuses := d.roll(4) == 1
	if refuses {
		rest = append(rest, reprise.Text{Text: d.text(), Refusal: true})
		r.Reason = reprise.ReasonRefusal
	}
	for i := range d.roll(4) {
		args := []string{`{"x":1}`, `{ "x" : "` + "é😀" + `" }`, `{"x":`, "not JSON", "[]", "{}"}[d.roll(6)]
		rest = append(rest, reprise.ToolCall{ID: fmt.Sprint("c", i), Name: "f", Args: args})
		r.Reason = reprise.ReasonToolCalls
	}
	if d.roll(2) == 1 && dialect.Reasoning != ReasoningPieces { // there, text and reasoning are one content
		slices.Reverse(rest) // the calls stay together
	}
	r.Message.Parts = append(append(r.Message.Parts, reasoning...), rest...)
	if n := d.roll(5); n > 0 {
		r.Reason = []reprise.FinishReason{reprise.ReasonLength, reprise.ReasonContentFilter, reprise.ReasonRefusal, reprise.ReasonOther}[n-1]
	}
	d.count(r, dialect)
	return r
}

func (d *dice) count(r *reprise.Response, dialect *Dialect) {
	r.Usage = reprise.Usage{Input: int64(1 + d.roll(200)), Output: int64(d.roll(200))}
	r.Usage.CacheRead = r.Usage.Input / 2
	r.Usage.CacheWrite = int64(d.roll(2)) * r.Usage.Input / 4
	if d.roll(2) == 1 {
		r.Usage.Reasoning = ptr(r.Usage.Output / int64(1+d.roll(4)))
	}
	if dialect.Cost != "" && d.roll(2) == 1 {
		r.Cost = ptr(reprise.USD(d.roll(256) * d.roll(256) * 7_919))
	}
}

// events tell an answer: the parts begin in their order, and then go on as
// the dice fall.
func (d *dice) events(r *reprise.Response) []reprise.Event {
	var parts [][]reprise.Event
	for i, p := range r.Message.Parts {
		var evs []reprise.Event
		if d.roll(4) > 0 {
			evs = d.deltas(i, p)
		}
		if c, ok := p.(reprise.ToolCall); ok && c.Args == "{}" && d.roll(2) == 1 { // nothing means the same
			evs, p = nil, reprise.ToolCall{ID: c.ID, Name: c.Name}
		}
		parts = append(parts, append(evs, reprise.PartDone{Index: i, Part: p}))
	}
	var out []reprise.Event
	begun, left := 0, len(parts)
	for left > 0 {
		i := d.roll(min(begun+1, len(parts)))
		for len(parts[i]) == 0 {
			i = (i + 1) % min(begun+1, len(parts))
		}
		out = append(out, parts[i][0])
		parts[i] = parts[i][1:]
		begun = max(begun, i+1)
		if len(parts[i]) == 0 {
			left--
		}
	}
	return append(out, reprise.Finish{ID: r.ID, Provider: r.Provider, Model: r.Model, Reason: r.Reason, Usage: r.Usage, Cost: r.Cost})
}

func (d *dice) deltas(i int, p reprise.Part) []reprise.Event {
	var evs []reprise.Event
	split := func(s string, event func(piece string) reprise.Event) {
		for s != "" {
			n := 1 + d.roll(len(s))
			for n < len(s) && !utf8.RuneStart(s[n]) {
				n++
			}
			evs = append(evs, event(s[:n]))
			s = s[n:]
		}
	}
	switch p := p.(type) {
	case reprise.Text:
		split(p.Text, func(s string) reprise.Event { return reprise.TextDelta{Part: i, Text: s} })
	case reprise.Reasoning:
		split(p.Text, func(s string) reprise.Event { return reprise.ReasoningDelta{Part: i, Text: s} })
	case reprise.ToolCall:
		evs = append(evs, reprise.ArgsDelta{Part: i, ID: p.ID, Name: p.Name})
		split(p.Args, func(s string) reprise.Event { return reprise.ArgsDelta{Part: i, ID: p.ID, Name: p.Name, Args: s} })
	}
	return evs
}

// roundTrip checks that an answer that the bytes make is written and read as
// the same, streamed and whole.
func roundTrip(t *testing.T, data []byte) {
	t.Helper()
	d := &dice{data}
	dialects := append(Dialects(), Dialect{})
	dialect := &dialects[d.roll(len(dialects))]
	want := d.answer(dialect)
	events := d.events(want)
	for _, stream := range []bool{true, false} {
		var b bytes.Buffer
		warnings, err := WriteResponse(&b, streamOf(nil, events...), Answer{Dialect: dialect, Stream: stream, Known: want})
		if err != nil || warnings != nil {
			t.Fatalf("stream %v: %v, warnings %v", stream, err, warnings)
		}
		text := b.String()
		got, err := reprise.Collect(ReadResponse(&b, dialect, nil))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		raw := cmpopts.IgnoreFields(reprise.Citation{}, "Raw")
		if diff := cmp.Diff(want, got, raw, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, stream %v: %s\n(-want +got):\n%s", dialect.name(), stream, text, diff)
		}
	}
}

// rolls are as many throws of dice, always the same.
func rolls(n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		r := rand.New(rand.NewPCG(1, 2))
		for range n {
			data := make([]byte, 64)
			for i := range data {
				data[i] = byte(r.Uint32())
			}
			if !yield(data) {
				return
			}
		}
	}
}

func TestWriteRoundTrip(t *testing.T) {
	for data := range rolls(1000) {
		if roundTrip(t, data); t.Failed() {
			return
		}
	}
}

func FuzzWriteResponse(f *testing.F) {
	for data := range rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { roundTrip(t, data) })
}

// anything is an event of whatever the dice say.
func (d *dice) anything() reprise.Event {
	part, s := d.roll(4), append(texts, "\xff", "", "[", "{}", `[{"url_citation":`)[d.roll(len(texts)+5)]
	raw := json.RawMessage(s)
	echo := []*reprise.Echo{nil, {Provider: "openrouter", Data: raw}, {Provider: "x"}}[d.roll(3)]
	switch d.roll(12) {
	case 0, 1:
		return reprise.TextDelta{Part: part, Text: s}
	case 2:
		return reprise.ReasoningDelta{Part: part, Text: s}
	case 3, 4:
		return reprise.ArgsDelta{Part: part, ID: s, Name: texts[d.roll(2)], Args: s}
	case 5:
		return reprise.PartDone{Index: part, Part: reprise.Text{Text: s, Refusal: d.roll(2) == 1, Echo: echo, Citations: []reprise.Citation{{URL: s, Start: d.roll(9) - 4, End: d.roll(9), Raw: raw}}}}
	case 6:
		return reprise.PartDone{Index: part, Part: reprise.Reasoning{Text: s, Echo: echo}}
	case 7:
		return reprise.PartDone{Index: part, Part: reprise.ToolCall{ID: s, Name: s, Args: s, Echo: echo}}
	case 8:
		return reprise.PartDone{Index: part, Part: reprise.Media{Type: "audio", ID: s, Data: raw}}
	case 9:
		return reprise.Reset{Reason: s}
	case 10:
		return reprise.Warning{Message: s}
	}
	n := int64(d.roll(9))
	return reprise.Finish{
		ID: s, Model: s, Reason: reprise.FinishReason(s), Usage: reprise.Usage{Input: n, Reasoning: &n}, Cost: ptr(reprise.USD(-n)),
		Extra: map[string]json.RawMessage{"logprobs": raw, "service_tier": raw},
	}
}

// FuzzWriteAnything checks that whatever the events are, what is written is
// JSON, and read as an answer or an error.
func FuzzWriteAnything(f *testing.F) {
	for data := range rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data}
		known := d.answer(&openrouter)
		events := []reprise.Event{}
		for len(d.data) > 0 {
			events = append(events, d.anything())
		}
		for _, stream := range []bool{true, false} {
			var b bytes.Buffer
			_, err := WriteResponse(&b, streamOf(nil, events...), Answer{Dialect: &openrouter, Stream: stream, Known: known})
			if !stream && b.Len() > 0 && !json.Valid(b.Bytes()) {
				t.Errorf("not JSON: %s", b.Bytes())
			}
			for line := range strings.Lines(b.String()) {
				chunk, isData := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
				if stream && line != "\n" && (!isData || chunk != "[DONE]" && !json.Valid([]byte(chunk))) {
					t.Errorf("not a chunk: %q", line)
				}
			}
			_, readErr := reprise.Collect(ReadResponse(&b, &openrouter, nil))
			if (err == nil) != (readErr == nil) {
				t.Errorf("stream %v: written with the error %v, read with the error %v", stream, err, readErr)
			}
		}
	})
}

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same.
func TestWriteRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i, ex := range exchanges {
			d := ex.dialect(t)
			read := func(body io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(body, d, nil) }
			want, err := reprise.Collect(read(strings.NewReader(ex.Response.Body)))
			if err != nil {
				t.Fatal(err)
			}
			for _, stream := range []bool{true, false} {
				var b bytes.Buffer
				warnings, err := WriteResponse(&b, read(strings.NewReader(ex.Response.Body)), Answer{Dialect: d, Stream: stream, Known: want})
				if err != nil || !slices.Equal(warnings, want.Warnings) {
					t.Fatalf("exchange %d: %v, warnings %v", i, err, warnings)
				}
				got, err := reprise.Collect(read(&b))
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("exchange %d, stream %v: %v (-want +got):\n%s", i, stream, err, diff)
				}
			}
		}
	})
}
