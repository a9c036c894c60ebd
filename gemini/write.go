package gemini

import (
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
	Provider string // whose answer it is; empty: Google
	Stream   bool   // chunk for chunk; else as one JSON object
	List     bool   // the chunks of a stream are a JSON array, not events
	Turn     int    // how many answers came before: the ids of calls that have none are made of it
	// Known is what is known of the answer before it comes, as of a recorded
	// one: each chunk of a stream names its ID and Model, and a text that is
	// signed comes as one, with its signature. nil: only the last chunk has
	// the ID and the Model, which the Finish tells, and a signature comes in a
	// part of its own.
	Known   *reprise.Response
	Created time.Time // zero: it is not told. Only Vertex tells it
}

// AnswerTo reads from a request to a provider how it wants to be answered.
// What is wrong with the request is for [ReadRequest] to say.
func AnswerTo(u *url.URL, body []byte, provider string) Answer {
	_, model, _ := ReadURL(u)
	a := Answer{Provider: providerName(provider), Known: &reprise.Response{Model: model}}
	a.Stream = strings.HasSuffix(u.Path, ":streamGenerateContent")
	a.List = a.Stream && u.Query().Get("alt") != "sse"
	if req, err := ReadRequest(body, provider, model); err == nil {
		a.Turn = wire.Turn(req)
	}
	return a
}

// WriteResponse writes an answer as a server of the API does: the inverse of
// [ReadResponse]. A stream is written chunk for chunk as the events come, and
// flushed if w can; a whole answer is written when all of it is there. If w
// is an [http.ResponseWriter], its Content-Type is set.
//
// Texts that follow each other are one to whoever reads a stream. A call comes
// whole, once it is done, and its arguments without white space. What the API
// cannot carry is left out, and the warnings say so; those among the events
// are there too.
//
// An error of the events is returned. Before anything was written it is for
// [WriteError] to tell. In mid-stream it is written if it is one that servers
// tell; after any other (the answer was cut, the caller gave up) the stream
// just ends, and it is for the caller to break the connection.
func WriteResponse(w io.Writer, events iter.Seq2[reprise.Event, error], as Answer) ([]reprise.Warning, error) {
	a := newWriter(w, as)
	return a.Write(a, events, as.Known)
}

// writer is the [wire.Form] of the API. The events become parts of the
// message, which are sent one by one, or together at the end.
type writer struct {
	wire.Reply
	Answer
	enc encoder // of one part
	progress
}

func newWriter(w io.Writer, as Answer) *writer {
	as.Provider = providerName(as.Provider)
	return &writer{
		Answer: as, Reply: wire.Reply{Provider: as.Provider, W: w},
		enc: encoder{provider: as.Provider, answer: true},
	}
}

// progress is what a writer knows of the answer.
type progress struct {
	id, model string
	created   string       // when, as JSON
	parts     wire.Encoder // that were not sent, with commas between them
	sent      bool         // something of the part that is being written
	count     tally        // of the parts
	calls     bool         // there are some
	held      *heldRefusal
	text      int // bytes of the texts that are done
	cited     []citedText
	resume    string // continuationToken
	end       ending
}

// Restart implements [wire.Form].
func (a *writer) Restart() {
	a.progress = progress{}
	if a.Known != nil {
		a.id, a.model = a.Known.ID, a.Known.Model
		a.created = createTime(a.Known.Extra)
	}
	if a.created == "" && a.enc.provider == Vertex && !a.Created.IsZero() {
		a.created = `"` + a.Created.UTC().Format("2006-01-02T15:04:05.000000Z") + `"`
	}
}

// End implements [wire.Form].
func (a *writer) End() error {
	if a.Stream { // an empty text, as the API's last chunk often has
		a.parts.Raw([]byte(`{"text":""}`))
	}
	return a.chunk(true)
}

// chunk writes the parts that were not sent, as a chunk or as the whole
// answer. The last one tells the end.
func (a *writer) chunk(last bool) error {
	a.head()
	a.Key("candidates")
	a.Open('[')
	a.Open('{')
	a.Key("content")
	a.Open('{')
	if len(a.parts.Buf) > 0 {
		a.Key("parts")
		a.Open('[')
		a.Raw(a.parts.Buf)
		a.Close(']')
	}
	a.Field("role", "model")
	a.Close('}')
	a.members(a.end.candidate)
	a.Key("index")
	a.Int(0)
	a.Close('}')
	a.Close(']')
	a.members(a.end.answer)
	a.tail()
	a.parts.Buf = a.parts.Buf[:0]
	return a.send(last)
}

// head begins a chunk, or what comes in the place of one.
func (a *writer) head() {
	a.Buf = a.Buf[:0]
	switch {
	case !a.List:
		a.Open('{')
	case !a.Begun():
		a.Buf = append(a.Buf, "[{"...)
	default:
		a.Buf = append(a.Buf, ",\r\n{"...)
	}
}

func (a *writer) members(of []member) {
	for _, m := range of {
		a.Key(m.name)
		a.Raw(m.raw)
	}
}

// tail ends a chunk with what is in each of them.
func (a *writer) tail() {
	if a.model != "" {
		a.Field("modelVersion", a.model)
	}
	if a.created != "" {
		a.Key("createTime")
		a.Raw([]byte(a.created))
	}
	if a.id != "" {
		a.Field("responseId", a.id)
	}
	a.Close('}')
}

// send sends what is in Buf.
func (a *writer) send(last bool) error {
	if a.Stream && !a.List {
		return a.Send("", a.Buf)
	}
	if a.List && last {
		a.Close(']')
	}
	return a.Put(a.Buf, "application/json; charset=UTF-8")
}
