package anthropic

import (
	"bytes"
	"encoding/json"
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
	own   bool // the block that is being written says itself that it is cached
	marks int
}

// ended takes note of a block whose } is at a place in the body. It can be
// cached if its kind can, and does not say itself that it is.
func (c *cachePoints) ended(at int, cacheable, own bool) {
	switch {
	case own:
		c.block = 0
		c.marks++
	case cacheable:
		c.block = at
	}
}

// hasCachePoint reports whether a request sets its own.
func hasCachePoint(req *reprise.Request) bool {
	return slices.ContainsFunc(req.System, isCached) || saysCached(req.Extra[API]) ||
		slices.ContainsFunc(req.Tools, func(t reprise.ToolSpec) bool { return saysCached(t.Config) }) ||
		slices.ContainsFunc(req.Messages, func(m reprise.Message) bool { return slices.ContainsFunc(m.Parts, isCached) })
}

// isCached reports whether a part is a cache point, or holds one.
func isCached(p reprise.Part) bool {
	var echo *reprise.Echo
	switch p := p.(type) {
	case reprise.CachePoint:
		return true
	case reprise.Opaque:
		return saysCached(p.Data)
	case reprise.Text:
		echo = p.Echo
	case reprise.Media:
		echo = p.Echo
	case reprise.ToolCall:
		echo = p.Echo
	case reprise.ToolResult:
		if slices.ContainsFunc(p.Parts, isCached) {
			return true
		}
		echo = p.Echo
	}
	return echo != nil && saysCached(echo.Data)
}

// saysCached reports whether a block, or what holds blocks, says itself that
// it is cached.
func saysCached(raw json.RawMessage) bool { return bytes.Contains(raw, []byte(`"cache_control"`)) }

func isCachePoint(p reprise.Part) bool {
	_, ok := p.(reprise.CachePoint)
	return ok
}

// closeBlock ends a block.
func (e *encoder) closeBlock(cacheable bool) {
	e.cache.ended(len(e.Buf), cacheable, e.cache.own)
	e.cache.own = false
	e.Close('}')
}

// rawBlock writes a block that is JSON already.
func (e *encoder) rawBlock(raw json.RawMessage, cacheable bool) {
	e.Raw(raw)
	e.cache.ended(len(e.Buf)-1, cacheable, saysCached(raw))
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
