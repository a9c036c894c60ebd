package openaichat

// xai is https://docs.x.ai/docs/api-reference.
var xai = Dialect{
	Provider:       "xai",
	BaseURL:        "https://api.x.ai/v1",
	KeyVar:         "XAI_API_KEY",
	BaseURLVar:     "XAI_BASE_URL",
	Reasoning:      ReasoningContent,
	ReasoningApart: true,
	Cost:           "cost_in_usd_ticks",
	CostExp:        -10,
}

// XAI is a model of xAI's.
func XAI(name, key string) *Model { return &Model{Name: name, Key: key, Dialect: xai} }
