package reprise

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"encoding/json"
)

// digest identifies plain data by its canonical JSON: the order of keys and
// white space in raw JSON do not matter, numbers count as they are written.
func digest(v any) ([32]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return [32]byte{}, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		return [32]byte{}, err
	}
	b, err = json.Marshal(plain)
	return sha256.Sum256(b), err
}

// lru is a map of at most max entries, from which the one that was used
// longest ago goes first. It does no locking.
type lru[V any] struct {
	max   int
	byKey map[[32]byte]*list.Element
	order list.List // of lruEntry[V]; the last used in front
}

type lruEntry[V any] struct {
	key   [32]byte
	value V
}

func (l *lru[V]) get(key [32]byte) (V, bool) {
	el, ok := l.byKey[key]
	if !ok {
		var none V
		return none, false
	}
	l.order.MoveToFront(el)
	return el.Value.(lruEntry[V]).value, true
}

func (l *lru[V]) put(key [32]byte, value V) {
	l.remove(key)
	if l.byKey == nil {
		l.byKey = map[[32]byte]*list.Element{}
	}
	l.byKey[key] = l.order.PushFront(lruEntry[V]{key, value})
	if len(l.byKey) > l.max {
		l.remove(l.order.Back().Value.(lruEntry[V]).key)
	}
}

func (l *lru[V]) remove(key [32]byte) {
	if el, ok := l.byKey[key]; ok {
		l.order.Remove(el)
		delete(l.byKey, key)
	}
}
