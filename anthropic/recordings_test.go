package anthropic

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/repriselabs/reprise"
)

// exchange is one of a recording's.
type exchange struct {
	Request struct {
		URL  string `yaml:"url"`
		Body string `yaml:"body"`
	} `yaml:"request"`
	Response struct {
		Body string `yaml:"body"`
	} `yaml:"response"`
}

func (x exchange) provider() string {
	switch {
	case strings.Contains(x.Request.URL, "amazonaws.com"):
		return "bedrock"
	case strings.Contains(x.Request.URL, "googleapis.com"):
		return "vertex"
	}
	return ""
}

// read reads the request, with the model that the address names.
func (x exchange) read(t *testing.T) *reprise.Request {
	t.Helper()
	req, err := ReadRequest([]byte(x.Request.Body))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(x.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	if name := ModelOf(u); name != "" {
		req.Model = name
	}
	if req.Model == "" {
		t.Fatalf("no model in %s", x.Request.URL)
	}
	return req
}

// model is one that would send the exchange's request.
func (x exchange) model() *Model {
	m := New("", "")
	switch x.provider() {
	case "bedrock":
		m.Host = &Host{Provider: "bedrock", Version: "bedrock-2023-05-31", NoStream: true, BodyBetas: true, Sparse: true}
	case "vertex":
		m.Host = &Host{Provider: "vertex", Version: "vertex-2023-10-16"}
	}
	return m
}

// events are the raw events of the answer: of the stream, of the frames, or
// the one answer that came whole. It does not use the package's decoders.
func (x exchange) events(t *testing.T) []string {
	t.Helper()
	body := x.Response.Body
	var events []string
	switch {
	case body[0] == '{':
		return []string{body}
	case body[0] == 0:
		for len(body) > 0 {
			total := int(body[0])<<24 | int(body[1])<<16 | int(body[2])<<8 | int(body[3])
			headers := int(body[4])<<24 | int(body[5])<<16 | int(body[6])<<8 | int(body[7])
			var chunk struct{ Bytes string }
			if err := json.Unmarshal([]byte(body[12+headers:total-4]), &chunk); err != nil {
				t.Fatal(err)
			}
			event, err := base64.StdEncoding.DecodeString(chunk.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, string(event))
			body = body[total:]
		}
		return events
	}
	for line := range strings.Lines(body) {
		if data, ok := strings.CutPrefix(line, "data:"); ok {
			events = append(events, data)
		}
	}
	return events
}

// recordings calls fn with each recording of this API.
func recordings(t *testing.T, fn func(t *testing.T, exchanges []exchange)) {
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Skip("REPRISE_CASSETTES is not set: no recordings of real traffic")
	}
	var files []string
	for _, pattern := range []string{"anthropic/*/*.yaml", "image-upload/anthropic*.yaml"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no files %s in %s (%v)", pattern, dir, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		name, _ := filepath.Rel(dir, file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c struct {
				Interactions []exchange `yaml:"interactions"`
			}
			if err := yaml.Unmarshal(data, &c); err != nil {
				t.Fatal(err)
			}
			if len(c.Interactions) == 0 {
				t.Fatal("no interactions")
			}
			fn(t, c.Interactions)
		})
	}
}
