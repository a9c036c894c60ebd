package cassette

import (
	"encoding/base64"
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"
)

// readVCRPy reads vcrpy's YAML; its JSON is YAML too.
func readVCRPy(data []byte) (*Recording, error) {
	var file struct {
		Interactions []struct {
			Request struct {
				Method  string    `yaml:"method"`
				URI     string    `yaml:"uri"`
				Body    any       `yaml:"body"`
				Headers anyHeader `yaml:"headers"`
			} `yaml:"request"`
			Response struct {
				Status  vcrStatus `yaml:"status"`
				Headers anyHeader `yaml:"headers"`
				Body    any       `yaml:"body"`
			} `yaml:"response"`
		} `yaml:"interactions"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	rec := &Recording{}
	for _, e := range file.Interactions {
		var i Interaction
		var err error
		i.Request.Method, i.Request.URL, i.Request.Header = e.Request.Method, e.Request.URI, e.Request.Headers.http()
		if i.Request.Body, err = vcrBody(e.Request.Body); err != nil {
			return nil, err
		}
		i.Response.Code, i.Response.Status, i.Response.Header = e.Response.Status.Code, e.Response.Status.Message, e.Response.Headers.http()
		if i.Response.Body, err = vcrBody(e.Response.Body); err != nil {
			return nil, err
		}
		rec.Interactions = append(rec.Interactions, i)
	}
	return rec, nil
}

type vcrStatus struct {
	Code    int    `yaml:"code"`
	Message string `yaml:"message"`
}

// vcrBody returns a body that is text, bytes, or a map with one of them.
func vcrBody(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return latin1(v), nil
	case []byte:
		return string(v), nil
	case map[string]any:
		for _, key := range []string{"base64_string", "base64"} {
			if text, ok := v[key].(string); ok {
				data, err := base64.StdEncoding.AppendDecode(nil, []byte(text))
				return string(data), err
			}
		}
		return vcrBody(v["string"])
	}
	return "", fmt.Errorf("a body is a %T", v)
}

// readRuby reads the cassettes of Ruby's VCR.
func readRuby(data []byte) (*Recording, error) {
	var file struct {
		Interactions []struct {
			Request struct {
				Method  string    `yaml:"method"`
				URI     string    `yaml:"uri"`
				Body    any       `yaml:"body"`
				Headers anyHeader `yaml:"headers"`
			} `yaml:"request"`
			Response struct {
				Status  vcrStatus `yaml:"status"`
				Headers anyHeader `yaml:"headers"`
				Body    any       `yaml:"body"`
				Version string    `yaml:"http_version"`
			} `yaml:"response"`
			RecordedAt string `yaml:"recorded_at"`
		} `yaml:"http_interactions"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	rec := &Recording{}
	for _, e := range file.Interactions {
		var i Interaction
		var err error
		i.Started, _ = time.Parse(time.RFC1123, e.RecordedAt) // not known, if it is no time
		i.Request.Method, i.Request.URL, i.Request.Header = e.Request.Method, e.Request.URI, e.Request.Headers.http()
		if i.Request.Body, err = vcrBody(e.Request.Body); err != nil {
			return nil, err
		}
		i.Response.Code, i.Response.Status, i.Response.Header = e.Response.Status.Code, e.Response.Status.Message, e.Response.Headers.http()
		if i.Response.Body, err = vcrBody(e.Response.Body); err != nil {
			return nil, err
		}
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
	if err := yaml.Unmarshal(data, &file); err != nil {
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
