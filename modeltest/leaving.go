package modeltest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/repriselabs/reprise"
)

// untilGone has the server say "so far", and then nothing until the client is
// gone. The channel is closed when it is.
func (s *suite) untilGone() <-chan struct{} {
	gone := make(chan struct{})
	s.onRequest(func(x *exchange) {
		defer close(gone)
		_ = x.write(x.w, func(yield func(reprise.Event, error) bool) {
			if yield(reprise.TextDelta{Text: "so far"}, nil) {
				<-x.r.Context().Done()
				yield(nil, &reprise.Error{Kind: reprise.KindCanceled, Err: x.r.Context().Err()})
			}
		}, s.said(text("so far")), true)
	})
	return gone
}

func (s *suite) cancel() {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	gone := s.untilGone()
	var acc reprise.Accumulator
	var last error
	for ev, err := range s.model.Stream(ctx, &reprise.Request{Messages: reprise.Ask("hi")}) {
		last = err
		if err == nil {
			acc.Add(ev)
		}
		if _, ok := ev.(reprise.TextDelta); ok {
			cancel()
		}
	}
	s.ended(reprise.KindCanceled, last)
	if got := acc.Response().Text(); got != "so far" {
		s.Errorf("of the answer %q is kept", got)
	}
	<-gone
}

func (s *suite) ended(kind reprise.Kind, err error) {
	s.Helper()
	if reprise.KindOf(err) != kind {
		s.Errorf("got %v (of the kind %q), want an error of the kind %s", err, reprise.KindOf(err), kind)
	}
}

func (s *suite) cancelWaiting() {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	gone := make(chan struct{})
	s.onRequest(func(x *exchange) {
		defer close(gone)
		cancel()
		<-x.r.Context().Done()
	})
	_, err := s.generate(ctx, &reprise.Request{Messages: reprise.Ask("hi")})
	s.ended(reprise.KindCanceled, err)
	<-gone
}

func (s *suite) canceledBefore() {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	_, err := s.generate(ctx, &reprise.Request{Messages: reprise.Ask("hi")})
	s.ended(reprise.KindCanceled, err)
}

func (s *suite) deadline() {
	ctx, cancel := context.WithTimeout(s.Context(), time.Second)
	defer cancel()
	gone := s.untilGone()
	resp, err := s.generate(ctx, &reprise.Request{Messages: reprise.Ask("hi")})
	s.ended(reprise.KindTimeout, err)
	if resp.Text() != "so far" {
		s.Errorf("of the answer %q is kept", resp.Text())
	}
	<-gone
}

func (s *suite) leave() {
	gone := s.untilGone()
	left := false
	s.model.Stream(s.Context(), &reprise.Request{Messages: reprise.Ask("hi")})(func(ev reprise.Event, err error) bool {
		if err != nil && !left {
			s.Errorf("the model gives an error: %v", err)
		}
		_, here := ev.(reprise.TextDelta)
		left = left || here || err != nil
		return !left
	})
	<-gone
}

// leaveAnywhere leaves at the first event, then at the second, and so on. It
// is its own loop, to see what a model does that goes on.
func (s *suite) leaveAnywhere() {
	answer := s.said(text("one two three four"), reprise.ToolCall{ID: "call00001", Name: "add", Args: `{"a":2,"b":3}`})
	s.onRequest(func(x *exchange) { _ = x.write(x.w, Events(answer), answer, true) }) // the client leaves
	for at := 1; ; at++ {
		events := 0
		s.model.Stream(s.Context(), &reprise.Request{Messages: reprise.Ask("hi")})(func(reprise.Event, error) bool {
			events++
			return events < at
		})
		if events < at {
			return // there are no more
		}
		if events > at {
			s.Errorf("the loop was left at event %d, and %d more came", at, events-at)
		}
	}
}

func (s *suite) concurrent() {
	const askers = 32
	var mu sync.Mutex
	waiting, all := 0, make(chan struct{})
	s.onRequest(func(x *exchange) {
		mu.Lock()
		if waiting++; waiting == askers {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all: // so that every answer is on its way at the same time
			x.answer(s.said(text("answer to " + x.req.Messages[0].Text())))
		case <-x.r.Context().Done():
		}
	})
	var wg sync.WaitGroup
	for i := range askers {
		wg.Go(func() {
			question := fmt.Sprintf("question %d", i)
			resp, err := s.generate(s.Context(), &reprise.Request{Messages: reprise.Ask(question)})
			if err != nil {
				s.Errorf("%s: %v", question, err)
			} else if want := "answer to " + question; resp.Text() != want {
				s.Errorf("%s: got %q, want %q", question, resp.Text(), want)
			}
		})
	}
	wg.Wait()
}
