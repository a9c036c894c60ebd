// Package vertex opens Google's models in Google Cloud (Vertex AI), which
// serves the Gemini API under an address of each project and location. The
// requests and answers are package gemini's; the address and the credentials
// are here, so that only programs that import this package hold Google's
// client for them.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
package vertex

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/gemini"
)

// Global is the location of the endpoint that is in no region.
const Global = "global"

// version is that of the API: the one that has what is new.
const version = "v1beta1"

// New is a model in a project of Google Cloud, such as gemini-2.5-flash in
// my-project at us-central1 or [Global]. Its Client has a [Transport] with
// the default credentials, which are looked for when the network is reached
// first. To record and replay, put the cassette over a Transport: set its
// Transport to a *Transport of this package, and the model's Client to the
// cassette's.
func New(name, project, location string) (*gemini.Model, error) {
	switch {
	case !plain(project):
		return nil, invalid(fmt.Errorf("%q is not the id of a project", project))
	case !plain(location):
		return nil, invalid(fmt.Errorf("%q is not a location, such as us-central1 or %s", location, Global))
	}
	return &gemini.Model{
		Name:     name,
		Provider: gemini.Vertex,
		BaseURL:  fmt.Sprintf("https://%s/%s/projects/%s/locations/%s/publishers/google", host(location), version, project, location),
		Client:   &http.Client{Transport: &Transport{}},
	}, nil
}

// Express is a model in Google Cloud for an API key alone (express mode).
// https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview
func Express(name, key string) *gemini.Model {
	return &gemini.Model{
		Name:     name,
		Key:      key,
		Provider: gemini.Vertex,
		BaseURL:  "https://" + host(Global) + "/" + version + "/publishers/google",
	}
}

// FromEnv is New with the project in GOOGLE_CLOUD_PROJECT and the location in
// GOOGLE_CLOUD_LOCATION (empty: [Global]), or, without a project, Express with
// the key in GOOGLE_API_KEY.
func FromEnv(name string) (*gemini.Model, error) {
	project, location := os.Getenv("GOOGLE_CLOUD_PROJECT"), os.Getenv("GOOGLE_CLOUD_LOCATION")
	if location == "" {
		location = Global
	}
	if project != "" {
		return New(name, project, location)
	}
	if key := os.Getenv("GOOGLE_API_KEY"); key != "" {
		return Express(name, key), nil
	}
	return nil, invalid(errors.New("no project: set GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION, or GOOGLE_API_KEY for express mode"))
}

func invalid(err error) error {
	return &reprise.Error{Provider: gemini.Vertex, Kind: reprise.KindInvalid, Err: err}
}

// plain reports whether a name can be a step of a path as it is. A project may
// belong to a domain: example.com:my-project.
func plain(name string) bool {
	return name != "" && strings.Trim(name, ".") != "" &&
		strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.:") == ""
}

// host is the host of a location.
func host(location string) string {
	switch location {
	case Global:
		return "aiplatform.googleapis.com"
	case "us", "eu": // these hold several regions
		return "aiplatform." + location + ".rep.googleapis.com"
	}
	return location + "-aiplatform.googleapis.com"
}
