package anthropic

import (
	"bytes"
	"slices"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// maxCachePoints is how many a request may have:
// https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching.
const maxCachePoints = 4

// cachePoints are those of a body that is being written.
type cachePoints struct {
	auto  bool // they are set by themselves, at the end of tools, system and messages
	block int  // where the } of the last block that can be cached is in the body; 0: none
	marks int
}

// hasCachePoint reports whether a request sets its own.
func hasCachePoint(req *reprise.Request) bool {
	if slices.ContainsFunc(req.System, isCachePoint) || bytes.Contains(req.Extra[API], []byte(`"cache_control"`)) {
		return true
	}
	for _, t := range req.Tools {
		if bytes.Contains(t.Config, []byte(`"cache_control"`)) {
			return true
		}
	}
	for _, m := range req.Messages {
		for _, p := range m.Parts {
			if r, ok := p.(reprise.ToolResult); isCachePoint(p) || ok && slices.ContainsFunc(r.Parts, isCachePoint) {
				return true
			}
		}
	}
	return false
}

func isCachePoint(p reprise.Part) bool {
	_, ok := p.(reprise.CachePoint)
	return ok
}

// closeBlock ends a block that can be cached.
func (e *encoder) closeBlock() {
	e.cache.block = len(e.Buf)
	e.Close('}')
}

// mark caches up to the last block, and reports whether there is one.
func (e *encoder) mark(ttl string) bool {
	at := e.cache.block
	if at == 0 {
		return false
	}
	mark := `,"cache_control":{"type":"ephemeral"}`
	if ttl != "" {
		mark = `,"cache_control":{"type":"ephemeral","ttl":` + string(wire.AppendString(nil, ttl)) + `}`
	}
	if e.Buf[at-1] == '{' {
		mark = mark[1:]
	}
	e.Buf = slices.Insert(e.Buf, at, []byte(mark)...)
	e.cache.block = 0
	e.cache.marks++
	return true
}

// autoMark caches up to the last block, unless the request sets its own
// points.
func (e *encoder) autoMark() {
	if e.cache.auto {
		e.mark(e.model.CacheTTL)
	}
}

// cachePoint caches up to the last block, wherever that is.
func (e *encoder) cachePoint(p reprise.CachePoint) {
	if !e.mark(p.TTL) {
		e.dropped("a cache point: there is nothing before it that could be cached, or that is not")
	}
}
