package wire

import (
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise"
)

// errorBody finds the provider's code and message in a body, in the forms
// that are about:
//
//	{"error": {"message", "type", "code"}}   OpenAI and most others
//	{"type": "error", "error": {…}}          Anthropic
//	{"error": {"message", "status", "code"}} Google; also as the one element of a list
//	{"error": "…", "code": "…"}              xAI
//	{"message": "…"}, {"detail": "…"}        AWS, FastAPI
func errorBody(body []byte) (code, message string) {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) == 1 {
		body = list[0]
	}
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return "", ""
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(top["error"], &inner) == nil && inner != nil {
		return first(inner, "code", "status", "type"), first(inner, "message", "detail")
	}
	return first(top, "code", "__type", "type"), first(top, "error", "message", "Message", "detail", "error_message")
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

// kindOf tells the kind by the provider's code if that is a telling one, then
// by words of its message, then by the status.
func kindOf(status int, code, message string) reprise.Kind {
	code, message = strings.ToLower(code), strings.ToLower(message)
	for _, rule := range kindsByCode {
		if strings.Contains(code, rule.word) {
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
	case strings.Contains(code, "timeout"):
		return reprise.KindTimeout
	case strings.Contains(code, "invalid_request"), status >= 400 && status < 500:
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
	{"insufficient_quota", reprise.KindQuota},
	{"billing", reprise.KindQuota},
	{"content_filter", reprise.KindContentFilter},
	{"content_policy", reprise.KindContentFilter},
	{"overloaded", reprise.KindOverloaded},
	{"unavailable", reprise.KindOverloaded},
	{"rate_limit", reprise.KindRateLimit},
	{"resource_exhausted", reprise.KindRateLimit},
	{"throttl", reprise.KindRateLimit},
	{"too_many_requests", reprise.KindRateLimit},
	{"authentication", reprise.KindAuth},
	{"invalid_api_key", reprise.KindAuth},
	{"permission", reprise.KindAuth},
	{"unauthenticated", reprise.KindAuth},
	{"model_not_found", reprise.KindNotFound},
	{"not_found", reprise.KindNotFound},
}

var kindsByMessage = []kindRule{
	{"maximum context length", reprise.KindContextLength},
	{"context window", reprise.KindContextLength},
	{"prompt is too long", reprise.KindContextLength},
	{"input is too long", reprise.KindContextLength},
	{"maximum prompt length", reprise.KindContextLength},
	{"exceed_context_size", reprise.KindContextLength},
	{"exceeds the available context size", reprise.KindContextLength},
	{"input token count", reprise.KindContextLength},
}

var kindsByStatus = map[int]reprise.Kind{
	401: reprise.KindAuth,
	402: reprise.KindQuota,
	403: reprise.KindAuth,
	404: reprise.KindNotFound,
	408: reprise.KindTimeout,
	413: reprise.KindContextLength,
	429: reprise.KindRateLimit,
	503: reprise.KindOverloaded,
	504: reprise.KindTimeout,
	529: reprise.KindOverloaded,
}
