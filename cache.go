package reprise

import (
	"context"
	"iter"
	"sync"
	"time"
)

// WarnCached is the code of a [Warning] that an answer is from a [Cache].
const WarnCached = "cached"

// Cache is a [Model] that answers a request it has seen before with the
// answer it had then. Requests are the same if their canonical JSON is: the
// order of keys and white space in raw JSON do not matter. It must not be
// copied after its first use.
//
// Only whole answers are kept: those that came to their [Finish]. An answer
// from the cache is a [Warning] of code [WarnCached] and then the same
// events, all at once, but for what a [Reset] made void. Its Usage tells
// what the answer took then; its Cost is 0, because nothing was billed.
// Answers share what their events hold, which must not be changed. The same
// request asked twice at once is sent twice.
//
// The same request always getting the same answer may not be what a program
// wants that asks for several.
type Cache struct {
	Model Model // must be set

	Entries int           // how many answers are kept, those used last; 0: 1000
	MaxAge  time.Duration // how long an answer is kept; 0: while there is room

	mu  sync.Mutex
	lru lru[cached]
}

type cached struct {
	at     time.Time
	events []Event
}

// Unwrap returns the model that is asked.
func (c *Cache) Unwrap() Model { return c.Model }

// Stream answers from the cache, or asks.
func (c *Cache) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		switch {
		case c.Model == nil:
			yield(nil, misset("Cache.Model is not set"))
			return
		case c.Entries < 0 || c.MaxAge < 0:
			yield(nil, misset("Cache has a negative field"))
			return
		}
		key, keyErr := digest(req) // with an error, the model will say what is wrong with the request
		if events, ok := c.find(key); ok && keyErr == nil {
			replay(ctx, events, yield)
			return
		}
		var events []Event
		err := relay(c.Model.Stream(ctx, req), func(ev Event) bool {
			events = kept(events, ev)
			if _, ok := ev.(Finish); ok && keyErr == nil {
				c.keep(key, events)
			}
			return yield(ev, nil)
		})
		if err != nil && err != errLeft {
			yield(nil, err)
		}
	}
}

// kept adds an event to those of an answer. A Reset voids those before it but
// for warnings.
func kept(events []Event, ev Event) []Event {
	if _, ok := ev.(Reset); !ok {
		return append(events, ev)
	}
	var warnings []Event
	for _, ev := range events {
		if !isOutput(ev) {
			warnings = append(warnings, ev)
		}
	}
	return warnings
}

func (c *Cache) find(key [32]byte) ([]Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hit, ok := c.lru.get(key)
	if ok && c.MaxAge > 0 && time.Since(hit.at) >= c.MaxAge {
		return nil, false
	}
	return hit.events, ok
}

func (c *Cache) keep(key [32]byte, events []Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.max = or(c.Entries, 1000)
	c.lru.put(key, cached{time.Now(), events})
}

// replay yields an answer from the cache.
func replay(ctx context.Context, events []Event, yield func(Event, error) bool) {
	if !yield(Warning{Code: WarnCached, Message: "the answer is from the cache: nothing was sent"}, nil) {
		return
	}
	for _, ev := range events {
		if err := gaveUp(ctx, "reading from the cache"); err != nil {
			yield(nil, err)
			return
		}
		if end, ok := ev.(Finish); ok {
			end.Cost = new(USD)
			ev = end
		}
		if !yield(ev, nil) {
			return
		}
	}
}
