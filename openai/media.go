package openai

import (
	"encoding/base64"
	"fmt"
	"path"
	"strings"

	"github.com/repriselabs/reprise"
)

// media writes a picture or a document as a piece of content. Which types of
// document a model reads is left to the API to say:
// https://platform.openai.com/docs/guides/file-inputs.
func (e *encoder) media(m reprise.Media) error {
	kind, _, _ := strings.Cut(m.Type, "/")
	e.checkEcho(m.Echo)
	switch {
	case isImage(m):
		e.inputImage(m)
	case kind == "audio" || kind == "video" || kind == "image":
		return fmt.Errorf("%s takes images and documents, not a file of type %q", API, m.Type)
	case m.ID == "" && m.URL == "" && len(m.Data) == 0:
		return fmt.Errorf("a file of type %q has no data, no URL and no ID", m.Type)
	case m.ID == "" && m.URL == "" && m.Type == "":
		return fmt.Errorf("a file %q has no media type", m.Name)
	default:
		e.inputFile(m)
	}
	return nil
}

// isImage reports whether a file is sent as an image. What is known by its
// URL alone is taken for one.
func isImage(m reprise.Media) bool {
	kind, sub, _ := strings.Cut(m.Type, "/")
	switch {
	case m.Type == "":
		return m.ID == "" && m.URL != ""
	case kind != "image":
		return false
	case m.ID != "" || m.URL != "":
		return true
	}
	return sub != "*" && len(m.Data) > 0
}

// imageSource writes where an image is.
func (e *encoder) imageSource(m reprise.Media) {
	switch {
	case m.ID != "":
		e.Field("file_id", m.ID)
	case m.URL != "":
		e.Field("image_url", m.URL)
	default:
		e.Key("image_url")
		e.DataURL(m.Type, m.Data)
	}
}

func (e *encoder) inputImage(m reprise.Media) {
	e.Open('{')
	e.Field("type", "input_image")
	e.imageSource(m)
	e.pieceEnd(m)
}

func (e *encoder) inputFile(m reprise.Media) {
	e.Open('{')
	e.Field("type", "input_file")
	switch {
	case m.ID != "":
		e.Field("file_id", m.ID)
	case m.URL != "":
		e.Field("file_url", m.URL)
	default:
		if m.Name == "" {
			m.Name = "document" + extensions[m.Type]
		}
		e.Key("file_data")
		e.DataURL(m.Type, m.Data)
	}
	if m.Name != "" {
		e.Field("filename", m.Name)
	}
	e.pieceEnd(m)
}

// pieceEnd writes what images and files have in common.
func (e *encoder) pieceEnd(m reprise.Media) {
	if m.Detail != "" {
		e.Field("detail", m.Detail)
	}
	own, _ := unpack(e.dialect, m.Echo)
	e.members(own.Part, "type", "file_id", "image_url", "file_url", "file_data", "filename", "detail")
	e.Close('}')
}

// extensions are for files without a name: the API looks at it.
var extensions = map[string]string{
	"application/pdf":  ".pdf",
	"application/json": ".json",
	"text/plain":       ".txt",
	"text/markdown":    ".md",
	"text/csv":         ".csv",
	"text/html":        ".html",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}

// typeByName guesses a media type from the end of a name or an address.
func typeByName(name string) string {
	name, _, _ = strings.Cut(name, "?")
	ext := strings.ToLower(path.Ext(name))
	for kind, e := range extensions {
		if e == ext {
			return kind
		}
	}
	return "application/octet-stream"
}

func dataURL(m reprise.Media) string {
	return "data:" + m.Type + ";base64," + base64.StdEncoding.EncodeToString(m.Data)
}

// readDataURL splits a data URL; ok is false for any other, and for one that
// would not be written the same.
func readDataURL(url string) (m reprise.Media, ok bool) {
	rest, ok := strings.CutPrefix(url, "data:")
	kind, data, ok2 := strings.Cut(rest, ";base64,")
	if !ok || !ok2 || kind == "" || data == "" {
		return m, false
	}
	b, err := base64.StdEncoding.DecodeString(data)
	m = reprise.Media{Type: kind, Data: b}
	return m, err == nil && dataURL(m) == url
}
