// Package models opens a model by a name such as "xai/grok-code-fast-1": for
// programs that are told by text which one to use. It imports every provider;
// a program that knows its provider is smaller without it.
package models

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/openaichat"
)

// Config is what models are opened with. Its zero value opens them without
// keys, which is enough to replay.
type Config struct {
	Client *http.Client        // nil: http.DefaultClient
	Getenv func(string) string // where keys and addresses come from, such as os.Getenv; nil: there are none
}

// A Name is a provider and its name for a model.
type Name struct {
	Provider, Model string
	KeyVar          string // the environment variable that holds the key; empty: the provider needs none
	BaseURLVar      string // the environment variable that moves the provider's address; empty: there is none
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
	getenv := c.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	return p.open(c.Client, getenv, name.Model)
}

// Providers are the names that [Config.Open] knows.
func Providers() []string {
	var names []string
	for _, p := range providers() {
		names = append(names, p.name)
	}
	return names
}

// provider is a way to open models.
type provider struct {
	name, keyVar, baseURLVar string

	open func(client *http.Client, getenv func(string) string, model string) (reprise.Model, error)
}

func find(name string) (provider, bool) {
	for _, p := range providers() {
		if p.name == name {
			return p, true
		}
	}
	return provider{}, false
}

func providers() []provider {
	var list []provider
	for _, d := range openaichat.Dialects() {
		list = append(list, chat(d))
	}
	return list
}

// chat opens models of a Chat Completions server.
func chat(d openaichat.Dialect) provider {
	return provider{d.Provider, d.KeyVar, d.BaseURLVar, func(client *http.Client, getenv func(string) string, name string) (reprise.Model, error) {
		m, err := d.Model(name, getenv)
		if err != nil {
			return nil, err
		}
		m.Client = client
		return m, nil
	}}
}
