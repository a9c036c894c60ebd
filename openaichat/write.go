package openaichat

import (
	"encoding/json"
	"io"
	"iter"
	"net/url"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// An Answer is the form in which an answer is written.
type Answer struct {
	Dialect *Dialect // the server's; nil: the plain API
	Stream  bool     // as an event stream; else as one JSON object
	// NoUsage leaves the usage out of a stream, as a server does that was
	// not asked for it.
	NoUsage bool
	// Known is what is known of the answer before it comes, as of a recorded
	// one: each chunk of a stream names its ID and Model, a text that is a
	// Refusal there is one from its first delta on, and hidden reasoning
	// comes in its place. nil: only the last chunks have the ID and the
	// Model, which the Finish tells, a refusal that comes in deltas is
	// content, and hidden reasoning comes when it is done.
	Known   *reprise.Response
	Created time.Time // zero: 1970, for nothing depends on the clock
}

// AnswerTo reads from a request how it wants to be answered. What is wrong
// with the request is for [ReadRequest] to say.
func AnswerTo(_ *url.URL, body []byte, d *Dialect) Answer {
	var asked struct {
		Model   string `json:"model"`
		Stream  bool   `json:"stream"`
		Options struct {
			Usage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	_ = json.Unmarshal(body, &asked)
	return Answer{
		Dialect: d, Stream: asked.Stream, NoUsage: !asked.Options.Usage && !d.NoUsageOption,
		Known: &reprise.Response{Model: asked.Model},
	}
}

// WriteResponse writes an answer as a server of the API does: the inverse of
// [ReadResponse]. A stream is written chunk for chunk as the events come, and
// flushed if w can; a whole answer is written when all of it is there. If w
// is an [http.ResponseWriter], its Content-Type is set.
//
// A message of the API has one text, one refusal and one reasoning; several
// of them are joined. What the API cannot carry is left out, and the warnings
// say so; those among the events are there too.
//
// An error of the events is returned. Before anything was written it is for
// [WriteError] to tell. In mid-stream it is written if it is one that servers
// tell; after any other (the answer was cut, the caller gave up) the stream
// just ends, and it is for the caller to break the connection.
func WriteResponse(w io.Writer, events iter.Seq2[reprise.Event, error], as Answer) ([]reprise.Warning, error) {
	a := newWriter(w, as)
	return a.Write(a, events, as.Known)
}

// writer is the [wire.Form] of the API. The events become additions to the
// message, which are sent one by one, or joined and written at the end.
type writer struct {
	wire.Reply
	Answer
	progress
}

func newWriter(w io.Writer, as Answer) *writer {
	if as.Dialect == nil {
		as.Dialect = &Dialect{}
	}
	return &writer{Answer: as, Reply: wire.Reply{Provider: as.Dialect.name(), W: w}}
}

// progress is what a writer knows of the answer.
type progress struct {
	id, model string
	part      int    // that is being written; -1: none
	place     string // of it
	empty     bool   // nothing of it was written
	calls     int
	refused   bool
	runes     int // of the texts that are done
	finish    *reprise.Finish
	message   []*joined // the places of a whole message, in the order in which they began
}

// Restart implements [wire.Form].
func (a *writer) Restart() {
	a.progress = progress{part: -1}
	if a.Known != nil {
		a.id, a.model = a.Known.ID, a.Known.Model
	}
}

// End implements [wire.Form].
func (a *writer) End() error {
	if a.Stream {
		return a.endStream()
	}
	return a.whole()
}

// add takes the next addition to the message.
func (a *writer) add(n addition) error {
	if !a.Stream {
		a.join(n)
		return nil
	}
	return a.chunk(func() { a.member(n) })
}

// chunk sends a chunk with the members of one delta. The last one has the
// finish reason.
func (a *writer) chunk(members func()) error {
	a.head("chat.completion.chunk")
	a.Key("choices")
	a.Open('[')
	a.Open('{')
	a.Key("index")
	a.Int(0)
	a.Key("delta")
	a.Open('{')
	if !a.Begun() {
		a.Field("role", "assistant")
	}
	members()
	a.Close('}')
	a.reason()
	a.Close('}')
	a.Close(']')
	a.tier()
	a.Close('}')
	return a.Send("", a.Buf)
}

func (a *writer) endStream() error {
	if err := a.chunk(func() {}); err != nil {
		return err
	}
	if a.counted() && !a.NoUsage {
		a.head("chat.completion.chunk")
		a.Key("choices")
		a.Raw([]byte("[]"))
		a.usage()
		a.Close('}')
		if err := a.Send("", a.Buf); err != nil {
			return err
		}
	}
	return a.Send("", done)
}

// whole writes the answer as one object.
func (a *writer) whole() error {
	a.head("chat.completion")
	a.Key("choices")
	a.Open('[')
	a.Open('{')
	a.Key("index")
	a.Int(0)
	a.Key("message")
	a.Open('{')
	a.Field("role", "assistant")
	a.members()
	a.Close('}')
	a.reason()
	a.Close('}')
	a.Close(']')
	if a.counted() {
		a.usage()
	}
	a.tier()
	a.Close('}')
	return a.Put(a.Buf, "application/json")
}

// head begins a chunk or a whole answer.
func (a *writer) head(object string) {
	created := int64(0)
	if !a.Created.IsZero() {
		created = a.Created.Unix()
	}
	a.Buf = a.Buf[:0]
	a.Open('{')
	a.Field("id", a.id)
	a.Field("object", object)
	a.Key("created")
	a.Int(created)
	a.Field("model", a.model)
}
