package openaichat

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise"
)

// readDetails keeps reasoning_details, which go back as they came.
func (s *stream) readDetails() {
	s.mold.spoil()
	for more := s.list(); more; more = s.Next(']') {
		if raw := s.valid("a detail of the reasoning"); raw != nil {
			s.details = append(append(s.details, raw...), ',')
		}
	}
	if s.reasoning == nil && len(s.details) > 0 {
		s.reasoning = s.begin()
	}
}

// detailsEcho is what goes back of reasoning_details
// (https://openrouter.ai/docs/use-cases/reasoning-tokens): the pieces of a
// stream joined to what they are pieces of.
func (s *stream) detailsEcho() *reprise.Echo {
	if len(s.details) == 0 {
		return nil
	}
	list := listOf(s.details)
	if joined := joinDetails(list); joined != nil {
		list = joined
	}
	return &reprise.Echo{Provider: s.Call.Provider, Data: list}
}

// detailsText is what a person can read of reasoning_details, for where there
// is no reasoning beside them.
func detailsText(list []byte) string {
	var pieces []struct {
		Text    string `json:"text"`
		Summary string `json:"summary"`
	}
	_ = json.Unmarshal(list, &pieces) // what is of another type has no text
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(cmp.Or(p.Text, p.Summary))
	}
	return b.String()
}

// joinDetails joins elements that follow each other and have the same type
// and index: text, summary, data and signature grow, the rest stays. It
// returns nil if there is nothing to join.
func joinDetails(list []byte) []byte {
	var pieces []map[string]json.RawMessage
	if json.Unmarshal(list, &pieces) != nil {
		return nil
	}
	var whole []map[string]json.RawMessage
	for _, p := range pieces {
		if n := len(whole); n > 0 && samePiece(whole[n-1], p) {
			addPiece(whole[n-1], p)
			continue
		}
		whole = append(whole, p)
	}
	if len(whole) == len(pieces) {
		return nil
	}
	joined, _ := json.Marshal(whole) // made of valid JSON
	return joined
}

func samePiece(a, b map[string]json.RawMessage) bool {
	for _, field := range []string{"type", "index", "id"} {
		if len(b[field]) > 0 && string(b[field]) != "null" && len(a[field]) > 0 && string(a[field]) != "null" && string(a[field]) != string(b[field]) {
			return false
		}
	}
	return len(a["index"]) > 0 && len(b["index"]) > 0 && string(a["type"]) == string(b["type"])
}

func addPiece(to, p map[string]json.RawMessage) {
	for field, v := range p {
		var have, more string
		switch field {
		case "text", "summary", "data", "signature":
			if json.Unmarshal(to[field], &have) == nil && json.Unmarshal(v, &more) == nil {
				to[field], _ = json.Marshal(have + more) // a string always marshals
				continue
			}
		}
		if len(to[field]) == 0 || string(to[field]) == "null" {
			to[field] = v
		}
	}
}
