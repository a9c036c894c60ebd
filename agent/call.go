package agent

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/repriselabs/reprise"
)

// call is a call that runs. Its methods are for the tool's goroutines.
type call struct {
	run    *run // of which only what never changes may be used
	tool   offered
	call   reprise.ToolCall
	below  below // what waits of the agents that the call ran before
	report func(Event)

	mu    sync.Mutex
	ended bool
	spent spent
}

// spent is what agents that were called as tools have used.
type spent struct {
	usage reprise.Usage
	cost  reprise.USD
	runs  int
	free  bool // the cost of some answer is not known
}

// do runs the call. It panics if the tool does.
func (h *call) do(ctx context.Context) outcome {
	var o outcome
	if h.run.top.Journal == nil || h.tool.own {
		o = h.invoke(ctx)
	} else {
		o = h.journaled(ctx)
	}
	h.run.bound(ctx, h, &o)
	return o
}

// invoke runs the tool.
func (h *call) invoke(ctx context.Context) outcome {
	c, limit := h.call, h.tool.policy.Timeout
	if strings.TrimSpace(c.Args) == "" {
		c.Args = "{}"
	}
	bounded := context.WithValue(ctx, callKey{}, h)
	bounded = reprise.Listen(bounded, func(p reprise.Progress) { h.tell(ToolProgress{Call: h.call, Progress: p}) })
	if limit > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(bounded, limit)
		defer cancel()
	}
	res, err := h.tool.Call(bounded, c)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = &reprise.Error{Kind: reprise.KindTimeout, Err: fmt.Errorf("the tool was stopped: it was not done after %v", limit)}
	}
	if wrong := checkResult(res.Parts); wrong != nil {
		res.Parts, err = nil, cmp.Or(err, wrong)
	}
	return outcome{result: resultOf(h.call, res, err), err: err}
}

// checkResult says why no model could be sent the parts of a result.
func checkResult(parts reprise.Parts) error {
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Text, reprise.CachePoint, reprise.Opaque:
		case reprise.Media:
			if len(p.Data) == 0 && p.URL == "" && p.ID == "" {
				return fmt.Errorf("the tool returned a file of type %q without data, URL and ID", p.Type)
			}
		default:
			return fmt.Errorf("the tool returned a %T, which cannot be in a result", p)
		}
	}
	return nil
}

// tell passes an event to the caller of the run, unless the call has ended.
func (h *call) tell(ev Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.report(ev)
	}
}

// end says that nothing is told any more, and returns what was spent.
func (h *call) end() spent {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	return h.spent
}

// spend adds the sums of an agent's run.
func (h *call) spend(res *Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spent.usage = h.spent.usage.Add(res.Usage)
	switch {
	case res.Cost != nil:
		h.spent.cost += *res.Cost
	case res.Turns > 0 || res.Usage != (reprise.Usage{}):
		h.spent.free = true
	}
	h.spent.runs++
}

// spend adds what agents below have used.
func (r *run) spend(s spent) {
	if s.runs == 0 {
		return
	}
	r.res.Usage = r.res.Usage.Add(s.usage)
	if s.free {
		r.charge(nil)
	} else {
		r.charge(&s.cost)
	}
}

// charge adds a cost; nil: it is not known.
func (r *run) charge(cost *reprise.USD) {
	switch {
	case cost == nil || r.unpriced:
		r.unpriced, r.res.Cost = true, nil
	case r.res.Cost == nil:
		sum := *cost
		r.res.Cost = &sum
	default:
		*r.res.Cost += *cost
	}
}
