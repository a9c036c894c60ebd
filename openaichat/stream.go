package openaichat

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/sse"
	"github.com/repriselabs/reprise/internal/wire"
)

// stream decodes the chunks of one answer. It yields deltas as they come,
// and the parts when the answer is known to be whole: a later chunk may
// always add to an earlier part.
type stream struct {
	wire.Stream
	dialect *Dialect

	id, model string
	finish    string
	usage     reprise.Usage
	cost      *reprise.USD
	seen      bool   // a choice
	failure   []byte // the error of a choice
	odds      bool   // something that is not quite JSON was left out

	parts     []*draft // in the order in which they began
	text      *draft
	reasoning *draft
	refusal   *draft
	details   []byte // reasoning_details: the elements, each with a comma behind it
	citations []reprise.Citation
	sources   sources
	audio     *audio
	logprobs  []byte // the elements, each with a comma behind it
	others    []byte // further choices, in the same way
	tier      string
	beside    map[string]json.RawMessage // what stands beside the choices and is only reported
	output    string                     // the tool that stands in for structured output
	lastCall  *draft
	nextCall  call // the call that is being read
	eachCall  bool // calls are read that are whole: each element is another one
	isWhole   bool // the answer is no stream
	mold      mold
}

// draft is a part that is being written.
type draft struct {
	index    int // in the message
	b        strings.Builder
	done     reprise.Part // of a part that came as a whole
	isCall   bool
	isOutput bool  // a call that stands in for text
	isCustom bool  // a call whose arguments are text
	number   int64 // the call's index on the wire
	id       string
	name     string
	rest     map[string]json.RawMessage // what else a call has
	started  bool                       // an ArgsDelta was yielded
}

func newStream(d *Dialect, call *wire.Call, req *reprise.Request, yield func(reprise.Event, error) bool) *stream {
	s := &stream{Stream: wire.NewStream(call, req, yield), dialect: d}
	if req != nil && d.outputByTool(req) {
		s.output = outputName(req.Output)
	}
	return s
}

// chunk decodes one chunk of a stream, or an answer that came as a whole.
func (s *stream) chunk(ev sse.Event) {
	if s.fits(ev.Data) {
		return
	}
	s.mold.begin()
	s.Reset(ev.Data)
	if s.Peek() != '{' {
		s.odd(ev, nil)
		return
	}
	answer, failed, complaint := false, false, string(ev.Name) == "error"
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); string(key) {
		case "choices":
			answer = true
			place := 0
			for more := s.Open('['); more; more = s.Next(']') {
				s.choice(place)
				place++
			}
		case "usage":
			s.readUsage()
		case "id":
			s.id = s.once(s.id)
		case "model":
			s.model = s.once(s.model)
		case "service_tier":
			s.tier = s.once(s.tier)
		case "x_groq":
			s.readGroq()
		case "citations":
			s.readSources(false)
		case "search_results", "web_search": // Perplexity, Z.ai
			s.readSources(true)
		case "related_questions", "images", "videos": // Perplexity
			s.readBeside(string(key))
		case "error":
			failed = s.complaint() != nil
		case "message", "detail", "msg":
			complaint = true
			s.Skip()
		default:
			s.Skip()
		}
		if s.Stopped {
			return
		}
	}
	s.chunkEnd(ev, failed || complaint && !answer)
}

// chunkEnd ends a chunk, which may be an error.
func (s *stream) chunkEnd(ev sse.Event, failed bool) {
	switch err := s.End(); {
	case err != nil:
		s.odd(ev, err)
	case failed:
		s.Fail(s.Call.ErrorFrom(ev.Data, 0))
	case s.failure != nil:
		s.Fail(s.Call.ErrorFrom(append(append([]byte(`{"error":`), s.failure...), '}'), 0))
	default:
		s.mold.end(ev.Data)
	}
}

// once reads a string that is the same in every chunk.
func (s *stream) once(have string) string {
	if have != "" || s.Peek() != '"' {
		s.Skip()
		return have
	}
	return s.String()
}

// valid reads a value that is kept as it is; nil if there is none, or if it is
// not quite JSON, so that nothing could hold it.
func (s *stream) valid(what string) json.RawMessage {
	raw := s.Raw()
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case wire.Valid(raw):
		return bytes.Clone(raw)
	case !s.odds:
		s.odds = true
		s.Emit(reprise.Warning{Provider: s.Call.Provider, Code: reprise.WarnData, Message: what + " is not quite JSON and was left out"})
	}
	return nil
}

// odd fails for a chunk that cannot be understood.
func (s *stream) odd(ev sse.Event, err error) {
	if ev.Cut {
		s.Cut("was cut off in the middle of a chunk")
		return
	}
	s.Odd(s.Call.ErrorFrom(ev.Data, 0), err)
}

// addText adds to a text or reasoning part, which begins with its first
// byte.
func (s *stream) addText(part **draft, b []byte, reasoning bool) {
	s.mold.adds++
	d := *part
	if d == nil {
		d = s.begin()
		*part = d
	}
	from := d.b.Len()
	if from == 0 {
		d.b.Grow(max(len(b), firstText))
	}
	d.b.Write(b)
	added := d.b.String()[from:] // a view: what a Builder holds never changes
	if reasoning {
		s.Emit(reprise.ReasoningDelta{Part: d.index, Text: added})
	} else {
		s.Emit(reprise.TextDelta{Part: d.index, Text: added})
	}
}

// firstText is room for the first words of a text.
const firstText = 128

func (s *stream) begin() *draft {
	d := &draft{index: len(s.parts)}
	s.parts = append(s.parts, d)
	return d
}
