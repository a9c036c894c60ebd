package gemini

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// piece is a part as the API writes it
// (https://ai.google.dev/api/caching#Part): text, or one member that holds
// another kind of data, and members beside it such as thoughtSignature.
type piece struct {
	text    []byte
	isText  bool
	thought bool
	members []member // all but text and thought
}

type member struct {
	name string
	raw  []byte
}

// readPiece decodes a part into p. What p holds is valid as long as the data.
func readPiece(d *wire.Decoder, p *piece) {
	*p = piece{text: p.text[:0], members: p.members[:0]}
	for more := d.Open('{'); more; more = d.Next('}') {
		switch key := d.Key(); {
		case string(key) == "text" && (d.Peek() == '"' || d.Peek() == 'n'):
			p.isText = true
			p.text = d.Append(p.text)
		case string(key) == "thought" && (d.Peek() == 't' || d.Peek() == 'f'):
			p.thought = d.Bool()
		default:
			name := memberName(key)
			if !d.Null() {
				p.members = append(p.members, member{name, d.Raw()})
			}
		}
	}
}

// memberName is the name of a member as we write it: a body that was recorded
// may have it in snake case.
func memberName(key []byte) string {
	if string(key) == "thoughtSignature" {
		return "thoughtSignature"
	}
	if bytes.IndexByte(key, '_') < 0 {
		return string(key)
	}
	return camel(string(key))
}

// get returns a member, or nil.
func (p *piece) get(name string) []byte {
	for _, m := range p.members {
		if m.name == name {
			return m.raw
		}
	}
	return nil
}

// signed reports whether something has to go back with the part.
func (p *piece) signed() bool { return len(p.members) > 0 }

// whole writes the part as it came.
func (p *piece) whole() json.RawMessage {
	var e wire.Encoder
	e.Open('{')
	if p.isText {
		e.Field("text", string(p.text))
	}
	p.write(&e, "", p.thought)
	e.Close('}')
	return e.Buf
}

// echo is what goes back with a part whose data is the member of that name,
// or text: all that is beside it.
func (p *piece) echo(provider, data string) *reprise.Echo {
	var e wire.Encoder
	e.Open('{')
	p.write(&e, data, p.thought && data != "")
	e.Close('}')
	if len(e.Buf) == len("{}") {
		return nil
	}
	return &reprise.Echo{Provider: provider, Data: e.Buf}
}

func (p *piece) write(e *wire.Encoder, without string, thought bool) {
	if thought {
		e.Key("thought")
		e.Bool(true)
	}
	for _, m := range p.members {
		if m.name != without {
			e.Key(m.name)
			e.Raw(compact(m.raw))
		}
	}
}

// compact takes the white space out of JSON. What the decoder passed although
// it is not quite JSON becomes a text, so that it can be stored.
func compact(raw []byte) []byte {
	var buf bytes.Buffer
	if json.Compact(&buf, raw) != nil {
		return wire.AppendString(nil, string(raw))
	}
	return buf.Bytes()
}

// part makes a part of a piece that is whole. The id of a call that has none
// is made by id.
func (p *piece) part(provider string, id func() string) (reprise.Part, error) {
	kind := p.kind()
	if kind == "functionCall" {
		c, err := readCall(p.get(kind))
		if c.id == "" {
			c.id = id()
		}
		return reprise.ToolCall{ID: c.id, Name: c.name, Args: c.args, Echo: p.echo(provider, kind)}, err
	}
	if m, ok := p.media(provider); ok {
		return m, nil
	}
	switch {
	case kind != "":
		return reprise.Opaque{Provider: provider, Kind: kind, Data: p.whole()}, nil
	case p.hidden():
		return reprise.Opaque{Provider: provider, Kind: "thoughtSignature", Data: p.whole()}, nil
	case p.thought:
		return reprise.Reasoning{Text: string(p.text), Echo: p.echo(provider, "")}, nil
	}
	return reprise.Text{Text: string(p.text), Echo: p.echo(provider, "")}, nil
}

// hidden reports whether the piece is a signature without anything that it
// signs: a stream may end with one.
func (p *piece) hidden() bool { return len(p.text) == 0 && !p.thought && p.signed() }

// kind is the name of the member that holds the data, where it is not text.
func (p *piece) kind() string {
	if len(p.text) > 0 {
		return ""
	}
	for _, m := range p.members {
		switch m.name {
		case "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata", "mediaProcessing", "audioTranscription", "speechMetadata":
		default:
			return m.name
		}
	}
	return ""
}

// media reads inlineData and fileData. Pictures among the thoughts are not
// part of the answer.
func (p *piece) media(provider string) (reprise.Media, bool) {
	var f struct {
		Type string `json:"mimeType"`
		Data string `json:"data"`
		URI  string `json:"fileUri"`
		Name string `json:"displayName"`
	}
	kind := p.kind()
	if p.thought || kind != "inlineData" && kind != "fileData" || !decode(p.get(kind), &f) {
		return reprise.Media{}, false
	}
	m := reprise.Media{Type: f.Type, URL: f.URI, Name: f.Name, Echo: p.echo(provider, kind)}
	var err error
	if kind == "inlineData" {
		m.Data, err = decodeBase64(f.Data)
	}
	return m, err == nil
}

// decodeBase64 decodes both alphabets, with padding or without: the API takes
// them all, and Google's Python SDK sends the one for URLs.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	return base64.RawStdEncoding.DecodeString(s)
}

// call is a functionCall.
type call struct {
	id, name string
	args     string // compact
	pieces   []byte // partialArgs
	goesOn   bool   // more of its arguments follow
}

func readCall(raw []byte) (call, error) {
	var d wire.Decoder
	d.Reset(raw)
	c := call{}
	for more := d.Open('{'); more; more = d.Next('}') {
		switch string(d.Key()) {
		case "id":
			c.id = d.String()
		case "name":
			c.name = d.String()
		case "args":
			if d.Null() {
				continue
			}
			c.args = string(d.Raw())
			if wire.Valid([]byte(c.args)) {
				c.args = string(compact([]byte(c.args)))
			}
		case "partialArgs", "partial_args":
			c.pieces = d.Raw()
		case "willContinue", "will_continue":
			c.goesOn = d.Bool()
		default:
			d.Skip()
		}
	}
	if c.args == "" {
		c.args = "{}"
	}
	return c, d.Err()
}
