package openaichat

import "github.com/repriselabs/reprise"

// choice decodes an element of choices. Only the first choice is the answer;
// others, which a request may ask for, are kept as they come.
func (s *stream) choice(place int) {
	if s.choiceNumber(place) != 0 {
		s.otherChoice()
		return
	}
	var other []byte // Perplexity has both: the message so far, and the delta
	read := false
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); string(key) {
		case "delta", "message":
			s.seen = true
			switch delta := string(key) == "delta"; {
			case delta == s.isWhole:
				other = s.Raw()
			case delta:
				read = s.Peek() == '{'
				s.members(true)
			default:
				read = s.Peek() == '{'
				s.message(s.Raw())
			}
		case "finish_reason":
			s.seen = true
			if reason := s.Bytes(); len(reason) > 0 && s.finish == "" {
				s.finish = string(reason)
			}
		case "error": // OpenRouter
			s.failure = s.complaint()
		case "usage": // Moonshot
			s.readUsage()
		case "logprobs":
			s.readLogprobs()
		default:
			s.Skip()
		}
	}
	if !read && s.Err() == nil {
		s.message(other)
	}
}

// choiceNumber looks ahead for which choice an element is of: it may say so
// at its end, and without a word its place tells.
func (s *stream) choiceNumber(place int) int64 {
	begin := s.Decoder
	number := int64(place)
	for more := s.Open('{'); more; more = s.Next('}') {
		if string(s.Key()) == "index" {
			number = s.Int()
			break
		}
		s.Skip()
	}
	s.Decoder = begin
	return number
}

func (s *stream) otherChoice() {
	s.mold.spoil()
	if raw := s.valid("a further choice"); raw != nil {
		if s.others == nil {
			s.Emit(reprise.Warning{Provider: s.Call.Provider, Code: reprise.WarnData, Message: "the answer has more choices than one: the others are in Extra"})
		}
		s.others = append(append(s.others, raw...), ',')
	}
}

// complaint reads the value of an error; nil if it says that there is none.
func (s *stream) complaint() []byte {
	switch raw := s.Raw(); string(raw) {
	case "null", "false", `""`, "{}":
		return nil
	default:
		return raw
	}
}

// message decodes a whole message, if there is one: reasoning goes before the
// text, wherever it stands.
func (s *stream) message(raw []byte) {
	if len(raw) == 0 || s.Err() != nil {
		return
	}
	s.mold.spoil()
	outer := s.Decoder
	s.Reset(raw)
	reasoned := false
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := string(s.Key()); {
		case (key == "reasoning_content" || key == "reasoning") && !reasoned:
			reasoned = s.readReasoning()
		case key == "reasoning_details":
			s.readDetails()
		default:
			s.Skip()
		}
	}
	s.Reset(raw)
	s.eachCall = true
	s.members(false)
	s.eachCall = false
	if s.Err() == nil {
		s.Decoder = outer
	}
}

// members decodes what a chunk adds, or a message has.
func (s *stream) members(reasoning bool) {
	reasoned := !reasoning
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); string(key) {
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
			if s.Peek() == '{' { // Hugging Face's TGI streams one at a time
				s.readCall()
				continue
			}
			for more := s.list(); more; more = s.Next(']') {
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
		default:
			s.member(key)
		}
	}
}

// member decodes a member that not every server has.
func (s *stream) member(key []byte) {
	switch string(key) {
	case "annotations":
		s.readAnnotations()
	case "audio":
		s.readAudio()
	case "images": // OpenRouter, Vercel
		for more := s.list(); more; more = s.Next(']') {
			s.readWhole()
		}
	case "executed_tools": // Groq
		for more := s.list(); more; more = s.Next(']') {
			s.readExecuted()
		}
	case "context": // Azure, on your data
		s.readContext()
	default:
		s.Skip()
	}
}

// object goes into an object, as Open does. What is none is passed over:
// servers disagree on how to say that there is nothing.
func (s *stream) object() bool { return s.either('{') }

// list goes into a list in the same way.
func (s *stream) list() bool { return s.either('[') }

func (s *stream) either(bracket byte) bool {
	if s.Peek() != bracket {
		s.Skip()
		return false
	}
	return s.Open(bracket)
}
