package reprise

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// WarnFallback is the code of a [Warning] that a model failed and another
// will be asked.
const WarnFallback = "fallback"

// Fallback is a [Model] that asks the first of several, and the next when
// that fails. Each change is announced by a [Warning] of code [WarnFallback].
// The [Finish] tells which model answered.
//
// A conversation stays with the model that answered it. Which one that was is
// remembered by the messages up to and including the answer, so it holds for
// any request that goes on from that answer as it was, whoever sends it and
// however it branches; other conversations begin with the first model. It is
// remembered by this value only: not in another process, and not for a
// history that was changed before its last answer.
//
// [Request].Model is for the first model. The others are asked for their own.
// What a history holds for another provider only (an [Echo], an [Opaque]) is
// left out by the model that cannot send it, with a Warning.
//
// Unwrap gives the first model: abilities found with [As] are its.
type Fallback struct {
	Models []Model // in the order of preference; at least one

	// Kinds are the kinds of [Error] to go on to the next model for. nil: all
	// but those that are about the request or the caller: KindInvalid,
	// KindContentFilter, KindAuth, KindTransport and KindCanceled. Errors that
	// are no Error are final.
	Kinds []Kind
	// AfterOutput allows to go on after output too. A [Reset] then says that
	// what came before is void.
	AfterOutput bool
	// Conversations is how many conversations are remembered that another
	// than the first model answered; 0: 1000.
	Conversations int

	mu   sync.Mutex
	pins lru[int] // by the digest of a history, the index of who answered last
}

// Unwrap returns the first model, or nil.
func (f *Fallback) Unwrap() Model {
	if len(f.Models) == 0 {
		return nil
	}
	return f.Models[0]
}

// Stream asks one model after the other until one answers.
func (f *Fallback) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := f.check(); err != nil {
			yield(nil, err)
			return
		}
		order := f.order(req)
		var before error
		for n, i := range order {
			output, err := f.ask(ctx, req, i, yield)
			if err == nil || err == errLeft {
				return
			}
			final := n == len(order)-1 || ctx.Err() != nil || !f.goesOn(err) || output && !f.AfterOutput
			if before != nil {
				err = fmt.Errorf("%w; before that: %w", err, before)
			}
			if final {
				yield(nil, err)
				return
			}
			before = err
			text := fmt.Sprintf("model %d of %d failed: %v; the next is number %d", i+1, len(order), err, order[n+1]+1)
			if !yield(Warning{Code: WarnFallback, Message: text}, nil) || output && !yield(Reset{Reason: text}, nil) {
				return
			}
		}
	}
}

func (f *Fallback) check() error {
	if len(f.Models) == 0 {
		return misset("Fallback.Models is empty")
	}
	for i, m := range f.Models {
		if m == nil {
			return misset("Fallback.Models[%d] is nil", i)
		}
	}
	if f.Conversations < 0 {
		return misset("Fallback.Conversations is %d", f.Conversations)
	}
	return nil
}

// goesOn reports whether another model may do better.
func (f *Fallback) goesOn(err error) bool {
	if f.Kinds != nil {
		return hasKind(err, f.Kinds)
	}
	switch KindOf(err) {
	case "", KindInvalid, KindContentFilter, KindAuth, KindTransport, KindCanceled:
		return false
	}
	return true
}

// order is the models' indexes, the one that answered the conversation first.
func (f *Fallback) order(req *Request) []int {
	order := make([]int, len(f.Models))
	for i := range order {
		order[i] = i
	}
	last := len(req.Messages) - 1
	for last >= 0 && req.Messages[last].Role != RoleAssistant {
		last--
	}
	if last < 0 {
		return order
	}
	key, err := digest(req.Messages[:last+1])
	if err != nil {
		return order // the models will say what is wrong with it
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i, ok := f.pins.get(key); ok && i < len(order) {
		order = slices.Insert(slices.Delete(order, i, i+1), 0, i)
	}
	return order
}

// ask asks one model and passes on what it says. It tells whether there was
// output that no Reset took back.
func (f *Fallback) ask(ctx context.Context, req *Request, i int, yield func(Event, error) bool) (output bool, err error) {
	if i > 0 && req.Model != "" {
		own := *req
		own.Model = ""
		req = &own
	}
	var answer Accumulator
	err = relay(f.Models[i].Stream(ctx, req), func(ev Event) bool {
		switch ev.(type) {
		case Warning:
		case Reset:
			output = false
		default:
			output = true
		}
		if i > 0 {
			answer.Add(ev)
		}
		if answer.Finished() {
			f.pin(req.Messages, answer.Response().Message, i)
		}
		return yield(ev, nil)
	})
	return output, err
}

// pin remembers who gave an answer. What the first model answered needs no
// remembering.
func (f *Fallback) pin(history []Message, answer Message, i int) {
	key, err := digest(append(slices.Clip(history), answer))
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pins.max = or(f.Conversations, 1000)
	f.pins.put(key, i)
}
