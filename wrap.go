package reprise

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// errLeft is what relay returns when the consumer left the loop.
var errLeft = errors.New("the consumer left the loop")

// relay hands each event of a stream to each, which reports whether it wants
// more. It returns nil after a [Finish], and the stream's error or errLeft
// otherwise.
func relay(stream iter.Seq2[Event, error], each func(Event) bool) error {
	finished := false
	for ev, err := range stream {
		if err != nil {
			return err
		}
		if !each(ev) {
			return errLeft
		}
		if _, ok := ev.(Finish); ok {
			finished = true
		}
	}
	if !finished {
		return errUnfinished
	}
	return nil
}

// isOutput reports whether an event is of the answer itself, and not a notice
// beside it.
func isOutput(ev Event) bool {
	switch ev.(type) {
	case Warning, Reset:
		return false
	}
	return true
}

// hasKind reports whether an error is of one of the kinds; with no kinds,
// whether it is temporary.
func hasKind(err error, kinds []Kind) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	if kinds == nil {
		return e.Temporary()
	}
	return slices.Contains(kinds, e.Kind)
}

// pause waits. It returns early, with an error, when ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gaveUp is the error of a context that was done while a wrapper did
// something; nil if it is not done.
func gaveUp(ctx context.Context, doing string) *Error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	kind := KindCanceled
	if errors.Is(err, context.DeadlineExceeded) {
		kind = KindTimeout
	}
	if cause := context.Cause(ctx); cause != err {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return &Error{Kind: kind, Err: fmt.Errorf("%w while %s", err, doing)}
}

// misset is the error of a field that was set wrongly or not at all.
func misset(format string, args ...any) error {
	return &Error{Kind: KindInvalid, Err: fmt.Errorf(format, args...)}
}

// or is v, or what stands for its zero.
func or[T comparable](v, zero T) T {
	var none T
	if v == none {
		return zero
	}
	return v
}

// retryAfter is how long the provider asks to wait; 0: it does not.
func retryAfter(err error) time.Duration {
	var e *Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.RetryAfter
}
