// Package dice makes answers and their events out of bytes, for tests that
// write them in the words of an API and read them back.
package dice

import (
	"encoding/json"
	"iter"
	"math/rand/v2"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
)

// Dice are bytes that decide. When they are used up, every roll is 0.
type Dice struct{ Data []byte }

// Rolls are n throws of dice, always the same.
func Rolls(n int) iter.Seq[[]byte] {
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

// Roll is a number below n.
func (d *Dice) Roll(n int) int {
	if len(d.Data) == 0 {
		return 0
	}
	b := d.Data[0]
	d.Data = d.Data[1:]
	return int(b) % n
}

// Yes is one time in n.
func (d *Dice) Yes(n int) bool { return d.Roll(n) == 1 }

var texts = []string{"Olá", "é😀\n\"\\/\t\x00", "<b> & \u2028 data: [DONE]\r\n\r\n", "日本語", `{"a":1}`, "x"}

// Text is some text, never empty.
func (d *Dice) Text() string {
	s := texts[d.Roll(len(texts))]
	for range d.Roll(4) {
		s += texts[d.Roll(len(texts))]
	}
	return s
}

// Args are the arguments of a call, which may not be JSON, nor an object.
func (d *Dice) Args() string {
	return []string{`{"x":1}`, `{ "x" : "` + "é😀" + `" }`, `{"x":`, "not JSON", "[]", "{}"}[d.Roll(6)]
}

// Usage is what an answer took.
func (d *Dice) Usage() reprise.Usage {
	u := reprise.Usage{Input: int64(1 + d.Roll(200)), Output: int64(d.Roll(200))}
	u.CacheRead = u.Input / 2
	u.CacheWrite = int64(d.Roll(2)) * u.Input / 4
	if d.Yes(2) {
		n := u.Output / int64(1+d.Roll(4))
		u.Reasoning = &n
	}
	return u
}

// Events tell an answer: the parts begin in their order, and then go on as
// the dice fall.
func (d *Dice) Events(r *reprise.Response) []reprise.Event {
	var parts [][]reprise.Event
	for i, p := range r.Message.Parts {
		var evs []reprise.Event
		if d.Roll(4) > 0 {
			evs = d.deltas(i, p)
		}
		if c, ok := p.(reprise.ToolCall); ok && c.Args == "{}" && c.Echo == nil && d.Yes(2) { // nothing means the same
			evs, p = nil, reprise.ToolCall{ID: c.ID, Name: c.Name}
		}
		parts = append(parts, append(evs, reprise.PartDone{Index: i, Part: p}))
	}
	var out []reprise.Event
	begun, left := 0, len(parts)
	for left > 0 {
		i := d.Roll(min(begun+1, len(parts)))
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
	return append(out, reprise.Finish{ID: r.ID, Provider: r.Provider, Model: r.Model, Reason: r.Reason, Usage: r.Usage, Cost: r.Cost, Extra: r.Extra})
}

func (d *Dice) deltas(i int, p reprise.Part) []reprise.Event {
	var evs []reprise.Event
	split := func(s string, event func(piece string) reprise.Event) {
		for s != "" {
			n := 1 + d.Roll(len(s))
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

// Anything is an event of whatever the dice say. Its Echos are of provider,
// or of another; its Finish has extra fields of these names.
func (d *Dice) Anything(provider string, extra ...string) reprise.Event {
	part, s := d.Roll(4), append(texts, "\xff", "", "[", "{}", `[{"url_citation":`)[d.Roll(len(texts)+5)]
	raw := json.RawMessage(s)
	echo := []*reprise.Echo{nil, {Provider: provider, Data: raw}, {Provider: "x"}}[d.Roll(3)]
	switch d.Roll(13) {
	case 0, 1:
		return reprise.TextDelta{Part: part, Text: s}
	case 2:
		return reprise.ReasoningDelta{Part: part, Text: s}
	case 3, 4:
		return reprise.ArgsDelta{Part: part, ID: s, Name: texts[d.Roll(2)], Args: s}
	case 5:
		return reprise.PartDone{Index: part, Part: reprise.Text{Text: s, Refusal: d.Yes(2), Echo: echo, Citations: []reprise.Citation{{URL: s, Start: d.Roll(9) - 4, End: d.Roll(9), Raw: raw}}}}
	case 6:
		return reprise.PartDone{Index: part, Part: reprise.Reasoning{Text: s, Echo: echo}}
	case 7:
		return reprise.PartDone{Index: part, Part: reprise.ToolCall{ID: s, Name: s, Args: s, Echo: echo}}
	case 8:
		return reprise.PartDone{Index: part, Part: reprise.Media{Type: "audio", ID: s, Data: raw}}
	case 9:
		return reprise.PartDone{Index: part, Part: reprise.Opaque{Provider: provider, Kind: s, Data: raw}}
	case 10:
		return reprise.Reset{Reason: s}
	case 11:
		return reprise.Warning{Message: s}
	}
	n, cost := int64(d.Roll(9)), reprise.USD(-d.Roll(9))
	f := reprise.Finish{ID: s, Model: s, Reason: reprise.FinishReason(s), Usage: reprise.Usage{Input: n, Reasoning: &n}, Cost: &cost, Extra: map[string]json.RawMessage{}}
	for _, name := range extra {
		f.Extra[name] = raw
	}
	return f
}

// Stream yields events, and then an error if there is one.
func Stream(err error, events ...reprise.Event) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		for _, ev := range events {
			if !yield(ev, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}
