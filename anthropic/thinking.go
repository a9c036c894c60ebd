package anthropic

import (
	"fmt"

	"github.com/repriselabs/reprise"
)

// thinkingConfig is the thinking field.
type thinkingConfig struct {
	kind   string // enabled, adaptive, or what turns it off
	budget int
}

func (t *thinkingConfig) on() bool { return t.kind == "enabled" || t.kind == "adaptive" }

// minBudget is the least that budget_tokens may be.
const minBudget = 1024

// thinking writes the thinking field; nil is none. A budget is "enabled", or
// "adaptive" where the model knows only that; -1 and an effort alone are
// "adaptive", 0 turns thinking off.
func (e *encoder) thinking(req *reprise.Request) (*thinkingConfig, error) {
	t, err := e.chooseThinking(req)
	if t == nil || err != nil {
		return nil, err
	}
	if t.on() && e.forcesTool(req) {
		e.dropped("thinking: the API does not take it together with a forced tool")
		return nil, nil
	}
	e.Key("thinking")
	e.Open('{')
	e.Field("type", t.kind)
	if t.budget > 0 {
		e.Key("budget_tokens")
		e.Int(int64(t.budget))
	}
	if t.on() && e.profile.hidden {
		e.Field("display", "summarized")
	}
	e.Close('}')
	return t, nil
}

func (e *encoder) chooseThinking(req *reprise.Request) (*thinkingConfig, error) {
	adaptive := &thinkingConfig{kind: "adaptive"}
	if req.ThinkingBudget == nil {
		if req.Effort == "" || !e.profile.effort || !e.profile.adaptive {
			return nil, nil
		}
		return adaptive, nil
	}
	switch n := *req.ThinkingBudget; {
	case n == 0 && e.profile.off != "":
		return &thinkingConfig{kind: e.profile.off}, nil
	case n == 0:
		if e.profile.adaptive {
			e.dropped("thinking budget 0: %s always thinks", e.name)
		}
		return nil, nil
	case n == -1 && e.profile.adaptive:
		return adaptive, nil
	case n == -1:
		e.dropped("thinking budget -1: %s does not choose one itself", e.name)
		return nil, nil
	case n < minBudget:
		return nil, fmt.Errorf("thinking budget %d: the API takes %d or more, 0 (off) and -1 (as the model likes)", n, minBudget)
	case e.profile.budget:
		return &thinkingConfig{kind: "enabled", budget: n}, nil
	case e.profile.adaptive:
		e.dropped("thinking budget %d: %s chooses its own; use Effort", n, e.name)
		return adaptive, nil
	}
	e.dropped("thinking budget: %s does not think", e.name)
	return nil, nil
}

// maxTokens is the limit, which the API demands and which must be above the
// thinking budget.
func (e *encoder) maxTokens(req *reprise.Request, t *thinkingConfig) int {
	limit := req.MaxTokens
	if limit <= 0 {
		limit = e.defaultMaxTokens(req)
		if t != nil {
			limit += t.budget
		}
		return e.capped(limit)
	}
	if t == nil || limit > t.budget {
		return limit
	}
	raised := e.capped(limit + t.budget)
	e.dropped("the limit of %d tokens: raised to %d, since the API wants it above the thinking budget of %d", limit, raised, t.budget)
	return raised
}

// capped is the limit, or the most that the model takes.
func (e *encoder) capped(limit int) int {
	if e.profile.maxTokens > 0 {
		return min(limit, e.profile.maxTokens)
	}
	return limit
}

// defaultMaxTokens is the limit where the request sets none: 32,000 tokens,
// 64,000 for the efforts xhigh and max, less where the model takes less, and
// 8,192 for a model that is not known.
func (e *encoder) defaultMaxTokens(req *reprise.Request) int {
	switch {
	case e.profile.maxTokens == 0:
		return unknownMaxTokens
	case req.Effort == "xhigh" || req.Effort == "max":
		return e.capped(effortMaxTokens)
	}
	return e.capped(defaultMaxTokens)
}
