package openai

import (
	"cmp"
	"maps"
	"slices"

	"github.com/repriselabs/reprise"
)

// finished takes the end of the answer.
func (a *writer) finished(f reprise.Finish) error {
	a.finish = &f
	a.id = cmp.Or(a.id, f.ID)
	a.model = cmp.Or(a.model, f.Model)
	a.unsaid()
	return a.endMessage()
}

// unsaid warns of what the API cannot say of the end.
func (a *writer) unsaid() {
	f := a.finish
	for _, name := range slices.Sorted(maps.Keys(f.Extra)) {
		if a.extraOf(name) == nil {
			a.Dropped("the field %s of the answer", name)
		}
	}
	switch {
	case f.Reason == reprise.ReasonPause:
		a.Dropped("the reason %s: the API has none such", f.Reason)
	case f.Reason == reprise.ReasonRefusal && a.status() == statusIncomplete:
		a.Dropped("the reason %s: without words of the model's, the API has only that a filter cut the answer off", f.Reason)
	}
	if f.Usage.CacheWrite1h > 0 {
		a.Dropped("how many tokens are cached for an hour: the API does not tell")
	}
	if f.Cost != nil && a.Dialect.Cost == "" {
		a.Dropped("the cost: %s does not tell", a.Provider)
	}
}

// What Finish.Extra may hold that the API has a place for.
const (
	extraTier    = "service_tier"
	extraDetails = "incomplete_details"
)

// extraOf is a field of the finish's Extra; nil if there is none of this
// API's.
func (a *writer) extraOf(name string) []byte {
	raw := onOneLine(a.finish.Extra[name])
	begin := map[string]byte{extraTier: '"', extraDetails: '{'}[name]
	if len(raw) == 0 || raw[0] != begin {
		return nil
	}
	return raw
}

// status is that of the answer when it is finished.
func (a *writer) status() string {
	switch a.finish.Reason {
	case reprise.ReasonStop, reprise.ReasonToolCalls:
		return statusCompleted
	case reprise.ReasonRefusal:
		if a.refused && !a.calls { // which tells
			return statusCompleted
		}
	}
	return statusIncomplete
}

// details are why the answer is incomplete.
func (a *writer) details() []byte {
	switch details := a.extraOf(extraDetails); {
	case details != nil:
		return details
	case a.status() == statusCompleted:
		return nil
	}
	reason := string(reprise.ReasonOther)
	switch a.finish.Reason {
	case reprise.ReasonLength:
		reason = "max_output_tokens"
	case reprise.ReasonContentFilter, reprise.ReasonRefusal:
		reason = "content_filter"
	}
	return []byte(`{"reason":"` + reason + `"}`)
}
