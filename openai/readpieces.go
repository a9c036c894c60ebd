package openai

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
)

// content reads the content of a message that is not the model's: a string,
// or a list of pieces. The first part keeps what the message has besides.
func (r *reader) content(raw json.RawMessage, item json.RawMessage) (reprise.Parts, error) {
	var parts reprise.Parts
	switch {
	case isNull(raw):
	case raw[0] == '"':
		parts = reprise.Parts{reprise.Text{Text: text(raw)}}
	case raw[0] == '[':
		if err := eachElement(raw, func(value []byte) { parts = append(parts, r.piece(value)) }); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("content is neither a string nor a list")
	}
	for i, p := range parts {
		if o, ok := p.(reprise.Opaque); ok && (!isWholeObject(o.Data) || isInputItem(o.Kind)) {
			return nil, fmt.Errorf("content[%d]: %.40s is no piece", i, o.Data)
		}
	}
	if item != nil && len(parts) > 0 {
		parts[0] = r.withItem(parts[0], item)
	}
	return parts, nil
}

// withItem adds members of the message to what its first part keeps.
func (r *reader) withItem(p reprise.Part, item json.RawMessage) reprise.Part {
	switch p := p.(type) {
	case reprise.Text:
		own, _ := unpack(r.dialect, p.Echo)
		own.Item = item
		p.Echo = own.pack(r.dialect)
		return p
	case reprise.Media:
		own, _ := unpack(r.dialect, p.Echo)
		own.Item = item
		p.Echo = own.pack(r.dialect)
		return p
	}
	return p
}

// inputPiece is a piece of content that is not the model's.
type inputPiece struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Image string `json:"image_url"`
	ID    string `json:"file_id"`
	URL   string `json:"file_url"`
	Data  string `json:"file_data"`
	Name  string `json:"filename"`
	// Detail is how closely to look at it.
	Detail string `json:"detail"`
}

// piece reads a piece; one that would not be written the same stays as it
// is.
func (r *reader) piece(raw []byte) reprise.Part {
	var p inputPiece
	keep := reprise.Opaque{Provider: r.dialect.key(), Data: bytes.Clone(raw)}
	if json.Unmarshal(raw, &p) != nil {
		return keep
	}
	keep.Kind = p.Type
	var m reprise.Media
	var taken []string
	switch p.Type {
	case "input_text":
		if !hasMember(raw, "text") {
			return keep
		}
		return reprise.Text{Text: p.Text, Echo: r.others(raw, "type", "text")}
	case "input_image":
		m, taken = readImage(p)
	case "input_file":
		m, taken = readFile(p)
	default:
		return keep
	}
	m.Detail = p.Detail
	m.Echo = r.others(raw, append(taken, "type", "detail")...)
	e := encoder{dialect: r.dialect}
	if e.media(m) != nil || typeOf(e.Buf) != p.Type {
		return keep
	}
	return m
}

// others keeps the members of a piece but those that were taken.
func (r *reader) others(raw []byte, taken ...string) *reprise.Echo {
	var others rest
	_ = eachMember(raw, func(key string, value []byte) { // it was read before
		for _, t := range taken {
			if t == key {
				return
			}
		}
		others.add(key, value)
	})
	return echo{Part: others.object()}.pack(r.dialect)
}

func readImage(p inputPiece) (reprise.Media, []string) {
	if p.ID != "" {
		return reprise.Media{Type: "image/*", ID: p.ID}, []string{"file_id"}
	}
	if m, ok := readDataURL(p.Image); ok && strings.HasPrefix(m.Type, "image/") {
		return m, []string{"image_url", "file_id"}
	}
	return reprise.Media{URL: p.Image}, []string{"image_url", "file_id"}
}

func readFile(p inputPiece) (reprise.Media, []string) {
	switch {
	case p.ID != "":
		return reprise.Media{ID: p.ID, Name: p.Name}, []string{"file_id", "filename"}
	case p.URL != "":
		return reprise.Media{Type: typeByName(p.URL), URL: p.URL, Name: p.Name}, []string{"file_url", "filename", "file_id"}
	}
	m, ok := readDataURL(p.Data)
	if data, err := base64.StdEncoding.DecodeString(p.Data); !ok && err == nil {
		m = reprise.Media{Type: typeByName(p.Name), Data: data} // without a type of its own
	}
	m.Name = p.Name
	return m, []string{"file_data", "filename", "file_id"}
}
