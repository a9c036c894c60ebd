package openai

import (
	"fmt"
	"strings"

	"github.com/repriselabs/reprise/internal/wire"
)

// A Dialect is what a server of the Responses API does in its own way. The
// zero value is OpenAI's.
type Dialect struct {
	Provider string // in events and errors; empty: openai
	BaseURL  string
	Host     string // suffixes of its hosts, with spaces between, where that is not the host of BaseURL

	// Local is a server that runs at home. Its address tells nothing: any
	// other may have it too.
	Local bool

	KeyVar     string // the environment variable that usually holds the key; empty: the server needs none
	BaseURLVar string // the environment variable that usually moves the address
	KeyHeader  string // the header that carries the key; empty: Authorization, as a bearer token

	// Developer says that reasoning models take their system prompt from a
	// developer, and not from the system.
	Developer bool
	// Encrypted says that reasoning goes back only with its encrypted
	// content, and only before what it led to; otherwise the server takes
	// any reasoning that it gave.
	Encrypted bool
	// Instructions says that it takes instructions beside the id of an
	// earlier answer.
	Instructions bool
	// SchemaAlone says that it holds all that a model writes to the schema of
	// a request, so that the model could call no tool beside it.
	SchemaAlone bool

	// RunsCustom says that a custom tool which the request does not describe
	// is one that the server runs itself.
	RunsCustom bool

	// Cost is the field of the usage that holds what was billed, in units
	// of 10^CostExp US dollars.
	Cost    string
	CostExp int
}

// openai is https://platform.openai.com/docs/api-reference/responses.
var openai = Dialect{
	Provider:     "openai",
	BaseURL:      "https://api.openai.com/v1",
	KeyVar:       "OPENAI_API_KEY",
	BaseURLVar:   "OPENAI_BASE_URL",
	Developer:    true,
	Encrypted:    true,
	Instructions: true,
}

// azure is https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses;
// its address has the resource's name in it.
var azure = Dialect{
	Provider:     "azure",
	Host:         "openai.azure.com cognitiveservices.azure.com services.ai.azure.com",
	KeyVar:       "AZURE_OPENAI_API_KEY",
	BaseURLVar:   "AZURE_OPENAI_BASE_URL",
	KeyHeader:    "Api-Key",
	Developer:    true,
	Encrypted:    true,
	Instructions: true,
}

// xai is https://docs.x.ai/docs/api-reference.
var xai = Dialect{
	Provider:   "xai",
	BaseURL:    "https://api.x.ai/v1",
	KeyVar:     "XAI_API_KEY",
	BaseURLVar: "XAI_BASE_URL",
	RunsCustom: true,
	Cost:       "cost_in_usd_ticks",
	CostExp:    -10,
}

// openrouter is https://openrouter.ai/docs/api/reference/responses/overview.
var openrouter = Dialect{
	Provider:   "openrouter",
	BaseURL:    "https://openrouter.ai/api/v1",
	KeyVar:     "OPENROUTER_API_KEY",
	BaseURLVar: "OPENROUTER_BASE_URL",
	Cost:       "cost",
}

// ollama is https://docs.ollama.com/api/openai-compatibility.
var ollama = Dialect{
	Provider:    "ollama",
	BaseURL:     "http://localhost:11434/v1",
	BaseURLVar:  "OLLAMA_BASE_URL",
	Local:       true,
	SchemaAlone: true,
}

// Azure is a deployment of Azure's. The base URL is that of the resource:
// https://NAME.openai.azure.com/openai/v1.
func Azure(baseURL, deployment, key string) *Model {
	return &Model{Name: deployment, Key: key, BaseURL: baseURL, Dialect: azure}
}

// XAI is a model of xAI's.
func XAI(name, key string) *Model { return &Model{Name: name, Key: key, Dialect: xai} }

// OpenRouter is a model behind OpenRouter.
func OpenRouter(name, key string) *Model { return &Model{Name: name, Key: key, Dialect: openrouter} }

// Ollama is a model of the Ollama server on this machine.
func Ollama(name string) *Model { return &Model{Name: name, Dialect: ollama} }

// Dialects are the known ones. The slice is the caller's.
func Dialects() []Dialect {
	return []Dialect{openai, azure, xai, openrouter, ollama}
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

// Model makes a model of the dialect, with key and address from the
// variables that usually hold them. A missing key is no error here: the
// server may be replayed.
func (d Dialect) Model(name string, getenv func(string) string) (*Model, error) {
	d = *d.orOpenAI()
	m := &Model{Name: name, Dialect: d}
	if d.KeyVar != "" {
		m.Key = getenv(d.KeyVar)
	}
	if d.BaseURLVar != "" {
		m.BaseURL = getenv(d.BaseURLVar)
	}
	switch {
	case name == "":
		return nil, fmt.Errorf("%s: no model name, such as gpt-5", d.name())
	case m.BaseURL == "" && d.BaseURL == "":
		return nil, fmt.Errorf("%s has no address of its own: set %s", d.name(), d.BaseURLVar)
	}
	return m, nil
}

// DialectOf finds the dialect of a recorded host, such as api.x.ai. For one
// that is not known it is that of a plain server, with the host as the
// provider.
func DialectOf(host string) Dialect {
	for _, d := range Dialects() {
		if !d.Local && wire.IsAt(host, d.Host, d.BaseURL) {
			return d
		}
	}
	return Dialect{Provider: host}
}

func (d *Dialect) orOpenAI() *Dialect {
	if d == nil || *d == (Dialect{}) {
		return &openai
	}
	return d
}

func (d *Dialect) name() string {
	if d.Provider == "" {
		return "openai"
	}
	return d.Provider
}

// key is the Provider of what only this server understands.
func (d *Dialect) key() string { return API + "/" + d.name() }

// owns reports whether what has this Provider goes to this server.
func (d *Dialect) owns(provider string) bool { return provider == d.key() || provider == API }

// reasons reports whether a model reasons. Of OpenAI's, those of before
// gpt-5 that have no o in front do not, nor those that are for chat; they
// refuse to be asked for encrypted reasoning.
func reasons(model string) bool {
	model = strings.TrimPrefix(model[strings.LastIndexByte(model, '/')+1:], "ft:")
	for _, old := range []string{"gpt-3", "gpt-4", "chatgpt"} {
		if strings.HasPrefix(model, old) {
			return false
		}
	}
	return !strings.Contains(model, "-chat")
}

// systemRole is the role of a system prompt.
func (d *Dialect) systemRole(model string) string {
	if d.Developer && reasons(model) {
		return "developer"
	}
	return "system"
}
