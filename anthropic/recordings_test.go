package anthropic

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/recordings"
)

// exchange is one of a recording's.
type exchange struct{ recordings.Exchange }

func (x exchange) provider() string {
	switch {
	case strings.HasSuffix(x.URL.Host, "amazonaws.com"):
		return "bedrock"
	case strings.HasSuffix(x.URL.Host, "googleapis.com"):
		return "vertex"
	}
	return ""
}

// read reads the request, with the model that the address names.
func (x exchange) read(t *testing.T) *reprise.Request {
	t.Helper()
	req, err := ReadRequest([]byte(x.Request))
	if err != nil {
		t.Fatal(err)
	}
	if name := ModelOf(x.URL); name != "" {
		req.Model = name
	}
	if req.Model == "" {
		t.Fatalf("no model in %s", x.URL)
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
	body := x.Response
	if body[0] != 0 {
		return recordings.Data(body)
	}
	var events []string
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

// eachRecording runs f on every recording of this API.
func eachRecording(t *testing.T, f func(t *testing.T, exchanges []exchange)) {
	t.Helper()
	recordings.Each(t, func(e recordings.Exchange) (exchange, bool) {
		return exchange{e}, strings.HasSuffix(e.URL.Path, "/messages") || strings.Contains(e.URL.Path, "anthropic")
	}, f)
}
