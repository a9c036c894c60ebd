package cassette

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"
)

// readVCRPy reads vcrpy's YAML and JSON.
func readVCRPy(data []byte) (*Recording, error) {
	var file struct {
		Interactions []struct {
			Request struct {
				Method  string    `yaml:"method"`
				URI     string    `yaml:"uri"`
				Body    vcrBody   `yaml:"body"`
				Headers anyHeader `yaml:"headers"`
			} `yaml:"request"`
			Response struct {
				Status  vcrStatus `yaml:"status"`
				Headers anyHeader `yaml:"headers"`
				Body    vcrBody   `yaml:"body"`
			} `yaml:"response"`
		} `yaml:"interactions"`
	}
	if err := unmarshalImport(data, &file); err != nil {
		return nil, err
	}
	rec := &Recording{}
	for _, e := range file.Interactions {
		var i Interaction
		i.Request.Method, i.Request.URL, i.Request.Header = e.Request.Method, e.Request.URI, e.Request.Headers.http()
		i.Request.Body = string(e.Request.Body)
		i.Response.Code, i.Response.Status, i.Response.Header = e.Response.Status.Code, e.Response.Status.Message, e.Response.Headers.http()
		i.Response.Body = string(e.Response.Body)
		rec.Interactions = append(rec.Interactions, i)
	}
	return rec, nil
}

type vcrStatus struct {
	Code    int    `yaml:"code"`
	Message string `yaml:"message"`
}

// vcrBody is a body that is text, bytes, or a map with one of them.
type vcrBody string

// UnmarshalYAML implements the interface of package yaml.
func (b *vcrBody) UnmarshalYAML(n *yaml.Node) error {
	var v any
	binaryTag(n)
	if err := n.Decode(&v); err != nil {
		return err
	}
	return b.set(v)
}

// binaryTag puts YAML's tag for bytes in place of Ruby's.
func binaryTag(n *yaml.Node) {
	if n.Tag == "!binary" {
		n.Tag = "!!binary"
	}
	for _, inner := range n.Content {
		binaryTag(inner)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *vcrBody) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	return b.set(v)
}

func (b *vcrBody) set(v any) error {
	switch v := v.(type) {
	case nil:
		*b = ""
	case string:
		*b = vcrBody(latin1(v))
	case []byte:
		*b = vcrBody(v)
	case map[string]any:
		for _, key := range []string{"base64_string", "base64"} {
			if text, ok := v[key].(string); ok {
				data, err := base64.StdEncoding.DecodeString(text)
				*b = vcrBody(data)
				return err
			}
		}
		return b.set(v["string"])
	default:
		return fmt.Errorf("a body is a %T", v)
	}
	return nil
}

// readRuby reads the cassettes of Ruby's VCR.
func readRuby(data []byte) (*Recording, error) {
	var file struct {
		Interactions []struct {
			Request struct {
				Method  string    `yaml:"method"`
				URI     string    `yaml:"uri"`
				Body    vcrBody   `yaml:"body"`
				Headers anyHeader `yaml:"headers"`
			} `yaml:"request"`
			Response struct {
				Status  vcrStatus `yaml:"status"`
				Headers anyHeader `yaml:"headers"`
				Body    vcrBody   `yaml:"body"`
				Version string    `yaml:"http_version" json:"http_version"`
			} `yaml:"response"`
			RecordedAt string `yaml:"recorded_at" json:"recorded_at"`
		} `yaml:"http_interactions" json:"http_interactions"`
	}
	if err := unmarshalImport(data, &file); err != nil {
		return nil, err
	}
	rec := &Recording{}
	for _, e := range file.Interactions {
		var i Interaction
		i.Started, _ = time.Parse(time.RFC1123, e.RecordedAt) // not known, if it is no time
		i.Request.Method, i.Request.URL, i.Request.Header = e.Request.Method, e.Request.URI, e.Request.Headers.http()
		i.Request.Body = string(e.Request.Body)
		i.Response.Code, i.Response.Status, i.Response.Header = e.Response.Status.Code, e.Response.Status.Message, e.Response.Headers.http()
		i.Response.Body = string(e.Response.Body)
		i.Response.Proto = e.Response.Version
		rec.Interactions = append(rec.Interactions, i)
	}
	return rec, nil
}

// readGoVCR1 reads the first version of go-vcr's format.
func readGoVCR1(data []byte) (*Recording, error) {
	var file struct {
		Interactions []struct {
			Request struct {
				Body    string              `yaml:"body"`
				Form    map[string][]string `yaml:"form"`
				Headers anyHeader           `yaml:"headers"`
				URL     string              `yaml:"url"`
				Method  string              `yaml:"method"`
			} `yaml:"request"`
			Response struct {
				Body     string    `yaml:"body"`
				Headers  anyHeader `yaml:"headers"`
				Status   string    `yaml:"status"`
				Code     int       `yaml:"code"`
				Duration string    `yaml:"duration"`
			} `yaml:"response"`
		} `yaml:"interactions"`
	}
	if err := unmarshalImport(data, &file); err != nil {
		return nil, err
	}
	rec := &Recording{}
	for _, e := range file.Interactions {
		var i Interaction
		i.Request.Method, i.Request.URL, i.Request.Header = e.Request.Method, e.Request.URL, e.Request.Headers.http()
		i.Request.Body = e.Request.Body
		if len(e.Request.Form) > 0 {
			i.Request.Form = e.Request.Form
		}
		i.Response.Code, i.Response.Status, i.Response.Header = e.Response.Code, e.Response.Status, e.Response.Headers.http()
		i.Response.Body = e.Response.Body
		i.Response.Duration, _ = time.ParseDuration(e.Response.Duration) // "" when not known
		rec.Interactions = append(rec.Interactions, i)
	}
	return rec, nil
}
