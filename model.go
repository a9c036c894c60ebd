package reprise

import (
	"context"
	"errors"
	"iter"
)

// A Model answers requests. It is the one interface that a provider implements
// and that a wrapper (retry, fallback, a fake in a test) takes and returns.
//
// Stream asks for one answer. The sequence yields zero or more events with a
// nil error and then exactly one [Finish] or one error (with a nil event), and
// nothing after that. The request is sent when the sequence is first ranged
// over, which can be done once. Leaving the loop early closes the connection.
// An answer that was cut short is an error, never a short answer.
//
// A Model may be used by several goroutines at once. It does not change the
// request, and the caller must not change it before the sequence has ended.
type Model interface {
	Stream(ctx context.Context, req *Request) iter.Seq2[Event, error]
}

// ModelFunc is a function used as a [Model]: the way to write a fake or a
// wrapper.
type ModelFunc func(ctx context.Context, req *Request) iter.Seq2[Event, error]

// Stream calls f.
func (f ModelFunc) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return f(ctx, req)
}

// Generate asks the model and waits for the whole answer. With an error it
// returns what had arrived until then.
func Generate(ctx context.Context, m Model, req *Request) (*Response, error) {
	return Collect(m.Stream(ctx, req))
}

// Collect reads a model's stream to its end and returns the answer. With an
// error it returns what had arrived until then, which may be a response
// without parts, but never nil.
func Collect(stream iter.Seq2[Event, error]) (*Response, error) {
	var acc Accumulator
	for ev, err := range stream {
		if err != nil {
			return acc.Response(), err
		}
		acc.Add(ev)
	}
	if !acc.Finished() {
		return acc.Response(), errUnfinished
	}
	return acc.Response(), nil
}

var errUnfinished = &Error{Kind: KindBadResponse, Err: errors.New("the model's stream ended without a Finish event")}
