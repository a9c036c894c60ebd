package modeltest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/repriselabs/reprise"
)

// A Turn is a request that a [Script] expects, and what it answers.
type Turn struct {
	// Want are the messages that have come to the conversation since the
	// turn before and its answer; nil: any, but at least one.
	Want []reprise.Message
	// Fresh says that the turn begins another conversation.
	Fresh bool
	// Tools are the names of the tools that are offered, in their order;
	// nil: any.
	Tools []string
	// Check looks at the rest of the request: what it returns is what is
	// wrong with it. nil: nothing is.
	Check func(*reprise.Request) error

	// The answer has Parts (reasoning, say), then Text, then Calls, as far
	// as they are set. A call without an ID is given one.
	Parts  reprise.Parts
	Text   string
	Calls  []reprise.ToolCall
	Reason reprise.FinishReason // empty: tool_calls or stop, as it is
	Usage  reprise.Usage
	Cost   *reprise.USD
	// Err ends the stream after the answer's parts, instead of a Finish. The
	// next turn is then the same request again.
	Err error
}

// Script is a model that gives canned answers: the first turn's to the first
// request, and so on. A request that is not what its turn expects fails the
// test and is answered with an error; so is one too many, and one too few
// fails the test at its end. Each request must go on from the one before: it
// begins with that one's messages and the answer to it, exactly as it was.
//
// Several goroutines may ask at once, if the order in which they do does not
// matter.
func Script(t testing.TB, turns ...Turn) reprise.Model {
	t.Helper()
	s := &script{t: t, turns: turns}
	t.Cleanup(func() {
		t.Helper()
		if s.next < len(turns) && !s.drifted {
			t.Errorf("the script has %d turns, and only %d were asked for", len(turns), s.next)
		}
	})
	return s
}

type script struct {
	t     testing.TB
	turns []Turn

	mu      sync.Mutex
	next    int
	history []reprise.Message // with which the next request begins
	drifted bool
}

// Stream answers the next turn.
func (s *script) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		if err := canceled(ctx); err != nil {
			yield(nil, err)
			return
		}
		answer, end, err := s.take(req)
		if err != nil {
			yield(nil, err)
			return
		}
		for ev, err := range Events(answer) {
			if _, finished := ev.(reprise.Finish); finished && end != nil {
				ev, err = nil, end
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// take checks a request, and returns what its turn answers.
func (s *script) take(req *reprise.Request) (answer *reprise.Response, end, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == len(s.turns) {
		return nil, nil, s.drift("request %d is not in the script, which has %d turns:\n%s", s.next+1, len(s.turns), indented(req.Messages))
	}
	turn := s.turns[s.next]
	s.next++
	if turn.Fresh {
		s.history = nil
	}
	if err := s.check(turn, req); err != nil {
		return nil, nil, s.drift("turn %d of the script: %v", s.next, err)
	}
	answer = s.answer(turn)
	s.history = slices.Clone(req.Messages)
	if turn.Err == nil {
		s.history = append(s.history, answer.Message)
	}
	return answer, turn.Err, nil
}

// drift fails the test.
func (s *script) drift(format string, args ...any) error {
	s.drifted = true
	err := fmt.Errorf(format, args...)
	s.t.Errorf("%v", err)
	return &reprise.Error{Kind: reprise.KindInvalid, Err: err}
}

// check says where a request is not what the turn expects.
func (s *script) check(turn Turn, req *reprise.Request) error {
	n := len(s.history)
	if len(req.Messages) < n {
		return fmt.Errorf("the conversation has become shorter:\n%s", diff(s.history, req.Messages))
	}
	if d := diff(s.history, req.Messages[:n]); n > 0 && d != "" {
		return fmt.Errorf("the conversation so far has changed:\n%s", d)
	}
	added := req.Messages[n:]
	if turn.Want != nil {
		if d := diff(turn.Want, added); d != "" {
			return fmt.Errorf("the new messages are not those expected:\n%s", d)
		}
	} else if len(added) == 0 && s.next > 1 && s.turns[s.next-2].Err == nil {
		return errors.New("nothing was added to the conversation")
	}
	if turn.Tools != nil {
		offered := []string{}
		for _, spec := range req.Tools {
			offered = append(offered, spec.Name)
		}
		if d := diff(turn.Tools, offered); d != "" {
			return fmt.Errorf("the tools are not those expected:\n%s", d)
		}
	}
	if turn.Check != nil {
		return turn.Check(req)
	}
	return nil
}

func (s *script) answer(turn Turn) *reprise.Response {
	parts := slices.Clone(turn.Parts)
	if turn.Text != "" {
		parts = append(parts, reprise.Text{Text: turn.Text})
	}
	for _, c := range turn.Calls {
		parts = append(parts, c)
	}
	for i, p := range parts {
		if c, ok := p.(reprise.ToolCall); ok && c.ID == "" {
			c.ID = fmt.Sprintf("call_%d_%d", s.next, i)
			parts[i] = c
		}
	}
	return response(fmt.Sprintf("turn_%d", s.next), parts, turn.Reason, turn.Usage, turn.Cost)
}

// response is the answer of a fake.
func response(id string, parts reprise.Parts, reason reprise.FinishReason, usage reprise.Usage, cost *reprise.USD) *reprise.Response {
	r := &reprise.Response{
		ID: id, Provider: "modeltest", Model: "modeltest", Reason: reason, Usage: usage, Cost: cost,
		Message: reprise.Message{Role: reprise.RoleAssistant, Parts: parts, Paused: reason == reprise.ReasonPause},
	}
	switch {
	case reason != "":
	case len(r.Calls()) > 0:
		r.Reason = reprise.ReasonToolCalls
	default:
		r.Reason = reprise.ReasonStop
	}
	return r
}

// canceled is the error of a context that is done, else nil.
func canceled(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &reprise.Error{Kind: reprise.KindTimeout, Err: err}
	default:
		return &reprise.Error{Kind: reprise.KindCanceled, Err: err}
	}
}
