package openaichat

// azure is https://learn.microsoft.com/azure/ai-foundry/openai/latest; its
// address has the resource's name in it.
var azure = Dialect{
	Provider:         "azure",
	Host:             "openai.azure.com",
	KeyVar:           "AZURE_OPENAI_API_KEY",
	KeyHeader:        "Api-Key",
	BaseURLVar:       "AZURE_OPENAI_BASE_URL",
	CompletionTokens: true,
}

// openrouter is https://openrouter.ai/docs/api-reference/overview.
var openrouter = Dialect{
	Provider:  "openrouter",
	BaseURL:   "https://openrouter.ai/api/v1",
	KeyVar:    "OPENROUTER_API_KEY",
	Reasoning: "reasoning_details",
	Cost:      "cost",
	TopK:      true,
}

// vercel is https://vercel.com/docs/ai-gateway/openai-compat.
var vercel = Dialect{
	Provider:  "vercel",
	BaseURL:   "https://ai-gateway.vercel.sh/v1",
	KeyVar:    "AI_GATEWAY_API_KEY",
	Reasoning: "reasoning_details",
	Cost:      "cost",
	TopK:      true,
}

// zai is https://docs.z.ai/api-reference/llm/chat-completion.
var zai = Dialect{
	Provider:  "zai",
	BaseURL:   "https://api.z.ai/api/paas/v4",
	KeyVar:    "ZAI_API_KEY",
	Reasoning: "reasoning_content",
}
