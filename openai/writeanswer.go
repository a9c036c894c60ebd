package openai

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// settings are the fields of a request that the answer repeats, in the order
// in which they come, and what they are if the request does not say.
var settings = []struct {
	name  string
	unset string
}{
	{"instructions", `null`}, {"max_output_tokens", `null`}, {"max_tool_calls", `null`}, {"metadata", `{}`},
	{"parallel_tool_calls", `true`}, {"previous_response_id", `null`}, {"prompt_cache_key", `null`},
	{"reasoning", `{"effort":null,"summary":null}`}, {"safety_identifier", `null`}, {"temperature", `1.0`},
	{"text", `{"format":{"type":"text"}}`}, {"tool_choice", `"auto"`}, {"tools", `[]`}, {"top_logprobs", `0`},
	{"top_p", `1.0`}, {"truncation", `"disabled"`}, {"user", `null`},
}

// response writes the answer, so far or as a whole, as a member of an event.
func (a *writer) response(status string) {
	a.Key("response")
	a.answer(status)
}

// answer writes the answer as one object.
func (a *writer) answer(status string) {
	a.Open('{')
	a.Field("id", cmp.Or(a.id, a.made))
	a.Field("object", "response")
	created := int64(0)
	if !a.Created.IsZero() {
		created = a.Created.Unix()
	}
	a.count("created_at", created)
	a.Field("status", status)
	a.Key("background")
	a.Bool(false)
	a.Key("error")
	a.Raw(nil)
	a.Key("incomplete_details")
	tier := onOneLine(a.settings[extraTier])
	if a.finish == nil {
		a.Raw(nil)
	} else {
		a.Raw(a.details())
		tier = a.extraOf(extraTier)
	}
	a.Field("model", a.model)
	a.Key("output")
	a.Open('[')
	if a.finish != nil {
		for _, item := range a.output {
			a.Raw(item)
		}
	}
	a.Close(']')
	a.repeat()
	a.Key(extraTier)
	a.Raw(tier)
	a.usage()
	a.Close('}')
}

// repeat writes the settings of the request.
func (a *writer) repeat() {
	for _, s := range settings {
		value := onOneLine(a.settings[s.name])
		if isNull(value) {
			value = []byte(s.unset)
		}
		a.Key(s.name)
		a.Raw(value)
	}
	a.Key("store")
	a.Bool(a.stored())
}

// stored reports whether the provider keeps the answer: if it was asked to,
// or else if the parts say so.
func (a *writer) stored() bool {
	var asked *bool
	if json.Unmarshal(a.settings["store"], &asked) == nil && asked != nil {
		return *asked
	}
	if a.Known == nil {
		return false
	}
	return slices.ContainsFunc(a.Known.Message.Parts, func(p reprise.Part) bool {
		own, _ := unpack(a.Dialect, echoOf(p))
		return own.Response != ""
	})
}

// echoOf is the Echo of a part of an answer.
func echoOf(p reprise.Part) *reprise.Echo {
	switch p := p.(type) {
	case reprise.Text:
		return p.Echo
	case reprise.ToolCall:
		return p.Echo
	case reprise.Media:
		return p.Echo
	}
	return nil
}

// usage writes the tokens and the cost, or null as long as they are not known.
func (a *writer) usage() {
	a.Key("usage")
	if a.finish == nil || a.finish.Usage == (reprise.Usage{}) && (a.finish.Cost == nil || a.Dialect.Cost == "") {
		a.Raw(nil)
		return
	}
	u := a.finish.Usage
	a.Open('{')
	a.count("input_tokens", u.Input)
	a.Key("input_tokens_details")
	a.Open('{')
	a.count("cached_tokens", u.CacheRead)
	if u.CacheWrite > 0 {
		a.count("cache_write_tokens", u.CacheWrite)
	}
	a.Close('}')
	a.count("output_tokens", u.Output)
	a.Key("output_tokens_details")
	a.Open('{')
	reasoning := int64(0) // where it is not known: clients add it up
	if u.Reasoning != nil {
		reasoning = *u.Reasoning
	}
	a.count("reasoning_tokens", reasoning)
	a.Close('}')
	a.count("total_tokens", u.Total())
	if cost := a.finish.Cost; cost != nil && a.Dialect.Cost != "" {
		a.Key(a.Dialect.Cost)
		a.Raw([]byte(wire.InUnits(*cost, a.Dialect.CostExp)))
	}
	a.Close('}')
}

func (a *writer) count(name string, n int64) {
	a.Key(name)
	a.Int(n)
}
