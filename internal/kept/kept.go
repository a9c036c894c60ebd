// Package kept lets a run keep what it wrote for one request for the next,
// which holds the same conversation again.
package kept

import (
	"context"
	"maps"
	"sync"
)

// Strings are long strings of a conversation as they are written in JSON,
// which takes about as much room again. As a string never changes, what is
// found is always right, whoever asks. The zero value is empty and ready to
// use, by several goroutines at once.
type Strings struct {
	mu      sync.Mutex
	written map[string]*written
	request int // the number of the one that is being written
	used    int // how many strings are in it
}

type written struct {
	json    string
	request int // that the string was last in
}

// Begin begins the next request. What was not in the last is forgotten, if
// that is more than half.
func (k *Strings) Begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.written) > 2*k.used {
		maps.DeleteFunc(k.written, func(_ string, w *written) bool { return w.request < k.request })
	}
	k.request++
	k.used = 0
}

// Get returns s as it is written, which write does if it is not kept.
func (k *Strings) Get(s string, write func(s string) string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	w := k.written[s]
	if w == nil {
		if k.written == nil {
			k.written = map[string]*written{}
		}
		w = &written{json: write(s)}
		k.written[s] = w
	}
	if w.request < k.request {
		w.request = k.request
		k.used++
	}
	return w.json
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
