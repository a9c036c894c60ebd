package server

import (
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/cassette"
)

// TestLetter looks up requests of each API and form that were recorded of some
// host: to the letter and in other words, what is found is what has the same
// exact key.
func TestLetter(t *testing.T) {
	paths := []string{
		"/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/embeddings?api_key=REDACTED&a=1",
		"/model/eu.m%3A0/invoke-with-response-stream", "/model/m/invoke",
		"/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict",
		"/v1beta/models/m:streamGenerateContent?alt=sse", "/v1beta/models/m:streamGenerateContent", "/v1/models/m:generateContent",
	}
	bodies := []string{`{"model":"m"}`, `{"model":"m","stream":true}`, `{"stream":true,"model":"m"}`, `not JSON`}
	rec := &cassette.Recording{}
	for _, host := range []string{"api.openai.com", "api.x.ai", "api.anthropic.com", "bedrock-runtime.eu-west-1.amazonaws.com", "generativelanguage.googleapis.com", "eu-aiplatform.googleapis.com", "x"} {
		for _, path := range paths {
			for _, body := range bodies {
				rec.Interactions = append(rec.Interactions, cassette.Interaction{Request: cassette.Request{Method: "POST", URL: "https://" + host + path, Body: body}})
			}
		}
	}
	l := newLibrary(map[string][]*entry{"c.yaml": entries("c.yaml", rec, "", &cassette.Redact{})})
	for _, path := range append(paths, "/prefix/v1/messages", "/v1/other") {
		u, err := url.Parse("https://" + path) // of no host, as asked
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range append(bodies, ` {"model" : "m"}`, `{"model":"n"}`) {
			a := newAsked("POST", u, body)
			same := l.same(a)
			_, known := l.letters[a.letter()]
			if known && a.of.API != "" {
				t.Errorf("%s %s is recorded to the letter, and was looked into", path, body)
			}
			if recorded := slices.Contains(paths, path) && slices.Contains(bodies, body); known != recorded {
				t.Errorf("%s %s is recorded to the letter: %v, want %v", path, body, known, recorded)
			}
			if d := cmp.Diff(ids(l.exact[a.exact()]), ids(same)); d != "" {
				t.Errorf("%s %s, to the letter: %v (-want +got):\n%s", path, body, known, d)
			}
		}
	}
}

func ids(list []*entry) (ids []string) {
	for _, e := range list {
		ids = append(ids, e.id)
	}
	return ids
}
