package agent

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/repriselabs/reprise"
)

// batch is the calls of one answer, while they run. Its methods are for the
// goroutine that ranges over the run.
type batch struct {
	r       *run
	ctx     context.Context
	cancel  context.CancelFunc
	jobs    []*job               // that were started
	results []reprise.ToolResult // as they came
	news    chan news
	open    []open // calls that wait for decisions
	running int
	alone   bool  // an exclusive tool runs
	fatal   error // why the run cannot go on
}

// job is a call that was started.
type job struct {
	call   reprise.ToolCall
	cancel context.CancelFunc
	over   *outcome // nil: it runs
}

// news is what a job has to tell: an event, or what came of it.
type news struct {
	job   *job
	event Event
	over  *outcome
}

// outcome is what came of a call.
type outcome struct {
	result reprise.ToolResult
	err    error
	took   time.Duration
	fatal  error // the run cannot go on: the journal is broken
	spent  spent // by agents below
}

func (r *run) newBatch(ctx context.Context) *batch {
	b := &batch{r: r, news: make(chan news)}
	b.ctx, b.cancel = context.WithCancel(ctx)
	return b
}

// room reports whether the tool can start now.
func (b *batch) room(t offered) bool {
	limit := b.r.top.Parallel
	if limit == 0 {
		limit = defaultParallel
	}
	return b.running == 0 || b.running < limit && !b.alone && !t.policy.Exclusive
}

// start runs a tool in a goroutine of its own; wait gets what comes of it.
func (b *batch) start(c reprise.ToolCall, t offered) *job {
	ctx, cancel := context.WithCancel(b.ctx)
	j := &job{call: c, cancel: cancel}
	b.jobs = append(b.jobs, j)
	b.running++
	b.alone = t.policy.Exclusive
	h := &call{run: b.r, tool: t, call: c, below: b.r.stateOf(c)}
	h.report = func(ev Event) { b.news <- news{job: j, event: ev} } // which wait and close take
	go func() {
		deepen(0)
		defer cancel()
		o := outcome{err: errNoReturn}
		began := time.Now()
		defer func() {
			o.took = time.Since(began)
			o.spent = h.end()
			b.news <- news{job: j, over: &o}
		}()
		defer recovered(c, &o)
		o = h.do(ctx)
	}()
	return j
}

// recovered, when deferred, makes a panic the outcome, and the end of the
// goroutine if the outcome is errNoReturn still.
func recovered(c reprise.ToolCall, o *outcome) {
	if v := recover(); v != nil {
		*o = failed(c, &PanicError{Value: v, Stack: debug.Stack()})
	} else if o.err == errNoReturn {
		*o = failed(c, errNoReturn)
	}
}

// errNoReturn is of a tool that ended its goroutine.
var errNoReturn = errors.New("the tool ended without a result")

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
func failed(c reprise.ToolCall, err error) outcome {
	return outcome{result: resultOf(c, reprise.ToolResult{}, err), err: err}
}

// wait waits for the next news.
func (b *batch) wait() news { return b.took(<-b.news) }

// poll is wait for what is there already.
func (b *batch) poll() (news, bool) {
	select {
	case n := <-b.news:
		return b.took(n), true
	default:
		return news{}, false
	}
}

func (b *batch) took(n news) news {
	if n.over != nil {
		n.job.over = n.over
		b.running--
		b.alone = false
	}
	return n
}

// close stops the tools that run, and waits for them.
func (b *batch) close() {
	b.cancel()
	for b.running > 0 {
		b.wait()
	}
}

// has reports whether the call with the id has its result, or waits.
func (b *batch) has(id string) bool {
	return slices.ContainsFunc(b.results, func(res reprise.ToolResult) bool { return res.ID == id }) ||
		slices.ContainsFunc(b.open, func(o open) bool { return o.call.ID == id })
}
