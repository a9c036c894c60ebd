package openaichat

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// media writes a picture, a sound, a document or a text file as a piece of
// content.
func (e *encoder) media(m reprise.Media) error {
	switch kind, _, _ := strings.Cut(m.Type, "/"); {
	case m.ID != "":
		e.file(m)
	case kind == "image" || m.Type == "" && m.URL != "":
		e.image(m)
	case m.URL != "":
		return fmt.Errorf("%s takes only images by URL, not %s", API, m.Type)
	case m.Type == "audio/wav" || m.Type == "audio/x-wav" || m.Type == "audio/wave":
		e.audio(m, "wav")
	case m.Type == "audio/mpeg" || m.Type == "audio/mp3":
		e.audio(m, "mp3")
	case kind == "audio": // which formats there are is left to the server to say
		e.audio(m, strings.TrimPrefix(m.Type, "audio/"))
	case kind == "application":
		e.file(m)
	case kind == "text":
		e.textPiece(string(m.Data), nil)
	default:
		return fmt.Errorf("%s cannot send a file of type %q", API, m.Type)
	}
	return nil
}

func (e *encoder) image(m reprise.Media) {
	e.Open('{')
	e.Field("type", "image_url")
	e.Key("image_url")
	e.Open('{')
	e.Key("url")
	if m.URL == "" {
		e.DataURL(m.Type, m.Data)
	} else {
		e.String(m.URL)
	}
	if m.Detail != "" {
		e.Field("detail", m.Detail)
	}
	e.Close('}')
	e.Close('}')
}

func (e *encoder) audio(m reprise.Media, format string) {
	e.Open('{')
	e.Field("type", "input_audio")
	e.Key("input_audio")
	e.Open('{')
	e.Key("data")
	e.Base64("", m.Data)
	e.Field("format", format)
	e.Close('}')
	e.Close('}')
}

func (e *encoder) file(m reprise.Media) {
	e.Open('{')
	e.Field("type", "file")
	e.Key("file")
	e.Open('{')
	if m.ID != "" {
		e.Field("file_id", m.ID)
	} else {
		name := m.Name
		if name == "" {
			name = "document"
			if m.Type == "application/pdf" {
				name += ".pdf"
			}
		}
		e.Field("filename", name)
		e.Key("file_data")
		e.DataURL(m.Type, m.Data)
	}
	e.Close('}')
	e.Close('}')
}

// readDataURL splits a data URL; ok is false for any other.
func readDataURL(url string) (m reprise.Media, ok bool) {
	rest, ok := strings.CutPrefix(url, "data:")
	kind, data, ok2 := strings.Cut(rest, ";base64,")
	if !ok || !ok2 {
		return m, false
	}
	b, err := base64.StdEncoding.DecodeString(data)
	return reprise.Media{Type: kind, Data: b}, err == nil
}
