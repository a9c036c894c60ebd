package main

import (
	"context"

	"github.com/repriselabs/reprise/bench/peer"
)

// each scans the events of a stream for its text.
func each(ctx context.Context, t peer.Target, find func(s *scanner, text []byte) []byte) (int, error) {
	var text []byte
	var s scanner
	err := eachEvent(ctx, t, request, func(data []byte) {
		s = scanner{b: data}
		text = find(&s, text)
	})
	return len(text), err
}

func scanMessages(ctx context.Context, t peer.Target) (int, error) {
	return each(ctx, t, func(s *scanner, text []byte) []byte {
		s.members(func(key []byte) {
			if string(key) != "delta" {
				s.skip()
				return
			}
			s.members(func(key []byte) {
				if string(key) == "text" {
					text = s.str(text)
				} else {
					s.skip()
				}
			})
		})
		return text
	})
}

func scanResponses(ctx context.Context, t peer.Target) (int, error) {
	return each(ctx, t, func(s *scanner, text []byte) []byte {
		s.members(func(key []byte) {
			if string(key) == "delta" {
				text = s.str(text)
			} else {
				s.skip()
			}
		})
		return text
	})
}

func scanGemini(ctx context.Context, t peer.Target) (int, error) {
	return each(ctx, t, func(s *scanner, text []byte) []byte {
		s.in("candidates", func() {
			s.elements(func() {
				s.in("content", func() {
					s.in("parts", func() {
						s.elements(func() { s.in("text", func() { text = s.str(text) }) })
					})
				})
			})
		})
		return text
	})
}

// in calls f at the value of one member of an object.
func (s *scanner) in(name string, f func()) {
	s.members(func(key []byte) {
		if string(key) == name {
			f()
		} else {
			s.skip()
		}
	})
}
