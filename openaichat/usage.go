package openaichat

import (
	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// readUsage decodes a usage object. Servers send it once, or with every
// chunk and growing; one that counts nothing does not undo one that did.
func (s *stream) readUsage() {
	if s.Peek() != '{' {
		s.Skip()
		return
	}
	var u tokens
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); {
		case string(key) == "prompt_tokens":
			u.prompt = s.Int()
		case string(key) == "completion_tokens":
			u.completion = s.Int()
		case string(key) == "total_tokens":
			u.total = s.Int()
		case string(key) == "prompt_tokens_details":
			s.readPromptDetails(&u)
		case string(key) == "completion_tokens_details":
			s.readCompletionDetails(&u)
		case string(key) == "reasoning_tokens" && s.Peek() != 'n': // Perplexity
			n := s.Int()
			u.reasoning = &n
		case string(key) == "prompt_cache_hit_tokens" || string(key) == "cached_tokens" || string(key) == "num_cached_tokens":
			u.cacheRead = max(u.cacheRead, s.Int())
		case string(key) == "cache_creation_input_tokens":
			u.cacheWrite = max(u.cacheWrite, s.Int())
		case s.dialect.Cost != "" && string(key) == s.dialect.Cost:
			if usd := wire.Cost(s.Raw(), s.dialect.CostExp); usd != nil {
				s.cost = usd
			}
		default:
			s.Skip()
		}
	}
	if s.Err() == nil && u.prompt+u.completion+u.total > 0 {
		s.usage = u.usage(s.dialect.ReasoningApart)
	}
}

// readGroq decodes where Groq puts the usage of a stream.
func (s *stream) readGroq() {
	for more := s.object(); more; more = s.Next('}') {
		if string(s.Key()) == "usage" {
			s.readUsage()
		} else {
			s.Skip()
		}
	}
}

// tokens is usage as the API counts it.
type tokens struct {
	prompt, completion, total int64
	cacheRead, cacheWrite     int64
	reasoning                 *int64
}

func (s *stream) readPromptDetails(u *tokens) {
	for more := s.object(); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "cached_tokens":
			u.cacheRead = max(u.cacheRead, s.Int())
		case "cache_write_tokens", "cache_creation_tokens":
			u.cacheWrite = max(u.cacheWrite, s.Int())
		default:
			s.Skip()
		}
	}
}

func (s *stream) readCompletionDetails(u *tokens) {
	for more := s.object(); more; more = s.Next('}') {
		if string(s.Key()) == "reasoning_tokens" && s.Peek() != 'n' {
			n := s.Int()
			u.reasoning = &n
		} else {
			s.Skip()
		}
	}
}

// usage gives the counts their one meaning: output includes reasoning, which
// some servers count apart. The total tells, where it is there.
func (u *tokens) usage(apart bool) reprise.Usage {
	input, output := u.prompt, u.completion
	if beyond := u.total - u.prompt - u.completion; u.reasoning == nil && beyond > 0 {
		if beyond == u.cacheRead+u.cacheWrite {
			input += beyond
		} else {
			output += beyond // Google: it tells of reasoning in the total only
		}
	}
	if u.reasoning != nil {
		switch u.total {
		case u.prompt + u.completion:
			apart = false
		case u.prompt + u.completion + *u.reasoning:
			apart = true
		}
		if apart || *u.reasoning > output {
			output += *u.reasoning
		}
	}
	return reprise.Usage{Input: input, Output: output, Reasoning: u.reasoning, CacheRead: u.cacheRead, CacheWrite: u.cacheWrite}
}
