// Package recordings gives tests the real exchanges that stand in the folder
// that REPRISE_CASSETTES names, read without any of this module's code.
package recordings

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// An Exchange is one of a recording's: the address that was asked, and both
// bodies.
type Exchange struct {
	URL      *url.URL
	Request  string
	Response string
}

// Each runs f on every recording of which all exchanges are of one API: of
// makes of an exchange what the test of that API wants to know of it, and is
// not ok for those of others. Without a folder the test is skipped.
func Each[X any](t *testing.T, of func(Exchange) (x X, ok bool), f func(t *testing.T, exchanges []X)) {
	t.Helper()
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Skip("REPRISE_CASSETTES names no folder of recordings")
	}
	found := 0
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		exchanges, err := read(path)
		if err != nil {
			return err
		}
		var ours []X
		for _, e := range exchanges {
			x, ok := of(e)
			if !ok {
				return nil
			}
			ours = append(ours, x)
		}
		if ours == nil {
			return nil
		}
		found++
		name, err := filepath.Rel(dir, path)
		t.Run(name, func(t *testing.T) { f(t, ours) })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Errorf("no recordings of this API in %s", dir)
	}
}

func read(path string) ([]Exchange, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Interactions []struct {
			Request struct {
				URL  string `yaml:"url"`
				Body string `yaml:"body"`
			} `yaml:"request"`
			Response struct {
				Body string `yaml:"body"`
			} `yaml:"response"`
		} `yaml:"interactions"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	var exchanges []Exchange
	for _, i := range file.Interactions {
		u, err := url.Parse(i.Request.URL)
		if err != nil {
			return nil, err
		}
		exchanges = append(exchanges, Exchange{URL: u, Request: i.Request.Body, Response: i.Response.Body})
	}
	return exchanges, nil
}

// Whole reports whether a body is one JSON object, and so no stream of events.
func Whole(body string) bool { return strings.HasPrefix(strings.TrimSpace(body), "{") }

// Data is that of each event of a body, but for OpenAI's [DONE]; the body
// itself if it is whole.
func Data(body string) (data []string) {
	if Whole(body) {
		return []string{body}
	}
	for line := range strings.Lines(body) {
		d, ok := strings.CutPrefix(line, "data:")
		if d = strings.TrimSpace(d); ok && d != "[DONE]" {
			data = append(data, d)
		}
	}
	return data
}
