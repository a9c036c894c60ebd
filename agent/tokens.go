package agent

import (
	"context"

	"github.com/repriselabs/reprise"
)

// A TokenCount is how many tokens a prompt has.
type TokenCount struct {
	Tokens    int64 `json:"tokens"`
	Estimated bool  `json:"estimated,omitempty"` // nobody counted them: see [EstimateTokens]
}

// CountTokens counts the tokens of a request: by the model's provider, if it
// is a [reprise.TokenCounter], else by an estimate.
func CountTokens(ctx context.Context, m reprise.Model, req *reprise.Request) (TokenCount, error) {
	if c, ok := reprise.As[reprise.TokenCounter](m); ok {
		n, err := c.CountTokens(ctx, req)
		return TokenCount{Tokens: n}, err
	}
	return TokenCount{Tokens: EstimateTokens(req), Estimated: true}, nil
}

// EstimateTokens guesses the tokens of a request: one for each four bytes of
// text, four for each message and tool, 1500 for each medium.
func EstimateTokens(req *reprise.Request) int64 {
	n := estimateParts(req.System) + estimate(req.Messages)
	for _, t := range req.Tools {
		n += 4 + bytesToTokens(len(t.Name)+len(t.Description)+len(t.Schema)+len(t.Config))
	}
	if req.Output != nil {
		n += bytesToTokens(len(req.Output.JSON))
	}
	return n
}

func estimate(messages []reprise.Message) int64 {
	var n int64
	for _, m := range messages {
		n += 4 + estimateParts(m.Parts)
	}
	return n
}

func estimateParts(parts reprise.Parts) int64 {
	var n int64
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Text:
			n += bytesToTokens(len(p.Text))
		case reprise.Reasoning:
			n += bytesToTokens(len(p.Text))
		case reprise.Media:
			n += 1500
		case reprise.ToolCall:
			n += bytesToTokens(len(p.ID) + len(p.Name) + len(p.Args))
		case reprise.ToolResult:
			n += bytesToTokens(len(p.ID)) + estimateParts(p.Parts)
		case reprise.Opaque:
			n += bytesToTokens(len(p.Data))
		case reprise.CachePoint:
		default:
			panic("agent: a part of an unknown type")
		}
	}
	return n
}

func bytesToTokens(n int) int64 { return int64(n+3) / 4 }

// promptTokens is how many tokens the next prompt has: what the provider
// counted for the last answer and an estimate of what came since, else a
// count.
func (r *run) promptTokens(ctx context.Context) (TokenCount, error) {
	if r.last.tokens > 0 && r.last.at <= len(r.res.History) {
		since := estimate(r.res.History[r.last.at:])
		return TokenCount{Tokens: r.last.tokens + since, Estimated: since > 0}, nil
	}
	p, err := r.plan(ctx, r.turn, r.res.History)
	if err != nil {
		return TokenCount{}, err
	}
	return CountTokens(ctx, p.model, p.req)
}
