package openai

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// An Answer is the form in which an answer is written.
type Answer struct {
	Dialect *Dialect // the server's; nil: OpenAI's
	Stream  bool     // as an event stream; else as one JSON object
	// Asked is the body of the request, whose settings (tools, temperature,
	// …) the answer repeats. nil: those of a request that has none.
	Asked []byte
	// Known is what is known of the answer before it comes, as of a recorded
	// one: its ID and Model, the ids of its items, how reasoning falls into
	// summaries, which texts are refusals. nil: ids are made, only the last
	// event has the ID and the Model that the Finish tells, and a refusal
	// that comes in deltas is a text.
	Known   *reprise.Response
	Created time.Time // zero: 1970, for nothing depends on the clock
}

// AnswerTo reads from a request how it wants to be answered. What is wrong
// with the request is for [ReadRequest] to say.
func AnswerTo(_ *url.URL, body []byte, d *Dialect) Answer {
	var asked struct {
		Model  string `json:"model"`
		Stream bool   `json:"stream"`
	}
	_ = json.Unmarshal(body, &asked)
	return Answer{Dialect: d, Stream: asked.Stream, Asked: body, Known: &reprise.Response{Model: asked.Model}}
}

// WriteResponse writes an answer as a server of the API does: the inverse of
// [ReadResponse]. A stream is written event for event, and flushed if w can; a
// whole answer is written when all of it is there. If w is an
// [http.ResponseWriter], its Content-Type is set.
//
// Texts that are not known to be messages of their own are pieces of one.
// What the API cannot carry is left out, and the warnings say so; those among
// the events are there too.
//
// An error of the events is returned. Before anything was written it is for
// [WriteError] to tell. In mid-stream it is written if it is one that servers
// tell; after any other (the answer was cut, the caller gave up) the stream
// just ends, and it is for the caller to break the connection.
func WriteResponse(w io.Writer, events iter.Seq2[reprise.Event, error], as Answer) ([]reprise.Warning, error) {
	a := newWriter(w, as)
	return a.Write(a, events, as.Known)
}

// writer is the [wire.Form] of the API. A part becomes an item, or a piece of
// a message; a stream also tells how it came to be.
type writer struct {
	wire.Reply
	Answer
	settings map[string]json.RawMessage // as asked
	progress
}

func newWriter(w io.Writer, as Answer) *writer {
	as.Dialect = as.Dialect.orOpenAI()
	a := &writer{Answer: as, Reply: wire.Reply{Provider: as.Dialect.name(), W: w}}
	_ = json.Unmarshal(as.Asked, &a.settings) // what cannot be read asks for nothing
	return a
}

// progress is what a writer knows of the answer.
type progress struct {
	id, model string
	made      string    // stands for the id where it is not known
	sequence  int64     // of the next event
	output    [][]byte  // the items that are done
	part      int       // that is being written; -1: none
	item      string    // the id of the item that is being written
	message   *message  // that is being written; nil: none
	call      *calling  // the last one
	thought   *thinking // the last one
	calls     bool
	refused   bool
	finish    *reprise.Finish
}

// Restart implements [wire.Form].
func (a *writer) Restart() {
	a.progress = progress{part: -1}
	if a.Known != nil {
		a.id, a.model = a.Known.ID, a.Known.Model
	}
	if a.id == "" {
		req, _ := ReadRequest(a.Asked, a.Dialect) // one that is wrong has no turns
		a.made = fmt.Sprintf("resp_%d", wire.Turn(req))
	}
}

// Event implements [wire.Form].
func (a *writer) Event(ev reprise.Event) error {
	if a.Stream && !a.Begun() {
		if err := a.start(); err != nil {
			return err
		}
	}
	switch ev := ev.(type) {
	case reprise.TextDelta:
		return a.text(ev.Part, ev.Text)
	case reprise.ReasoningDelta:
		return a.reasoning(ev.Part, ev.Text)
	case reprise.ArgsDelta:
		return a.args(ev)
	case reprise.PartDone:
		return a.partDone(ev.Index, ev.Part)
	case reprise.Finish:
		return a.finished(ev)
	}
	return fmt.Errorf("%s cannot write a %T", API, ev)
}

func (a *writer) partDone(part int, p reprise.Part) error {
	switch p := p.(type) {
	case reprise.Text:
		return a.textDone(part, p)
	case reprise.Reasoning:
		return a.reasoningDone(part, p)
	case reprise.ToolCall:
		return a.callDone(part, p)
	case reprise.Media:
		return a.mediaDone(p)
	case reprise.Opaque:
		return a.opaqueDone(p)
	}
	a.Dropped("a %T in an answer: the API cannot carry it", p)
	return nil
}

// End implements [wire.Form].
func (a *writer) End() error {
	if a.Stream {
		return a.send("response."+a.status(), func() { a.response(a.status()) })
	}
	a.Buf = a.Buf[:0]
	a.answer(a.status())
	return a.Put(a.Buf, "application/json")
}

// start tells that there will be an answer.
func (a *writer) start() error {
	for _, event := range []string{"response.created", "response.in_progress"} {
		if err := a.send(event, func() { a.response(statusInProgress) }); err != nil {
			return err
		}
	}
	return nil
}

// send sends an event with these members, if there is a stream.
func (a *writer) send(event string, members func()) error {
	if !a.Stream {
		return nil
	}
	a.Buf = a.Buf[:0]
	a.Open('{')
	a.Field("type", event)
	members()
	a.count("sequence_number", a.sequence)
	a.Close('}')
	a.sequence++
	return a.Send(event, a.Buf)
}

// known is a part as it is known to become, or nil.
func (a *writer) known(part int) reprise.Part {
	if a.Known == nil || part >= len(a.Known.Message.Parts) {
		return nil
	}
	return a.Known.Message.Parts[part]
}

// begin reports whether a part is not the one that is being written, which it
// is from now on.
func (a *writer) begin(part int) bool {
	first := a.part != part
	a.part = part
	return first
}

// makeID makes the id of the next item: the same for the same answer.
func (a *writer) makeID(prefix string) string {
	return fmt.Sprintf("%s_%s_%d", prefix, strings.TrimPrefix(cmp.Or(a.id, a.made), "resp_"), len(a.output))
}
