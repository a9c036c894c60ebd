package agent

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/repriselabs/reprise"
)

// ErrNoValue is of a run that was to end with a value and ended before: it was
// stopped, or calls wait for decisions.
var ErrNoValue = errors.New("the run ended without a value")

// RunAs is Run for a conversation that is to end with a value of type T: it
// is [Object.Run] with the defaults of [Object].
func RunAs[T any](ctx context.Context, a *Agent, history []reprise.Message) iter.Seq2[Event, error] {
	return (&Object[T]{Agent: a}).Run(ctx, history)
}

// GenerateAs is Generate for a conversation that is to end with a value of
// type T: it is [Object.Generate] with the defaults of [Object].
func GenerateAs[T any](ctx context.Context, a *Agent, history []reprise.Message) (T, *Result, error) {
	return CollectAs[T](RunAs[T](ctx, a, history))
}

// An Object is an agent whose runs end with a value of type T: the last
// answer, which calls no tool. Its schema is made, asked for and checked as
// by [reprise.Object]; Settings.Output may hold another schema, and its name.
// The tools stay as they are: an answer that calls some is not the value.
//
// A wrong value goes back to the model as a user message that says what is
// wrong, with a [reprise.Warning] of the code [reprise.WarnOutput]. After
// Tries of them, and where it was cut off, refused or filtered, the run ends
// with a [*reprise.OutputError] in its RunError. All that holds for runs holds
// for these: limits, approvals and journals too, and a history that ends with
// an answer is one whose value is read.
type Object[T any] struct {
	Agent *Agent // must be set

	// Mode is how the model is brought to answer with the value. Empty: what
	// the model of a turn says as a [reprise.OutputModer], or else
	// [reprise.OutputSchema]: the schema goes along with the tools, and
	// providers without schemas get a tool for the answer beside the others,
	// of which one must be called. With [reprise.OutputTool] the run does
	// that itself, for any model: what the model gives by this tool is the
	// text of its answer, also in the History. With [reprise.OutputText] it
	// is told in words what to answer when it has done with the tools.
	Mode reprise.OutputMode
	// Tries is how many answers may be taken for the value at most; 0: 3.
	Tries int
}

// Run is [Agent.Run]. Among the events are [reprise.Partial] values of the
// type T: what has come of the value, each time that it has grown, as by
// [reprise.Object.Stream], with Try counting the answers; and before the
// [Done] of a run that ends with the value one that is Done, with all of it.
func (o *Object[T]) Run(ctx context.Context, history []reprise.Message) iter.Seq2[Event, error] {
	return o.run(ctx, start{history: history})
}

// Resume is [Agent.Resume], with the events of Run.
func (o *Object[T]) Resume(ctx context.Context, s *Session, decisions ...Decision) iter.Seq2[Event, error] {
	return o.run(ctx, s.start(decisions))
}

// Generate runs to the end and returns the value, as [CollectAs] does.
func (o *Object[T]) Generate(ctx context.Context, history []reprise.Message) (T, *Result, error) {
	return CollectAs[T](o.Run(ctx, history))
}

// CollectAs reads a run of an [Object] to its end and returns the value, and
// what came of the run: see [Collect]. The error wraps [ErrNoValue] if the
// run ended without an error and without the value; the result's End says why.
func CollectAs[T any](run iter.Seq2[Event, error]) (T, *Result, error) {
	var value, none T
	whole := false
	res, err := Collect(func(yield func(Event, error) bool) {
		for ev, err := range run {
			if p, ok := ev.(reprise.Partial[T]); ok && p.Done {
				value, whole = p.Value, true
			}
			if !yield(ev, err) {
				return
			}
		}
	})
	switch {
	case err != nil:
		return none, res, err
	case !whole:
		return none, res, fmt.Errorf("%w: %s", ErrNoValue, res.End)
	}
	return value, res, nil
}

func (o *Object[T]) run(ctx context.Context, from start) iter.Seq2[Event, error] {
	v := &value[T]{mode: o.Mode, tries: o.Tries}
	from.goal = &goal{tries: o.Tries, ask: v.ask, read: v.read}
	a := o.Agent
	if a == nil {
		a = new(Agent) // whose run says what is missing
	}
	events := a.run(ctx, from)
	return func(yield func(Event, error) bool) {
		for ev, err := range events {
			if !yield(ev, err) || err == nil && !v.show(ev, yield) {
				return
			}
		}
	}
}

// value is the value of one run.
type value[T any] struct {
	mode  reprise.OutputMode
	tries int
	req   *reprise.Request // of the last turn, before it asked for the value; nil: there was none
	view  *reprise.View[T]
	try   int // which comes, as in a Partial
}

// asText reads values from the texts of answers: whichever way they are asked
// for, they come so.
func (v *value[T]) asText() *reprise.Object[T] {
	return &reprise.Object[T]{Mode: reprise.OutputSchema, Tries: v.tries}
}

// ask returns a turn that asks for the value.
func (v *value[T]) ask(p plan) (plan, error) {
	o := reprise.Object[T]{Model: p.model, Mode: v.mode, Tries: v.tries}
	asked, err := o.Request(p.req)
	if err != nil {
		return plan{}, err
	}
	if v.view, err = v.asText().View(p.req); err != nil {
		return plan{}, err
	}
	if n := len(p.req.Tools); len(asked.Tools) > n {
		p.model = byTool{p.model, asked.Tools[n].Name}
		switch choice := p.req.Choice; {
		case choice.Name != "":
			asked.Choice = choice
		case choice.Mode == reprise.ToolNone:
			p.tools = map[string]offered{}
		case n > 0:
			asked.Choice = reprise.ToolChoice{Mode: reprise.ToolRequired}
		}
		asked.SerialTools = p.req.SerialTools
	}
	v.req, p.req = p.req, asked
	return p, nil
}

// read reads the value from the last answer, to an agent of the settings.
func (v *value[T]) read(settings *reprise.Request, last *reprise.Response) (Event, error) {
	if v.req != nil {
		settings = v.req
	}
	whole, err := v.asText().Read(settings, last)
	return reprise.Partial[T]{Value: whole, Try: max(1, v.try), Done: true}, err
}

// show yields what an event adds to the value.
func (v *value[T]) show(ev Event, yield func(Event, error) bool) bool {
	switch ev := ev.(type) {
	case TurnStart:
		v.try++
	case reprise.Event:
		if _, again := ev.(reprise.Reset); again {
			v.try++
		}
		if v.view == nil {
			return true
		}
		for v.view.Add(ev); v.view.Next(); {
			if !yield(reprise.Partial[T]{Value: v.view.Value(), Try: v.try}, nil) {
				return false
			}
		}
	}
	return true
}
