package cassette

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// importFormat tells the format by what only it has.
func importFormat(data []byte) (Format, error) {
	if bytes.HasPrefix(data, []byte(traceHead)) {
		return HTTPRR, nil
	}
	var head struct {
		Log struct {
			Entries present `yaml:"entries"`
		} `yaml:"log"`
		HTTPInteractions present `yaml:"http_interactions" json:"http_interactions"`
		Version          any     `yaml:"version"`
		Interactions     []struct {
			Request struct {
				URI *string `yaml:"uri"`
				URL *string `yaml:"url"`
			} `yaml:"request"`
		} `yaml:"interactions"`
	}
	if err := unmarshalImport(data, new(present)); err != nil {
		return "", fmt.Errorf("neither YAML, JSON nor an httprr trace: %w", err)
	}
	if err := unmarshalImport(data, &head); err != nil {
		return "", errNoFormat
	}
	version := fmt.Sprint(head.Version)
	switch {
	case bool(head.Log.Entries):
		return HAR, nil
	case bool(head.HTTPInteractions):
		return RubyVCR, nil
	case version == "2":
		return GoVCR2, nil
	case len(head.Interactions) > 0 && head.Interactions[0].Request.URI != nil:
		return VCRPy, nil
	case len(head.Interactions) > 0 && head.Interactions[0].Request.URL != nil && head.Version != nil && version != "1":
		return "", fmt.Errorf("%w: found version %s of go-vcr's format", ErrVersion, version)
	case len(head.Interactions) > 0 && head.Interactions[0].Request.URL != nil:
		return GoVCR1, nil
	}
	return "", errNoFormat
}

var errNoFormat = errors.New("the format is none of HAR, vcrpy, Ruby VCR, go-vcr and httprr, or nothing is recorded")

// present is true when there is a value at all.
type present bool

func (p *present) UnmarshalJSON([]byte) error     { *p = true; return nil }
func (p *present) UnmarshalYAML(*yaml.Node) error { *p = true; return nil }

// unmarshalImport reads JSON, which is no YAML where it escapes half of a
// surrogate pair, or YAML.
func unmarshalImport(data []byte, v any) error {
	if !json.Valid(data) {
		return yaml.Unmarshal(data, v)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode(v)
}
