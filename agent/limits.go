package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/repriselabs/reprise"
)

// Limits is what a run may use. They are held between turns: the answer that
// passes a limit counts and its tools run, but the model is not asked again.
// Only the times are held at once, by the context. Zero: no limit; less is an
// error.
//
// A limit of money ends the run when an answer's cost is not known: neither
// by its provider nor by Agent.Price.
type Limits struct {
	Tokens int64         `json:"tokens,omitempty"` // in and out, of all answers
	Cost   reprise.USD   `json:"cost,omitempty"`   // of all answers
	Time   time.Duration `json:"time,omitempty"`   // of the run, tools included

	TurnTokens int64         `json:"turn_tokens,omitempty"` // in and out, of one answer
	TurnCost   reprise.USD   `json:"turn_cost,omitempty"`   // of one answer
	TurnTime   time.Duration `json:"turn_time,omitempty"`   // of one answer and all that comes before it, without tools
}

// A LimitError says that a run was ended by one of Agent.Limits.
type LimitError struct {
	Limit string // the field, such as Cost
	Max   string // its value
	Used  string // what was used; empty: it is not known, or a time that has passed
}

// Error tells the limit and what was used.
func (e *LimitError) Error() string {
	if e.Used == "" {
		return fmt.Sprintf("the run ended at Agent.Limits.%s = %s", e.Limit, e.Max)
	}
	return fmt.Sprintf("the run used %s, Agent.Limits.%s is %s", e.Used, e.Limit, e.Max)
}

// Stop is when a run ends of itself although the model would go on: when any
// of the conditions holds. They are looked at between turns, when each call
// has its result; such a run ends with a [Done] whose End is [EndStopped].
// Zero: never.
type Stop struct {
	Turns  int           `json:"turns,omitempty"`  // after so many answers
	Tokens int64         `json:"tokens,omitempty"` // after so many, in and out
	Cost   reprise.USD   `json:"cost,omitempty"`   // after so much, which must be known, as for Limits
	Time   time.Duration `json:"time,omitempty"`   // after so long
	Tools  []string      `json:"tools,omitempty"`  // when the last calls have a result of one of these that is no error
	// If is any other condition; nil: none. It must not change the result.
	If func(*Result) bool `json:"-"`
}

// Holds reports whether a run that has come to res in so much time ends.
func (s Stop) Holds(res *Result, took time.Duration) bool {
	return s.Turns > 0 && res.Turns >= s.Turns ||
		s.Tokens > 0 && res.Usage.Total() >= s.Tokens ||
		s.Cost > 0 && res.Cost != nil && *res.Cost >= s.Cost ||
		s.Time > 0 && took >= s.Time ||
		s.called(res.History) ||
		s.If != nil && s.If(res)
}

// called reports whether the history ends with a result of one of s.Tools.
func (s Stop) called(history []reprise.Message) bool {
	if len(s.Tools) == 0 || len(history) == 0 {
		return false
	}
	return slices.ContainsFunc(history[len(history)-1].Results(), func(res reprise.ToolResult) bool {
		return !res.IsError && slices.Contains(s.Tools, res.Name)
	})
}

// check refuses what is below zero: that was left of a limit, and is not none.
func (l *Limits) check() error {
	least := min(l.Tokens, int64(l.Cost), int64(l.Time), l.TurnTokens, int64(l.TurnCost), int64(l.TurnTime))
	if least < 0 {
		return invalid("a field of Agent.Limits is less than zero: %+v", *l)
	}
	return nil
}

func (s *Stop) check() error {
	if min(int64(s.Turns), s.Tokens, int64(s.Cost), int64(s.Time)) < 0 {
		return invalid("Turns, Tokens, Cost or Time of Agent.Stop is less than zero")
	}
	return nil
}

// limited is the loop within Limits.Time.
func (r *run) limited(ctx context.Context) error {
	if max := r.top.Limits.Time; max > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, max, &LimitError{Limit: "Time", Max: max.String()})
		defer cancel()
	}
	return r.loop(ctx)
}

// spent says why the model cannot be asked again; nil if it can.
func (r *run) spent() error {
	l, res := &r.top.Limits, r.res
	maxTurns := r.top.MaxTurns
	if maxTurns == 0 {
		maxTurns = defaultMaxTurns
	}
	if res.Turns == maxTurns {
		return &MaxTurnsError{MaxTurns: maxTurns}
	}
	money := max(l.Cost, l.TurnCost, r.top.Stop.Cost)
	switch last := r.last; {
	case money > 0 && r.unpriced:
		return invalid("the cost of an answer is not known, so a limit of money cannot be held; set Agent.Price")
	case l.Cost > 0 && res.Cost != nil && *res.Cost >= l.Cost:
		return &LimitError{"Cost", l.Cost.String() + " dollars", res.Cost.String() + " dollars"}
	case l.TurnCost > 0 && last.cost != nil && *last.cost > l.TurnCost:
		return &LimitError{"TurnCost", l.TurnCost.String() + " dollars", last.cost.String() + " dollars"}
	case l.Tokens > 0 && res.Usage.Total() >= l.Tokens:
		return &LimitError{"Tokens", fmt.Sprint(l.Tokens), fmt.Sprint(res.Usage.Total(), " tokens")}
	case l.TurnTokens > 0 && last.tokens > l.TurnTokens:
		return &LimitError{"TurnTokens", fmt.Sprint(l.TurnTokens), fmt.Sprint(last.tokens, " tokens")}
	}
	return nil
}

// bill is what the last answer took.
type bill struct {
	tokens int64
	cost   *reprise.USD
	at     int // how many messages the history then had
}

// costOf is what the answer cost; nil: it is not known.
func (r *run) costOf(resp *reprise.Response) *reprise.USD {
	if resp.Cost != nil || r.top.Price == nil {
		return resp.Cost
	}
	if usd, ok := r.top.Price(resp); ok {
		return &usd
	}
	return nil
}
