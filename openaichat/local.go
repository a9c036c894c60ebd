package openaichat

// The servers that run at home. They need no key, and what models reasoned
// goes back as the newest versions of them give it.

// ollama is https://docs.ollama.com/api/openai-compatibility.
var ollama = Dialect{
	Provider:   "ollama",
	BaseURL:    "http://localhost:11434/v1",
	BaseURLVar: "OLLAMA_BASE_URL",
	Local:      true,
	Reasoning:  ReasoningText,
	Output:     OutputAlone,
}

// llamacpp is https://github.com/ggml-org/llama.cpp/tree/master/tools/server.
var llamacpp = Dialect{
	Provider:   "llamacpp",
	BaseURL:    "http://localhost:8080/v1",
	BaseURLVar: "LLAMACPP_BASE_URL",
	Local:      true,
	Reasoning:  ReasoningContent,
	TopK:       true,
}

// lmstudio is https://lmstudio.ai/docs/developer/openai-compat.
var lmstudio = Dialect{
	Provider:   "lmstudio",
	BaseURL:    "http://localhost:1234/v1",
	BaseURLVar: "LMSTUDIO_BASE_URL",
	Local:      true,
	Reasoning:  ReasoningText,
	TopK:       true,
}

// vllm is https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html.
var vllm = Dialect{
	Provider:   "vllm",
	BaseURL:    "http://localhost:8000/v1",
	BaseURLVar: "VLLM_BASE_URL",
	Local:      true,
	Reasoning:  ReasoningContent,
	TopK:       true,
}
