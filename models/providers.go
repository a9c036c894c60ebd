package models

import (
	"errors"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/anthropic/bedrock"
	claude "github.com/repriselabs/reprise/anthropic/vertex"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/gemini/vertex"
	"github.com/repriselabs/reprise/openai"
	"github.com/repriselabs/reprise/openaichat"
)

// provider is a way to open models.
type provider struct {
	name, keyVar, baseURLVar string

	open func(c Config, model string) (reprise.Model, error)
}

func find(name string) (provider, bool) {
	for _, p := range providers() {
		if p.name == name {
			return p, true
		}
	}
	return provider{}, false
}

// providers lists every name: first those of an API of their own, then the
// servers of Chat Completions. OpenAI is asked over Responses; openai-chat is
// the older API.
func providers() []provider {
	list := []provider{
		{"anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", openAnthropic},
		{"bedrock", "", "", openBedrock},
		{"google", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", openGoogle},
		{"vertex", "", "", openVertex},
		{"openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", openOpenAI},
	}
	for _, d := range openaichat.Dialects() {
		name := d.Provider
		if name == "openai" {
			name = openaichat.API
		}
		list = append(list, provider{name, d.KeyVar, d.BaseURLVar, func(c Config, model string) (reprise.Model, error) {
			m, err := d.Model(model, c.getenv)
			if err != nil {
				return nil, err
			}
			m.Client = c.client(nil)
			return m, nil
		}})
	}
	return list
}

// An Address is where a provider's API is, in the form in which the variable
// Var moves clients of it elsewhere.
type Address struct{ Provider, Var, URL string }

// Addresses lists those that a variable moves.
func Addresses() []Address {
	list := []Address{
		{"anthropic", "ANTHROPIC_BASE_URL", "https://api.anthropic.com"},
		{"google", "GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com"},
	}
	for _, d := range openaichat.Dialects() {
		if d.BaseURLVar != "" && d.BaseURL != "" {
			list = append(list, Address{d.Provider, d.BaseURLVar, d.BaseURL})
		}
	}
	return list
}

func openAnthropic(c Config, model string) (reprise.Model, error) {
	m := anthropic.New(model, c.getenv("ANTHROPIC_API_KEY"))
	if base := c.getenv("ANTHROPIC_BASE_URL"); base != "" { // which is without /v1
		m.BaseURL = strings.TrimSuffix(base, "/") + "/v1"
	}
	m.Client = c.client(nil)
	return m, nil
}

func openBedrock(c Config, model string) (reprise.Model, error) {
	region := c.first("AWS_REGION", "AWS_DEFAULT_REGION")
	if region == "" {
		return nil, errors.New("bedrock: no region: set AWS_REGION")
	}
	m := bedrock.New(model, region)
	m.Key = c.getenv("AWS_BEARER_TOKEN_BEDROCK")
	m.Client = c.client(m.Client.Transport)
	return m, nil
}

// keyVars are the variables that a provider's key may be in, the usual one
// first.
func keyVars(provider, usual string) []string {
	if provider == "google" {
		return []string{usual, "GOOGLE_API_KEY"}
	}
	return []string{usual}
}

func openGoogle(c Config, model string) (reprise.Model, error) {
	m := gemini.New(model, c.first(keyVars("google", "GEMINI_API_KEY")...))
	if base := c.getenv("GOOGLE_GEMINI_BASE_URL"); base != "" { // which is without the version
		m.BaseURL = strings.TrimSuffix(base, "/") + "/v1beta"
	}
	m.Client = c.client(nil)
	return m, nil
}

// openVertex opens Claude by Anthropic's API, and any other model by Google's.
func openVertex(c Config, model string) (reprise.Model, error) {
	project := c.first("GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID")
	location := c.first("GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION")
	if project == "" {
		return nil, errors.New("vertex: no project: set GOOGLE_CLOUD_PROJECT")
	}
	if location == "" {
		location = vertex.Global
	}
	if strings.HasPrefix(model, "claude") {
		m := claude.New(model, project, location)
		m.Client = c.client(m.Client.Transport)
		return m, nil
	}
	m, err := vertex.New(model, project, location)
	if err != nil {
		return nil, err
	}
	m.Client = c.client(m.Client.Transport)
	return m, nil
}

func openOpenAI(c Config, model string) (reprise.Model, error) {
	m := openai.New(model, c.getenv("OPENAI_API_KEY"))
	m.BaseURL = c.getenv("OPENAI_BASE_URL")
	m.Client = c.client(nil)
	return m, nil
}
