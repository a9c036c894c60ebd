package mcp

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise"
)

// result is the server's answer as the model gets it. Structured content is
// there as JSON text, unless a text says the same.
func result(res *sdk.CallToolResult) (reprise.ToolResult, error) {
	out := reprise.ToolResult{IsError: res.IsError}
	for _, c := range res.Content {
		p, err := part(c)
		if err != nil {
			return reprise.ToolResult{}, err
		}
		out.Parts = append(out.Parts, p)
	}
	if res.StructuredContent != nil && !repeated(res) {
		text, err := encode(res.StructuredContent)
		if err != nil {
			return reprise.ToolResult{}, fmt.Errorf("the structured content: %w", err)
		}
		out.Parts = append(out.Parts, reprise.Text{Text: string(text)})
	}
	return out, nil
}

// repeated reports whether a text is the structured content.
func repeated(res *sdk.CallToolResult) bool {
	for _, c := range res.Content {
		t, ok := c.(*sdk.TextContent)
		if ok && says(t.Text, res.StructuredContent) {
			return true
		}
	}
	return false
}

// says reports whether the text is the content, or all that is in it.
func says(text string, content any) bool {
	var v any
	if json.Unmarshal([]byte(text), &v) == nil && reflect.DeepEqual(v, content) {
		return true
	}
	fields, ok := content.(map[string]any)
	if !ok || len(fields) != 1 {
		return false
	}
	for _, v = range fields {
	}
	only, ok := v.(string)
	return ok && only == text
}

func part(c sdk.Content) (reprise.Part, error) {
	switch c := c.(type) {
	case *sdk.TextContent:
		return reprise.Text{Text: c.Text}, nil
	case *sdk.ImageContent:
		return file("image", c.MIMEType, c.Data), nil
	case *sdk.AudioContent:
		return file("audio", c.MIMEType, c.Data), nil
	case *sdk.ResourceLink:
		return link(c), nil
	case *sdk.EmbeddedResource:
		return embedded(c.Resource), nil
	default:
		return nil, fmt.Errorf("a result with a %T is not known", c)
	}
}

// file is an image or a sound. A server may leave out what providers want.
func file(kind, mime string, data []byte) reprise.Part {
	if len(data) == 0 {
		return reprise.Text{Text: kind + " without content"}
	}
	return reprise.Media{Type: cmp.Or(mime, http.DetectContentType(data)), Data: data}
}

// link is a resource that the server has. Models have no way to read it but
// by another tool, so that they are told what it is.
func link(l *sdk.ResourceLink) reprise.Part {
	var about []string
	for _, s := range []string{cmp.Or(l.Title, l.Name), l.MIMEType, l.Description} {
		if s != "" {
			about = append(about, s)
		}
	}
	text := "resource " + l.URI
	if len(about) > 0 {
		text += " (" + strings.Join(about, "; ") + ")"
	}
	return reprise.Text{Text: text}
}

// embedded is the content of a resource: text, or a file of a kind that
// models read. Of any other there is only the mention of it, because
// providers refuse what they do not know.
func embedded(r *sdk.ResourceContents) reprise.Part {
	switch {
	case r == nil:
		return reprise.Text{Text: "resource without content"}
	case len(r.Blob) == 0:
		return reprise.Text{Text: "resource " + r.URI + ":\n" + r.Text}
	case readable(r.MIMEType):
		return reprise.Media{Type: r.MIMEType, Data: r.Blob, Name: r.URI}
	case strings.HasPrefix(r.MIMEType, "text/") && utf8.Valid(r.Blob):
		return reprise.Text{Text: "resource " + r.URI + ":\n" + string(r.Blob)}
	}
	return reprise.Text{Text: fmt.Sprintf("resource %s: %d bytes of %s, which are not shown", r.URI, len(r.Blob), cmp.Or(r.MIMEType, "an unknown type"))}
}

func readable(mime string) bool {
	kind, _, _ := strings.Cut(mime, "/")
	return kind == "image" || kind == "audio" || kind == "video" || mime == "application/pdf"
}
