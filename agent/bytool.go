package agent

import (
	"context"
	"iter"

	"github.com/repriselabs/reprise"
)

// byTool is a model that answers by a tool: what it gives it is made the text
// of its answer, as providers do for which a tool stands in.
type byTool struct {
	reprise.Model
	tool string
}

// Unwrap returns the model.
func (m byTool) Unwrap() reprise.Model { return m.Model }

// Stream asks the model.
func (m byTool) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		answered, calls := false, false
		for ev, err := range m.Model.Stream(ctx, req) {
			switch e := ev.(type) {
			case reprise.ArgsDelta:
				if e.Name == m.tool {
					ev = reprise.TextDelta{Part: e.Part, Text: e.Args}
				}
			case reprise.PartDone:
				switch c, ok := e.Part.(reprise.ToolCall); {
				case ok && c.Name == m.tool:
					answered = true
					ev = reprise.PartDone{Index: e.Index, Part: reprise.Text{Text: c.Args}}
					if c.Echo != nil && !yield(reprise.Warning{
						Provider: c.Echo.Provider, Code: reprise.WarnDropped, Message: "what goes back with the call that is the answer is left out",
					}, nil) {
						return
					}
				case ok:
					calls = true
				}
			case reprise.Reset:
				answered, calls = false, false
			case reprise.Finish:
				if answered && !calls && e.Reason == reprise.ReasonToolCalls {
					e.Reason = reprise.ReasonStop
					ev = e
				}
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}
