// Package clients holds programs that talk to model APIs with the SDKs that
// others wrote, and the tests that point them at a server of package server.
//
// A program takes a [Job] a line on its standard input, and writes a [Result]
// a line: those of node/ use the packages of npm, official and fantasy are Go
// programs, which are modules of their own as no one else needs what they do.
package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
)

// A Job is a conversation to have with a server.
type Job struct {
	Client string `json:"client"` // what to ask with, as the program names it
	Base   string `json:"base"`   // the server's address, without a path

	Model     string            `json:"model"`
	System    string            `json:"system"`
	Prompt    string            `json:"prompt"`
	MaxTokens int               `json:"maxTokens"`
	Tools     []Tool            `json:"tools"`
	Results   map[string]string `json:"results"` // what the tools say, by name

	// Leave has the client go away when it has the first piece of text.
	Leave bool `json:"leave"`
}

// A Tool is offered to the model.
type Tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"`
}

// A Result is what became of a Job, as the SDK tells it.
type Result struct {
	Turns   []Turn   `json:"turns"`
	Matches []string `json:"matches"` // the Reprise-Match headers, in order
	Error   string   `json:"error"`
}

// A Turn is an answer of the model. Of its usage, the input holds what was
// cached and the output what was thought, whatever the API's own way.
type Turn struct {
	Text  string `json:"text"`
	Calls []Call `json:"calls"`
	Usage Usage  `json:"usage"`
}

// A Call is of a tool.
type Call struct {
	Name string `json:"name"`
	Args any    `json:"args"`
}

// Usage is in tokens.
type Usage struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
}

// Run does the jobs of standard input, one after the other.
func Run(do func(context.Context, Job) ([]Turn, error)) error {
	var matches []string
	transport := http.DefaultTransport
	http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := transport.RoundTrip(r)
		if err == nil {
			matches = append(matches, resp.Header.Get("Reprise-Match"))
		}
		return resp, err
	})
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	for {
		var job Job
		if err := in.Decode(&job); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		matches = nil
		turns, err := do(context.Background(), job)
		result := Result{Turns: turns, Matches: matches}
		if err != nil {
			result.Error = err.Error()
		}
		if err := out.Encode(result); err != nil {
			return err
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
