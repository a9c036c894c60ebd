package gemini

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// ending is what the last chunk tells beside the parts.
type ending struct {
	candidate []member
	answer    []member
}

// The members that the API has for what [reprise.Finish].Extra holds, beside
// those that are made in other ways.
var (
	candidateMembers = []string{
		"safetyRatings", "citationMetadata", "groundingMetadata", "groundingAttributions", "urlContextMetadata",
		"urlRetrievalMetadata", "tokenCount", "avgLogprobs", "logprobsResult", "score",
	}
	answerMembers = []string{"promptFeedback", "modelStatus"}
)

// finished takes the end of the answer.
func (a *writer) finished(f reprise.Finish) error {
	if a.id == "" {
		a.id = f.ID
	}
	if a.model == "" {
		a.model = f.Model
	}
	extra := maps.Clone(f.Extra) // what is left of it is not written
	if created := createTime(extra); created != "" && (a.created == "" || a.created == created) {
		a.created = created
		delete(extra, "createTime")
	}
	if err := a.reason(f.Reason, extra); err != nil {
		return err
	}
	a.end.candidate = append(a.end.candidate, taken(extra, candidateMembers)...)
	a.grounding()
	a.usage(f.Usage, extra)
	a.end.answer = append(a.end.answer, taken(extra, answerMembers)...)
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		a.Dropped("the field %s of the answer", name)
	}
	if f.Cost != nil {
		a.Dropped("the cost: %s does not tell", a.enc.provider)
	}
	return nil
}

// taken takes members out of extra.
func taken(extra map[string]json.RawMessage, names []string) []member {
	var members []member
	for _, name := range names {
		if raw := extra[name]; json.Valid(raw) {
			members = append(members, member{name, compact(raw)})
			delete(extra, name)
		}
	}
	return members
}

// createTime is when an answer was made, as JSON; empty: it is not told.
func createTime(extra map[string]json.RawMessage) string {
	if textOf(extra, "createTime") == "" {
		return ""
	}
	return string(compact(extra["createTime"]))
}

// textOf is a member that is a text, or empty.
func textOf(extra map[string]json.RawMessage, name string) string {
	var text string
	if json.Unmarshal(extra[name], &text) != nil {
		return ""
	}
	return text
}

// reason tells why the answer ended, in the API's own word if there is one.
func (a *writer) reason(r reprise.FinishReason, extra map[string]json.RawMessage) error {
	finish, message := textOf(extra, "finishReason"), textOf(extra, "finishMessage")
	if _, breaks := breaks[finish]; finish != "" && finish != unspecified && !breaks && reasonOf(finish, a.calls) == r {
		delete(extra, "finishReason")
	} else {
		finish = a.finishReason(r)
	}
	if h := a.held; h != nil && reasonOf(finish, a.calls) == reprise.ReasonContentFilter && h.text.Text == stopText(finish, message) {
		a.held = nil // a reader says so by itself
	}
	if err := a.release(); err != nil {
		return err
	}
	a.end.candidate = append(a.end.candidate, textMember("finishReason", finish))
	if message != "" {
		a.end.candidate = append(a.end.candidate, textMember("finishMessage", message))
		delete(extra, "finishMessage")
	}
	switch {
	case a.resume != "" && finish == "CONTINUATION":
		a.end.candidate = append(a.end.candidate, textMember(continuation, a.resume))
	case a.resume != "":
		a.Dropped("a %s in an answer that is not paused", continuation)
	}
	return nil
}

func textMember(name, text string) member { return member{name, wire.AppendString(nil, text)} }

func (a *writer) finishReason(r reprise.FinishReason) string {
	switch r {
	case reprise.ReasonStop, reprise.ReasonToolCalls:
		return "STOP"
	case reprise.ReasonLength:
		return "MAX_TOKENS"
	case reprise.ReasonContentFilter:
		return "SAFETY"
	case reprise.ReasonRefusal:
		a.Dropped("the reason %s: the API has none such, and says SAFETY", r)
		return "SAFETY"
	case reprise.ReasonPause:
		return "CONTINUATION"
	}
	return "OTHER"
}

// usage tells the counts: those that the API itself had, with all their
// details, if they say the same.
func (a *writer) usage(u reprise.Usage, extra map[string]json.RawMessage) {
	const name = "usageMetadata"
	if raw := extra[name]; isObject(raw) && reflect.DeepEqual(usageOf(raw), u) {
		a.end.answer = append(a.end.answer, taken(extra, []string{name})...)
		return
	}
	if u.CacheWrite > 0 {
		a.Dropped("how many tokens were written to the cache: the API does not tell")
	}
	if u != (reprise.Usage{}) {
		a.end.answer = append(a.end.answer, member{name, usageMetadata(u)})
	}
}

// usageOf reads a usageMetadata object.
func usageOf(raw []byte) reprise.Usage {
	var s stream
	s.Reset(raw)
	s.readUsage()
	return s.usage.usage()
}

// usageMetadata writes one. The API counts thoughts apart.
func usageMetadata(u reprise.Usage) []byte {
	var e wire.Encoder
	count := func(name string, n int64) {
		e.Key(name)
		e.Int(n)
	}
	candidates := u.Output
	if u.Reasoning != nil {
		candidates = max(0, candidates-*u.Reasoning)
	}
	e.Open('{')
	count("promptTokenCount", u.Input)
	count("candidatesTokenCount", candidates)
	count("totalTokenCount", u.Total())
	if u.CacheRead > 0 {
		count("cachedContentTokenCount", u.CacheRead)
	}
	if u.Reasoning != nil {
		count("thoughtsTokenCount", u.Output-candidates)
	}
	e.Close('}')
	return e.Buf
}
