package reprise

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// ErrOpen is in the error of a request that a [Breaker] did not let through.
var ErrOpen = errors.New("the circuit is open")

// Breaker is a [Model] that stops asking another one for a while when that
// fails again and again, so that neither it nor the callers are held up by
// requests that have no chance. It must not be copied after its first use.
//
// After Failures failures in a row the circuit opens: for the time of Pause
// every request ends at once, with an [Error] of [KindOverloaded] that wraps
// [ErrOpen] and has what is left of the pause as its RetryAfter. Then one
// request is let through. Its first output closes the circuit, until the next
// failure; if it fails, the next pause begins.
//
// A failure is an error that says that the provider is in trouble. Other
// errors, and streams that were left or cancelled before they had output,
// count neither way. An answer that is whole ends the row of failures.
type Breaker struct {
	Model Model // must be set

	Failures int           // how many in a row open the circuit; 0: 5
	Pause    time.Duration // how long it stays open; 0: 30 seconds
	// Kinds are the kinds of [Error] that are failures; nil: KindOverloaded,
	// KindServer, KindNetwork, KindCut, and KindTimeout unless it is the
	// caller's own deadline.
	Kinds []Kind

	mu      sync.Mutex
	failed  int       // in a row
	open    bool      // until a request gets output
	until   time.Time // of the pause
	probing bool      // a request is out to see
	last    error     // the failure that opened it
	epoch   int       // how often it opened or closed: what began in another says nothing of this
}

// Unwrap returns the model that is asked.
func (b *Breaker) Unwrap() Model { return b.Model }

// Stream asks, if the circuit lets it.
func (b *Breaker) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		switch {
		case b.Model == nil:
			yield(nil, misset("Breaker.Model is not set"))
			return
		case b.Failures < 0 || b.Pause < 0:
			yield(nil, misset("Breaker has a negative field"))
			return
		}
		epoch, err := b.enter()
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { b.leave(epoch) }()
		err = relay(b.Model.Stream(ctx, req), func(ev Event) bool {
			if isOutput(ev) {
				epoch = b.alive(epoch)
			}
			if _, ok := ev.(Finish); ok {
				b.succeeded(epoch)
			}
			return yield(ev, nil)
		})
		if err == nil || err == errLeft {
			return
		}
		if ctx.Err() == nil && b.counts(err) {
			b.failure(epoch, err)
		}
		yield(nil, err)
	}
}

func (b *Breaker) counts(err error) bool {
	if b.Kinds != nil {
		return hasKind(err, b.Kinds)
	}
	return hasKind(err, []Kind{KindOverloaded, KindServer, KindNetwork, KindCut, KindTimeout})
}

// enter lets a request through, or says why not.
func (b *Breaker) enter() (epoch int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return b.epoch, nil
	}
	left := time.Until(b.until)
	if left <= 0 && !b.probing {
		b.probing = true
		return b.epoch, nil
	}
	text := "a request is out to see whether it may close"
	if left > 0 {
		text = fmt.Sprintf("%d requests in a row failed", b.failed)
	}
	return 0, &Error{Kind: KindOverloaded, RetryAfter: max(0, left), Err: fmt.Errorf("%w: %s, the last with: %w", ErrOpen, text, b.last)}
}

// alive notes that a request has output, and returns the epoch that it is in
// from now on.
func (b *Breaker) alive(epoch int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if epoch != b.epoch || !b.open {
		return epoch
	}
	b.open, b.probing = false, false
	b.failed = or(b.Failures, 5) - 1
	b.epoch++
	return b.epoch
}

func (b *Breaker) succeeded(epoch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if epoch == b.epoch {
		b.failed = 0
	}
}

func (b *Breaker) failure(epoch int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if epoch != b.epoch {
		return
	}
	b.failed++
	b.last = err
	if b.failed >= or(b.Failures, 5) {
		b.open, b.probing = true, false
		b.until = time.Now().Add(or(b.Pause, 30*time.Second))
		b.epoch++
	}
}

// leave lets another request see, if this one was out for it and came to
// nothing.
func (b *Breaker) leave(epoch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if epoch == b.epoch && b.open {
		b.probing = false
	}
}
