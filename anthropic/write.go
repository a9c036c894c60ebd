package anthropic

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/eventstream"
	"github.com/repriselabs/reprise/internal/wire"
)

// An Answer is the form in which an answer is written.
type Answer struct {
	Provider string // who serves it, as in [ReadResponse]; empty: Anthropic itself
	Bedrock  bool   // as Bedrock does: a stream is in frames, and errors are of its own
	Stream   bool   // else as one JSON object
	Turn     int    // how many answers came before this one: ids that are missing are made from it
	// Known is what is known of the answer before it comes, as of a recorded
	// one: a stream begins with its ID, its Model and its Usage of the input,
	// and each block with what is in its Echo. nil: the Finish tells the ID
	// and the Model, and a part's end its Echo, too late for a stream.
	Known *reprise.Response
}

// AnswerTo reads from a request how it wants to be answered: the address
// tells for Bedrock and Vertex. What is wrong with the request is for
// [ReadRequest] to say.
func AnswerTo(u *url.URL, body []byte, provider string) Answer {
	var asked struct {
		Model    string `json:"model"`
		Stream   bool   `json:"stream"`
		Messages []struct {
			Role reprise.Role `json:"role"`
		} `json:"messages"`
	}
	_ = json.Unmarshal(body, &asked)
	as := Answer{Provider: provider, Stream: asked.Stream, Known: &reprise.Response{Model: asked.Model}}
	for _, m := range asked.Messages {
		if m.Role == reprise.RoleAssistant {
			as.Turn++
		}
	}
	if name := ModelOf(u); name != "" {
		as.Known.Model = name
	}
	streamed := strings.HasSuffix(u.Path, "/invoke-with-response-stream")
	switch {
	case streamed, strings.HasSuffix(u.Path, "/invoke"):
		as.Bedrock, as.Stream = true, streamed
	case strings.HasSuffix(u.Path, ":streamRawPredict"):
		as.Stream = true
	}
	return as
}

// WriteResponse writes an answer as a server of the API does: the inverse of
// [ReadResponse]. A stream is written event for event as the events come, and
// flushed if w can; a whole answer is written when all of it is there. If w
// is an [http.ResponseWriter], its Content-Type is set.
//
// What the API cannot carry is left out, and the warnings say so; those among
// the events are there too. Arguments of a call that are no JSON object are
// streamed as they are, and are {"INVALID_JSON": "…"} in a whole answer.
//
// An error of the events is returned. Before anything was written it is for
// [WriteError] to tell. In mid-stream it is written if it is one that servers
// tell; after any other (the answer was cut, the caller gave up) the stream
// just ends, and it is for the caller to break the connection.
func WriteResponse(w io.Writer, events iter.Seq2[reprise.Event, error], as Answer) ([]reprise.Warning, error) {
	a := newWriter(w, as)
	return a.Write(a, events, as.Known)
}

// writer is the [wire.Form] of the API.
type writer struct {
	wire.Reply
	Answer
	draft
}

func newWriter(w io.Writer, as Answer) *writer {
	if as.Provider == "" {
		as.Provider = API
	}
	return &writer{Answer: as, Reply: wire.Reply{Provider: as.Provider, W: w}}
}

// draft is what a writer has of the answer.
type draft struct {
	id, model string
	part      int    // that is being written; -1: none
	start     []byte // its block, as it began
	blocks    int    // that are done
	refusals  []int  // the parts that are one
	content   wire.Encoder
	finish    *reprise.Finish
	extras    []extra // of the start of a stream, then of the end
}

// Restart implements [wire.Form].
func (a *writer) Restart() {
	a.draft = draft{part: -1}
	if a.Known != nil {
		a.id, a.model = a.Known.ID, a.Known.Model
	}
}

// End implements [wire.Form].
func (a *writer) End() error {
	if !a.Stream {
		a.Buf = a.Buf[:0]
		a.message(a.finish.Usage)
		return a.Put(a.Buf, "application/json")
	}
	if err := a.endMessage(); err != nil {
		return err
	}
	a.head(messageStop)
	a.extra(atStop)
	return a.send(messageStop)
}

// begin begins a stream.
func (a *writer) begin() error {
	if a.Begun() {
		return nil
	}
	var read reprise.Usage
	if a.Known != nil {
		read = a.Known.Usage
		read.Output, read.Reasoning = 0, nil
		a.extras = a.early(a.Known.Extra)
	}
	a.head(messageStart)
	a.Key("message")
	a.message(read)
	return a.send(messageStart)
}

// message writes the message: whole, or as it begins.
func (a *writer) message(u reprise.Usage) {
	if a.id == "" {
		a.id = fmt.Sprintf("msg_%d", a.Turn)
	}
	a.Open('{')
	a.Field("model", a.model)
	a.Field("id", a.id)
	a.Field("type", "message")
	a.Field("role", string(reprise.RoleAssistant))
	a.Key("content")
	a.Open('[')
	a.Buf = append(a.Buf, a.content.Buf...)
	a.Close(']')
	a.reason()
	if a.finish != nil {
		a.extra(inEvent)
		a.extra(atStop)
	}
	a.usage(u, true)
	a.Close('}')
}

// head begins an event.
func (a *writer) head(kind string) {
	a.Buf = a.Buf[:0]
	a.Open('{')
	a.Field("type", kind)
}

// send ends an event and sends it: by itself, or in a chunk of Bedrock's.
func (a *writer) send(kind string) error {
	a.Close('}')
	if !a.Bedrock {
		return a.Send(kind, a.Buf)
	}
	chunk := append([]byte(`{"bytes":"`), base64.StdEncoding.EncodeToString(a.Buf)...)
	return a.frame(append(chunk, `"}`...), ":event-type", "chunk", ":content-type", "application/json", ":message-type", "event")
}

func (a *writer) frame(payload []byte, headers ...string) error {
	return a.Put(eventstream.Append(nil, payload, headers...), "application/vnd.amazon.eventstream")
}
