// Package modeltest has what tests of models, and of programs that use
// models, are made of:
//
//   - [Run] is a conformance suite: it shows that a [reprise.Model] keeps the
//     promises of package reprise, whatever API it speaks.
//   - [Script] is a model with canned answers, which fails the test when it is
//     asked something else than was expected.
//   - [Auto] is a model that calls every tool once, with arguments made from
//     its schema, and then answers.
//   - [NoNetwork] is an HTTP client that fails the test that uses it.
//
// # The suite
//
// A provider's test says how its API is spoken, and runs the suite:
//
//	func TestConformance(t *testing.T) {
//		modeltest.Run(t, modeltest.Provider{
//			Model: func(at modeltest.Endpoint) reprise.Model {
//				return &myapi.Model{Name: "m", BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
//			},
//			ReadRequest:   …, // their request to ours
//			WriteResponse: …, // our events to their answer
//			WriteError:    …, // our error to theirs
//			Lacks:         modeltest.Lacks{CallIDs: "calls are told apart by their order"},
//		})
//	}
//
// Each promise is a subtest of its own, which talks to an HTTP server over a
// network in memory and in a time of its own (testing/synctest). So the suite
// takes no time where it waits, sees every goroutine that a model leaves
// behind, and needs no network.
package modeltest

import (
	"iter"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/repriselabs/reprise"
)

// A Provider is a model under test, and the other end of its API. All four
// functions are needed; several goroutines may call them at once.
type Provider struct {
	// Model makes the model under test, whose answers come from an endpoint.
	Model func(at Endpoint) reprise.Model

	// ReadRequest reads what the model sent. It is where a provider's test
	// checks the address and the headers, too.
	ReadRequest func(r *http.Request, body []byte) (*reprise.Request, error)

	// WriteResponse answers with events: as a stream, each event written and
	// flushed before the next is taken, or as a whole. known is the answer
	// that the events tell, except where they end in an error. It returns
	// the error of the events, and tells one that servers tell in mid-stream
	// to the client. Warnings say what it could not write; they fail a check.
	WriteResponse func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error)

	// WriteError answers with an error: its status, its headers, its body.
	WriteError func(w http.ResponseWriter, err error) error

	// Reasoning is the n-th answer, counted from 1, of a model that reasons
	// and then makes the call, with an Echo wherever the API has one. nil:
	// reasoning in plain text, and the call.
	Reasoning func(n int, call reprise.ToolCall) reprise.Parts

	Lacks Lacks
}

// An Endpoint is where a model under test sends its requests.
type Endpoint struct {
	BaseURL string // without a path; empty: the provider's own
	Key     string // empty: there is none
	Client  *http.Client
}

// Lacks says what an API cannot do. Each field stands for something that APIs
// can, and holds the reason why this one cannot, which the skipped check
// shows. Empty: it can.
type Lacks struct {
	Key             string // it wants one, which goes with each request
	Address         string // it has one of its own, for when no BaseURL is given
	System          string // a prompt before the conversation
	CallIDs         string // calls and results carry ids
	ErrorResults    string // a result can be marked as an error
	Output          string // JSON of a schema, asked for by the API's own means
	Reasoning       string // which goes back on the next turn
	Refusals        string // told from other text
	Images          string // in a user message, as bytes
	ImageURLs       string // in a user message, by address
	ReasoningTokens string // reported
	CacheReads      string // reported
	CacheWrites     string // reported
	Cost            string // reported
	StreamErrors    string // an error in mid-stream
	Wholes          string // answers that are not streams
}

// Run runs the suite.
func Run(t *testing.T, p Provider) {
	t.Helper()
	if p.Model == nil || p.ReadRequest == nil || p.WriteResponse == nil || p.WriteError == nil {
		t.Fatal("modeltest: Provider needs Model, ReadRequest, WriteResponse and WriteError")
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if c.lacks != nil {
				if reason := c.lacks(&p.Lacks); reason != "" {
					t.Skip(reason)
				}
			}
			inBubble(t, func(t *testing.T) {
				s := start(t, p)
				defer s.stop()
				c.run(s)
			})
		})
	}
}

// inBubble runs f in a bubble of its own time, and fails if that cannot end.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	defer func() {
		if stuck := recover(); stuck != nil {
			t.Errorf("%v", stuck)
		}
	}()
	synctest.Test(t, f)
}

// check is a promise of a model's.
type check struct {
	name  string
	lacks func(*Lacks) string // why the API cannot do it; nil: every one can
	run   func(*suite)
}
