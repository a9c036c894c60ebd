package cassette

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Effects says what Do does in Replay.
type Effects int

const (
	// Live runs the function in Replay too, so that it is tested, and takes
	// the recorded result only for Once.
	Live Effects = iota
	// Recorded takes every result from the file and runs nothing.
	Recorded
)

// A Call is what Do and Once record: something that has an effect or whose
// result can change, such as a tool. Its input and output are kept as text;
// both are compared as JSON where they are.
type Call = func(context.Context) ([]byte, error)

// Do runs fn and records its result, error included, under its name and
// input. In Append a result that was recorded is returned and fn does not
// run; a call that was cancelled runs again. In Replay the field Effects says
// what happens. The same call twice is two calls, in order.
//
// If the result cannot be written it is returned together with the error.
// Several calls may run at once.
func (c *Cassette) Do(ctx context.Context, name string, input []byte, fn Call) ([]byte, error) {
	return c.do(ctx, &Effect{Name: name, Input: string(input)}, fn)
}

// Once is Do for a call that must never run a second time. It leaves a mark
// in the file before it runs fn; in Append, a mark without a result is an
// *UnfinishedError. In Replay fn never runs.
func (c *Cassette) Once(ctx context.Context, name string, input []byte, fn Call) ([]byte, error) {
	return c.do(ctx, &Effect{Name: name, Input: string(input), Once: true}, fn)
}

// An UnfinishedError says that a call which must not run twice was begun
// before, and that nobody knows whether it ended.
type UnfinishedError struct {
	File    string
	Started time.Time // of the mark
	Outcome Outcome   // of the mark: Begun or Cancelled
	Effect  Effect
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("cassette %s: %s %s was begun and may have happened; it is not run again. "+
		"If it did not happen, remove it from the file (the interaction of %s with outcome %s, begun %s); if it did, take the line with outcome out and add its output",
		e.File, e.Effect.Name, brief(e.Effect.Input, 0), e.Effect.Name, e.Outcome, e.Started.UTC().Format(startedFormat))
}

func (c *Cassette) do(ctx context.Context, e *Effect, fn Call) ([]byte, error) {
	if c.Mode == Passthrough {
		return fn(ctx)
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	e.Name, e.Input = c.Redact.Text(e.Name), c.Redact.Body(e.Input)
	lane := c.lane(ctx)
	found, superseded, err := c.findEffect(lane, e)
	switch {
	case err != nil:
		return nil, err
	case c.Mode == Replay && c.Effects == Live && !e.Once:
		out, err := fn(ctx)
		c.compare(found, out, err)
		return out, err
	case found != nil:
		if err := (player{pace: c.Pace}).wait(ctx, found.Effect.Duration); err != nil {
			return nil, err
		}
		return effectResult(found)
	}
	return c.run(ctx, Interaction{Lane: lane, Effect: e}, superseded, fn)
}

// effectResult returns what the recorded call returned.
func effectResult(i *Interaction) ([]byte, error) {
	var out []byte
	if i.Effect.Output != "" {
		out = []byte(i.Effect.Output)
	}
	if i.Outcome != Complete {
		return out, replayed(i)
	}
	return out, nil
}

// findEffect returns the recorded result of the call, or nil if it must run,
// and the calls that running it supersedes.
func (c *Cassette) findEffect(name string, e *Effect) (*Interaction, []int, error) {
	if err := c.use(); err != nil {
		return nil, nil, err
	}
	lane := c.tape.lanes[c.tape.effectKey(name, e)]
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.tape.take(lane, c.Mode == Append)
	if found != nil || c.Mode == Record || c.Mode == Replay && c.Effects == Live && !e.Once {
		return found, nil, nil
	}
	if mark := c.tape.mark(lane); mark != nil && c.Mode == Append {
		return nil, nil, &UnfinishedError{File: c.File, Started: mark.Started, Outcome: mark.Outcome, Effect: *mark.Effect}
	}
	if c.Mode == Append {
		return nil, c.tape.failures(lane), nil
	}
	used := lane != nil && slices.ContainsFunc(lane.items, func(n int) bool { return c.tape.used[n] })
	return nil, nil, &MissError{File: c.File, Effect: e, Recorded: len(c.tape.items), Used: used, Rerecord: c.rerecord()}
}

// run runs the call and records it.
func (c *Cassette) run(ctx context.Context, item Interaction, superseded []int, fn Call) ([]byte, error) {
	e := item.Effect
	x, err := c.begin(item, superseded)
	if err != nil {
		return nil, err
	}
	if e.Once {
		mark := x.item
		mark.Outcome = Begun
		if err := c.write(&mark); err != nil {
			x.abandon()
			return nil, err
		}
	}
	start := time.Now()
	out, err := fn(ctx)
	ended := *e // the mark may still be read
	ended.Duration = time.Since(start)
	ended.Output = c.Redact.Body(string(out))
	x.result(&ended)
	outcome := Complete
	if err != nil {
		outcome = Failed
		if ctx.Err() != nil {
			outcome = Cancelled
		}
	}
	if lost := x.finish(outcome, err); lost != nil {
		return out, errors.Join(err, lost)
	}
	return out, err
}

// result keeps what the call of an exchange gave.
func (x *exchange) result(e *Effect) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.done {
		x.item.Effect = e
	}
}

// A Drift is a call that gave another result in Replay than when it was
// recorded. The requests that follow it are likely to miss.
type Drift struct {
	ID      int // of the recorded call
	Name    string
	Changes []Change
}

// compare notes when a call that ran in Replay gave another result.
func (c *Cassette) compare(found *Interaction, out []byte, err error) {
	if found == nil {
		return
	}
	recorded, got := found.Effect.Output, c.Redact.Body(string(out))
	if found.Error != "" {
		recorded = found.Error
	}
	if err != nil {
		got = c.Redact.Text(err.Error())
	}
	changes := Diff(recorded, got)
	if changes == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drifts = append(c.drifts, Drift{found.ID, found.Effect.Name, changes})
}

// Fork begins another continuation: it copies the first n exchanges to a new
// file and returns a cassette with the same settings that appends to it.
func (c *Cassette) Fork(file string, n int) (*Cassette, error) {
	rec := c.Recording
	if rec == nil {
		var err error
		if rec, err = Load(c.File); err != nil {
			return nil, err
		}
	}
	items := inOrder(rec)
	if n < 0 || n > len(items) {
		return nil, &FileError{c.File, fmt.Errorf("cannot fork after %d exchanges: there are %d", n, len(items))}
	}
	if err := mustNotExist(file); err != nil {
		return nil, &FileError{file, err}
	}
	fork := &Recording{Comment: rec.Comment, Interactions: items[:n]}
	if err := fork.Save(file); err != nil {
		return nil, err
	}
	return &Cassette{
		File: file, Mode: Append, Transport: c.Transport, Pace: c.Pace, Comment: c.Comment, Rerecord: c.Rerecord,
		Explain: c.Explain, Effects: c.Effects, Match: c.Match, Split: c.Split,
		Redact: Redact{Strings: c.Redact.Strings, Patterns: c.Redact.Patterns, Headers: c.Redact.Headers},
	}, nil
}
