package reprise

import (
	"fmt"
	"slices"
)

// WarnOutput is the code of a [Warning] that an answer was not the value that
// was asked for, and that the model was asked again.
const WarnOutput = "output"

// OutputMode is how a model is brought to answer with JSON of a schema.
type OutputMode string

// The ways to ask for JSON of a schema.
const (
	OutputSchema OutputMode = "schema" // by Request.Output: the model sees to it
	OutputTool   OutputMode = "tool"   // by a tool that it must call, whose arguments are the value
	OutputText   OutputMode = "text"   // by an instruction after Request.System
)

// An OutputModer is a [Model] that knows how it is best asked for JSON of a
// schema. Find it with [As].
type OutputModer interface {
	OutputMode(req *Request) OutputMode
}

// An OutputError says that a model's answer is not the value that was asked
// for. It wraps an [Error] of [KindBadResponse].
type OutputError struct {
	Text   string       // what the model wrote
	Reason FinishReason // why it ended
	Usage  Usage        // of all tries
	Tries  int          // how often the model was asked
	Err    error        // what is wrong
	// Reply is what to add to the conversation, after the answer, so that the
	// model may do better; nil: there is no use in it.
	Reply *Message
}

// Error tells what is wrong.
func (e *OutputError) Error() string {
	if e.Tries > 1 {
		return fmt.Sprintf("after %d tries %v", e.Tries, e.Err)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *OutputError) Unwrap() error { return e.Err }

// again is the request with a wrong answer, and what is wrong with it.
func (e *OutputError) again(req *Request, resp *Response) *Request {
	next := *req
	next.Messages = slices.Clip(req.Messages)
	if len(resp.Message.Parts) > 0 { // APIs refuse an empty one
		next.Messages = append(next.Messages, resp.Message)
	}
	next.Messages = append(next.Messages, *e.Reply)
	return &next
}

// expense is what several answers took.
type expense struct {
	n        int
	usage    Usage
	cost     *USD
	warnings []Warning
}

// warn notes that a try was wrong, and that there will be another.
func (x *expense) warn(bad *OutputError) {
	x.warnings = append(x.warnings, Warning{Code: WarnOutput, Message: fmt.Sprintf("try %d: %v; the model is asked again", bad.Tries, bad.Err)})
}

// add adds an answer, and returns it with what all took.
func (x *expense) add(resp *Response) *Response {
	x.usage = x.usage.Add(resp.Usage)
	switch {
	case x.n == 0:
		x.cost = resp.Cost
	case x.cost == nil || resp.Cost == nil: // unknown is not zero
		x.cost = nil
	default:
		sum := *x.cost + *resp.Cost
		x.cost = &sum
	}
	x.n++
	x.warnings = append(x.warnings, resp.Warnings...)
	all := *resp
	all.Usage, all.Cost, all.Warnings = x.usage, x.cost, slices.Clone(x.warnings)
	return &all
}
