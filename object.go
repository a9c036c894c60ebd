package reprise

import (
	"context"
	"iter"

	"github.com/repriselabs/reprise/internal/seal"
)

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

// A Partial is a value of type T as far as it has come. It is also an
// agent.Event.
type Partial[T any] struct {
	// Value holds what has come. Until Done it shares its slices, maps and
	// pointers with the values after it: it is for looking at until the next
	// is asked for, and what is kept longer must be copied. Where T is a slice
	// it may be kept as it is.
	Value T `json:"value"`
	// Try counts from 1. A higher one than before says that the model began
	// again, and that what came before is void.
	Try int `json:"try"`
	// Done says that Value is whole and valid.
	Done bool `json:"done"`
	// Response is the answer, when Done or beside an error. Its usage, cost
	// and warnings are those of all tries. In an agent's run it is nil: see
	// what the run comes to.
	Response *Response `json:"response,omitempty"`
}

// AgentEvent marks an agent.Event.
func (Partial[T]) AgentEvent(seal.Agent) {}

// MarshalJSON adds "type": "partial".
func (p Partial[T]) MarshalJSON() ([]byte, error) {
	type plain Partial[T]
	return tagged("partial", plain(p))
}

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
	if err != nil {
		return v, err
	}
	if bad := f.read(resp, &v); bad != nil {
		var none T
		return none, bad
	}
	return v, nil
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
			if err == nil {
				var whole T
				bad := f.read(resp, &whole)
				if bad == nil {
					p.Value, p.Done = whole, true
					yield(p, nil)
					return
				}
				if bad.Tries, bad.Usage = n, p.Response.Usage; bad.Reply != nil && n < or(o.Tries, 3) {
					spent.warn(bad)
					req = bad.again(req, resp)
					p = Partial[T]{Try: p.Try + 1}
					continue
				}
				err = bad
			}
			yield(p, err)
			return
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
		}
		for view.Add(ev); view.Next(); {
			if p.Value = view.Value(); !yield(*p, nil) {
				return false
			}
		}
		return true
	})
	return answer.Response(), err
}
