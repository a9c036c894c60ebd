// Package models opens a model by a name such as "xai/grok-code-fast-1": for
// programs that are told by text which one to use. It imports every provider;
// a program that knows its provider is smaller without it.
package models

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/repriselabs/reprise"
)

// Config is what models are opened with. Its zero value opens them without
// keys, which is enough to replay.
type Config struct {
	Getenv func(string) string // where keys and addresses come from, such as os.Getenv; nil: there are none
	// Client makes the model's client, given the network that it must reach:
	// nil is http.DefaultTransport, and a cloud's signs requests. A cassette
	// goes over it, with the network as its Transport. Client nil: a plain
	// client.
	Client func(network http.RoundTripper) *http.Client
}

func (c Config) getenv(name string) string {
	if c.Getenv == nil {
		return ""
	}
	return c.Getenv(name)
}

// first is the first of the variables that is set.
func (c Config) first(names ...string) string {
	for _, name := range names {
		if v := c.getenv(name); v != "" {
			return v
		}
	}
	return ""
}

func (c Config) client(network http.RoundTripper) *http.Client {
	if c.Client != nil {
		return c.Client(network)
	}
	return &http.Client{Transport: network}
}

// A Name is a provider and its name for a model.
type Name struct {
	Provider, Model string
	KeyVar          string // the environment variable that holds the key; empty: the provider needs none
	BaseURLVar      string // the environment variable that moves the provider's address; empty: there is none
}

// HasKey reports whether a model can be asked with what getenv knows: there
// is a key, or none is needed.
func (n Name) HasKey(getenv func(string) string) bool {
	if n.KeyVar == "" || n.BaseURLVar != "" && getenv(n.BaseURLVar) != "" { // another server may need none
		return true
	}
	return Config{Getenv: getenv}.first(keyVars(n.Provider, n.KeyVar)...) != ""
}

// Parse splits "provider/model". The model may have slashes of its own.
func Parse(spec string) (Name, error) {
	provider, model, ok := strings.Cut(spec, "/")
	if !ok || provider == "" || model == "" {
		return Name{}, fmt.Errorf("%q is not provider/model, such as xai/grok-code-fast-1", spec)
	}
	p, ok := find(provider)
	if !ok {
		return Name{}, fmt.Errorf("no provider %q; there are %s", provider, strings.Join(Providers(), ", "))
	}
	return Name{Provider: provider, Model: model, KeyVar: p.keyVar, BaseURLVar: p.baseURLVar}, nil
}

// Open opens the model "provider/model". A missing key is no error here: the
// provider says so when it is asked.
func (c Config) Open(spec string) (reprise.Model, error) {
	name, err := Parse(spec)
	if err != nil {
		return nil, err
	}
	p, _ := find(name.Provider) // Parse found it
	return p.open(c, name.Model)
}

// Providers are the names that [Config.Open] knows.
func Providers() []string {
	var names []string
	for _, p := range providers() {
		names = append(names, p.name)
	}
	return names
}
