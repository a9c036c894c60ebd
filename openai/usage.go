package openai

import (
	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// tokens is usage as the API counts it.
type tokens struct {
	input, output, total  int64
	cacheRead, cacheWrite int64
	reasoning             *int64
}

// readUsage decodes a usage object. One that cannot be read tells nothing.
func (d *Dialect) readUsage(raw []byte, r *response) {
	var u tokens
	var dec wire.Decoder
	dec.Reset(raw)
	for more := dec.Open('{'); more; more = dec.Next('}') {
		switch key := dec.Key(); {
		case string(key) == "input_tokens":
			u.input = dec.Int()
		case string(key) == "output_tokens":
			u.output = dec.Int()
		case string(key) == "total_tokens":
			u.total = dec.Int()
		case string(key) == "input_tokens_details":
			u.readInput(&dec)
		case string(key) == "output_tokens_details":
			u.readOutput(&dec)
		case d.Cost != "" && string(key) == d.Cost:
			r.cost = wire.Cost(dec.Raw(), d.CostExp)
		default:
			dec.Skip()
		}
	}
	if dec.End() == nil && u.input+u.output+u.total > 0 {
		r.usage, r.counted = u.usage(), true
	}
}

func (u *tokens) readInput(dec *wire.Decoder) {
	for more := dec.Open('{'); more; more = dec.Next('}') {
		switch string(dec.Key()) {
		case "cached_tokens":
			u.cacheRead = dec.Int()
		case "cache_write_tokens":
			u.cacheWrite = dec.Int()
		default:
			dec.Skip()
		}
	}
}

func (u *tokens) readOutput(dec *wire.Decoder) {
	for more := dec.Open('{'); more; more = dec.Next('}') {
		if string(dec.Key()) == "reasoning_tokens" && dec.Peek() != 'n' {
			n := dec.Int()
			u.reasoning = &n
		} else {
			dec.Skip()
		}
	}
}

// usage gives the counts their one meaning. The output includes reasoning in
// this API; where the total says that a server counts it apart, it is added.
func (u *tokens) usage() reprise.Usage {
	output := u.output
	if u.reasoning != nil && *u.reasoning > 0 && u.total == u.input+u.output+*u.reasoning {
		output += *u.reasoning
	}
	return reprise.Usage{Input: u.input, Output: output, Reasoning: u.reasoning, CacheRead: u.cacheRead, CacheWrite: u.cacheWrite}
}
