package openaichat

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// A Dialect is what a server of the Chat Completions API does in its own
// way. The zero value is the plain API.
type Dialect struct {
	Provider string // in events, errors and Echo; empty: openai-chat
	BaseURL  string
	Host     string // suffixes of its hosts, with spaces between, where that is not the host of BaseURL
	// Local is a server that runs at home. Its address tells nothing: any
	// other may have it too.
	Local bool

	KeyVar     string // the environment variable that usually holds the key; empty: the server needs none
	BaseURLVar string // the environment variable that usually moves the address
	KeyHeader  string // the header that carries the key; empty: Authorization, as a bearer token

	// Reasoning is where in an assistant message reasoning goes back.
	Reasoning Reasoning
	// ReasoningWithCalls says that reasoning goes back only with messages
	// that call tools, and then always, even if it is empty.
	ReasoningWithCalls bool
	// ReasoningApart says that completion_tokens leaves reasoning out. It
	// counts only where total_tokens does not tell.
	ReasoningApart bool
	// ReasoningObject says that effort and thinking budget are asked for as
	// {"reasoning": {"effort", "max_tokens"}}, and not as reasoning_effort.
	ReasoningObject bool

	// Cost is the field of the usage that holds what was billed, in units
	// of 10^CostExp US dollars. If it is an object, its total_cost is meant.
	Cost    string
	CostExp int

	// Output is how JSON of a schema is asked for.
	Output Output
	// CompletionTokens says that the limit is spelled
	// max_completion_tokens for every model but those of before 2025;
	// otherwise it is for OpenAI's reasoning models only.
	CompletionTokens bool
	TopK             bool   // it knows top_k
	Seed             string // the field for the seed; empty: seed
	Required         string // tool_choice for "some tool"; empty: required
	// NoUsageOption says that the server refuses stream_options. It reports
	// usage all the same.
	NoUsageOption bool
	// CacheControl says that texts take a cache_control.
	CacheControl bool
	// ShortIDs says that ids of calls must have nine letters and digits.
	ShortIDs bool
	// Body holds further fields of each request, a JSON object.
	Body json.RawMessage
}

// Reasoning is a place in an assistant message.
type Reasoning string

// The places that reasoning goes back to. Where there is none it is left
// out, with a warning.
const (
	ReasoningNowhere Reasoning = ""
	ReasoningContent Reasoning = "reasoning_content"
	ReasoningText    Reasoning = "reasoning"
	ReasoningDetails Reasoning = "reasoning_details" // and the text as reasoning
	ReasoningPieces  Reasoning = "thinking"          // pieces of the content
)

// Output is a way to get structured output.
type Output string

// The ways to get structured output.
const (
	OutputSchema Output = ""     // response_format with a json_schema
	OutputTool   Output = "tool" // a tool that the model must call; its arguments become the text
	// OutputAlone is OutputSchema without tools, and OutputTool beside them:
	// for servers that hold all that a model writes to the schema, so that it
	// could call no tool.
	OutputAlone Output = "alone"
)

// outputByTool reports whether the output of a request comes by a tool.
func (d *Dialect) outputByTool(req *reprise.Request) bool {
	return req.Output != nil && (d.Output == OutputTool || d.Output == OutputAlone && len(req.Tools) > 0)
}

func (d *Dialect) name() string {
	if d.Provider == "" {
		return API
	}
	return d.Provider
}

// Dialects are the known ones. The slice is the caller's.
func Dialects() []Dialect {
	return []Dialect{
		xai, openai, azure, openrouter, vercel, zai, groq, deepseek, moonshot, mistral, together,
		fireworks, cerebras, perplexity, huggingface, ollama, llamacpp, lmstudio, vllm,
	}
}

// DialectFor finds a dialect by its provider, such as xai.
func DialectFor(provider string) (Dialect, bool) {
	for _, d := range Dialects() {
		if d.Provider == provider {
			return d, true
		}
	}
	return Dialect{}, false
}

// DialectOf finds the dialect of a recorded host, such as api.x.ai. For one
// that is not known it is the plain API, with the host as the provider.
func DialectOf(host string) Dialect {
	for _, d := range Dialects() {
		if !d.Local && wire.IsAt(host, d.Host, d.BaseURL) {
			return d
		}
	}
	return Dialect{Provider: host, Reasoning: ReasoningContent, TopK: true}
}

// Model makes a model of the dialect, with key and address from the
// variables that usually hold them. A missing key is no error here: the
// server may be replayed.
func (d Dialect) Model(name string, getenv func(string) string) (*Model, error) {
	m := &Model{Name: name, Dialect: d}
	if d.KeyVar != "" {
		m.Key = getenv(d.KeyVar)
	}
	if d.BaseURLVar != "" {
		m.BaseURL = getenv(d.BaseURLVar)
	}
	if m.BaseURL == "" && d.BaseURL == "" {
		return nil, fmt.Errorf("%s has no address of its own: set %s", d.name(), d.BaseURLVar)
	}
	return m, nil
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
