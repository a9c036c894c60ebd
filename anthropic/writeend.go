package anthropic

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// extra is a field of an answer that only this API has.
type extra struct {
	name  string
	place place
	value []byte // on one line
}

func (x extra) equal(y extra) bool { return x.name == y.name && string(x.value) == string(y.value) }

// place is where a field is in a stream. In a whole answer it is in the usage,
// or else in the message.
type place string

const (
	inDelta place = "delta" // of message_delta
	inEvent place = "event" // message_delta itself
	inUsage place = "usage"
	atStop  place = "stop" // in message_stop
)

// fields are what Finish.Extra may hold that the API has a place for, and
// what a value of it begins with.
var fields = map[string]struct {
	place place
	begin byte
}{
	"stop_sequence":      {inDelta, '"'},
	"stop_details":       {inDelta, '{'},
	"container":          {inDelta, '{'},
	"context_management": {inEvent, '{'},
	"service_tier":       {inUsage, '"'},
	"inference_geo":      {inUsage, '"'},
	"speed":              {inUsage, '"'},
	"server_tool_use":    {inUsage, '{'},
	"iterations":         {inUsage, '['},
}

// fieldOf is a field of Finish.Extra; ok is false if the API has no place for
// it.
func (a *writer) fieldOf(name string, raw json.RawMessage) (x extra, ok bool) {
	var line bytes.Buffer
	if json.Compact(&line, raw) != nil {
		return x, false
	}
	x = extra{name: name, place: atStop, value: line.Bytes()}
	if a.Bedrock && strings.HasPrefix(name, "amazon-bedrock-") {
		return x, x.value[0] != 'n' // a null says nothing
	}
	f, ok := fields[name]
	x.place = f.place
	return x, ok && x.value[0] == f.begin
}

// early are the fields that a stream has at its start.
func (a *writer) early(known map[string]json.RawMessage) (xs []extra) {
	for _, name := range []string{"service_tier", "inference_geo"} {
		if x, ok := a.fieldOf(name, known[name]); ok {
			xs = append(xs, x)
		}
	}
	return xs
}

// extra writes the fields of a place.
func (a *writer) extra(at place) {
	for _, x := range a.extras {
		if x.place == at && x.name != "stop_sequence" {
			a.Key(x.name)
			a.Raw(x.value)
		}
	}
}

// finished takes the end of the answer.
func (a *writer) finished(f reprise.Finish) error {
	if a.id == "" {
		a.id = f.ID
	}
	if a.model == "" {
		a.model = f.Model
	}
	if a.Stream {
		if err := a.begin(); err != nil {
			return err
		}
	}
	told := a.extras
	a.finish, a.extras = &f, nil
	for _, name := range slices.Sorted(maps.Keys(f.Extra)) {
		x, ok := a.fieldOf(name, f.Extra[name])
		switch {
		case !ok:
			a.Dropped("the field %s of the answer", name)
		case !slices.ContainsFunc(told, x.equal):
			a.extras = append(a.extras, x)
		}
	}
	a.unsaid()
	return nil
}

// unsaid warns of what the API cannot say of the end.
func (a *writer) unsaid() {
	f := a.finish
	if len(a.refusals) > 0 && f.Reason != reprise.ReasonRefusal {
		a.Dropped("that part %d is a refusal: only the reason can tell, which is %s", a.refusals[0], f.Reason)
	}
	if f.Reason == reprise.ReasonContentFilter && !a.Bedrock {
		a.Dropped("the reason %s: the API says refusal", f.Reason)
	}
	if f.Reason == reprise.ReasonOther {
		a.Dropped("the reason %s: the API says end_turn", f.Reason)
	}
	if u := f.Usage; u.CacheRead+u.CacheWrite > u.Input {
		a.Warn(reprise.WarnData, "of %d tokens that were read, %d cannot be the cache's", u.Input, u.CacheRead+u.CacheWrite)
	}
	if f.Cost != nil {
		a.Dropped("the cost: %s does not tell", a.Reply.Provider)
	}
}

// endMessage sends what is known of the message at its end.
func (a *writer) endMessage() error {
	a.head(messageDelta)
	a.Key("delta")
	a.Open('{')
	a.reason()
	a.Close('}')
	a.usage(a.finish.Usage, a.Known == nil || a.Known.Usage.CacheWrite1h != a.finish.Usage.CacheWrite1h)
	a.extra(inEvent)
	return a.send(messageDelta)
}

// reason writes why the answer ended, or null, and what belongs to that.
func (a *writer) reason() {
	a.Key("stop_reason")
	if a.finish == nil {
		a.Raw(nil)
		a.Key("stop_sequence")
		a.Raw(nil)
		return
	}
	var sequence []byte
	if i := slices.IndexFunc(a.extras, func(x extra) bool { return x.name == "stop_sequence" }); i >= 0 {
		sequence = a.extras[i].value
	}
	a.String(a.stopReason(sequence != nil))
	a.Key("stop_sequence")
	a.Raw(sequence)
	a.extra(inDelta)
}

// stopReason is one of those that the API has: clients may know no other.
func (a *writer) stopReason(sequence bool) string {
	switch a.finish.Reason {
	case reprise.ReasonToolCalls:
		return "tool_use"
	case reprise.ReasonLength:
		return "max_tokens"
	case reprise.ReasonPause:
		return "pause_turn"
	case reprise.ReasonRefusal:
		return "refusal"
	case reprise.ReasonContentFilter:
		if a.Bedrock {
			return "guardrail_intervened"
		}
		return "refusal" // which is also what it says when its filter steps in
	}
	if sequence && a.finish.Reason == reprise.ReasonStop {
		return "stop_sequence"
	}
	return "end_turn"
}

// usage writes the tokens as the API counts them: input leaves out what the
// cache had or took. The kinds of cache are not told twice.
func (a *writer) usage(u reprise.Usage, kinds bool) {
	a.Key("usage")
	a.Open('{')
	a.count("input_tokens", max(0, u.Input-u.CacheRead-u.CacheWrite))
	a.count("cache_creation_input_tokens", u.CacheWrite)
	a.count("cache_read_input_tokens", u.CacheRead)
	if kinds {
		a.Key("cache_creation")
		a.Open('{')
		a.count("ephemeral_5m_input_tokens", max(0, u.CacheWrite-u.CacheWrite1h))
		a.count("ephemeral_1h_input_tokens", u.CacheWrite1h)
		a.Close('}')
	}
	a.count("output_tokens", u.Output)
	if u.Reasoning != nil {
		a.Key("output_tokens_details")
		a.Open('{')
		a.count("thinking_tokens", *u.Reasoning)
		a.Close('}')
	}
	a.extra(inUsage)
	a.Close('}')
}

func (a *writer) count(name string, n int64) {
	a.Key(name)
	a.Int(n)
}
