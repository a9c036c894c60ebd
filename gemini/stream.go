package gemini

import (
	"bytes"
	"encoding/json"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// stream decodes the chunks of one answer. The parts of a chunk go on where
// those of the chunk before it ended: text continues text, and everything
// else comes whole.
type stream struct {
	wire.Stream
	sources bool // citations may come at the end: texts are open until then
	join    bool // text continues text

	id, model  string
	finish     string // the last finishReason
	message    string // finishMessage
	block      string // promptFeedback.blockReason
	blockedFor string // promptFeedback.blockReasonMessage
	resume     string // continuationToken
	usage      tokens
	grounding  [][]byte          // each groundingMetadata
	cited      [][]byte          // each citationMetadata
	others     []json.RawMessage // the candidates but the first, or pieces of them
	extra      []member          // what only this API reports, as last reported

	parts   []*draft
	done    int // how many of them were yielded
	next    piece
	partial *partialCall
}

func newStream(call *wire.Call, req *reprise.Request, yield func(reprise.Event, error) bool) *stream {
	s := &stream{Stream: wire.NewStream(call, req, yield), sources: req == nil}
	if req == nil {
		return s
	}
	for _, t := range req.Tools {
		s.sources = s.sources || t.Provider != ""
	}
	for _, name := range []string{API, call.Provider} { // cached content may have tools too
		extra := req.Extra[name]
		s.sources = s.sources || bytes.Contains(extra, []byte("tools")) || bytes.Contains(extra, []byte("cached"))
	}
	return s
}

// odd fails for a chunk that cannot be understood.
func (s *stream) odd(data []byte, cut bool, err error) {
	if cut {
		s.Cut("was cut off in the middle of a chunk")
		return
	}
	s.Odd(s.errorIn(data), err)
}

// chunk decodes a chunk of a stream, or an answer that came as a whole.
func (s *stream) chunk(data []byte, cut bool) {
	s.Reset(data)
	if s.Peek() != '{' {
		s.odd(data, cut, nil)
		return
	}
	complaint := false
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); string(key) {
		case "candidates":
			for more := s.Open('['); more; more = s.Next(']') {
				s.candidate()
			}
		case "usageMetadata":
			s.readUsage()
		case "modelVersion":
			s.model = s.once(s.model)
		case "responseId":
			s.id = s.once(s.id)
		case "promptFeedback":
			s.readFeedback()
		case "error":
			complaint = s.Peek() != 'n'
			s.Skip()
		default:
			s.keep(key)
		}
		if s.Stopped {
			return
		}
	}
	switch err := s.End(); {
	case err != nil:
		s.odd(data, cut, err)
	case complaint:
		s.Fail(s.errorIn(data))
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

// keep keeps a member that only this API has.
func (s *stream) keep(key []byte) {
	for i := range s.extra {
		if m := &s.extra[i]; m.name == string(key) {
			m.raw = append(m.raw[:0], s.Raw()...)
			return
		}
	}
	if len(s.extra) == maxExtra {
		s.Skip()
		return
	}
	name := string(key)
	s.extra = append(s.extra, member{name, append([]byte(nil), s.Raw()...)})
}

// maxExtra bounds how many such members are kept: an API has a dozen.
const maxExtra = 100

// readFeedback decodes what became of the prompt.
func (s *stream) readFeedback() {
	d := s.Decoder // a second look at the same bytes
	s.keep([]byte("promptFeedback"))
	for more := d.Open('{'); more; more = d.Next('}') {
		switch string(d.Key()) {
		case "blockReason":
			s.block = d.String()
		case "blockReasonMessage":
			s.blockedFor = d.String()
		default:
			d.Skip()
		}
	}
}

// candidate decodes an element of candidates. The first candidate is the
// answer; others, which only Extra can ask for, are kept as they come.
func (s *stream) candidate() {
	if s.indexAhead() != 0 {
		if raw := s.Raw(); wire.Valid(raw) {
			s.others = append(s.others, compact(raw))
		}
		return
	}
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); string(key) {
		case "content":
			s.content()
		case "finishReason":
			if reason := s.Bytes(); len(reason) > 0 && string(reason) != unspecified && string(reason) != s.finish {
				s.finish = string(reason)
			}
		case "finishMessage":
			s.message = s.String()
		case "continuationToken":
			s.resume = s.String()
		case "index":
			s.Skip()
		case "groundingMetadata":
			s.grounding = append(s.grounding, bytes.Clone(s.Raw()))
		case "citationMetadata":
			s.cited = append(s.cited, bytes.Clone(s.Raw()))
		default:
			s.keep(key)
		}
	}
}

// indexAhead reads the index of the candidate that comes next, which may
// stand behind its content.
func (s *stream) indexAhead() int64 {
	ahead, index := s.Decoder, int64(0)
	for more := ahead.Open('{'); more; more = ahead.Next('}') {
		if string(ahead.Key()) == "index" {
			index = ahead.Int()
		} else {
			ahead.Skip()
		}
	}
	return index
}
