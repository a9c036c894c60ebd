package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// blockOf is a part as the API has it in a whole answer, on one line; nil: it
// has no block for it.
func blockOf(p reprise.Part) []byte {
	e := new(encoder)
	switch p := p.(type) {
	case reprise.Text:
		e.Open('{')
		e.Field("type", "text")
		e.Field("text", p.Text)
		e.answerCitations(p.Citations)
		e.ownMembers(p.Echo, "type", "text", "citations")
	case reprise.Reasoning:
		return thinkingOf(p)
	case reprise.ToolCall:
		input, _ := inputOf(p.Args)
		e.Open('{')
		e.Field("type", "tool_use")
		e.Field("id", p.ID)
		e.Field("name", p.Name)
		e.Key("input")
		e.Raw(oneLine(input))
		e.ownMembers(p.Echo, "type", "id", "name", "input", "citations")
	case reprise.Opaque:
		if p.Provider != API || slices.Contains([]string{"", "text", "thinking", "tool_use"}, typeOf(p.Data)) {
			return nil
		}
		return oneLine(p.Data)
	default:
		return nil
	}
	e.Close('}')
	return e.Buf
}

// thinkingOf is reasoning as a block. Other APIs' has no signature; what they
// hide has no block.
func thinkingOf(r reprise.Reasoning) []byte {
	own := ownEcho(r.Echo)
	switch {
	case typeOf(own) == "redacted_thinking" && r.Text == "":
		return own
	case own == nil && r.Text == "":
		return nil
	}
	var signature string
	_ = json.Unmarshal(memberOf(own, "signature"), &signature) // there may be none
	e := new(encoder)
	e.Open('{')
	e.Field("type", "thinking")
	e.Field("thinking", r.Text)
	e.Field("signature", signature)
	e.ownMembers(r.Echo, "type", "thinking", "signature", "citations")
	e.Close('}')
	return e.Buf
}

// begun is a block as it begins in a stream: without what deltas add to it.
func begun(block []byte) []byte {
	switch kind := typeOf(block); {
	case kind == "text":
		return setMember(setMember(block, "text", []byte(`""`)), "citations", nil)
	case kind == "thinking":
		return setMember(setMember(block, "thinking", []byte(`""`)), "signature", []byte(`""`))
	case strings.HasSuffix(kind, "tool_use"):
		input := memberOf(block, "input")
		if len(input) == 0 || input[0] != '{' || string(setMember(block, "input", input)) != string(block) {
			return block // would not be the same again
		}
		return setMember(block, "input", []byte("{}"))
	}
	return block
}

// ownMembers writes the members of an Echo of this API, but those that are
// named.
func (e *encoder) ownMembers(echo *reprise.Echo, but ...string) {
	if own := ownEcho(echo); own != nil {
		_ = e.members(own, but...) // it is an object
	}
}

// ownEcho is what this API gave with a part, on one line; nil: nothing.
func ownEcho(e *reprise.Echo) []byte {
	if e == nil || e.Provider != API {
		return nil
	}
	return oneLine(e.Data)
}

// oneLine is a JSON object on one line, as a stream wants it; nil: it is none.
func oneLine(object []byte) []byte {
	object = bytes.TrimSpace(object)
	if !json.Valid(object) || object[0] != '{' {
		return nil
	}
	if !bytes.ContainsAny(object, "\r\n") {
		return object
	}
	var line bytes.Buffer
	_ = json.Compact(&line, object) // it is valid
	return line.Bytes()
}

// typeOf is the type of a block; empty: it is no object, or has none.
func typeOf(block []byte) string {
	var head struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(block, &head)
	return head.Type
}

// answerCitations writes the citations of a text. Other APIs' are what a web
// search found.
func (e *encoder) answerCitations(list []reprise.Citation) {
	var records wire.Encoder
	for _, c := range list {
		switch {
		case ownCitation(c):
			records.Raw(oneLine(c.Raw))
		case c.URL != "":
			records.Open('{')
			records.Field("type", "web_search_result_location")
			records.Field("cited_text", c.Quote)
			records.Field("url", c.URL)
			records.Field("title", c.Title)
			records.Field("encrypted_index", "")
			records.Close('}')
		}
	}
	if len(records.Buf) > 0 {
		e.Key("citations")
		e.Open('[')
		e.Buf = append(e.Buf, records.Buf...)
		e.Close(']')
	}
}

// ownCitation reports whether a citation's record is one of this API's.
func ownCitation(c reprise.Citation) bool {
	return strings.HasSuffix(typeOf(c.Raw), "_location")
}

// inputOf is a call's arguments as the object that the API takes. Others are
// in the one in which it wants to be told of them; object is false then.
func inputOf(args string) (input []byte, object bool) {
	trimmed := strings.TrimSpace(args)
	switch {
	case trimmed == "":
		return []byte("{}"), true
	case trimmed[0] == '{' && wire.Valid([]byte(trimmed)):
		return []byte(trimmed), true
	}
	var e wire.Encoder
	e.Open('{')
	e.Field("INVALID_JSON", args)
	e.Close('}')
	return e.Buf, false
}

// elements are those of a JSON array.
func elements(list []byte) (raws [][]byte) {
	var d wire.Decoder
	d.Reset(list)
	for more := len(list) > 0 && d.Open('['); more; more = d.Next(']') {
		raws = append(raws, d.Raw())
	}
	return raws
}
