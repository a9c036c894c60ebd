package reprise

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// WarnOutput is the code of a [Warning] that an answer was not the value that
// was asked for, and that the model was asked again.
const WarnOutput = "output"

// GenerateAs asks the model for a value of type T: it is
// [Object.Generate] with the defaults of [Object].
func GenerateAs[T any](ctx context.Context, m Model, req *Request) (T, *Response, error) {
	return (&Object[T]{Model: m}).Generate(ctx, req)
}

// StreamAs asks the model for a value of type T and shows it as it comes: it
// is [Object.Stream] with the defaults of [Object].
func StreamAs[T any](ctx context.Context, m Model, req *Request) iter.Seq2[Partial[T], error] {
	return (&Object[T]{Model: m}).Stream(ctx, req)
}

// An Object asks a model for values of type T, checks them, and asks again if
// they are wrong. It may be used by several goroutines at once.
//
// The schema is made from T as [Func] makes that of arguments. A T that is no
// object on the wire, such as a list or a string, is asked for as an object
// with the one member "value". If [Request].Output has a schema, such as one
// with choices that are known only at run time, that is used in its place;
// its Name and Description are used in any case.
//
// What the model answers must be valid by the schema. A code fence or words
// around the JSON are passed over. A wrong answer goes back to the model,
// with what is wrong with it. One that was cut off by a limit, refused or
// filtered does not: the same would come again.
type Object[T any] struct {
	Model Model // must be set to ask

	// Mode is how the model is brought to answer with the value. Empty: what
	// the model says as an [OutputModer], or else OutputSchema.
	Mode OutputMode
	// Tries is how often the model is asked at most, the first time included;
	// 0: 3.
	Tries int
}

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

// A Partial is a value of type T as far as it has come.
type Partial[T any] struct {
	// Value holds what has come. Until Done it shares its slices, maps and
	// pointers with the values after it: it is for looking at until the next
	// is asked for, and what is kept longer must be copied.
	Value T
	// Try counts from 1. A higher one than before says that the model began
	// again, and that what came before is void.
	Try int
	// Done says that Value is whole and valid.
	Done bool
	// Response is the answer, when Done or beside an error. Its usage, cost
	// and warnings are those of all tries.
	Response *Response
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

// Generate asks for a value and waits for it. The response is the last
// answer, with the usage, cost and warnings of all tries; with an error it is
// what there was, and never nil. An error is an [*OutputError] if the answer
// was there but wrong.
func (o *Object[T]) Generate(ctx context.Context, req *Request) (T, *Response, error) {
	var last Partial[T]
	for p, err := range o.stream(ctx, req, false) {
		if err != nil {
			var none T
			return none, p.Response, err
		}
		last = p
	}
	return last.Value, last.Response, nil
}

// Stream asks for a value and yields it as it comes, each time that it has
// grown; or, where T is a slice, each time that an element is whole and valid,
// with all those before it. The last is Done, or is beside an error, with what
// there was. It takes time linear in the length of the answer. Numbers,
// literals, and values of types that decode themselves show when they are
// whole.
func (o *Object[T]) Stream(ctx context.Context, req *Request) iter.Seq2[Partial[T], error] {
	return o.stream(ctx, req, true)
}

// Request returns what is sent for a request.
func (o *Object[T]) Request(req *Request) (*Request, error) {
	f, err := o.form(req)
	if err != nil {
		return nil, err
	}
	return f.request(req)
}

// Read returns the value that an answer to the request holds. Its error is
// an [*OutputError], or one of the request.
func (o *Object[T]) Read(req *Request, resp *Response) (T, error) {
	var v T
	f, err := o.form(req)
	if err == nil {
		err = f.read(resp, &v)
	}
	return v, err
}

// stream asks until an answer is right; with show it yields values that are
// not whole, too.
func (o *Object[T]) stream(ctx context.Context, req *Request, show bool) iter.Seq2[Partial[T], error] {
	return func(yield func(Partial[T], error) bool) {
		p := Partial[T]{Try: 1, Response: &Response{}}
		f, err := o.form(req)
		if err == nil {
			req, err = f.request(req)
		}
		if err == nil && o.Model == nil {
			err = misset("Object.Model is not set")
		}
		if err != nil {
			yield(p, err)
			return
		}
		var spent expense
		for n := 1; ; n++ {
			resp, err := o.ask(ctx, f, req, &p, show, yield)
			if err == errLeft {
				return
			}
			p.Response = spent.add(resp)
			var bad *OutputError
			if err == nil {
				var whole T
				if err = f.read(resp, &whole); err == nil {
					p.Value, p.Done = whole, true
					yield(p, nil)
					return
				}
				if errors.As(err, &bad) {
					bad.Tries, bad.Usage = n, p.Response.Usage
				}
			}
			if bad == nil || bad.Reply == nil || n >= or(o.Tries, 3) {
				yield(p, err)
				return
			}
			spent.warnings = append(spent.warnings, Warning{Code: WarnOutput, Message: fmt.Sprintf("try %d: %v; the model is asked again", n, bad.Err)})
			req = bad.again(req, resp)
			var none T
			p = Partial[T]{Value: none, Try: p.Try + 1}
		}
	}
}

// ask gets one answer. With show it yields what has come of the value.
func (o *Object[T]) ask(ctx context.Context, f *form, req *Request, p *Partial[T], show bool, yield func(Partial[T], error) bool) (*Response, error) {
	p.Response = nil
	var answer Accumulator
	view := newView[T](f)
	err := relay(o.Model.Stream(ctx, req), func(ev Event) bool {
		answer.Add(ev)
		if !show {
			return true
		}
		if _, ok := ev.(Reset); ok {
			var none T
			p.Value, p.Try = none, p.Try+1
			view = newView[T](f)
			return true
		}
		for view.add(ev); view.next(); {
			if p.Value = view.value(); !yield(*p, nil) {
				return false
			}
		}
		return true
	})
	return answer.Response(), err
}

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
