package anthropic

import "github.com/repriselabs/reprise"

// tokens is usage as the API counts it: input leaves out what the cache had
// or took. The counts are cumulative, in message_start and message_delta. The
// last one counts: some servers guess in message_start; but one of nothing
// does not undo one of something.
type tokens struct {
	seen                  bool
	input, output         int64
	cacheRead, cacheWrite int64
	write5m, write1h      int64
	thinking              *int64
}

func (s *stream) readUsage() {
	if s.Peek() != '{' {
		s.Skip()
		return
	}
	u := &s.usage
	count := func(n *int64) {
		u.seen = true
		if v := s.Int(); v > 0 {
			*n = v
		}
	}
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := string(s.Key()); key {
		case "input_tokens":
			count(&u.input)
		case "output_tokens":
			count(&u.output)
		case "cache_read_input_tokens":
			count(&u.cacheRead)
		case "cache_creation_input_tokens":
			count(&u.cacheWrite)
		case "cache_creation":
			s.readCacheCreation()
		case "output_tokens_details":
			s.readOutputDetails()
		default:
			s.member(true, key)
		}
	}
}

func (s *stream) readCacheCreation() {
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "ephemeral_5m_input_tokens":
			s.usage.write5m = max(s.usage.write5m, s.Int())
		case "ephemeral_1h_input_tokens":
			s.usage.write1h = max(s.usage.write1h, s.Int())
		default:
			s.Skip()
		}
	}
}

func (s *stream) readOutputDetails() {
	for more := s.Open('{'); more; more = s.Next('}') {
		if string(s.Key()) == "thinking_tokens" && s.Peek() != 'n' {
			n := s.Int()
			s.usage.thinking = &n
		} else {
			s.Skip()
		}
	}
}

// usage gives the counts their one meaning; ok is false if there are none.
func (u *tokens) usage() (usage reprise.Usage, ok bool) {
	write := max(u.cacheWrite, u.write5m+u.write1h)
	usage = reprise.Usage{
		Input: u.input + u.cacheRead + write, Output: u.output, Reasoning: u.thinking,
		CacheRead: u.cacheRead, CacheWrite: write, CacheWrite1h: u.write1h,
	}
	return usage, u.seen && usage != (reprise.Usage{})
}
