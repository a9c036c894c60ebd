package codec

import (
	"encoding/json"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
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
