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
	rest  []byte // base64 that is not decoded yet
}

func (a *audio) part() reprise.Part {
	return reprise.Media{Type: "audio", Data: a.data, ID: a.id}
}

// readAudio decodes the sound; what is said in it is text.
func (s *stream) readAudio() {
	s.mold.spoil()
	for more := s.object(); more; more = s.Next('}') {
		if s.audio == nil {
			s.audio = &audio{draft: s.begin()}
		}
		switch string(s.Key()) {
		case "id":
			s.audio.id = s.once(s.audio.id)
		case "data":
			s.addAudio(s.Bytes())
		case "transcript":
			s.readText(&s.text, false)
		default:
			s.Skip()
		}
	}
}

// addAudio decodes what there is of the sound: pieces end where they end, and
// may be padded each.
func (s *stream) addAudio(piece []byte) {
	a := s.audio
	a.rest = append(a.rest, piece...)
	n := len(a.rest) &^ 3
	data, err := base64.StdEncoding.AppendDecode(a.data, a.rest[:n])
	if err != nil {
		s.Emit(reprise.Warning{Provider: s.Call.Provider, Code: reprise.WarnData, Message: "a piece of the sound is not base64 and was left out"})
	} else {
		a.data = data
	}
	a.rest = append(a.rest[:0], a.rest[n:]...)
}

// readLogprobs keeps the probabilities of the text's tokens.
func (s *stream) readLogprobs() {
	s.mold.spoil()
	if s.Peek() != '{' {
		s.Skip()
		return
	}
	raw := s.valid("the log probabilities")
	var l struct {
		Content []json.RawMessage `json:"content"`
		Refusal []json.RawMessage `json:"refusal"`
		Tokens  []json.RawMessage `json:"tokens"` // Together's lists
		Numbers []json.RawMessage `json:"token_logprobs"`
	}
	if json.Unmarshal(raw, &l) != nil {
		return
	}
	for i, token := range l.Tokens[:min(len(l.Tokens), len(l.Numbers))] {
		l.Content = append(l.Content, object(fields{"token": token, "logprob": l.Numbers[i]}))
	}
	for _, one := range append(l.Content, l.Refusal...) {
		s.logprobs = append(append(s.logprobs, one...), ',')
	}
}
