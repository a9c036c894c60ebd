package anthropic

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/eventstream"
)

const testKey = "sk-ant-secret-1"

func apiError(kind, message string) string {
	return `{"type":"error","error":{"type":"` + kind + `","message":"` + message + `"},"request_id":"req_body"}`
}

func TestErrorAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		header http.Header
		body   string
		want   reprise.Error
		text   string // a part of it
	}{
		{401, nil, apiError("authentication_error", "invalid x-api-key "+testKey), reprise.Error{Kind: reprise.KindAuth, Code: "authentication_error"}, "invalid x-api-key [key]"},
		{403, nil, apiError("permission_error", "no"), reprise.Error{Kind: reprise.KindAuth, Code: "permission_error"}, "no"},
		{404, nil, apiError("not_found_error", "model: x"), reprise.Error{Kind: reprise.KindNotFound, Code: "not_found_error"}, "model: x"},
		{400, nil, apiError("invalid_request_error", "max_tokens: required"), reprise.Error{Kind: reprise.KindInvalid, Code: "invalid_request_error"}, "max_tokens"},
		{400, nil, apiError("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"), reprise.Error{Kind: reprise.KindContextLength, Code: "invalid_request_error"}, "213462 tokens > 200000"},
		{400, nil, apiError("invalid_request_error", "input length and `max_tokens` exceed context limit: 1 + 2 > 2"), reprise.Error{Kind: reprise.KindContextLength, Code: "invalid_request_error"}, "1 + 2 > 2"},
		{400, nil, apiError("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), reprise.Error{Kind: reprise.KindQuota, Code: "invalid_request_error"}, "credit"},
		{400, nil, apiError("invalid_request_error", "Output blocked by content filtering policy"), reprise.Error{Kind: reprise.KindContentFilter, Code: "invalid_request_error"}, "blocked"},
		{413, nil, apiError("request_too_large", "big"), reprise.Error{Kind: reprise.KindContextLength, Code: "request_too_large"}, "big"},
		{429, http.Header{"Retry-After": {"20"}, "Request-Id": {"req_1"}}, apiError("rate_limit_error", "slow"), reprise.Error{Kind: reprise.KindRateLimit, Code: "rate_limit_error", RetryAfter: 20 * time.Second, RequestID: "req_1"}, "slow"},
		{500, nil, apiError("api_error", "oops"), reprise.Error{Kind: reprise.KindServer, Code: "api_error"}, "oops"},
		{529, nil, apiError("overloaded_error", "Overloaded"), reprise.Error{Kind: reprise.KindOverloaded, Code: "overloaded_error"}, "Overloaded"},
		{502, nil, "<html><title>Bad gateway</title></html>", reprise.Error{Kind: reprise.KindServer}, "an HTML page"},
		{503, nil, "", reprise.Error{Kind: reprise.KindOverloaded}, "an empty answer"},
		{500, nil, "boom", reprise.Error{Kind: reprise.KindServer}, `says "boom"`},
		{403, nil, `{"message":"You don't have access to the model with the specified model ID."}`, reprise.Error{Kind: reprise.KindAuth}, "access"},
		{429, nil, `{"__type":"ThrottlingException","message":"Too many requests"}`, reprise.Error{Kind: reprise.KindRateLimit, Code: "ThrottlingException"}, "Too many"},
		{424, nil, `{"__type":"ModelErrorException","message":"oops"}`, reprise.Error{Kind: reprise.KindServer, Code: "ModelErrorException"}, "oops"},
		{400, http.Header{"X-Amzn-Errortype": {"ServiceQuotaExceededException:http://internal.amazon.com/coral/com.amazon.bedrock/"}, "X-Amzn-Requestid": {"req_3"}}, `{"message":"too much"}`, reprise.Error{Kind: reprise.KindQuota, Code: "ServiceQuotaExceededException", RequestID: "req_3"}, "too much"},
		{429, http.Header{"X-Amzn-Errortype": {"ModelNotReadyException"}}, `{"message":"warming up"}`, reprise.Error{Kind: reprise.KindOverloaded, Code: "ModelNotReadyException"}, "warming up"},
		{424, nil, `{"message":"oops","originalStatusCode":500}`, reprise.Error{Kind: reprise.KindServer}, "oops"},
		{400, nil, `{"__type":"ValidationException","message":"Input is too long for requested model."}`, reprise.Error{Kind: reprise.KindContextLength, Code: "ValidationException"}, "too long"},
		{200, http.Header{"Request-Id": {"req_2"}}, apiError("overloaded_error", "Overloaded"), reprise.Error{Kind: reprise.KindOverloaded, Code: "overloaded_error", RequestID: "req_body"}, "Overloaded"},
		{200, nil, apiError("authentication_error", "invalid x-api-key "+testKey), reprise.Error{Kind: reprise.KindAuth, Code: "authentication_error"}, "invalid x-api-key [key]"},
		{200, http.Header{"Request-Id": {"req_2"}}, `{"object":"list"}`, reprise.Error{Kind: reprise.KindBadResponse, RequestID: "req_2"}, "an answer that says"},
		{200, nil, `{"message":"Internal failure"}`, reprise.Error{Kind: reprise.KindServer}, "Internal failure"},
		{200, nil, "<html></html>", reprise.Error{Kind: reprise.KindBadResponse}, "an HTML page"},
		{200, nil, "", reprise.Error{Kind: reprise.KindCut}, "before it began"},
		{200, nil, sseOf(msgStart, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), reprise.Error{Kind: reprise.KindOverloaded, Code: "overloaded_error"}, "Overloaded"},
		{200, nil, sseOf(msgStart, `{"type":"error","error":{"type":"invalid_request_error","message":"no"}}`), reprise.Error{Kind: reprise.KindInvalid, Code: "invalid_request_error"}, "no"},
		{200, nil, sseOf(msgStart, `{"type":"error","error":{"type":"api_error","message":"oops"}}`), reprise.Error{Kind: reprise.KindServer, Code: "api_error"}, "oops"},
		{200, nil, sseOf(msgStart, `{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}`), reprise.Error{Kind: reprise.KindRateLimit, Code: "rate_limit_error"}, "slow"},
		{200, nil, sseOf(msgStart, `{"type":"error","error":{"details":null,"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}`), reprise.Error{Kind: reprise.KindContentFilter, Code: "invalid_request_error"}, "blocked"},
		{200, nil, sseOf(msgStart, `{"type":"error","message":"oops"}`), reprise.Error{Kind: reprise.KindServer, Code: "error"}, "oops"},
		{200, nil, sseOf(msgStart, "{oops}"), reprise.Error{Kind: reprise.KindBadResponse}, "JSON at byte 1"},
		{200, nil, sseOf(msgStart, "[1]"), reprise.Error{Kind: reprise.KindBadResponse}, "[1]"},
		{200, nil, sseOf(msgStart, delta("3", `"text":"x"`)), reprise.Error{Kind: reprise.KindBadResponse}, "content block 3, which has not begun"},
		{200, nil, sseOf(msgStart, start("0", `"x"`)), reprise.Error{Kind: reprise.KindBadResponse}, "a content block"},
		{200, nil, sseOf(msgStart, start("0", `{"type":"text","text":1}`)), reprise.Error{Kind: reprise.KindBadResponse}, "want a string"},
		{200, nil, sseOf(msgStop), reprise.Error{Kind: reprise.KindBadResponse}, "the answer is empty"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, v := range c.header {
				w.Header()[name] = v
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		m := &Model{Name: sonnet, Key: testKey, BaseURL: server.URL}
		_, err := reprise.Generate(t.Context(), m, &reprise.Request{Messages: reprise.Ask("hi")})
		server.Close()
		var got *reprise.Error
		if !errors.As(err, &got) {
			t.Errorf("%d %s: got %v", c.status, c.body, err)
			continue
		}
		c.want.Provider = API
		if got.Status != 0 {
			c.want.Status = c.status
		}
		if c.want.RequestID == "" && strings.Contains(c.body, "req_body") && c.status == 200 {
			c.want.RequestID = "req_body"
		}
		if d := cmp.Diff(&c.want, got, cmpopts.IgnoreFields(reprise.Error{}, "Err")); d != "" {
			t.Errorf("%d %s (-want +got):\n%s", c.status, c.body, d)
		}
		if !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), testKey) {
			t.Errorf("%d %s: the error is %q, which lacks %q or has the key", c.status, c.body, err, c.text)
		}
	}
}

func TestReadError(t *testing.T) {
	got := ReadError([]byte(apiError("overloaded_error", "Overloaded")), 529, "")
	if got.Kind != reprise.KindOverloaded || got.Error() != "anthropic: Overloaded (status 529, request req_body)" {
		t.Errorf("got %s %v", got.Kind, got)
	}
}

func TestExceptionsOfBedrockAreTyped(t *testing.T) {
	begun := frames(msgStart)
	exception := func(headers ...string) string {
		return string(eventstream.Append([]byte(begun), []byte(`{"message":"words"}`), headers...))
	}
	for body, want := range map[string]reprise.Kind{
		exception(":message-type", "exception", ":exception-type", "throttlingException"):                                         reprise.KindRateLimit,
		exception(":message-type", "exception", ":exception-type", "internalServerException"):                                     reprise.KindServer,
		exception(":message-type", "exception", ":exception-type", "modelStreamErrorException"):                                   reprise.KindServer,
		exception(":message-type", "exception", ":exception-type", "modelTimeoutException"):                                       reprise.KindTimeout,
		exception(":message-type", "exception", ":exception-type", "serviceUnavailableException"):                                 reprise.KindOverloaded,
		exception(":message-type", "exception", ":exception-type", "validationException"):                                         reprise.KindInvalid,
		exception(":message-type", "error", ":error-code", "InternalFailure", ":error-message", "words"):                          reprise.KindServer,
		exception(":message-type", "exception"):                                                                                   reprise.KindServer,
		frames(msgStart, `{"type":"error","error":{"type":"overloaded_error","message":"words"}}`):                                reprise.KindOverloaded,
		begun + begun[:20] + "words" + begun[25:]:                                                                                 reprise.KindBadResponse,
		string(eventstream.Append([]byte(begun), []byte(`{"bytes":"words*"}`), ":event-type", "chunk", ":message-type", "event")): reprise.KindBadResponse,
	} {
		_, err := script(ReadResponse(strings.NewReader(body), "bedrock", nil))
		var got *reprise.Error
		if !errors.As(err, &got) || got.Kind != want || got.Provider != "bedrock" {
			t.Errorf("got %v, want %s for %q", err, want, body[len(begun):])
			continue
		}
		if want != reprise.KindBadResponse && !strings.Contains(err.Error(), "words") {
			t.Errorf("the error does not say what the frame says: %v", err)
		}
	}
}
