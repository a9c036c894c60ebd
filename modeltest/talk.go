package modeltest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/repriselabs/reprise"
)

// What JSON and event streams find hard to carry.
const awkward = "Olá “мир” 日本 é😀\n\t\"quoted\" \\ </script> & \u2028 data: [DONE]\r\n\r\nevent: x"

func text(s string) reprise.Text { return reprise.Text{Text: s} }

func (s *suite) text() {
	s.answers(s.said(text(awkward + "!")))
	req := &reprise.Request{Messages: reprise.Ask(awkward + "?")}
	got := s.ask(req)
	s.arrivedAs(req.Messages)
	said := reprise.Parts{text(awkward + "!")}
	s.same("the answer", said, given(said, got.Message.Parts))
	if got.Reason != reprise.ReasonStop || got.Message.Role != reprise.RoleAssistant {
		s.Errorf("got an answer of the role %q that ended with %q", got.Message.Role, got.Reason)
	}
	if got.Provider == "" || got.Model != "model-1" || got.ID != "answer-1" {
		s.Errorf("got the answer %q by %q of %q, want answer-1 by model-1, and a provider", got.ID, got.Model, got.Provider)
	}
}

func (s *suite) conversation() {
	s.answers(s.said(text("fine")))
	req := &reprise.Request{Messages: []reprise.Message{
		reprise.User("first"),
		{Role: reprise.RoleAssistant, Parts: reprise.Parts{text("second")}},
		reprise.User("", text("third, in two"), text("pieces")),
	}}
	s.ask(req)
	s.arrivedAs(req.Messages)
}

func (s *suite) system() {
	s.answers(s.said(text("fine")))
	req := &reprise.Request{System: reprise.Parts{text(awkward)}, Messages: reprise.Ask("hi")}
	s.ask(req)
	s.same("the system prompt", s.plainParts(req.System), s.plainParts(s.last().System))
	s.arrivedAs(req.Messages)
}

// settings sends each setting by itself: it arrives, or is refused, or there
// is a warning.
func (s *suite) settings() {
	s.onRequest(func(x *exchange) { x.answer(s.said(text("fine"))) })
	half, few, seed := 0.5, 3, int64(7)
	for name, setting := range map[string]reprise.Request{
		"MaxTokens": {MaxTokens: 2077}, "Temperature": {Temperature: &half}, "TopP": {TopP: &half}, "TopK": {TopK: &few},
		"PresencePenalty": {PresencePenalty: &half}, "FrequencyPenalty": {FrequencyPenalty: &half},
		"Stop": {Stop: []string{"END", "stop"}}, "Seed": {Seed: &seed},
	} {
		want := setting
		setting.Messages = reprise.Ask("hi")
		resp, err := s.generate(s.Context(), &setting)
		if reprise.KindOf(err) == reprise.KindInvalid || warned(resp) {
			continue
		}
		if err != nil {
			s.Errorf("%s: %v", name, err)
			continue
		}
		field := func(r *reprise.Request) any { return reflect.ValueOf(r).Elem().FieldByName(name).Interface() }
		s.same(name+", of which there was no warning", field(&want), field(s.last()))
	}
}

func warned(r *reprise.Response) bool {
	for _, w := range r.Warnings {
		if w.Code == reprise.WarnDropped && w.Message != "" {
			return true
		}
	}
	return false
}

// full is a request of many parts, whose slices have room behind them.
func full() *reprise.Request {
	return &reprise.Request{
		System: roomy[reprise.Part](text("be kind")),
		Messages: roomy(
			reprise.User("hi"),
			reprise.Message{Role: reprise.RoleAssistant, Parts: roomy[reprise.Part](text("a"), reprise.ToolCall{ID: "call00001", Name: "add", Args: `{"a":1,"b":2}`})},
			reprise.Message{Role: reprise.RoleTool, Parts: roomy[reprise.Part](result("call00001", "add", "3"))},
			reprise.User("and?"),
		),
		Tools: roomy(addTool, nowTool),
		Stop:  roomy("END"),
	}
}

// requestUnchanged looks behind the slices, too, where append would write.
func (s *suite) requestUnchanged() {
	s.answers(s.said(text("fine")))
	req := full()
	before := indented(behind(req))
	s.ask(req)
	if after := indented(behind(req)); after != before {
		s.Errorf("the request changed from\n%s\nto\n%s", before, after)
	}
}

func (s *suite) sentTheSame() {
	s.onRequest(func(x *exchange) { x.answer(s.said(text("fine"))) })
	s.ask(full())
	s.ask(full())
	all := s.arrived()
	s.same("the second request", string(all[0].body), string(all[1].body))
}

// roomy is a slice that append would not need to copy.
func roomy[T any](elems ...T) []T { return append(make([]T, 0, len(elems)+4), elems...) }

// behind is a request with what is in the room behind its slices.
func behind(r *reprise.Request) any {
	parts := func(ps reprise.Parts) any { return []reprise.Part(ps[:cap(ps)]) }
	var messages []any
	for _, m := range r.Messages[:cap(r.Messages)] {
		messages = append(messages, []any{m.Role, m.Paused, parts(m.Parts)})
	}
	return []any{parts(r.System), messages, r.Tools[:cap(r.Tools)], r.Stop[:cap(r.Stop)], r}
}

func (s *suite) lazy() {
	s.onRequest(func(x *exchange) { x.answer(s.said(text("fine"))) })
	s.model.Stream(s.Context(), &reprise.Request{Messages: reprise.Ask("hi")})
	if n := len(s.arrived()); n > 0 || s.wires.dialled() > 0 {
		s.Errorf("%d requests were sent though nobody ranges over the events", n)
	}
}

var personSchema = json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}`)

func (s *suite) output() {
	const ada = `{"name":"Ada","age":36}`
	s.answers(s.said(text(ada)))
	req := &reprise.Request{Messages: reprise.Ask("Who?"), Output: &reprise.Schema{Name: "person", JSON: personSchema, Strict: true}}
	got := s.ask(req)
	s.same("the answer", ada, got.Text())
	if out := s.last().Output; out == nil {
		s.Error("the schema did not arrive")
	} else {
		s.sameJSON("the schema", personSchema, out.JSON)
	}
}

func (s *suite) image() {
	s.answers(s.said(text("a dot")))
	dot := reprise.Media{Type: "image/png", Data: []byte("\x89PNG\r\n\x1a\n\x00\xff")}
	req := &reprise.Request{Messages: reprise.Ask("What is this?", dot)}
	s.ask(req)
	s.arrivedAs(req.Messages)
}

func (s *suite) imageURL() {
	s.answers(s.said(text("a cat")))
	const address = "https://example.org/cat.jpg?a=1&b=2"
	s.ask(&reprise.Request{Messages: reprise.Ask("What is this?", reprise.Media{Type: "image/jpeg", URL: address})})
	var got []string
	for _, m := range s.last().Messages {
		for _, p := range m.Parts {
			if m, ok := p.(reprise.Media); ok {
				got = append(got, m.URL)
			}
		}
	}
	s.same("the addresses of images", []string{address}, got)
}

// reasoningReturns sends three answers that reason, and looks at what comes
// back of them.
func (s *suite) reasoningReturns() {
	var answers []*reprise.Response
	for n := 1; n <= 3; n++ {
		call := reprise.ToolCall{ID: fmt.Sprintf("call%05d", n), Name: "add", Args: fmt.Sprintf(`{"a":%d,"b":1}`, n)}
		answers = append(answers, s.said(s.reasoned(n, call)...))
	}
	answers = append(answers, s.said(text("done")))
	s.answers(answers...)
	req := &reprise.Request{Messages: reprise.Ask("Count to three"), Tools: []reprise.ToolSpec{addTool}}
	for n, answer := range answers {
		got := s.ask(req)
		s.arrivedAs(req.Messages)
		s.sameEchoes("of what arrived", req.Messages, s.last().Messages)
		had := reprise.Message{Role: reprise.RoleAssistant, Parts: given(answer.Message.Parts, got.Message.Parts)}
		s.same("the answer", s.plainParts(answer.Message.Parts), s.plainParts(had.Parts))
		s.sameEchoes("of the answer", []reprise.Message{answer.Message}, []reprise.Message{had})
		req.Messages = append(req.Messages, got.Message)
		for _, c := range got.Calls() {
			req.Messages = append(req.Messages, reprise.Message{Role: reprise.RoleTool, Parts: reprise.Parts{result(c.ID, c.Name, fmt.Sprint(n+2))}})
		}
	}
}

// foreignParts sends what only another provider can read.
func (s *suite) foreignParts() {
	s.answers(s.said(text("fine")))
	const hidden = "f0re1gn-5ecret"
	data := json.RawMessage(`{"data":"` + hidden + `"}`)
	req := &reprise.Request{Messages: []reprise.Message{
		reprise.User("hi"),
		{Role: reprise.RoleAssistant, Parts: reprise.Parts{
			reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "elsewhere", Data: data}},
			reprise.Opaque{Provider: "elsewhere", Kind: "search", Data: data},
			text("hello"),
		}},
		reprise.User("again"),
	}}
	got := s.ask(req)
	if sent := string(s.arrived()[0].body); strings.Contains(sent, hidden) {
		s.Errorf("it was sent: %s", sent)
	}
	if !warned(got) {
		s.Errorf("no warning of code %q says so; got %v", reprise.WarnDropped, got.Warnings)
	}
	if arrived := s.last().Messages; len(arrived) != 3 || arrived[1].Text() != "hello" {
		s.Errorf("the rest of the conversation did not arrive: %s", indented(arrived))
	}
}

func (s *suite) usage() {
	thought := int64(30)
	answer := s.said(text("fine"))
	answer.Usage = reprise.Usage{Input: 100, Output: 50, Reasoning: &thought, CacheRead: 60, CacheWrite: 20}
	if s.Lacks.ReasoningTokens != "" {
		s.Logf("without reasoning tokens: %s", s.Lacks.ReasoningTokens)
		answer.Usage.Reasoning = nil
	}
	if s.Lacks.CacheReads != "" {
		s.Logf("without reads of the cache: %s", s.Lacks.CacheReads)
		answer.Usage.CacheRead = 0
	}
	if s.Lacks.CacheWrites != "" {
		s.Logf("without writes of the cache: %s", s.Lacks.CacheWrites)
		answer.Usage.CacheWrite = 0
	}
	s.answers(answer)
	got := s.ask(&reprise.Request{Messages: reprise.Ask("hi")})
	s.same("the usage", answer.Usage, got.Usage)
	for _, w := range got.Warnings {
		if w.Code == reprise.WarnUsage {
			s.Errorf("a warning says that there is no usage: %s", w.Message)
		}
	}
}

func (s *suite) cost() {
	cost := reprise.USD(71_502_000_000)
	answer := s.said(text("fine"))
	answer.Cost = &cost
	s.answers(answer)
	got := s.ask(&reprise.Request{Messages: reprise.Ask("hi")})
	s.same("the cost", &cost, got.Cost)
}
