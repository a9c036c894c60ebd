package gemini

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// media writes a file: its bytes, or where it is. The API takes files of any
// type, as far as the model does, but not everywhere their names.
// https://ai.google.dev/api/files
func (e *encoder) media(m reprise.Media, named bool) error {
	if strings.HasPrefix(m.URL, "data:") {
		var ok bool
		if m, ok = readDataURL(m); !ok {
			return fmt.Errorf("a data URL that is not of the form data:TYPE;base64,DATA")
		}
	}
	if m.Detail != "" && m.Detail != "auto" {
		e.dropped("the detail of a picture: set generationConfig.mediaResolution in Extra[%q]", API)
	}
	uri := m.URL
	if m.ID != "" {
		uri = fileURI(m.ID)
	}
	switch {
	case uri != "":
		e.Open('{')
		e.Key("fileData")
		e.Open('{')
		e.Field("fileUri", uri)
		if m.Type != "" {
			e.Field("mimeType", m.Type)
		}
	case m.Type == "":
		return fmt.Errorf("a file without a type, such as image/png")
	default:
		e.Open('{')
		e.Key("inlineData")
		e.Open('{')
		e.Key("data")
		e.Base64("", m.Data)
		e.Field("mimeType", m.Type)
	}
	switch {
	case m.Name == "":
	case named:
		e.Field("displayName", m.Name)
	default:
		e.dropped("the name of the file %q: the API has no field for it here", m.Name)
	}
	e.Close('}')
	e.echo(m.Echo)
	e.Close('}')
	return nil
}

// fileURI is the address of an uploaded file, which the API wants in place of
// its name, such as files/abc.
func fileURI(id string) string {
	if strings.Contains(id, "://") {
		return id
	}
	return defaultBase + "/files/" + strings.TrimPrefix(id, "files/")
}

// readDataURL takes a data URL apart.
func readDataURL(m reprise.Media) (reprise.Media, bool) {
	rest := strings.TrimPrefix(m.URL, "data:")
	kind, data, ok := strings.Cut(rest, ";base64,")
	b, err := base64.StdEncoding.DecodeString(data)
	m.URL, m.Data = "", b
	if kind != "" {
		m.Type = kind
	}
	return m, ok && err == nil
}
