package reprise

import "encoding/json"

// A Request is one question to a model. It is plain data: it can be stored,
// compared and sent elsewhere, and any recorded request can be read into it.
// The zero value of each field leaves the choice to the provider.
type Request struct {
	Model    string     `json:"model,omitempty"` // empty: the Model's own
	System   Parts      `json:"system,omitempty"`
	Messages []Message  `json:"messages"`
	Tools    []ToolSpec `json:"tools,omitempty"`
	Choice   ToolChoice `json:"choice,omitzero"`
	// SerialTools asks for at most one tool call in an answer.
	SerialTools bool `json:"serial_tools,omitempty"`

	MaxTokens        int      `json:"max_tokens,omitempty"` // of output, reasoning included where the API counts it so
	Temperature      *float64 `json:"temperature,omitempty"`
	TopP             *float64 `json:"top_p,omitempty"`
	TopK             *int     `json:"top_k,omitempty"`
	PresencePenalty  *float64 `json:"presence_penalty,omitempty"`
	FrequencyPenalty *float64 `json:"frequency_penalty,omitempty"`
	Stop             []string `json:"stop,omitempty"`
	Seed             *int64   `json:"seed,omitempty"`

	// Effort is how much the model should reason, in the provider's words:
	// none, minimal, low, medium, high, … It is passed through as it is.
	Effort string `json:"effort,omitempty"`
	// ThinkingBudget is the most tokens to reason with, for APIs that count
	// them; 0 turns reasoning off and -1 leaves it to the model, where the
	// API knows these.
	ThinkingBudget *int `json:"thinking_budget,omitempty"`

	// Output asks for an answer that is JSON of this schema.
	Output *Schema `json:"output,omitempty"`

	// Extra holds, by API, the fields that only that API knows, as one JSON
	// object each: {"openai-chat": {"logit_bias": {…}}}. The fields are set
	// at the top level of the body that is sent; APIs that are not asked
	// ignore theirs. Reading a recorded request puts unknown fields here.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`
}

// A Schema describes structured output.
type Schema struct {
	Name        string          `json:"name,omitempty"` // empty: output
	Description string          `json:"description,omitempty"`
	JSON        json.RawMessage `json:"schema"` // a JSON Schema, sent unchanged
	Strict      bool            `json:"strict,omitempty"`
}

// ToolMode says whether the model may call tools.
type ToolMode string

// The modes of a [ToolChoice].
const (
	ToolAuto     ToolMode = "auto"     // as the model likes; the default where there are tools
	ToolNone     ToolMode = "none"     // no calls
	ToolRequired ToolMode = "required" // at least one call
)

// ToolChoice limits which tools the model may call. A Name demands a call of
// that tool and leaves Mode unused.
type ToolChoice struct {
	Mode ToolMode `json:"mode,omitempty"`
	Name string   `json:"name,omitempty"`
}
