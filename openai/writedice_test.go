package openai

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
)

// diceAnswer is one that the API can carry, read by a model of the dialect.
func diceAnswer(d *dice.Dice, dialect *Dialect) *reprise.Response {
	r := &reprise.Response{ID: "resp_id", Provider: dialect.name(), Model: "m", Reason: reprise.ReasonStop, Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{}}}
	g := given{Dice: d, dialect: dialect, response: r, stored: d.Yes(4)}
	for range d.Roll(6) {
		switch d.Roll(8) {
		case 0, 1, 2:
			g.message()
		case 3, 4:
			g.call()
		case 5, 6:
			g.reasoning()
		default:
			g.hosted()
		}
	}
	switch d.Roll(5) {
	case 1:
		g.incomplete(reprise.ReasonLength, "max_output_tokens")
	case 2:
		g.incomplete(reprise.ReasonContentFilter, "content_filter")
	case 3:
		g.incomplete(reprise.ReasonOther, "max_prompt_tokens")
	}
	if d.Yes(3) {
		g.extra("service_tier", `"flex"`)
	}
	if r.Usage = d.Usage(); r.Usage.Reasoning == nil {
		r.Usage.Reasoning = new(int64) // the API always tells
	}
	if dialect.Cost != "" && d.Yes(2) {
		r.Cost = ptr(reprise.USD(d.Roll(256) * d.Roll(256) * 7_900))
	}
	return r
}

// given makes parts as the API gives them: each has its Echo.
type given struct {
	*dice.Dice
	dialect  *Dialect
	response *reprise.Response
	stored   bool
}

func (g *given) add(p reprise.Part) {
	g.response.Message.Parts = append(g.response.Message.Parts, p)
}

func (g *given) number() int { return len(g.response.Message.Parts) }

func (g *given) extra(name, value string) {
	if g.response.Extra == nil {
		g.response.Extra = map[string]json.RawMessage{}
	}
	g.response.Extra[name] = json.RawMessage(value)
}

func (g *given) incomplete(r reprise.FinishReason, said string) {
	g.response.Reason = r
	g.extra("incomplete_details", `{"reason":"`+said+`"}`)
}

func (g *given) echo(e echo) *reprise.Echo {
	if g.stored {
		e.Response = g.response.ID
	}
	return e.pack(g.dialect)
}

func (g *given) message() {
	refuses := false
	item := json.RawMessage(fmt.Sprintf(`{"id":"msg_%d","status":"completed","phase":"final_answer"}`, g.number()))
	for i := range 1 + g.Roll(3) {
		t := reprise.Text{Text: g.Text(), Refusal: g.Yes(5)}
		e := echo{Index: i}
		if i == 0 {
			e.Item = item
		}
		if g.Yes(3) {
			e.Part = json.RawMessage(`{"logprobs":[{"token":"<x>","logprob":-1}]}`)
		}
		for range g.Roll(3) {
			n := utf8.RuneCountInString(t.Text)
			raw := fmt.Sprintf(`{"type":"url_citation","start_index":%d,"end_index":%d,"url":"https://example.org","title":"T"}`, n/2, n)
			at := len(string([]rune(t.Text)[:n/2]))
			t.Citations = append(t.Citations, reprise.Citation{URL: "https://example.org", Title: "T", Start: at, End: len(t.Text), Raw: json.RawMessage(raw)})
		}
		if len(t.Citations) > 0 && e.Part == nil {
			e.Part = json.RawMessage("{}")
		}
		t.Echo = g.echo(e)
		refuses = refuses || t.Refusal
		g.add(t)
	}
	if refuses && g.response.Reason == reprise.ReasonStop {
		g.response.Reason = reprise.ReasonRefusal
	}
}

func (g *given) call() {
	n := g.number()
	c := reprise.ToolCall{ID: fmt.Sprint("call_", n), Name: "f"}
	item := fmt.Sprintf(`{"id":"fc_%d","status":"completed"}`, n)
	switch g.Roll(6) {
	case 1:
		c.Args = `{"input":` + string(marshalled(g.Text())) + `}`
		item = fmt.Sprintf(`{"type":"custom_tool_call","id":"ctc_%d","status":"completed"}`, n)
	case 2:
		c.Name, c.Args = "computer", `{"action":{"type":"click","x":1},"pending_safety_checks":[]}`
		item = fmt.Sprintf(`{"type":"computer_call","id":"cu_%d","status":"completed"}`, n)
	default:
		c.Args = g.Args()
	}
	c.Echo = g.echo(echo{Item: json.RawMessage(item)})
	g.add(c)
	g.response.Reason = reprise.ReasonToolCalls
}

// marshalled is a string as the reader writes one.
func marshalled(s string) []byte {
	var e encoder
	e.String(s)
	return e.Buf
}

func (g *given) reasoning() {
	var pieces, texts []string
	field, kind := "summary", "summary_text"
	if g.Yes(3) {
		field, kind = "content", "reasoning_text"
	}
	for range g.Roll(4) {
		texts = append(texts, g.Text())
		if g.Yes(4) {
			texts[len(texts)-1] += "\n" // which is half of what is between two
		}
		pieces = append(pieces, fmt.Sprintf(`{"type":%q,"text":%s}`, kind, marshalled(texts[len(texts)-1])))
	}
	item := fmt.Sprintf(`{"id":"rs_%d","type":"reasoning",%q:[%s],"encrypted_content":"gAAA<+/="}`, g.number(), field, strings.Join(pieces, ","))
	g.add(reprise.Reasoning{Text: strings.Join(texts, between), Echo: &reprise.Echo{Provider: g.dialect.key(), Data: json.RawMessage(item)}})
}

func (g *given) hosted() {
	n := g.number()
	switch g.Roll(4) {
	case 0:
		g.add(reprise.Media{Type: "image/webp", Data: []byte("\x00PNG"), Echo: g.echo(echo{Item: json.RawMessage(fmt.Sprintf(`{"type":"image_generation_call","id":"ig_%d","status":"completed","output_format":"webp"}`, n))})})
	case 1:
		g.opaque("code_interpreter_call", `"code":"x = \"1\"\n","outputs":null,"container_id":"c"`)
	case 2:
		g.opaque("mcp_call", `"arguments":"{}","name":"f","server_label":"s","error":"it failed"`)
	default:
		g.opaque("tool_search_call", `"arguments":{"query":"x"}`)
	}
}

func (g *given) opaque(kind, members string) {
	item := fmt.Sprintf(`{"id":"x_%d","type":%q,"status":"completed",%s}`, g.number(), kind, members)
	g.add(reprise.Opaque{Provider: g.dialect.key(), Kind: kind, Data: json.RawMessage(item)})
}

// codec writes and reads answers of a dialect to a request.
func codec(d *Dialect, asked string) dice.Codec {
	return dice.Codec{
		Write: func(w io.Writer, events iter.Seq2[reprise.Event, error], stream bool, known *reprise.Response) ([]reprise.Warning, error) {
			return WriteResponse(w, events, Answer{Dialect: d, Stream: stream, Known: known, Asked: []byte(asked)})
		},
		Read: func(r io.Reader) iter.Seq2[reprise.Event, error] { return ReadResponse(r, d, nil) },
		Check: func(t *testing.T, written string, stream bool) {
			if stream {
				strict(t, written)
			}
		},
		Tells: []reprise.Kind{reprise.KindContextLength, reprise.KindContentFilter, reprise.KindInvalid},
	}
}

func writeAndRead(t *testing.T, d *dice.Dice) {
	dialects := Dialects()
	dialect := &dialects[d.Roll(len(dialects))]
	answer := diceAnswer(d, dialect)
	codec(dialect, "").RoundTrip(t, answer, d.Events(answer))
}

func TestWriteRoundTrip(t *testing.T) { dice.Test(t, 400, writeAndRead) }

func FuzzWriteResponse(f *testing.F) { dice.Fuzz(f, writeAndRead) }

func FuzzWriteAnything(f *testing.F) {
	dice.Fuzz(f, func(t *testing.T, d *dice.Dice) {
		codec(&openrouter, "").Anything(t, d, diceAnswer(d, &openrouter), "openai-responses/openrouter", "incomplete_details", "service_tier")
	})
}

func TestWritePromises(t *testing.T) { codec(&openai, "").Promises(t) }

// TestWriteRecordings writes what real answers were read as, and reads it as
// the same, but for white space between the tokens of JSON.
func TestWriteRecordings(t *testing.T) {
	sameJSON := cmp.Transformer("compact", func(raw json.RawMessage) string { return string(onOneLine(raw)) })
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for _, ex := range exchanges {
			c := codec(ex.dialect, ex.Request)
			c.Same = cmp.Options{sameJSON}
			c.Recording(t, ex.Response)
		}
	})
}
