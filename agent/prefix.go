package agent

import (
	"fmt"
	"reflect"

	"github.com/repriselabs/reprise"
)

// WarnPrefix is the code of a [reprise.Warning] that a prompt does not begin
// as the one before it did, so that the provider cannot read it from its
// cache. Only Agent.Prepare and a [HandedOff] can bring that about; after a
// [Compacted] there is none.
const WarnPrefix = "prefix"

// watchPrefix warns if the prompt does not begin as the one before it.
func (r *run) watchPrefix(before *reprise.Request) error {
	if before == nil || r.cur.Prepare == nil && r.cur == r.askedBy {
		r.askedBy = r.cur
		return nil
	}
	r.askedBy = r.cur
	what := prefixChange(before, r.asked.req)
	if what == "" {
		return nil
	}
	return r.warn(reprise.Warning{Code: WarnPrefix, Message: what + ", so the prompt cannot be read from the cache"})
}

// prefixChange says what is not as it was in the part of the prompt that both
// requests have; "" if all is.
func prefixChange(before, now *reprise.Request) string {
	switch {
	case before.Model != now.Model:
		return fmt.Sprintf("the model changed from %q to %q", before.Model, now.Model)
	case !reflect.DeepEqual(before.Tools, now.Tools):
		return "the tools changed"
	case !reflect.DeepEqual(before.System, now.System):
		return "the system prompt changed"
	}
	for i, m := range before.Messages {
		if i >= len(now.Messages) {
			return fmt.Sprintf("messages[%d] is gone", i)
		}
		if n := now.Messages[i]; !same(m, n) {
			return fmt.Sprintf("messages[%d] changed", i)
		}
	}
	return ""
}

// same compares messages; those that share their parts are equal.
func same(a, b reprise.Message) bool {
	if a.Role != b.Role || a.Paused != b.Paused || len(a.Parts) != len(b.Parts) {
		return false
	}
	return len(a.Parts) == 0 || &a.Parts[0] == &b.Parts[0] || reflect.DeepEqual(a.Parts, b.Parts)
}
