package openaichat

// openai is https://platform.openai.com/docs/api-reference/chat.
var openai = Dialect{
	Provider:         "openai",
	BaseURL:          "https://api.openai.com/v1",
	KeyVar:           "OPENAI_API_KEY",
	BaseURLVar:       "OPENAI_BASE_URL",
	CompletionTokens: true,
}

// OpenAI is a model of OpenAI's, over Chat Completions.
func OpenAI(name, key string) *Model { return &Model{Name: name, Key: key, Dialect: openai} }
