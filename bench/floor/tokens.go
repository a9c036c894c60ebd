package main

import (
	"bytes"
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/repriselabs/reprise/bench/peer"
)

// tokens decodes the same chunks with jsontext, which checks what it reads.
type tokens struct {
	answer
	src bytes.Reader
	dec *jsontext.Decoder
	err error
}

func (t *tokens) chunk(data []byte) {
	t.src.Reset(data)
	if t.dec == nil {
		t.dec = jsontext.NewDecoder(&t.src)
	} else {
		t.dec.Reset(&t.src)
	}
	t.object(func(key string) {
		if key != "choices" {
			t.skip()
			return
		}
		t.list(func() {
			t.object(func(key string) {
				if key == "delta" {
					t.delta()
				} else {
					t.skip()
				}
			})
		})
	})
}

func (t *tokens) delta() {
	t.object(func(key string) {
		switch key {
		case "content":
			t.text = t.str(t.text)
		case "tool_calls":
			t.list(func() {
				if len(t.calls) == 0 {
					t.calls = append(t.calls, call{})
				}
				t.object(func(key string) {
					if key != "function" {
						t.skip()
						return
					}
					t.object(func(key string) {
						if key == "arguments" {
							t.calls[0].args = t.str(t.calls[0].args)
						} else {
							t.skip()
						}
					})
				})
			})
		default:
			t.skip()
		}
	})
}

// keys interns what the chunks' members are called.
func keyOf(raw []byte) string {
	switch string(raw) {
	case `"choices"`:
		return "choices"
	case `"delta"`:
		return "delta"
	case `"content"`:
		return "content"
	case `"tool_calls"`:
		return "tool_calls"
	case `"function"`:
		return "function"
	case `"arguments"`:
		return "arguments"
	}
	return ""
}

func (t *tokens) object(f func(key string)) {
	t.token()
	for t.err == nil && t.dec.PeekKind() != '}' {
		raw, err := t.dec.ReadValue()
		if err != nil {
			t.err = err
			return
		}
		f(keyOf(raw))
	}
	t.token()
}

func (t *tokens) list(f func()) {
	t.token()
	for t.err == nil && t.dec.PeekKind() != ']' {
		f()
	}
	t.token()
}

func (t *tokens) token() {
	if t.err == nil {
		_, t.err = t.dec.ReadToken()
	}
}

func (t *tokens) skip() {
	if t.err == nil {
		t.err = t.dec.SkipValue()
	}
}

func (t *tokens) str(to []byte) []byte {
	raw, err := t.dec.ReadValue()
	if err != nil {
		t.err = err
		return to
	}
	to, t.err = jsontext.AppendUnquote(to, raw)
	return to
}

func tokensText(ctx context.Context, t peer.Target) (int, error) {
	var a tokens
	if err := eachEvent(ctx, t, request, a.chunk); err != nil {
		return 0, err
	}
	return len(a.text), a.err
}

func tokensArgs(ctx context.Context, t peer.Target) (int, error) {
	var a tokens
	if err := eachEvent(ctx, t, request, a.chunk); err != nil || len(a.calls) == 0 {
		return 0, err
	}
	return len(a.calls[0].args), a.err
}
