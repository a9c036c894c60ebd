package openaichat

import (
	"encoding/base64"
	"encoding/json"

	"github.com/repriselabs/reprise"
)

// audio is sound that the model answers with. A stream carries it in pieces
// that are base64 each, without a word on the format.
type audio struct {
	draft *draft
	id    string
	data  []byte
}

func (a *audio) part() reprise.Part {
	return reprise.Media{Type: "audio", Data: a.data, ID: a.id}
}

// readAudio decodes the sound; what is said in it is text.
func (s *stream) readAudio() {
	s.mold.spoil()
	for more := s.Open('{'); more; more = s.Next('}') {
		if s.audio == nil {
			s.audio = &audio{draft: s.begin()}
		}
		switch string(s.Key()) {
		case "id":
			s.audio.id = s.once(s.audio.id)
		case "data":
			piece, err := base64.StdEncoding.AppendDecode(s.audio.data, s.Bytes())
			if err == nil {
				s.audio.data = piece
			}
		case "transcript":
			s.readText(&s.text, false)
		default:
			s.Skip()
		}
	}
}

// readLogprobs keeps the probabilities of the text's tokens.
func (s *stream) readLogprobs() {
	s.mold.spoil()
	for more := s.Open('{'); more; more = s.Next('}') {
		if string(s.Key()) != "content" {
			s.Skip()
			continue
		}
		for more := s.Open('['); more; more = s.Next(']') {
			if raw := s.Raw(); raw != nil {
				s.logprobs = append(append(s.logprobs, raw...), ',')
			}
		}
	}
}

// extra is what only this API reports.
func (s *stream) extra() map[string]json.RawMessage {
	var extra map[string]json.RawMessage
	set := func(name string, raw []byte) {
		if extra == nil {
			extra = map[string]json.RawMessage{}
		}
		extra[name] = raw
	}
	if n := len(s.logprobs); n > 0 {
		list := append([]byte{'['}, s.logprobs...)
		list[n] = ']' // in place of the last comma
		set("logprobs", list)
	}
	if s.tier != "" {
		raw, _ := json.Marshal(s.tier) // a string always marshals
		set("service_tier", raw)
	}
	return extra
}
