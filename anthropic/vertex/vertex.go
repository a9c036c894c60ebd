// Package vertex asks Claude on Google Cloud's Vertex AI
// (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude)
// with the codec of package anthropic, as the application default credentials
// of Google say.
//
// [New] gives the model a Client that authenticates. A Client of the caller's
// takes its place; to record with a cassette, let the cassette's transport be
// a [Transport], so that replay needs no credentials:
//
//	m := vertex.New("claude-sonnet-4-5@20250929", "my-project", "global")
//	m.Client = (&cassette.Cassette{File: file, Transport: m.Client.Transport}).Client()
package vertex

import (
	"errors"
	"net/http"
	"net/url"
	"os"

	"github.com/repriselabs/reprise/anthropic"
)

// Provider is the name in events and errors.
const Provider = "vertex"

// New is a model in a project and a location: global, us, eu, or a region
// such as us-east5. The credentials are found with the first request, as
// Google's libraries find them. A Key that is set later is sent as a bearer
// token in their place.
func New(name, project, location string) *anthropic.Model {
	return &anthropic.Model{
		Name:   name,
		Host:   Host(project, location),
		Client: &http.Client{Transport: &Transport{}},
	}
}

// FromEnv is a model in the project of ANTHROPIC_VERTEX_PROJECT_ID or
// GOOGLE_CLOUD_PROJECT and the location of CLOUD_ML_REGION or
// GOOGLE_CLOUD_LOCATION, which is global if neither is set.
func FromEnv(name string) (*anthropic.Model, error) {
	if name == "" {
		return nil, errors.New("vertex: no model name, such as claude-sonnet-4-5@20250929")
	}
	project := first("ANTHROPIC_VERTEX_PROJECT_ID", "GOOGLE_CLOUD_PROJECT")
	if project == "" {
		return nil, errors.New("vertex: no project: set GOOGLE_CLOUD_PROJECT")
	}
	location := first("CLOUD_ML_REGION", "GOOGLE_CLOUD_LOCATION")
	if location == "" {
		location = "global"
	}
	return New(name, project, location), nil
}

func first(names ...string) string {
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// Host is Vertex AI in a project and a location. [New] makes models with it.
func Host(project, location string) *anthropic.Host {
	return &anthropic.Host{
		Provider:   Provider,
		Version:    "vertex-2023-10-16",
		NoKey:      "no credentials: give the model a Client whose transport is a vertex.Transport, as vertex.New does, or set Model.Key",
		BaseURL:    func(anthropic.Op) string { return baseURL(project, location) },
		Path:       func(op anthropic.Op, model string) string { return path(op, model) },
		CountModel: true,
	}
}

// baseURL is empty where something is missing.
func baseURL(project, location string) string {
	if project == "" {
		return ""
	}
	host := ""
	switch location {
	case "":
		return ""
	case "global":
		host = "aiplatform.googleapis.com"
	case "us", "eu":
		host = "aiplatform." + location + ".rep.googleapis.com"
	default:
		host = url.PathEscape(location) + "-aiplatform.googleapis.com"
	}
	return "https://" + host + "/v1/projects/" + url.PathEscape(project) + "/locations/" + url.PathEscape(location) + "/publishers/anthropic/models"
}

func path(op anthropic.Op, model string) string {
	switch op {
	case anthropic.OpMessages:
		return "/" + url.PathEscape(model) + ":streamRawPredict"
	case anthropic.OpCountTokens:
		return "/count-tokens:rawPredict"
	}
	return ""
}
