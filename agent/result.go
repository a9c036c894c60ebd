package agent

import (
	"errors"
	"fmt"
	"iter"

	"github.com/repriselabs/reprise"
)

// A Result is what came of a run. Its sums are of this run alone, not of the
// history that it went on from.
type Result struct {
	// History is the whole conversation: what Run was given, and what came
	// after it.
	History []reprise.Message `json:"history"`
	// Response is the last whole answer. It is never nil; before the first
	// answer of a run it holds only the history's last, if that ends with one.
	Response *reprise.Response `json:"response"`
	// End is why the run ended without an error; empty: the model was done.
	End End `json:"end,omitempty"`
	// Pending are, with EndApproval, the calls that wait for a decision, of the
	// last answer and of agents below. They have no result. After an error
	// before anything was done they are those of the session.
	Pending []Pending `json:"pending,omitempty"`
	// Usage is that of the answers, those of agents that were called as tools,
	// of summaries and of answers that came to their end but were not kept
	// included.
	Usage reprise.Usage `json:"usage"`
	// Cost is the sum of what the providers say they billed, or else of what
	// Agent.Price says; nil: it is not known for all that Usage counts.
	Cost  *reprise.USD `json:"cost"`
	Turns int          `json:"turns"` // whole answers
	// Warnings are those of all turns.
	Warnings []reprise.Warning `json:"warnings,omitempty"`
}

// An End is why a run ended without an error.
type End string

// The ends.
const (
	EndDone     End = ""         // the model was done
	EndStopped  End = "stopped"  // by Agent.Stop, a tool or a [Control]; the model would go on
	EndApproval End = "approval" // calls wait for decisions
)

// Text is the text of the last answer. A refusal is not part of it.
func (r *Result) Text() string { return r.Response.Text() }

// add takes the next answer.
func (r *Result) add(resp *reprise.Response) {
	r.History = append(r.History, resp.Message)
	r.Response = resp
	r.Turns++
	r.Warnings = append(r.Warnings, resp.Warnings...)
}

// lastAnswer is the answer that the history ends with, as a response; one
// without parts if it does not end with one.
func lastAnswer(history []reprise.Message) *reprise.Response {
	if n := len(history); n > 0 && history[n-1].Role == reprise.RoleAssistant {
		return &reprise.Response{Message: history[n-1]}
	}
	return &reprise.Response{Message: reprise.Message{Role: reprise.RoleAssistant}}
}

// Collect reads a run to its end and returns what came of it. With an error
// it returns what there was until then; never nil.
func Collect(run iter.Seq2[Event, error]) (*Result, error) {
	for ev, err := range run {
		if err != nil {
			var re *RunError
			if errors.As(err, &re) && re.Result != nil {
				return re.Result, err
			}
			return &Result{Response: lastAnswer(nil)}, err
		}
		if done, ok := ev.(Done); ok {
			return done.Result, nil
		}
	}
	return &Result{Response: lastAnswer(nil)}, errors.New("the run ended without a Done event")
}

// A RunError says why a run ended before the model was done, and holds what
// was done until then.
type RunError struct {
	// Result is never nil. Its History is whole: Run can go on from it. Each
	// call has a result, unless the run could not even begin; then it is
	// what Run was given.
	Result *Result
	// Turn is the turn that the run was in; 0: it was before the first.
	Turn int
	// Partial is what had arrived of the answer that broke; nil: it was not
	// an answer that broke. Nothing of it is in Result but its usage and cost,
	// and where tools had started early: up to the last of these it is in the
	// History.
	Partial *reprise.Response
	// Err is what happened. [reprise.KindOf] tells what sort of thing it is.
	Err error
}

// Error tells the turn and what happened.
func (e *RunError) Error() string {
	if e.Turn == 0 {
		return fmt.Sprintf("agent: %v", e.Err)
	}
	return fmt.Sprintf("agent: turn %d: %v", e.Turn, e.Err)
}

// Unwrap returns Err.
func (e *RunError) Unwrap() error { return e.Err }

// MaxTurnsError says that the model wanted to go on after as many answers as
// Agent.MaxTurns allows.
type MaxTurnsError struct {
	MaxTurns int
}

// Error tells the limit.
func (e *MaxTurnsError) Error() string {
	return fmt.Sprintf("the model is not done after %d turns, the most that Agent.MaxTurns allows", e.MaxTurns)
}

// PanicError is what a tool or a check panicked with. The model gets its
// text, without the stack.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked

	check bool // of a Guard
}

// Error tells the value.
func (e *PanicError) Error() string {
	if e.check {
		return fmt.Sprintf("the check panicked: %v", e.Value)
	}
	return fmt.Sprintf("the tool panicked: %v", e.Value)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
