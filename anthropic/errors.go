package anthropic

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// errorFrom makes an error of a body that is one, without the call's key.
func errorFrom(call *wire.Call, body []byte, status int) *reprise.Error {
	e := call.ErrorFrom(body, status)
	var ids struct {
		RequestID string `json:"request_id"`
	}
	if json.Unmarshal(body, &ids) == nil {
		e.RequestID = ids.RequestID
	}
	refine(e)
	return e
}

// refine makes the kind exact where this API's words say more than is known
// of every API: https://docs.anthropic.com/en/api/errors,
// https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html.
func refine(e *reprise.Error) {
	if e.Err == nil || e.Kind == reprise.KindCut || e.Kind == reprise.KindBadResponse {
		return
	}
	code, text := strings.ToLower(e.Code), strings.ToLower(e.Err.Error())
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(code, w) {
				return true
			}
		}
		return false
	}
	switch {
	case strings.Contains(text, "exceed context limit"), has("request_too_large"):
		e.Kind = reprise.KindContextLength
	case strings.Contains(text, "credit balance is too low"), has("servicequotaexceeded"):
		e.Kind = reprise.KindQuota
	case strings.Contains(text, "blocked by content filtering policy"):
		e.Kind = reprise.KindContentFilter
	case has("modelnotready", "serviceunavailable"):
		e.Kind = reprise.KindOverloaded
	case has("accessdenied", "unrecognizedclient", "expiredtoken", "invalidsignature"):
		e.Kind = reprise.KindAuth
	case has("modelstreamerror", "modelerror"), e.Status == http.StatusFailedDependency: // Bedrock's ModelErrorException
		e.Kind = reprise.KindServer
	case has("resourcenotfound"):
		e.Kind = reprise.KindNotFound
	case has("invalid_request", "validation") && (e.Kind == reprise.KindServer || e.Kind == ""):
		e.Kind = reprise.KindInvalid
	}
}
