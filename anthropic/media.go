package anthropic

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// filesBeta is what a file id needs:
// https://docs.anthropic.com/en/docs/build-with-claude/files.
const filesBeta = "files-api-2025-04-14"

// Cite returns a document that the model shall cite:
// https://docs.anthropic.com/en/docs/build-with-claude/citations. The API
// wants it of all documents in a request or of none.
func Cite(doc reprise.Media) reprise.Media {
	doc.Echo = &reprise.Echo{Provider: API, Data: json.RawMessage(`{"citations":{"enabled":true}}`)}
	return doc
}

// media writes a picture or a document.
func (e *encoder) media(m reprise.Media) error {
	kind, err := mediaKind(m)
	if err != nil {
		return err
	}
	e.Open('{')
	e.Field("type", kind)
	e.Key("source")
	e.Open('{')
	switch {
	case m.ID != "":
		e.needs(filesBeta)
		e.Field("type", "file")
		e.Field("file_id", m.ID)
	case m.URL != "":
		e.Field("type", "url")
		e.Field("url", m.URL)
	case strings.HasPrefix(m.Type, "text/"):
		e.Field("type", "text")
		e.Field("media_type", "text/plain")
		e.Field("data", string(m.Data))
	default:
		e.Field("type", "base64")
		e.Field("media_type", m.Type)
		e.Key("data")
		e.Base64("", m.Data)
	}
	e.Close('}')
	if kind == "document" && m.Name != "" {
		e.Field("title", m.Name)
	}
	if m.Detail != "" {
		e.dropped("the detail %q of an image: the API has none", m.Detail)
	}
	if err := e.echo(m.Echo, "a file", "type", "source", "title"); err != nil {
		return err
	}
	e.closeBlock(true)
	return nil
}

// imageTypes are https://docs.anthropic.com/en/docs/build-with-claude/vision.
var imageTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// mediaKind is the type of the block that carries a file.
func mediaKind(m reprise.Media) (string, error) {
	family, _, _ := strings.Cut(m.Type, "/")
	pdf := m.Type == "application/pdf"
	switch {
	case m.ID != "" && family == "image", m.URL != "" && family == "image":
		return "image", nil
	case m.ID != "":
		return "document", nil
	case m.URL != "" && m.Type == "" && !strings.EqualFold(path.Ext(m.URL), ".pdf"):
		return "image", nil
	case m.URL != "" && (pdf || m.Type == ""):
		return "document", nil
	case m.URL != "":
		return "", fmt.Errorf("%s takes only images and PDF by URL, not %s", API, m.Type)
	case slices.Contains(imageTypes, m.Type):
		return "image", nil
	case pdf, family == "text":
		return "document", nil
	case family == "image":
		return "", fmt.Errorf("%s takes images of type %s, not %s", API, strings.Join(imageTypes, ", "), m.Type)
	}
	return "", fmt.Errorf("%s cannot send a file of type %q", API, m.Type)
}
