package reprise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// A Part is a piece of a message: one of [Text], [Reasoning], [Media],
// [ToolCall], [ToolResult], [CachePoint] and [Opaque], as values.
type Part interface{ part() }

// Parts is a list of parts. In JSON each is an object with a "type".
type Parts []Part

// Echo is what a provider wants back with a part on the next turn, as it
// gave it: signatures, encrypted reasoning, ids. A model of another provider
// leaves it out, and says so in a [Warning].
type Echo struct {
	Provider string          `json:"provider"`
	Data     json.RawMessage `json:"data"`
}

// Text is text, of whoever the message is from.
type Text struct {
	Text      string     `json:"text"`
	Refusal   bool       `json:"refusal,omitempty"` // the model said why it will not answer
	Citations []Citation `json:"citations,omitempty"`
	Echo      *Echo      `json:"echo,omitempty"`
}

// A Citation tells where a text, or its bytes Start to End, comes from.
type Citation struct {
	URL   string `json:"url,omitempty"`
	Title string `json:"title,omitempty"`
	Quote string `json:"quote,omitempty"` // what the source says
	Start int    `json:"start,omitempty"` // byte offsets in Text.Text; both zero: not told
	End   int    `json:"end,omitempty"`
	// Raw is the provider's own record of the citation.
	Raw json.RawMessage `json:"raw,omitempty"`
}

// Reasoning is what the model thought before it answered: in full, in
// summary, or (with an Echo and no text) hidden.
type Reasoning struct {
	Text string `json:"text"`
	Echo *Echo  `json:"echo,omitempty"`
}

// Media is a picture, a sound, a document or another file: its bytes, or
// the URL it is at, or the ID that the provider gave it on upload.
type Media struct {
	Type   string `json:"media_type,omitempty"` // such as image/png
	Data   []byte `json:"data,omitempty"`
	URL    string `json:"url,omitempty"`
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`   // of the file
	Detail string `json:"detail,omitempty"` // how closely to look at an image: low, high, auto
	Echo   *Echo  `json:"echo,omitempty"`
}

// A ToolCall is the model's wish to call a tool. Args is what it wrote, byte
// for byte, and a JSON object if the model did well; empty means {}.
//
// In JSON "args" is the value itself. Args that are not JSON are a string,
// beside "invalid": true; those that JSON encoding would not keep byte for
// byte are also there as "raw".
type ToolCall struct {
	ID   string
	Name string
	Args string
	Echo *Echo
}

// A ToolResult answers the [ToolCall] with the same ID.
type ToolResult struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Parts   Parts  `json:"parts"`
	IsError bool   `json:"is_error,omitempty"`
	Echo    *Echo  `json:"echo,omitempty"`
}

// A CachePoint asks the provider to cache the prompt up to here. TTL is in
// the provider's words (5m, 1h); empty is its default.
type CachePoint struct {
	TTL string `json:"ttl,omitempty"`
}

// Opaque is a block that only its provider understands, such as the trace of
// a tool that the provider ran itself. It goes back unchanged to a model of
// that provider and is left out, with a [Warning], for others.
type Opaque struct {
	Provider string          `json:"provider"`
	Kind     string          `json:"kind,omitempty"` // the provider's name for it
	Data     json.RawMessage `json:"data"`
}

func (Text) part()       {}
func (Reasoning) part()  {}
func (Media) part()      {}
func (ToolCall) part()   {}
func (ToolResult) part() {}
func (CachePoint) part() {}
func (Opaque) part()     {}

// Text joins the texts among the parts. A refusal is not among them.
func (ps Parts) Text() string {
	var one string
	var many *strings.Builder
	for _, p := range ps {
		t, ok := p.(Text)
		switch {
		case !ok || t.Refusal || t.Text == "":
		case many != nil:
			many.WriteString(t.Text)
		case one == "":
			one = t.Text
		default:
			many = new(strings.Builder)
			many.WriteString(one)
			many.WriteString(t.Text)
		}
	}
	if many != nil {
		return many.String()
	}
	return one
}

// MarshalJSON adds "type": "text".
func (p Text) MarshalJSON() ([]byte, error) {
	type plain Text
	return tagged("text", plain(p))
}

// MarshalJSON adds "type": "reasoning".
func (p Reasoning) MarshalJSON() ([]byte, error) {
	type plain Reasoning
	return tagged("reasoning", plain(p))
}

// MarshalJSON adds "type": "media".
func (p Media) MarshalJSON() ([]byte, error) {
	type plain Media
	return tagged("media", plain(p))
}

// MarshalJSON adds "type": "tool_result".
func (p ToolResult) MarshalJSON() ([]byte, error) {
	type plain ToolResult
	if p.Parts == nil {
		p.Parts = Parts{}
	}
	return tagged("tool_result", plain(p))
}

// MarshalJSON adds "type": "cache_point".
func (p CachePoint) MarshalJSON() ([]byte, error) {
	type plain CachePoint
	return tagged("cache_point", plain(p))
}

// MarshalJSON adds "type": "opaque".
func (p Opaque) MarshalJSON() ([]byte, error) {
	type plain Opaque
	return tagged("opaque", plain(p))
}

// toolCallJSON is the JSON form of a ToolCall.
type toolCallJSON struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Args    json.RawMessage `json:"args"`
	Invalid bool            `json:"invalid,omitempty"`
	Raw     *string         `json:"raw,omitempty"`
	Echo    *Echo           `json:"echo,omitempty"`
}

// MarshalJSON adds "type": "tool_call".
func (p ToolCall) MarshalJSON() ([]byte, error) {
	j := toolCallJSON{ID: p.ID, Name: p.Name, Args: json.RawMessage(p.Args), Echo: p.Echo}
	switch {
	case p.Args == "":
		j.Args, j.Raw = json.RawMessage("{}"), &p.Args
	case !json.Valid(j.Args):
		j.Args, _ = json.Marshal(p.Args) // a string always marshals
		j.Invalid = true
	default:
		var kept bytes.Buffer
		if b, err := json.Marshal(j.Args); err != nil || json.Compact(&kept, b) != nil || kept.String() != p.Args {
			j.Raw = &p.Args
		}
	}
	return tagged("tool_call", j)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *ToolCall) UnmarshalJSON(b []byte) error {
	var j toolCallJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*p = ToolCall{ID: j.ID, Name: j.Name, Args: string(j.Args), Echo: j.Echo}
	switch {
	case j.Raw != nil:
		p.Args = *j.Raw
	case j.Invalid:
		return json.Unmarshal(j.Args, &p.Args)
	}
	return nil
}

// UnmarshalJSON reads a list of parts by their types.
func (ps *Parts) UnmarshalJSON(b []byte) error {
	var raws []json.RawMessage
	if err := json.Unmarshal(b, &raws); err != nil {
		return err
	}
	if raws == nil {
		*ps = nil
		return nil
	}
	out := make(Parts, len(raws))
	for i, raw := range raws {
		p, err := unmarshalPart(raw)
		if err != nil {
			return fmt.Errorf("part %d: %w", i, err)
		}
		out[i] = p
	}
	*ps = out
	return nil
}

func unmarshalPart(b []byte) (Part, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, err
	}
	switch head.Type {
	case "text":
		return decodePart[Text](b)
	case "reasoning":
		return decodePart[Reasoning](b)
	case "media":
		return decodePart[Media](b)
	case "tool_call":
		return decodePart[ToolCall](b)
	case "tool_result":
		return decodePart[ToolResult](b)
	case "cache_point":
		return decodePart[CachePoint](b)
	case "opaque":
		return decodePart[Opaque](b)
	default:
		return nil, fmt.Errorf("unknown type %q", head.Type)
	}
}

func decodePart[P Part](b []byte) (Part, error) {
	var p P
	err := json.Unmarshal(b, &p)
	return p, err
}

// tagged encodes v, which must encode as an object, with its type in front.
// It leaves <, > and & as they are, so that a person can read them.
func tagged(kind string, v any) ([]byte, error) {
	var buf bytes.Buffer
	fmt.Fprintf(&buf, `{"type":%q`, kind)
	head := buf.Len()
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	b := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if string(b[head:]) == "{}" {
		return append(b[:head], '}'), nil
	}
	b[head] = ','
	return b, nil
}
