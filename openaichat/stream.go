package openaichat

import (
	"errors"
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
	seen      bool // a choice

	parts     []*draft // in the order in which they began
	text      *draft
	reasoning *draft
	refusal   *draft
	details   []byte // reasoning_details: the elements, each with a comma behind it
	citations []reprise.Citation
	audio     *audio
	logprobs  []byte // the elements, each with a comma behind it
	tier      string
	output    string // the tool that stands in for structured output
	lastCall  *draft
	nextCall  call // the call that is being read
	mold      mold
}

// draft is a part that is being written.
type draft struct {
	index    int // in the message
	b        strings.Builder
	isCall   bool
	isOutput bool  // a call that stands in for text
	number   int64 // the call's index on the wire
	id       string
	name     string
	started  bool // an ArgsDelta was yielded
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
	answer, complaint := false, string(ev.Name) == "error"
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "choices":
			answer = true
			for more := s.Open('['); more; more = s.Next(']') {
				s.choice()
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
			s.readSources()
		case "error":
			if !s.Null() {
				complaint, answer = true, false
				s.Skip()
			}
		case "message", "detail":
			complaint = true
			s.Skip()
		default:
			s.Skip()
		}
		if s.Stopped {
			return
		}
	}
	switch err := s.End(); {
	case err != nil:
		s.odd(ev, err)
	case complaint && !answer:
		s.Fail(s.Call.ErrorFrom(ev.Data, 0))
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

// odd fails for a chunk that cannot be understood.
func (s *stream) odd(ev sse.Event, err error) {
	if ev.Cut {
		s.Cut("was cut off in the middle of a chunk")
		return
	}
	s.Odd(s.Call.ErrorFrom(ev.Data, 0), err)
}

// choice decodes an element of choices. Only the first choice is asked for;
// others are passed over.
func (s *stream) choice() {
	other := false
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); {
		case string(key) == "index":
			other = s.Int() != 0
		case other:
			s.Skip()
		case string(key) == "delta":
			s.seen = true
			s.delta()
		case string(key) == "message":
			s.seen = true
			s.message()
		case string(key) == "finish_reason":
			s.seen = true
			if reason := s.Bytes(); len(reason) > 0 && s.finish == "" {
				s.finish = string(reason)
			}
		case string(key) == "usage": // Moonshot
			s.readUsage()
		case string(key) == "logprobs":
			s.readLogprobs()
		default:
			s.Skip()
		}
	}
}

// message decodes a whole message: reasoning goes before the text, wherever
// it stands.
func (s *stream) message() {
	s.mold.spoil()
	raw := s.Raw()
	if s.Err() != nil {
		return
	}
	outer := s.Decoder
	s.Reset(raw)
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "reasoning_content", "reasoning":
			s.readReasoning()
		case "reasoning_details":
			s.readDetails()
		default:
			s.Skip()
		}
	}
	s.Reset(raw)
	s.members(false)
	if s.Err() == nil {
		s.Decoder = outer
	}
}

// delta decodes what a chunk adds.
func (s *stream) delta() { s.members(true) }

func (s *stream) members(reasoning bool) {
	reasoned := !reasoning
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "content":
			s.readContent()
		case "reasoning_content", "reasoning":
			if reasoned { // under both names at once, it is the same
				s.Skip()
				continue
			}
			reasoned = s.readReasoning()
		case "reasoning_details":
			if reasoning {
				s.readDetails()
			} else {
				s.Skip()
			}
		case "tool_calls":
			for more := s.Open('['); more; more = s.Next(']') {
				s.readCall()
			}
		case "function_call":
			s.nextCall = call{args: s.nextCall.args[:0]}
			if !s.Null() {
				s.readFunction()
				s.addCall()
			}
		case "refusal":
			s.readText(&s.refusal, false)
		case "annotations":
			s.readAnnotations()
		case "audio":
			s.readAudio()
		default:
			s.Skip()
		}
	}
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

// readDetails keeps reasoning_details, which go back as they came.
func (s *stream) readDetails() {
	s.mold.spoil()
	for more := s.Open('['); more; more = s.Next(']') {
		if raw := s.Raw(); raw != nil {
			s.details = append(append(s.details, raw...), ',')
		}
	}
	if s.reasoning == nil && len(s.details) > 0 {
		s.reasoning = s.begin()
	}
}

// end yields the parts and the finish, if the answer is whole.
func (s *stream) end() {
	if s.Stopped {
		return
	}
	switch {
	case s.finish == "" && !s.seen:
		s.Bad(errors.New("the answer is empty"))
		return
	case s.finish == "":
		s.Cut("ended before its finish reason")
		return
	}
	calls := false
	for _, d := range s.parts {
		calls = calls || d.isCall && !d.isOutput
		s.Emit(reprise.PartDone{Index: d.index, Part: s.part(d)})
	}
	if s.usage == (reprise.Usage{}) {
		s.NoUsage()
	}
	s.Finish(reprise.Finish{ID: s.id, Model: s.model, Reason: s.reason(calls), Usage: s.usage, Cost: s.cost, Extra: s.extra()})
}

func (s *stream) part(d *draft) reprise.Part {
	switch {
	case d.isOutput:
		return reprise.Text{Text: d.b.String()}
	case d.isCall:
		return reprise.ToolCall{ID: s.callID(d), Name: d.name, Args: d.b.String()}
	case d == s.reasoning:
		return reprise.Reasoning{Text: d.b.String(), Echo: s.detailsEcho()}
	case d == s.refusal:
		return reprise.Text{Text: d.b.String(), Refusal: true}
	case s.audio != nil && d == s.audio.draft:
		return s.audio.part()
	}
	return reprise.Text{Text: d.b.String(), Citations: s.cited(d.b.String())}
}

func (s *stream) reason(calls bool) reprise.FinishReason {
	switch s.finish {
	case "stop", "end_turn", "eos", "stop_sequence":
		switch {
		case calls: // some servers say stop although they wait for results
			return reprise.ReasonToolCalls
		case s.refusal != nil:
			return reprise.ReasonRefusal
		}
		return reprise.ReasonStop
	case "length", "max_tokens", "model_length":
		return reprise.ReasonLength
	case "tool_calls", "function_call", "tool_use":
		if !calls && s.output != "" { // the call was the answer
			return reprise.ReasonStop
		}
		return reprise.ReasonToolCalls
	case "content_filter":
		return reprise.ReasonContentFilter
	case "refusal":
		return reprise.ReasonRefusal
	}
	return reprise.ReasonOther
}
