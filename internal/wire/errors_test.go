package wire

import (
	"testing"

	"github.com/repriselabs/reprise"
)

// The bodies are in the form that each provider documents. A status of 0 is
// that of an error in the place of an answer, or in the middle of one.
func TestErrorKinds(t *testing.T) {
	for _, c := range []struct {
		body   string
		status int
		kind   reprise.Kind
	}{
		// OpenRouter, vLLM, Groq and Hugging Face repeat the status in the body.
		{`{"error":{"code":429,"message":"Rate limited"},"user_id":"u"}`, 0, reprise.KindRateLimit},
		{`{"error":{"code":402,"message":"Insufficient credits"}}`, 0, reprise.KindQuota},
		{`{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"{\"error\":\"maximum context length is 8\"}"}}}`, 0, reprise.KindContextLength},
		{`{"error":{"code":403,"message":"x/y requires moderation on A. Your input was flagged for \"violence\"."}}`, 403, reprise.KindContentFilter},
		{`{"object":"error","message":"The model m does not exist.","type":"NotFoundError","param":null,"code":404}`, 0, reprise.KindNotFound},
		{`{"error":{"message":"bad","type":"BadRequestError","param":null,"code":400}}`, 0, reprise.KindInvalid},
		{`{"error":{"message":"Failed to call a function.","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}`, 0, reprise.KindInvalid},
		{`{"error":{"message":"no","http_status_code":422}}`, 0, reprise.KindInvalid},
		{`{"error":{"message":"Flex tier capacity exceeded"}}`, 498, reprise.KindOverloaded},
		{`{"error":{"message":"gone","type":"invalid_request_error","code":"model_decommissioned"}}`, 400, reprise.KindNotFound},
		// Moonshot.
		{`{"error":{"message":"pay","type":"exceeded_current_quota_error"}}`, 429, reprise.KindQuota},
		{`{"error":{"message":"busy","type":"engine_overloaded_error"}}`, 429, reprise.KindOverloaded},
		{`{"error":{"message":"Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)","type":"invalid_request_error"}}`, 400, reprise.KindContextLength},
		{`{"error":{"message":"You've reached your usage limit for this billing cycle."}}`, 403, reprise.KindQuota},
		// Z.ai has numbers of its own.
		{`{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}`, 429, reprise.KindQuota},
		{`{"error":{"code":"1302","message":"High concurrency usage of this API"}}`, 429, reprise.KindRateLimit},
		{`{"error":{"code":"1211","message":"Unknown Model, please check the model code."}}`, 400, reprise.KindNotFound},
		{`{"error":{"code":"1261","message":"Prompt exceeds max length"}}`, 400, reprise.KindContextLength},
		{`{"error":{"code":"1301","message":"System detected potentially unsafe or sensitive content in input or generation."}}`, 400, reprise.KindContentFilter},
		{`{"code":401,"msg":"token expired or incorrect","success":false}`, 0, reprise.KindAuth},
		// xAI.
		{`{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***me."}`, 400, reprise.KindAuth},
		{`{"code":"The caller does not have permission to execute the specified operation","error":"Your newly created team doesn't have any credits yet."}`, 403, reprise.KindQuota},
		{`{"code":"Some resource has been exhausted","error":"Your team has either used all available credits or reached its monthly spending limit."}`, 429, reprise.KindQuota},
		{`{"code":"invalid","error":"Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"}`, 403, reprise.KindContentFilter},
		// DeepSeek's code says less than its type.
		{`{"error":{"message":"Authentication Fails","type":"authentication_error","param":null,"code":"invalid_request_error"}}`, 0, reprise.KindAuth},
		{`{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`, 400, reprise.KindNotFound},
		{`{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}`, 402, reprise.KindQuota},
		// Mistral's code is a number in a string.
		{`{"object":"error","message":"Invalid model: m","type":"invalid_model","param":null,"code":"1500"}`, 400, reprise.KindNotFound},
		{`{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","code":"3505"}`, 429, reprise.KindOverloaded},
		{`{"object":"error","message":{"detail":[{"type":"missing","loc":["body"],"msg":"Field required"}]},"type":"invalid_request_error"}`, 422, reprise.KindInvalid},
		// Others.
		{`{"message":"Tokens per minute limit exceeded","type":"too_many_tokens_error","param":"quota","code":"token_quota_exceeded"}`, 429, reprise.KindRateLimit},
		{"{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000\",\"error_type\":\"validation\"}", 422, reprise.KindContextLength},
		{`{"error":{"message":"the input length exceeds the context length","type":"api_error"}}`, 500, reprise.KindContextLength},
		{`{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400}}`, 400, reprise.KindContentFilter},
		{`{"error":{"message":"boom"}}`, 0, reprise.KindServer},
		{`{"error":"boom"}`, 200, reprise.KindServer},
	} {
		got := (&Call{Provider: "p"}).ErrorFrom([]byte(c.body), c.status)
		if got.Kind != c.kind {
			t.Errorf("%d %s: got %s, want %s", c.status, c.body, got.Kind, c.kind)
		}
	}
}

func TestErrorOfAProviderBehind(t *testing.T) {
	e := (&Call{Provider: "p"}).ErrorFrom([]byte(`{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"a\":1}","provider_name":"X"}}}`), 400)
	if want := `p: Provider returned error: {"a":1} (status 400)`; e.Error() != want {
		t.Errorf("got %q, want %q", e, want)
	}
}
