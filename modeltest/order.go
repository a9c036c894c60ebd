package modeltest

import (
	"fmt"
	"iter"
	"strings"

	"github.com/repriselabs/reprise"
)

func (s *suite) order() {
	s.answers(s.medley())
	problems, _ := ordered(s.model.Stream(s.Context(), &reprise.Request{Messages: reprise.Ask("hi"), Tools: []reprise.ToolSpec{addTool, nowTool}}))
	for _, p := range problems {
		s.Error(p)
	}
}

// ordered reads a stream to its end, and says where it is not as
// [reprise.Model] promises.
func ordered(stream iter.Seq2[reprise.Event, error]) (problems []string, resp *reprise.Response) {
	var acc reprise.Accumulator
	o := &orderly{sums: map[int]string{}, done: map[int]reprise.Part{}}
	for ev, err := range stream {
		switch {
		case o.ended:
			o.wrong("after its end the stream yields %T, %v", ev, err)
		case err != nil:
			o.wrong("the stream yields an error: %v", err)
			o.ended = true
		case ev == nil:
			o.wrong("the stream yields neither an event nor an error")
		default:
			acc.Add(ev)
			o.take(ev)
		}
	}
	if !o.ended {
		o.wrong("the stream ends without a Finish")
	}
	return o.problems, acc.Response()
}

// orderly watches the order of events.
type orderly struct {
	sums     map[int]string // what the deltas add up to
	done     map[int]reprise.Part
	ended    bool
	problems []string
}

func (o *orderly) wrong(format string, args ...any) {
	o.problems = append(o.problems, fmt.Sprintf(format, args...))
}

func (o *orderly) take(ev reprise.Event) {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		o.delta(ev.Part, ev.Text, ev)
	case reprise.ReasoningDelta:
		o.delta(ev.Part, ev.Text, ev)
	case reprise.ArgsDelta:
		o.delta(ev.Part, ev.Args, ev)
	case reprise.PartDone:
		o.partDone(ev)
	case reprise.Finish:
		o.ended = true
		for part := range o.sums {
			if o.done[part] == nil {
				o.wrong("part %d has deltas, but was not done at the Finish", part)
			}
		}
		for i := range len(o.done) {
			if o.done[i] == nil {
				o.wrong("of %d parts, number %d is missing", len(o.done), i)
			}
		}
		if ev.Provider == "" || ev.Reason == "" {
			o.wrong("the Finish names the provider %q and the reason %q", ev.Provider, ev.Reason)
		}
	}
}

func (o *orderly) delta(part int, added string, ev reprise.Event) {
	if o.done[part] != nil {
		o.wrong("%#v comes after part %d was done", ev, part)
	}
	o.sums[part] += added
}

func (o *orderly) partDone(ev reprise.PartDone) {
	if o.done[ev.Index] != nil {
		o.wrong("part %d was done twice", ev.Index)
	}
	o.done[ev.Index] = ev.Part
	want, got := "", o.sums[ev.Index]
	switch p := ev.Part.(type) {
	case reprise.Text:
		want = p.Text
	case reprise.Reasoning:
		want = p.Text
	case reprise.ToolCall:
		want, got = argsOf(p), argsOf(reprise.ToolCall{Args: got})
	case nil:
		o.wrong("part %d is nil", ev.Index)
	}
	if want != got {
		o.wrong("the deltas of part %d add up to %q, the part is %q", ev.Index, got, want)
	}
}

// atOnce writes an event only when the one before has come.
func (s *suite) atOnce() {
	came := make(chan string, 10)
	answer := s.said(text("one two three "))
	s.onRequest(func(x *exchange) {
		_ = x.write(x.w, func(yield func(reprise.Event, error) bool) {
			for _, word := range []string{"one ", "two ", "three "} {
				if !yield(reprise.TextDelta{Text: word}, nil) {
					return
				}
				select {
				case got := <-came:
					if got != word {
						s.Errorf("%q was written, %q came", word, got)
					}
				case <-x.r.Context().Done():
					return
				}
			}
			if yield(reprise.PartDone{Part: answer.Message.Parts[0]}, nil) {
				yield(reprise.Finish{ID: answer.ID, Model: answer.Model, Reason: answer.Reason, Usage: answer.Usage}, nil)
			}
		}, answer, true)
	})
	for ev, err := range s.model.Stream(s.Context(), &reprise.Request{Messages: reprise.Ask("hi")}) {
		if err != nil {
			s.Fatalf("the model gives an error: %v", err)
		}
		if d, ok := ev.(reprise.TextDelta); ok {
			came <- d.Text
		}
	}
}

func (s *suite) whole() {
	answer := s.medley()
	var whole bool
	s.onRequest(func(x *exchange) {
		if err := x.write(x.w, Events(answer), answer, !whole); err != nil {
			s.Errorf("WriteResponse: %v", err)
		}
	})
	req := &reprise.Request{Messages: reprise.Ask("hi"), Tools: []reprise.ToolSpec{addTool, nowTool}}
	streamed := s.ask(req)
	whole = true
	problems, got := ordered(s.model.Stream(s.Context(), req))
	if len(problems) > 0 {
		s.Error(strings.Join(problems, "\n"))
	}
	s.same("the whole answer, beside the stream", streamed, got)
}

func (s *suite) limit() {
	answer := s.said(text("and so on and"))
	answer.Reason = reprise.ReasonLength
	s.answers(answer)
	if got := s.ask(&reprise.Request{Messages: reprise.Ask("hi")}); got.Reason != reprise.ReasonLength {
		s.Errorf("it ended with %q", got.Reason)
	}
}

func (s *suite) refusal() {
	answer := s.said(reprise.Text{Text: "I will not.", Refusal: true})
	answer.Reason = reprise.ReasonRefusal
	s.answers(answer)
	got := s.ask(&reprise.Request{Messages: reprise.Ask("hi")})
	got.Message.Parts = given(answer.Message.Parts, got.Message.Parts)
	s.same("the answer", answer.Message, got.Message)
	if got.Reason != reprise.ReasonRefusal || got.Text() != "" {
		s.Errorf("it ended with %q, and its text is %q", got.Reason, got.Text())
	}
}
