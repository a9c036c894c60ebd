package openaichat

import (
	"encoding/json"

	"github.com/repriselabs/reprise"
)

// readExecuted decodes a tool that Groq ran itself
// (https://console.groq.com/docs/compound/built-in-tools). A stream tells of
// it before it is run, and again with what it gave.
func (s *stream) readExecuted() {
	s.mold.spoil()
	raw := s.valid("a tool that was run")
	var tool struct {
		Index *int64 `json:"index"`
		Type  string `json:"type"`
	}
	if raw == nil || json.Unmarshal(raw, &tool) != nil {
		return
	}
	block := reprise.Opaque{Provider: s.Call.Provider, Kind: tool.Type, Data: raw}
	for _, d := range s.parts {
		if old, ok := d.done.(reprise.Opaque); ok && tool.Index != nil && old.Kind == block.Kind && d.number == *tool.Index {
			old.Data = overlay(old.Data, raw)
			d.done = old
			return
		}
	}
	d := s.addWhole(block)
	if d.number = -1; tool.Index != nil {
		d.number = *tool.Index
	}
}

// overlay sets the members of an object in another, but for nulls.
func overlay(under, over json.RawMessage) json.RawMessage {
	var all, set map[string]json.RawMessage
	if json.Unmarshal(under, &all) != nil || json.Unmarshal(over, &set) != nil {
		return over
	}
	for name, v := range set {
		if string(v) != "null" {
			all[name] = v
		}
	}
	raw, _ := json.Marshal(all) // of valid JSON
	return raw
}
