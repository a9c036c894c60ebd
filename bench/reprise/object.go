package main

import (
	"context"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/bench/peer"
)

// list reads a list, by whole elements.
func list(ctx context.Context, t peer.Target) (int, error) {
	n := 0
	var last []peer.Element
	for p, err := range reprise.StreamAs[[]peer.Element](ctx, model(t), question) {
		if err != nil {
			return 0, err
		}
		n, last = n+1, p.Value
	}
	return peer.Came(n, last, t.Size)
}

// object reads an object that holds a list, as far as it has come.
func object(ctx context.Context, t peer.Target) (int, error) {
	n := 0
	var last []peer.Element
	for p, err := range reprise.StreamAs[peer.Elements](ctx, model(t), question) {
		if err != nil {
			return 0, err
		}
		n, last = n+1, p.Value.Value
	}
	return peer.Came(n, last, t.Size)
}
