package wire

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/repriselabs/reprise"
)

// complaint is what a body says of an error.
type complaint struct {
	code    string // the provider's word for it
	words   string // all its words for what sort of error it is
	message string
	status  int // that the body tells; 0: none
}

// errorBody reads a body in the forms that are about:
//
//	{"error": {"message", "type", "code"}}   OpenAI and most others; the code may be the status
//	{"type": "error", "error": {…}}          Anthropic
//	{"error": {"message", "status", "code"}} Google; also as the one element of a list
//	{"error": "…", "code": "…"}              xAI
//	{"object": "error", "message", "type"}   Mistral, vLLM
//	{"message": "…"}, {"detail": "…"}        AWS, FastAPI
//	{"code": 401, "msg": "…"}                Z.ai
//
// OpenRouter quotes the provider behind it in metadata.raw.
func errorBody(body []byte) complaint {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) == 1 {
		body = list[0]
	}
	var top, inner, behind map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return complaint{}
	}
	if json.Unmarshal(top["error"], &inner) != nil || inner == nil {
		return complaintOf(top, first(top, "error", "message", "Message", "detail", "error_message", "msg"))
	}
	c := complaintOf(inner, first(inner, "message", "detail"))
	if json.Unmarshal(inner["metadata"], &behind) == nil && c.message != "" {
		if raw := first(behind, "raw"); raw != "" {
			c.message += ": " + raw
		}
	}
	return c
}

// complaintOf reads the members beside a message.
func complaintOf(m map[string]json.RawMessage, message string) complaint {
	c := complaint{code: first(m, "code", "__type", "status", "type"), message: message}
	for _, name := range []string{"code", "__type", "status", "type"} {
		c.words += first(m, name) + " "
	}
	for _, name := range []string{"code", "status", "status_code", "http_status_code"} {
		if n, err := strconv.Atoi(strings.Trim(string(m[name]), `"`)); err == nil && 400 <= n && n <= 599 {
			c.status = n
		}
	}
	return c
}

// first returns the first member that says something. A number (Google's
// code repeats the status) does not.
func first(m map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		var s string
		if json.Unmarshal(m[name], &s) == nil && s != "" {
			return s
		}
		if v := m[name]; len(v) > 0 && (v[0] == '[' || v[0] == '{') {
			return string(v)
		}
	}
	return ""
}

// kind tells the kind by the provider's words if these are telling, then by
// words of its message, then by the status; an answer's own is below 300, and
// then that counts which the body tells.
func (c *complaint) kind(status int) reprise.Kind {
	if status < 300 {
		status = c.status
	}
	words, message := strings.ToLower(c.words), strings.ToLower(c.message)
	for _, rule := range kindsByCode {
		if strings.Contains(words, rule.word) {
			return rule.kind
		}
	}
	for _, rule := range kindsByMessage {
		if strings.Contains(message, rule.word) {
			return rule.kind
		}
	}
	if kind, ok := kindsByStatus[status]; ok {
		return kind
	}
	switch {
	case strings.Contains(words, "timeout"):
		return reprise.KindTimeout
	case strings.Contains(words, "invalid_request"), status >= 400 && status < 500:
		return reprise.KindInvalid
	}
	return reprise.KindServer // also for an error in mid-stream that says no more
}

type kindRule struct {
	word string
	kind reprise.Kind
}

// kindsByCode goes from the special to the general: codes contain each other.
var kindsByCode = []kindRule{
	{"context_length", reprise.KindContextLength},
	{"string_above_max_length", reprise.KindContextLength},
	{"exceed_context_size", reprise.KindContextLength},
	{"insufficient_quota", reprise.KindQuota},
	{"exceeded_current_quota", reprise.KindQuota},
	{"billing", reprise.KindQuota},
	{"content_filter", reprise.KindContentFilter},
	{"content_policy", reprise.KindContentFilter},
	{"overloaded", reprise.KindOverloaded},
	{"capacity_exceeded", reprise.KindOverloaded},
	{"unavailable", reprise.KindOverloaded},
	{"rate_limit", reprise.KindRateLimit},
	{"resource_exhausted", reprise.KindRateLimit},
	{"throttl", reprise.KindRateLimit},
	{"too_many_requests", reprise.KindRateLimit},
	{"authentication", reprise.KindAuth},
	{"invalid_api_key", reprise.KindAuth},
	{"permission_", reprise.KindAuth},
	{"unauthenticated", reprise.KindAuth},
	{"model_not_found", reprise.KindNotFound},
	{"not_found", reprise.KindNotFound},
	{"invalid_model", reprise.KindNotFound},
	{"model_decommissioned", reprise.KindNotFound},
}

var kindsByMessage = []kindRule{
	{"context length", reprise.KindContextLength},
	{"context window", reprise.KindContextLength},
	{"prompt is too long", reprise.KindContextLength},
	{"input is too long", reprise.KindContextLength},
	{"maximum prompt length", reprise.KindContextLength},
	{"exceeds the available context size", reprise.KindContextLength},
	{"input token count", reprise.KindContextLength},
	{"exceeded model token limit", reprise.KindContextLength},  // Moonshot
	{"prompt exceeds max length", reprise.KindContextLength},   // Z.ai
	{"`max_new_tokens` must be <=", reprise.KindContextLength}, // Hugging Face, Together
	{"insufficient balance", reprise.KindQuota},                // DeepSeek, Z.ai
	{"any credits", reprise.KindQuota},                         // xAI
	{"spending limit", reprise.KindQuota},                      // xAI
	{"reached your usage limit", reprise.KindQuota},            // Moonshot
	{"incorrect api key", reprise.KindAuth},                    // xAI says it with a 400
	{"input was flagged", reprise.KindContentFilter},           // OpenRouter
	{"violates usage guidelines", reprise.KindContentFilter},   // xAI
	{"unsafe or sensitive content", reprise.KindContentFilter}, // Z.ai
	{"model not exist", reprise.KindNotFound},                  // DeepSeek
	{"unknown model", reprise.KindNotFound},                    // Z.ai
	{"is not a valid model id", reprise.KindNotFound},          // OpenRouter
}

var kindsByStatus = map[int]reprise.Kind{
	401: reprise.KindAuth,
	402: reprise.KindQuota,
	403: reprise.KindAuth,
	404: reprise.KindNotFound,
	408: reprise.KindTimeout,
	413: reprise.KindContextLength,
	429: reprise.KindRateLimit,
	498: reprise.KindOverloaded, // Groq, at flex processing
	503: reprise.KindOverloaded,
	504: reprise.KindTimeout,
	529: reprise.KindOverloaded,
}
