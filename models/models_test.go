package models_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/models"
	"github.com/repriselabs/reprise/openaichat"
)

func TestOpen(t *testing.T) {
	env := map[string]string{"XAI_API_KEY": "k", "GROQ_BASE_URL": "http://localhost:1/v1"}
	c := models.Config{Getenv: func(name string) string { return env[name] }}
	for spec, want := range map[string]openaichat.Model{
		"xai/grok-code-fast-1":                   {Name: "grok-code-fast-1", Key: "k"},
		"openrouter/anthropic/claude-sonnet-4.5": {Name: "anthropic/claude-sonnet-4.5"},
		"groq/m":                                 {Name: "m", BaseURL: "http://localhost:1/v1"},
		"ollama/tiny":                            {Name: "tiny"},
	} {
		m, err := c.Open(spec)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		got := m.(*openaichat.Model)
		provider, _, _ := strings.Cut(spec, "/")
		if got.Name != want.Name || got.Key != want.Key || got.BaseURL != want.BaseURL || got.Dialect.Provider != provider {
			t.Errorf("%s: got %s of %s, key %q, address %q", spec, got.Name, got.Dialect.Provider, got.Key, got.BaseURL)
		}
	}
	for spec, want := range map[string]string{
		"gpt-4o":   `"gpt-4o" is not provider/model`,
		"xai/":     `"xai/" is not provider/model`,
		"acme/gpt": `no provider "acme"; there are anthropic, bedrock, google, vertex, openai, xai, openai-chat, `,
		"azure/d":  "azure has no address of its own: set AZURE_OPENAI_BASE_URL",
	} {
		if _, err := c.Open(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", spec, err, want)
		}
	}
}

// TestAll opens a model of each provider.
func TestAll(t *testing.T) {
	c := models.Config{Getenv: func(name string) string {
		if name == "AWS_REGION" || strings.HasPrefix(name, "GOOGLE_CLOUD_") {
			return "us-east-1"
		}
		if strings.HasSuffix(name, "_KEY") || name == "HF_TOKEN" {
			return ""
		}
		return "http://localhost:1/v1"
	}}
	used := 0
	c.Client = func(network http.RoundTripper) *http.Client {
		used++
		return &http.Client{Transport: network}
	}
	for i, p := range models.Providers() {
		m, err := c.Open(p + "/m")
		if err != nil || m == nil {
			t.Errorf("%s: %v", p, err)
		}
		if used != i+1 {
			t.Errorf("%s: the client was not used", p)
			used = i + 1
		}
	}
}

func TestHasKey(t *testing.T) {
	for _, c := range []struct {
		spec, set string
		want      bool
	}{
		{"google/m", "", false}, {"google/m", "GEMINI_API_KEY", true}, {"google/m", "GOOGLE_API_KEY", true},
		{"xai/m", "GOOGLE_API_KEY", false}, {"xai/m", "XAI_API_KEY", true}, {"xai/m", "XAI_BASE_URL", true}, {"ollama/m", "", true},
	} {
		name, err := models.Parse(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		got := name.HasKey(func(v string) string {
			if v == c.set {
				return "x"
			}
			return ""
		})
		if got != c.want {
			t.Errorf("%s with %q set: got %v, want %v", c.spec, c.set, got, c.want)
		}
	}
}
