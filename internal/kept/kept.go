// Package kept lets a run keep what it wrote for one request for the next,
// which holds the same conversation again.
package kept

import (
	"context"
	"sync"
)

// Strings are long strings of a conversation as they are written in JSON:
// what was looked up for the last request and for this one. As a string never
// changes, what is found is always right, whoever asks. The zero value is
// empty and ready to use, by several goroutines at once.
type Strings struct {
	mu        sync.Mutex
	last, now map[string]string
}

// Begin begins the next request: what the last did not look up is forgotten.
func (k *Strings) Begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last, k.now = k.now, k.last
	clear(k.now)
}

// Get returns s as it is written, which write does if it is not kept.
func (k *Strings) Get(s string, write func(s string) string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	written, ok := k.now[s]
	if ok {
		return written
	}
	if written, ok = k.last[s]; !ok {
		written = write(s)
	}
	if k.now == nil {
		k.now = map[string]string{}
	}
	k.now[s] = written
	return written
}

type key struct{}

// With returns a context in which k is kept.
func With(ctx context.Context, k *Strings) context.Context {
	return context.WithValue(ctx, key{}, k)
}

// From returns what With gave; nil: nothing is kept.
func From(ctx context.Context) *Strings {
	k, _ := ctx.Value(key{}).(*Strings)
	return k
}
