package agent

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/repriselabs/reprise"
)

// run is one run of an agent. Only the goroutine that ranges touches it.
type run struct {
	model    reprise.Model
	template reprise.Request // with the system and the tools, without messages
	tools    map[string]reprise.Tool
	maxTurns int
	parallel int
	yield    func(Event, error) bool

	res     *Result
	turn    int               // of the answer that was asked for last
	cutOff  bool              // the last answer may have been cut off in a call
	partial *reprise.Response // of the answer that broke
}

// errBreak is what the parts of a run return when the caller has left the loop.
var errBreak = errors.New("the caller left the loop")

func (r *run) emit(ev Event) error {
	if !r.yield(ev, nil) {
		return errBreak
	}
	return nil
}

// loop does what comes next until nothing does.
func (r *run) loop(ctx context.Context) error {
	for {
		next, err := NextOf(r.res.History)
		if err != nil {
			return err
		}
		switch next.Step {
		case StepTools:
			err = r.call(ctx, next.Calls)
		case StepAsk:
			err = r.ask(ctx)
		default:
			return r.emit(Done{Result: r.res})
		}
		if err != nil {
			return err
		}
	}
}

// ask gets the model's next answer and puts it into the history.
func (r *run) ask(ctx context.Context) error {
	if err := canceled(ctx); err != nil {
		return err
	}
	if r.res.Turns == r.maxTurns {
		return &MaxTurnsError{MaxTurns: r.maxTurns}
	}
	r.turn++
	if err := r.emit(TurnStart{Turn: r.turn}); err != nil {
		return err
	}
	if err := canceled(ctx); err != nil {
		return err
	}
	var left bool
	resp, err := reprise.Collect(r.watch(r.model.Stream(ctx, r.request()), &left))
	switch {
	case left:
		return errBreak
	case err == nil && len(resp.Message.Results()) > 0:
		err = badResponse("the model's answer holds a tool result")
	}
	if err != nil {
		r.partial = resp
		return err
	}
	warnings := identify(resp, 1+answers(r.res.History))
	r.res.add(resp)
	r.cutOff = cutsOff(resp.Reason)
	for _, w := range warnings {
		if err := r.emit(w); err != nil {
			return err
		}
	}
	return r.emit(MessageDone{Message: resp.Message})
}

// watch is the stream, with each event shown to the caller as it passes. It
// sets left when the caller does not want more.
func (r *run) watch(stream iter.Seq2[reprise.Event, error], left *bool) iter.Seq2[reprise.Event, error] {
	return func(collect func(reprise.Event, error) bool) {
		for ev, err := range stream {
			if err == nil && ev == nil {
				err = badResponse("the model's stream yielded neither an event nor an error")
			}
			if err == nil && !r.yield(ev, nil) {
				*left = true
				return
			}
			if !collect(ev, err) {
				return
			}
		}
	}
}

// request is the question that the history comes to.
func (r *run) request() *reprise.Request {
	req := r.template
	req.Messages = slices.Clip(r.res.History)
	if demandsCall(req.Choice) && calledSinceUser(req.Messages) {
		req.Choice = reprise.ToolChoice{}
	}
	return &req
}

func demandsCall(c reprise.ToolChoice) bool {
	return c.Name != "" || c.Mode == reprise.ToolRequired
}

// calledSinceUser reports whether there are tool results after the last user
// message.
func calledSinceUser(history []reprise.Message) bool {
	for _, m := range slices.Backward(history) {
		switch m.Role {
		case reprise.RoleTool:
			return true
		case reprise.RoleUser:
			return false
		}
	}
	return false
}

// cutsOff reports whether an answer that ended so may be incomplete.
func cutsOff(reason reprise.FinishReason) bool {
	switch reason {
	case reprise.ReasonLength, reprise.ReasonContentFilter, reprise.ReasonRefusal:
		return true
	}
	return false
}

func badResponse(text string) error {
	return &reprise.Error{Kind: reprise.KindBadResponse, Err: errors.New(text)}
}
