package openaichat

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// What Finish.Extra may hold that the API has a place for.
const (
	extraLogprobs = "logprobs"
	extraTier     = "service_tier"
)

// reason writes why the answer ended, or null, and the probabilities.
func (a *writer) reason() {
	a.Key("finish_reason")
	if a.finish == nil {
		a.Raw(nil)
		return
	}
	a.String(a.finishReason())
	if list := a.extraOf(extraLogprobs); list != nil {
		a.Key("logprobs")
		a.Open('{')
		a.Key("content")
		a.Raw(list)
		a.Close('}')
	}
}

// finishReason is one of those that the API has: clients may know no other.
func (a *writer) finishReason() string {
	switch r := a.finish.Reason; {
	case r == reprise.ReasonLength, r == reprise.ReasonToolCalls, r == reprise.ReasonContentFilter:
		return string(r)
	case r == reprise.ReasonRefusal && !a.tellsRefusal():
		return string(reprise.ReasonContentFilter)
	}
	return string(reprise.ReasonStop)
}

// tellsRefusal reports whether the message says that it is a refusal.
func (a *writer) tellsRefusal() bool { return a.refused && a.calls == 0 }

// tier writes the service tier, where the answer is done.
func (a *writer) tier() {
	if a.finish == nil {
		return
	}
	if tier := a.extraOf(extraTier); tier != nil {
		a.Key(extraTier)
		a.Raw(tier)
	}
}

// extraOf is a field of the finish's Extra, on one line; nil if there is
// none of this API's.
func (a *writer) extraOf(name string) []byte {
	raw := a.finish.Extra[name]
	begin := map[string]byte{extraLogprobs: '[', extraTier: '"'}[name]
	var line bytes.Buffer
	if json.Compact(&line, raw) != nil || begin == 0 || line.Bytes()[0] != begin {
		return nil
	}
	return line.Bytes()
}

// unsaid warns of what the API cannot say of the end.
func (a *writer) unsaid() {
	f := a.finish
	for _, name := range slices.Sorted(maps.Keys(f.Extra)) {
		if a.extraOf(name) == nil {
			a.Dropped("the field %s of the answer", name)
		}
	}
	if f.Reason == reprise.ReasonPause || f.Reason == reprise.ReasonOther || f.Reason == reprise.ReasonRefusal && !a.tellsRefusal() {
		a.Dropped("the reason %s: the API says %s", f.Reason, a.finishReason())
	}
	if f.Usage.CacheWrite1h > 0 {
		a.Dropped("how many tokens are cached for an hour: the API does not tell")
	}
	if f.Cost != nil && a.Dialect.Cost == "" {
		a.Dropped("the cost: %s does not tell", a.Provider)
	}
}

// counted reports whether there is a usage to write.
func (a *writer) counted() bool {
	return a.finish.Usage != (reprise.Usage{}) || a.finish.Cost != nil && a.Dialect.Cost != ""
}

func (a *writer) usage() {
	u := a.finish.Usage
	completion := u.Output
	if a.Dialect.ReasoningApart && u.Reasoning != nil && *u.Reasoning <= completion {
		completion -= *u.Reasoning
	}
	a.Key("usage")
	a.Open('{')
	a.count("prompt_tokens", u.Input)
	a.count("completion_tokens", completion)
	a.count("total_tokens", u.Total())
	a.Key("prompt_tokens_details")
	a.Open('{')
	a.count("cached_tokens", u.CacheRead)
	if u.CacheWrite > 0 {
		a.count("cache_write_tokens", u.CacheWrite)
	}
	a.Close('}')
	if u.Reasoning != nil {
		a.Key("completion_tokens_details")
		a.Open('{')
		a.count("reasoning_tokens", *u.Reasoning)
		a.Close('}')
	}
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
