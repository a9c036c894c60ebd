package gemini

import "github.com/repriselabs/reprise"

// tokens is usage as the API counts it. Each chunk of a stream has the counts
// so far; one that leaves a count out does not undo it.
type tokens struct {
	prompt, candidates, total int64
	cached, toolUse           int64
	thoughts                  *int64
}

// readUsage decodes a usageMetadata object, and keeps it as it is too, for
// what it counts by modality.
func (s *stream) readUsage() {
	if s.Peek() != '{' {
		s.Skip()
		return
	}
	d := s.Decoder // a second look at the same bytes: what is odd in them is no reason to fail
	s.keep([]byte("usageMetadata"))
	u := &s.usage
	for more := d.Open('{'); more; more = d.Next('}') {
		switch string(d.Key()) {
		case "promptTokenCount":
			u.prompt = d.Int()
		case "candidatesTokenCount":
			u.candidates = d.Int()
		case "totalTokenCount":
			u.total = d.Int()
		case "cachedContentTokenCount":
			u.cached = d.Int()
		case "toolUsePromptTokenCount":
			u.toolUse = d.Int()
		case "thoughtsTokenCount":
			if d.Null() {
				continue
			}
			if u.thoughts == nil {
				u.thoughts = new(int64)
			}
			*u.thoughts = d.Int()
		default:
			d.Skip()
		}
	}
}

// usage gives the counts their one meaning: input includes what the
// provider's own tools brought in, and output includes thoughts, which the
// API counts apart. The total tells where a server does not.
func (u *tokens) usage() reprise.Usage {
	input, output := u.prompt+u.toolUse, u.candidates
	if u.thoughts != nil && (u.total != input+output || *u.thoughts > output) {
		output += *u.thoughts
	}
	return reprise.Usage{Input: input, Output: output, Reasoning: u.thoughts, CacheRead: u.cached}
}

// reported tells whether there were any counts.
func (u *tokens) reported() bool { return u.prompt+u.candidates+u.total > 0 }
