package openaichat

import "encoding/json"

// azure is https://learn.microsoft.com/azure/ai-foundry/openai/latest; its
// address has the resource's name in it.
var azure = Dialect{
	Provider:         "azure",
	Host:             "openai.azure.com cognitiveservices.azure.com services.ai.azure.com",
	KeyVar:           "AZURE_OPENAI_API_KEY",
	BaseURLVar:       "AZURE_OPENAI_BASE_URL",
	KeyHeader:        "Api-Key",
	CompletionTokens: true,
}

// Azure is a deployment of an Azure OpenAI resource, over its v1 endpoint:
// https://RESOURCE.openai.azure.com/openai/v1. For Entra, leave the key empty
// and give a Client with the transport of package openaichat/azure.
func Azure(baseURL, deployment, key string) *Model {
	return &Model{Name: deployment, Key: key, BaseURL: baseURL, Dialect: azure}
}

// openrouter is https://openrouter.ai/docs/api-reference/overview.
var openrouter = Dialect{
	Provider:        "openrouter",
	BaseURL:         "https://openrouter.ai/api/v1",
	KeyVar:          "OPENROUTER_API_KEY",
	BaseURLVar:      "OPENROUTER_BASE_URL",
	Reasoning:       ReasoningDetails,
	ReasoningObject: true,
	Cost:            "cost",
	TopK:            true,
	CacheControl:    true,
	Body:            json.RawMessage(`{"usage":{"include":true}}`), // else there is no cost
}

// OpenRouter is a model behind OpenRouter, such as x-ai/grok-4.1-fast. What
// only OpenRouter knows (routing, plugins, transforms) goes into
// [reprise.Request].Extra["openrouter"].
func OpenRouter(name, key string) *Model { return &Model{Name: name, Key: key, Dialect: openrouter} }

// vercel is https://vercel.com/docs/ai-gateway/openai-compat.
var vercel = Dialect{
	Provider:        "vercel",
	BaseURL:         "https://ai-gateway.vercel.sh/v1",
	KeyVar:          "AI_GATEWAY_API_KEY",
	BaseURLVar:      "AI_GATEWAY_BASE_URL",
	Reasoning:       ReasoningDetails,
	ReasoningObject: true,
	Cost:            "cost",
	TopK:            true,
}

// huggingface is https://huggingface.co/docs/inference-providers.
var huggingface = Dialect{
	Provider:   "huggingface",
	BaseURL:    "https://router.huggingface.co/v1",
	KeyVar:     "HF_TOKEN",
	BaseURLVar: "HF_BASE_URL",
	Reasoning:  ReasoningContent,
	TopK:       true,
}
