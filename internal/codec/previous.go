package codec

import (
	"encoding/json"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/openai"
)

// Previous is the id of the answer that a request goes on from, where the
// provider keeps what was said and the request has only what is new, and
// whether the provider keeps the tools too.
func Previous(req *reprise.Request) (id string, keepsTools bool) {
	var extra struct {
		Previous string `json:"previous_response_id"`
		Thread   struct {
			Previous string `json:"previous_message_id"`
		} `json:"thread"`
	}
	if json.Unmarshal(req.Extra[openai.API], &extra) == nil && extra.Previous != "" {
		return extra.Previous, false
	}
	if json.Unmarshal(req.Extra[anthropic.API], &extra) == nil {
		return extra.Thread.Previous, true
	}
	return "", false
}

// Kept is what of a request the provider keeps besides the answers before it,
// and the request only names: a prompt, or what is cached. It is JSON, or
// empty.
func Kept(req *reprise.Request) string {
	var names struct {
		Prompt json.RawMessage `json:"prompt,omitempty"`        // of OpenAI's Responses
		Cached string          `json:"cachedContent,omitempty"` // of Gemini
	}
	for _, api := range []string{openai.API, gemini.API} {
		_ = json.Unmarshal(req.Extra[api], &names) // there may be none
	}
	if kept, err := json.Marshal(names); err == nil && string(kept) != "{}" {
		return string(kept)
	}
	return ""
}
