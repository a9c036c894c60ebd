package openaichat

import (
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
)

// readContent reads content: null, a string, or a list of pieces.
func readContent(raw json.RawMessage) (reprise.Parts, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return reprise.Parts{reprise.Text{Text: text}}, nil
	}
	var pieces []json.RawMessage
	if err := json.Unmarshal(raw, &pieces); err != nil {
		return nil, fmt.Errorf("content is neither a string nor a list: %w", err)
	}
	parts := make(reprise.Parts, 0, len(pieces))
	for i, p := range pieces {
		part, cache, err := readPiece(p)
		if err != nil {
			return nil, fmt.Errorf("content[%d]: %w", i, err)
		}
		parts = append(parts, part)
		if cache != nil {
			parts = append(parts, *cache)
		}
	}
	return parts, nil
}

// piece is an element of a content.
type piece struct {
	Type     string          `json:"type"`
	Text     string          `json:"text"`
	Refusal  string          `json:"refusal"`
	Image    json.RawMessage `json:"image_url"`
	Thinking json.RawMessage `json:"thinking"`
	Audio    struct {
		Data   []byte `json:"data"`
		Format string `json:"format"`
	} `json:"input_audio"`
	File struct {
		ID   string `json:"file_id"`
		Name string `json:"filename"`
		Data string `json:"file_data"`
	} `json:"file"`
	Cache *struct {
		TTL string `json:"ttl"`
	} `json:"cache_control"`
}

// readPiece reads an element of a content, and the cache point after it. What
// a part has no place for stays as it is.
func readPiece(raw json.RawMessage) (reprise.Part, *reprise.CachePoint, error) {
	var p piece
	err := json.Unmarshal(raw, &p)
	var cache *reprise.CachePoint
	if p.Cache != nil {
		cache = &reprise.CachePoint{TTL: p.Cache.TTL}
	}
	switch {
	case len(raw) > 0 && raw[0] == '"':
		return reprise.Text{Text: textOf(raw)}, nil, nil
	case len(raw) == 0 || raw[0] != '{':
		return nil, nil, fmt.Errorf("%.40s is no piece", raw)
	case err != nil: // such as sound that is not base64
	case p.Type == "text":
		return reprise.Text{Text: p.Text}, cache, nil
	case p.Type == "refusal":
		return reprise.Text{Text: p.Refusal, Refusal: true}, cache, nil
	case p.Type == "thinking":
		thought, err := readContent(p.Thinking)
		return reprise.Reasoning{Text: thought.Text()}, cache, err
	default:
		if m := p.media(); m.URL != "" || m.ID != "" || len(m.Data) > 0 {
			return m, cache, nil
		}
	}
	return reprise.Opaque{Provider: API, Kind: typeOf(raw), Data: raw}, nil, nil
}

// media is the file in a piece; the zero value if there is none.
func (p *piece) media() (m reprise.Media) {
	switch p.Type {
	case "image_url":
		var image struct {
			URL    string `json:"url"`
			Detail string `json:"detail"`
		}
		if json.Unmarshal(p.Image, &image) != nil {
			image.URL = textOf(p.Image) // Mistral
		}
		m, ok := readDataURL(image.URL)
		if !ok {
			m = reprise.Media{URL: image.URL}
		}
		m.Detail = image.Detail
		return m
	case "input_audio":
		format := p.Audio.Format
		if format == "mp3" {
			format = "mpeg"
		}
		return reprise.Media{Type: "audio/" + format, Data: p.Audio.Data}
	case "file":
		m, _ = readDataURL(p.File.Data)
		m.ID, m.Name = p.File.ID, p.File.Name
	}
	return m
}

// textOf is a JSON string; anything else is "".
func textOf(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is a string, or wrong
	return s
}
