package openaichat

import (
	"net/url"
	"strings"
)

// A Dialect is what a server of the Chat Completions API does in its own
// way. The zero value is the plain API.
type Dialect struct {
	Provider string // in events, errors and Echo; empty: openai-chat
	BaseURL  string
	Host     string // a suffix of its hosts, where that is not the host of BaseURL

	KeyVar string // the environment variable that usually holds the key; empty: the server needs none
	// BaseURLVar is the environment variable that usually holds the address.
	BaseURLVar string
	KeyHeader  string // the header that carries the key; empty: Authorization, as a bearer token

	// Reasoning is the field of an assistant message in which reasoning
	// goes back: reasoning_content, reasoning or reasoning_details; empty:
	// the API has none, and it is left out.
	Reasoning string
	// ReasoningApart says that completion_tokens leaves reasoning out. It
	// counts only where total_tokens does not tell.
	ReasoningApart bool

	// Cost is the field of the usage that holds what was billed, in units
	// of 10^CostExp US dollars.
	Cost    string
	CostExp int

	// CompletionTokens says that the limit is spelled
	// max_completion_tokens for every model but those of before 2025;
	// otherwise it is for OpenAI's reasoning models only.
	CompletionTokens bool
	TopK             bool // it knows top_k
}

func (d *Dialect) name() string {
	if d.Provider == "" {
		return API
	}
	return d.Provider
}

// Dialects are the known ones. The slice is the caller's.
func Dialects() []Dialect {
	return []Dialect{xai, openai, azure, openrouter, vercel, zai}
}

// DialectOf finds the dialect of a recorded host, such as api.x.ai. For one
// that is not known it is the plain API, with the host as the provider.
func DialectOf(host string) Dialect {
	for _, d := range Dialects() {
		suffix := d.Host
		if suffix == "" {
			u, _ := url.Parse(d.BaseURL) // ours are valid
			suffix = u.Host
		}
		if host == suffix || strings.HasSuffix(host, "."+suffix) {
			return d
		}
	}
	return Dialect{Provider: host, Reasoning: "reasoning_content", TopK: true}
}

// maxTokensField is the spelling of the limit that a model wants.
func (d *Dialect) maxTokensField(model string) string {
	const legacy, current = "max_tokens", "max_completion_tokens"
	model = model[strings.LastIndexByte(model, '/')+1:]
	if d.CompletionTokens {
		for _, old := range []string{"gpt-3.5", "gpt-4", "chatgpt-4o"} {
			if strings.HasPrefix(model, old) {
				return legacy
			}
		}
		return current
	}
	for _, reasoning := range []string{"o1", "o3", "o4", "gpt-5", "gpt-oss"} {
		if strings.HasPrefix(model, reasoning) {
			return current
		}
	}
	return legacy
}
