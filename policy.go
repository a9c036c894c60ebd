package reprise

import (
	"context"
	"time"
)

// A Policy is what a tool says of itself to whoever runs it. Its zero value
// is a tool that may run beside others, for as long as it takes, and again.
// A tool gives it by a method ToolPolicy() Policy; see [PolicyOf].
type Policy struct {
	// Effect is what a second run of the same call does; empty: idempotent.
	Effect Effect
	// Exclusive keeps other tools of the run from running at the same time.
	Exclusive bool
	// Early lets a call start as soon as it is complete, while the rest of
	// the answer still comes. It is not for EffectOnce: the answer may fail
	// or begin again after.
	Early bool
	// Timeout is how long one call may take, after which its context is
	// done; 0: no limit.
	Timeout time.Duration
	// MaxResult bounds the text of a result, in bytes; 0: as the run says.
	MaxResult int
	// Stops ends the run when a call has a result that is no error.
	Stops bool
	// Ask reports whether a person must allow the call before it runs; nil:
	// no call needs that. It must depend on the call alone.
	Ask func(call ToolCall) bool
}

// Effect is what a second run of the same call does.
type Effect string

// The effects. A pure or an idempotent tool also runs when a recording is
// replayed, so that it is tested; a tool whose effect must happen once does
// not, and is never run again when it is not known whether it had run.
const (
	EffectPure       Effect = "pure"       // nothing: the result depends on the arguments alone
	EffectIdempotent Effect = "idempotent" // nothing more than the first
	EffectOnce       Effect = "once"       // harm: it pays, sends, deletes
)

// AskAlways is a [Policy].Ask for tools whose every call must be allowed.
func AskAlways(ToolCall) bool { return true }

// A PolicyTool is a tool with another policy.
type PolicyTool struct {
	Tool
	Policy Policy
}

// ToolPolicy returns the policy.
func (t PolicyTool) ToolPolicy() Policy { return t.Policy }

// Unwrap returns the tool.
func (t PolicyTool) Unwrap() Tool { return t.Tool }

// PolicyOf returns the policy of the first tool in a chain of wrappers that
// has one, else the zero policy. A wrapper gives what it wraps by a method
// Unwrap() Tool.
func PolicyOf(t Tool) Policy {
	for t != nil {
		if p, ok := t.(interface{ ToolPolicy() Policy }); ok {
			return p.ToolPolicy()
		}
		w, ok := t.(interface{ Unwrap() Tool })
		if !ok {
			break
		}
		t = w.Unwrap()
	}
	return Policy{}
}

// Progress is how far a tool is with a call.
type Progress struct {
	Text  string  `json:"text,omitempty"`
	Done  float64 `json:"done,omitempty"`
	Total float64 `json:"total,omitempty"` // 0: not known
}

type progressKey struct{}

// Report tells whoever runs a tool how far it is. It is for a tool's own
// goroutines, with the context that the tool was called with; where nobody
// listens, and after the call has ended, it does nothing.
func Report(ctx context.Context, p Progress) {
	if report, ok := ctx.Value(progressKey{}).(func(Progress)); ok {
		report(p)
	}
}

// Listen returns a context to call a tool with: what the tool reports goes to
// report, which may be called by several goroutines at once.
func Listen(ctx context.Context, report func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, report)
}
