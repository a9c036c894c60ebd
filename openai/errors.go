package openai

import (
	"regexp"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// errorFrom makes an error of a body that is one; a status of 0 says that it
// came in the place of an answer, or in the middle of one.
func errorFrom(call *wire.Call, body []byte, status int) *reprise.Error {
	e := call.ErrorFrom(body, status)
	if e.Code == "error" { // the type of an event that has no code
		e.Code = ""
	}
	refine(e)
	return e
}

// kinds are what this API's codes mean where that is not clear anyway:
// https://platform.openai.com/docs/api-reference/responses/object.
var kinds = map[string]reprise.Kind{
	"invalid_prompt":                reprise.KindContentFilter, // "… was flagged …"
	"bio_policy":                    reprise.KindContentFilter,
	"cyber_policy":                  reprise.KindContentFilter,
	"misalignment_policy_violation": reprise.KindContentFilter,
	"data_residency_mismatch":       reprise.KindInvalid,
	"image_too_large":               reprise.KindInvalid,
	"image_too_small":               reprise.KindInvalid,
	"image_parse_error":             reprise.KindInvalid,
	"image_file_too_large":          reprise.KindInvalid,
	"image_file_not_found":          reprise.KindInvalid,
	"empty_image_file":              reprise.KindInvalid,
	"unsupported_image_media_type":  reprise.KindInvalid,
	"failed_to_download_image":      reprise.KindInvalid,
	"slow_down":                     reprise.KindOverloaded,
	"usage_limit_reached":           reprise.KindQuota,
	"usage_not_included":            reprise.KindQuota,
}

// refine makes an error exact where this API's words say more than is known
// of every API.
func refine(e *reprise.Error) {
	kind, known := kinds[e.Code]
	switch {
	case e.Err == nil || e.Kind == reprise.KindCut || e.Kind == reprise.KindBadResponse:
		return
	case known:
		e.Kind = kind
	case e.Status == 0 && e.Kind == reprise.KindServer && strings.HasPrefix(e.Code, "invalid_"):
		e.Kind = reprise.KindInvalid // in mid-stream there is no HTTP status to tell
	}
	if e.Kind == reprise.KindRateLimit && e.RetryAfter == 0 {
		e.RetryAfter = retryIn(e.Err.Error())
	}
}

var tryAgain = regexp.MustCompile(`try again in ([0-9.]+(?:ms|s|m)(?:[0-9.]+s)?)\b`)

// retryIn reads how long to wait from the words of an error; an error in
// mid-stream has no header for it.
func retryIn(text string) time.Duration {
	m := tryAgain.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	d, err := time.ParseDuration(m[1])
	if err != nil {
		return 0
	}
	return d
}
