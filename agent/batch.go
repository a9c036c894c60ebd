package agent

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
)

// batch is the calls of one answer, while they run. Its methods are for the
// goroutine that ranges over the run.
type batch struct {
	ctx     context.Context
	cancel  context.CancelFunc
	calls   []reprise.ToolCall
	results []reprise.ToolResult // as they came
	done    chan outcome
	running int
}

// outcome is what came of call number index.
type outcome struct {
	index  int
	result reprise.ToolResult
	err    error
	took   time.Duration
}

func newBatch(ctx context.Context, calls []reprise.ToolCall) *batch {
	ctx, cancel := context.WithCancel(ctx)
	return &batch{ctx: ctx, cancel: cancel, calls: calls, done: make(chan outcome)}
}

// start runs a tool in a goroutine of its own; wait gets what comes of it.
func (b *batch) start(i int, tool reprise.Tool) {
	b.running++
	go func() {
		c := b.calls[i]
		o := failed(i, c, errNoReturn)
		began := time.Now()
		defer func() {
			if v := recover(); v != nil {
				o = failed(i, c, &PanicError{Value: v, Stack: debug.Stack()})
			}
			o.took = time.Since(began)
			b.done <- o
		}()
		o.result, o.err = invoke(b.ctx, tool, c)
	}()
}

// errNoReturn is of a tool that ended its goroutine.
var errNoReturn = errors.New("the tool ended without a result")

// invoke runs one call. It panics if the tool does.
func invoke(ctx context.Context, tool reprise.Tool, c reprise.ToolCall) (reprise.ToolResult, error) {
	written := c
	if strings.TrimSpace(c.Args) == "" {
		c.Args = "{}"
	}
	res, err := tool.Call(ctx, c)
	return resultOf(written, res, err), err
}

// resultOf is what the model gets for a call. After an error that is what the
// tool returned beside it, and the error's text.
func resultOf(c reprise.ToolCall, res reprise.ToolResult, err error) reprise.ToolResult {
	res.ID, res.Name = c.ID, c.Name
	if err != nil {
		text := reprise.Text{Text: err.Error()}
		res.Parts = append(res.Parts[:len(res.Parts):len(res.Parts)], text)
		res.IsError = true
	}
	return res
}

// failed is the outcome of a call that returned nothing.
func failed(i int, c reprise.ToolCall, err error) outcome {
	return outcome{index: i, result: resultOf(c, reprise.ToolResult{}, err), err: err}
}

// wait waits until one of the tools that run has ended.
func (b *batch) wait() outcome {
	o := <-b.done
	b.running--
	return o
}

// close stops the tools that run, and waits for them.
func (b *batch) close() {
	b.cancel()
	for b.running > 0 {
		b.wait()
	}
}
