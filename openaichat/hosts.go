package openaichat

// zai is https://docs.z.ai/api-reference/llm/chat-completion.
var zai = Dialect{
	Provider:   "zai",
	BaseURL:    "https://api.z.ai/api/paas/v4",
	Host:       "api.z.ai open.bigmodel.cn",
	KeyVar:     "ZAI_API_KEY",
	BaseURLVar: "ZAI_BASE_URL",
	Reasoning:  ReasoningContent,
	Output:     OutputTool,
}

// groq is https://console.groq.com/docs/api-reference.
var groq = Dialect{
	Provider:         "groq",
	BaseURL:          "https://api.groq.com/openai/v1",
	KeyVar:           "GROQ_API_KEY",
	BaseURLVar:       "GROQ_BASE_URL",
	Reasoning:        ReasoningText,
	CompletionTokens: true,
}

// deepseek is https://api-docs.deepseek.com/guides/thinking_mode: reasoning
// must go back with answers that call tools, and is ignored with others.
var deepseek = Dialect{
	Provider:           "deepseek",
	BaseURL:            "https://api.deepseek.com",
	KeyVar:             "DEEPSEEK_API_KEY",
	BaseURLVar:         "DEEPSEEK_BASE_URL",
	Reasoning:          ReasoningContent,
	ReasoningWithCalls: true,
	Output:             OutputTool,
}

// moonshot is https://platform.moonshot.ai/docs/api/chat.
var moonshot = Dialect{
	Provider:   "moonshot",
	BaseURL:    "https://api.moonshot.ai/v1",
	Host:       "api.moonshot.ai api.moonshot.cn api.kimi.com",
	KeyVar:     "MOONSHOT_API_KEY",
	BaseURLVar: "MOONSHOT_BASE_URL",
	Reasoning:  ReasoningContent,
	Output:     OutputTool,
}

// mistral is https://docs.mistral.ai/api: it refuses fields that it does not
// know.
var mistral = Dialect{
	Provider:      "mistral",
	BaseURL:       "https://api.mistral.ai/v1",
	KeyVar:        "MISTRAL_API_KEY",
	BaseURLVar:    "MISTRAL_BASE_URL",
	Reasoning:     ReasoningPieces,
	Seed:          "random_seed",
	Required:      "any",
	NoUsageOption: true,
	ShortIDs:      true,
}

// together is https://docs.together.ai/reference/chat-completions-1.
var together = Dialect{
	Provider:   "together",
	BaseURL:    "https://api.together.xyz/v1",
	Host:       "api.together.xyz api.together.ai",
	KeyVar:     "TOGETHER_API_KEY",
	BaseURLVar: "TOGETHER_BASE_URL",
	Reasoning:  ReasoningText,
	TopK:       true,
}

// fireworks is https://docs.fireworks.ai/api-reference/post-chatcompletions.
var fireworks = Dialect{
	Provider:   "fireworks",
	BaseURL:    "https://api.fireworks.ai/inference/v1",
	KeyVar:     "FIREWORKS_API_KEY",
	BaseURLVar: "FIREWORKS_BASE_URL",
	Reasoning:  ReasoningContent,
	TopK:       true,
}

// cerebras is https://inference-docs.cerebras.ai/api-reference/chat-completions.
var cerebras = Dialect{
	Provider:         "cerebras",
	BaseURL:          "https://api.cerebras.ai/v1",
	KeyVar:           "CEREBRAS_API_KEY",
	BaseURLVar:       "CEREBRAS_BASE_URL",
	Reasoning:        ReasoningText,
	CompletionTokens: true,
}

// perplexity is https://docs.perplexity.ai/api-reference/chat-completions-post.
// Its sources come beside the choices.
var perplexity = Dialect{
	Provider:   "perplexity",
	BaseURL:    "https://api.perplexity.ai",
	KeyVar:     "PERPLEXITY_API_KEY",
	BaseURLVar: "PERPLEXITY_BASE_URL",
	Cost:       "cost",
	TopK:       true,
}
