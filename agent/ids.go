package agent

import (
	"fmt"

	"github.com/repriselabs/reprise"
)

// identify gives each call of the answer, which comes after the history, an
// id of its own: one that has none, or that of a call before it, gets one
// made from the number of the answer and its index. So the ids do not depend
// on chance, and are the same when the run is repeated. It writes into the
// parts of resp, and warns of ids that came twice.
func identify(resp *reprise.Response, history []reprise.Message) []reprise.Warning {
	var warnings []reprise.Warning
	calls := resp.Calls()
	if len(calls) == 0 {
		return nil
	}
	given := map[string]bool{}
	for _, c := range calls {
		given[c.ID] = true
	}
	seen := map[string]bool{}
	n := 0
	for i, p := range resp.Message.Parts {
		c, ok := p.(reprise.ToolCall)
		if !ok {
			continue
		}
		if c.ID == "" || seen[c.ID] {
			id := fmt.Sprintf("call_%d_%d", 1+answers(history), n)
			for given[id] {
				id += "_"
			}
			if c.ID != "" {
				warnings = append(warnings, reprise.Warning{
					Provider: resp.Provider, Code: reprise.WarnData,
					Message: fmt.Sprintf("two tool calls came with the id %q; the second is now %q", c.ID, id),
				})
			}
			c.ID = id
			resp.Message.Parts[i] = c
		}
		seen[c.ID] = true
		n++
	}
	resp.Warnings = append(resp.Warnings, warnings...)
	return warnings
}

// answers counts the model's messages.
func answers(history []reprise.Message) int {
	n := 0
	for _, m := range history {
		if m.Role == reprise.RoleAssistant {
			n++
		}
	}
	return n
}
