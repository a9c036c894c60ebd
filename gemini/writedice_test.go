package gemini

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
)

// diceAnswer is one that the API can carry, of provider.
func diceAnswer(d *dice.Dice, provider string) *reprise.Response {
	r := &reprise.Response{
		ID: "id", Provider: provider, Model: "m", Reason: reprise.ReasonStop, Message: reprise.Message{Role: reprise.RoleAssistant},
		Extra: map[string]json.RawMessage{"safetyRatings": json.RawMessage(`[{"category":"HARM_CATEGORY_HARASSMENT"}]`), "createTime": json.RawMessage(`"2026-03-12T18:06:04.325486Z"`)},
	}
	var last reprise.Part // texts that follow each other would be one
	for range d.Roll(6) {
		p := dicePart(d, provider, len(r.Message.Parts))
		if last != nil && fmt.Sprintf("%T", last) == fmt.Sprintf("%T", p) && !signedPart(p) && !signedPart(last) {
			continue
		}
		if _, call := p.(reprise.ToolCall); call {
			r.Reason = reprise.ReasonToolCalls
		}
		last = p
		r.Message.Parts = append(r.Message.Parts, p)
	}
	if n := d.Roll(6); n > 0 {
		r.Reason = []reprise.FinishReason{reprise.ReasonLength, reprise.ReasonContentFilter, reprise.ReasonOther, reprise.ReasonPause, reprise.ReasonPause}[n-1]
		finish := []string{"MAX_TOKENS", []string{"SAFETY", "IMAGE_SAFETY"}[d.Roll(2)], "OTHER", "CONTINUATION", "CONTINUATION"}[n-1]
		r.Extra["finishReason"] = escaped(finish)
		message := ""
		if d.Yes(2) {
			message = d.Text()
			r.Extra["finishMessage"] = escaped(message)
		}
		switch n {
		case 2:
			r.Message.Parts = append(r.Message.Parts, reprise.Text{Text: stopText(finish, message), Refusal: true})
		case 4:
			r.Message.Parts = append(r.Message.Parts, reprise.Opaque{Provider: provider, Kind: continuation, Data: json.RawMessage(`"token"`)})
		}
		r.Message.Paused = r.Reason == reprise.ReasonPause
	}
	r.Usage = d.Usage()
	r.Usage.CacheWrite = 0
	return r
}

// escaped is a text as Extra has it.
func escaped(text string) json.RawMessage {
	raw, _ := json.Marshal(text) // a string always marshals
	return raw
}

func signedPart(p reprise.Part) bool {
	switch p := p.(type) {
	case reprise.Text:
		return p.Echo != nil
	case reprise.Reasoning:
		return p.Echo != nil
	}
	return true
}

func dicePart(d *dice.Dice, provider string, index int) reprise.Part {
	var echo *reprise.Echo
	if d.Yes(3) {
		echo = &reprise.Echo{Provider: provider, Data: json.RawMessage(`{"thoughtSignature":"s<=/+","x":[1,{"y":"\u2028"}]}`)}
	}
	switch d.Roll(7) {
	case 0, 1:
		t := reprise.Text{Text: d.Text(), Echo: echo}
		for i := range d.Roll(3) {
			c := reprise.Citation{URL: fmt.Sprint("https://example.org/", index, i), Title: d.Text(), Start: 0, End: len(t.Text)}
			if d.Yes(2) {
				c.Quote = "q"
			}
			t.Citations = append(t.Citations, c)
		}
		return t
	case 2:
		return reprise.Reasoning{Text: d.Text(), Echo: echo}
	case 3, 4:
		id := []string{fmt.Sprint("c", index), callID(0, index), callID(7, 3)}[d.Roll(3)]
		return reprise.ToolCall{ID: id, Name: "f", Args: []string{`{"x":1}`, `{"x":"<é😀>","y":[null,1.50]}`, "{}"}[d.Roll(3)], Echo: echo}
	case 5:
		return reprise.Media{Type: "image/png", Data: []byte(d.Text()), Echo: echo}
	}
	return []reprise.Part{
		reprise.Opaque{Provider: provider, Kind: "executableCode", Data: json.RawMessage(`{"executableCode":{"language":"PYTHON","code":"print(1)\n"}}`)},
		reprise.Opaque{Provider: provider, Kind: "thoughtSignature", Data: json.RawMessage(`{"text":"","thoughtSignature":"s"}`)},
		reprise.Media{Type: "video/mp4", URL: "https://example.org/v", Echo: echo},
	}[d.Roll(3)]
}

// different tells how an answer that was read again differs, but for the
// counts and the sources in the API's own form, which it has too.
func different(want, got *reprise.Response) string {
	delete(got.Extra, "usageMetadata")
	delete(got.Extra, "groundingMetadata")
	return cmp.Diff(want, got, cmpopts.IgnoreFields(reprise.Citation{}, "Raw"), cmpopts.EquateEmpty())
}

// forms are the ways in which an answer is written.
func forms(as Answer) []Answer {
	all := []Answer{as, as, as}
	all[0].Stream, all[0].List = true, false
	all[1].Stream, all[1].List = true, true
	all[2].Stream, all[2].List = false, false
	return all
}

// writeAndRead checks that an answer that the bytes make is written and read as
// the same, in each form.
func writeAndRead(t *testing.T, data []byte) {
	t.Helper()
	d := &dice.Dice{Data: data}
	provider := []string{Google, Vertex, "127.0.0.1"}[d.Roll(3)]
	want := diceAnswer(d, provider)
	events := d.Events(want)
	for _, as := range forms(Answer{Provider: provider, Known: want}) {
		var b bytes.Buffer
		warnings, err := WriteResponse(&b, dice.Stream(nil, events...), as)
		if err != nil || warnings != nil {
			t.Fatalf("%+v: %v, warnings %v", as, err, warnings)
		}
		text := b.String()
		got, err := reprise.Collect(ReadResponse(&b, provider, nil))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if diff := different(want, got); diff != "" {
			t.Errorf("stream %v, list %v: %s\n(-want +got):\n%s", as.Stream, as.List, text, diff)
		}
	}
}

func TestWriteRoundTrip(t *testing.T) {
	for data := range dice.Rolls(500) {
		if writeAndRead(t, data); t.Failed() {
			return
		}
	}
}

func FuzzWriteResponse(f *testing.F) {
	for data := range dice.Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { writeAndRead(t, data) })
}

// FuzzWriteAnything checks that whatever the events are, what is written is
// JSON, and read as an answer or an error.
func FuzzWriteAnything(f *testing.F) {
	for data := range dice.Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice.Dice{Data: data}
		known := diceAnswer(d, Vertex)
		events := []reprise.Event{}
		for len(d.Data) > 0 {
			events = append(events, d.Anything(Vertex, "finishReason", "finishMessage", "usageMetadata", "groundingMetadata", "promptFeedback", "createTime"))
		}
		for _, as := range forms(Answer{Provider: Vertex, Known: known}) {
			var b bytes.Buffer
			_, err := WriteResponse(&b, dice.Stream(nil, events...), as)
			wellFormed(t, as, b.String(), err)
			_, readErr := reprise.Collect(ReadResponse(&b, Vertex, nil))
			if (err == nil) != (readErr == nil) {
				t.Errorf("%+v: written with the error %v, read with the error %v", as, err, readErr)
			}
		}
	})
}

// wellFormed checks what was written before the error.
func wellFormed(t *testing.T, as Answer, body string, err error) {
	t.Helper()
	if !as.Stream || as.List {
		if body != "" && !json.Valid([]byte(body)) && err == nil {
			t.Errorf("not JSON: %s", body)
		}
		return
	}
	for line := range strings.Lines(body) {
		chunk, isData := strings.CutPrefix(line, "data: ")
		if line != "\n" && (!isData || !json.Valid([]byte(chunk))) {
			t.Errorf("not a chunk: %q", line)
		}
	}
}

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same.
func TestWriteRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, x := range exchanges {
			req := x.read(t)
			read := func(body io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(body, x.provider, req) }
			want := x.answer(t, req)
			as := AnswerTo(x.URL, []byte(x.Request), x.provider)
			if as.Stream != x.streamed() || as.List {
				t.Errorf("exchange %d: read as %+v", i, as)
			}
			as.Known = want
			for _, as := range forms(as) {
				var b bytes.Buffer
				warnings, err := WriteResponse(&b, read(strings.NewReader(x.Response)), as)
				if err != nil || !slices.Equal(warnings, want.Warnings) {
					t.Fatalf("exchange %d: %v, warnings %v", i, err, warnings)
				}
				text := b.String()
				got, err := reprise.Collect(read(&b))
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("exchange %d, stream %v: %v (-want +got):\n%s", i, as.Stream, err, diff)
				}
				if as.List {
					continue
				}
				if diff := cmp.Diff(rawFacts(t, x.Response), rawFacts(t, text)); diff != "" {
					t.Errorf("exchange %d, stream %v: the raw answer (-recorded +written):\n%s", i, as.Stream, diff)
				}
			}
		}
	})
}
