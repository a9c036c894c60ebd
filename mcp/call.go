package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise"
)

// call calls the tool. The SDK tells the server when ctx ends.
func (s *Server) call(ctx context.Context, tool string, call reprise.ToolCall) (reprise.ToolResult, error) {
	live, err := s.connect(ctx, false)
	if err != nil {
		return reprise.ToolResult{}, err
	}
	bounded, end, err := live.begin(ctx)
	if err != nil {
		return reprise.ToolResult{}, s.fault(err)
	}
	defer end()
	params := &sdk.CallToolParams{Name: tool, Arguments: json.RawMessage(call.Args)}
	token := s.tickets.next("progress", []byte(tool+"\x00"+call.Args))
	params.SetProgressToken(token)
	defer s.progress.listen(token, func(p reprise.Progress) { reprise.Report(ctx, p) })()
	res, err := live.CallTool(bounded, params)
	if err != nil {
		if ctx.Err() != nil {
			return reprise.ToolResult{}, context.Cause(ctx)
		}
		return reprise.ToolResult{}, s.fault(live.reason(bounded, err))
	}
	return result(res)
}

// reports passes progress on to the calls it is of.
type reports struct {
	mu    sync.Mutex
	calls map[string]func(reprise.Progress)
}

// listen returns a function that ends it.
func (r *reports) listen(token string, report func(reprise.Progress)) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		r.calls = map[string]func(reprise.Progress){}
	}
	r.calls[token] = report
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.calls, token)
	}
}

func (r *reports) hear(p *sdk.ProgressNotificationParams) {
	token, _ := p.ProgressToken.(string) // one that is no string is not ours
	r.mu.Lock()
	report := r.calls[token]
	r.mu.Unlock()
	if report != nil {
		report(reprise.Progress{Text: p.Message, Done: p.Progress, Total: p.Total})
	}
}

// encode is json.Marshal that leaves <, > and & as they are.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
