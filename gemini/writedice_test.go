package gemini

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
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

// again is what differs in an answer that was read again: it has the counts
// and the sources in the API's own form, too.
var again = cmp.Options{
	cmpopts.IgnoreMapEntries(func(name string, _ json.RawMessage) bool {
		return name == "usageMetadata" || name == "groundingMetadata"
	}),
	cmpopts.IgnoreFields(reprise.Citation{}, "Raw"), cmpopts.EquateEmpty(),
}

// forms are the ways in which an answer is written.
func forms(as Answer) []Answer {
	all := []Answer{as, as, as}
	all[0].Stream, all[0].List = true, false
	all[1].Stream, all[1].List = true, true
	all[2].Stream, all[2].List = false, false
	return all
}

// codec writes and reads answers to req: streams as events, or as lists.
func codec(as Answer, req *reprise.Request, list bool) dice.Codec {
	c := dice.Codec{
		Write: func(w io.Writer, events iter.Seq2[reprise.Event, error], stream bool, known *reprise.Response) ([]reprise.Warning, error) {
			as.Stream, as.List, as.Known = stream, stream && list, known
			return WriteResponse(w, events, as)
		},
		Read:  func(r io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(r, as.Provider, req) },
		Tells: []reprise.Kind{reprise.KindContextLength, reprise.KindContentFilter},
	}
	if !list {
		c.Check = dice.Chunks
	}
	return c
}

func writeAndRead(t *testing.T, d *dice.Dice) {
	provider := []string{Google, Vertex, "127.0.0.1"}[d.Roll(3)]
	answer := diceAnswer(d, provider)
	events := d.Events(answer)
	for _, list := range []bool{false, true} {
		c := codec(Answer{Provider: provider}, nil, list)
		c.Same = again
		c.RoundTrip(t, answer, events)
	}
}

func TestWriteRoundTrip(t *testing.T) { dice.Test(t, 500, writeAndRead) }

func FuzzWriteResponse(f *testing.F) { dice.Fuzz(f, writeAndRead) }

func FuzzWriteAnything(f *testing.F) {
	dice.Fuzz(f, func(t *testing.T, d *dice.Dice) {
		known := diceAnswer(d, Vertex)
		for _, list := range []bool{false, true} {
			codec(Answer{Provider: Vertex}, nil, list).Anything(t, &dice.Dice{Data: d.Data}, known, Vertex,
				"finishReason", "finishMessage", "usageMetadata", "groundingMetadata", "promptFeedback", "createTime")
		}
	})
}

func TestWritePromises(t *testing.T) {
	for _, list := range []bool{false, true} {
		codec(Answer{}, nil, list).Promises(t)
	}
}

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same.
func TestWriteRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, x := range exchanges {
			as := AnswerTo(x.URL, []byte(x.Request), x.provider)
			if as.Stream != x.streamed() || as.List {
				t.Errorf("exchange %d: read as %+v", i, as)
			}
			req := x.read(t)
			codec(as, req, true).Recording(t, x.Response)
			c := codec(as, req, false)
			c.Check = func(t *testing.T, written string, _ bool) {
				if d := cmp.Diff(rawFacts(t, x.Response), rawFacts(t, written)); d != "" {
					t.Errorf("exchange %d: the raw answer (-recorded +written):\n%s", i, d)
				}
			}
			c.Recording(t, x.Response)
		}
	})
}
