package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/modeltest"
)

// TestConformance runs the suite on every dialect.
func TestConformance(t *testing.T) {
	for _, d := range Dialects() {
		t.Run(d.Provider, func(t *testing.T) { modeltest.Run(t, conforming(d)) })
	}
}

// conforming is the suite's view of a server of the dialect.
func conforming(d Dialect) modeltest.Provider {
	p := modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			return &Model{Name: "model-1", Dialect: d, BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
		},
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			if r.Method != http.MethodPost || r.URL.Path != "/responses" {
				return nil, fmt.Errorf("%s %s is not of the Responses API", r.Method, r.URL)
			}
			return ReadRequest(body, &d)
		},
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			a := &answerer{dialect: &d, w: w, known: known, stream: stream, begun: map[int]bool{}}
			return nil, a.run(events)
		},
		WriteError: func(w http.ResponseWriter, err error) error { return writeError(w, err) },
		Reasoning: func(n int, call reprise.ToolCall) reprise.Parts {
			text := fmt.Sprintf("thought %d, <é> & so on", n)
			item := fmt.Sprintf(`{"id":"rs_%d","type":"reasoning","summary":[{"type":"summary_text","text":%q}],"encrypted_content":"gAAA%[1]d/+=="}`, n, text)
			return reprise.Parts{reprise.Reasoning{Text: text, Echo: &reprise.Echo{Provider: d.key(), Data: json.RawMessage(item)}}, call}
		},
		Lacks: modeltest.Lacks{ErrorResults: "a result is text or files, and has no mark for an error"},
	}
	if d.KeyVar == "" {
		p.Lacks.Key = "a server at home wants no key"
	}
	if d.BaseURL == "" {
		p.Lacks.Address = "every customer has another address"
	}
	if d.Cost == "" {
		p.Lacks.Cost = "it does not tell what an answer costs"
	}
	return p
}

// answerer is a server of the API: it writes events as the API does.
type answerer struct {
	dialect *Dialect
	w       http.ResponseWriter
	known   *reprise.Response
	stream  bool
	started bool
	begun   map[int]bool
	output  []json.RawMessage
}

func (a *answerer) run(events iter.Seq2[reprise.Event, error]) error {
	for ev, err := range events {
		if err != nil {
			if a.stream && a.started {
				a.tell(err)
			}
			return err
		}
		if err := a.event(ev); err != nil {
			return err
		}
	}
	return nil
}

func (a *answerer) event(ev reprise.Event) error {
	if a.stream && !a.started {
		a.started = true
		a.w.Header().Set("Content-Type", "text/event-stream")
		if err := a.send("response.created", map[string]any{"response": map[string]any{"id": a.known.ID, "model": a.known.Model, "status": "in_progress"}}); err != nil {
			return err
		}
	}
	switch ev := ev.(type) {
	case reprise.TextDelta:
		kind := "response.output_text.delta"
		if a.isRefusal(ev.Part) {
			kind = "response.refusal.delta"
		}
		return a.delta(ev.Part, kind, ev.Text, map[string]any{"type": "message", "role": "assistant"})
	case reprise.ReasoningDelta:
		return a.delta(ev.Part, "response.reasoning_summary_text.delta", ev.Text, map[string]any{"type": "reasoning"})
	case reprise.ArgsDelta:
		return a.delta(ev.Part, "response.function_call_arguments.delta", ev.Args, map[string]any{"type": "function_call", "call_id": ev.ID, "name": ev.Name, "arguments": ""})
	case reprise.PartDone:
		a.output = append(a.output, a.item(ev.Part))
		if !a.stream {
			return nil
		}
		return a.send("response.output_item.done", map[string]any{"output_index": ev.Index, "item": a.output[len(a.output)-1]})
	case reprise.Finish:
		return a.finish(ev)
	}
	return nil
}

func (a *answerer) isRefusal(part int) bool {
	if part >= len(a.known.Message.Parts) {
		return false
	}
	t, _ := a.known.Message.Parts[part].(reprise.Text)
	return t.Refusal
}

func (a *answerer) delta(part int, kind, delta string, item map[string]any) error {
	if !a.stream {
		return nil
	}
	if !a.begun[part] {
		a.begun[part] = true
		if err := a.send("response.output_item.added", map[string]any{"output_index": part, "item": item}); err != nil {
			return err
		}
	}
	return a.send(kind, map[string]any{"output_index": part, "content_index": 0, "delta": delta})
}

// item is the part as the API gives it, which is as it takes it.
func (a *answerer) item(p reprise.Part) json.RawMessage {
	switch p := p.(type) {
	case reprise.Text:
		piece := map[string]any{"type": "output_text", "text": p.Text, "annotations": []any{}}
		if p.Refusal {
			piece = map[string]any{"type": "refusal", "refusal": p.Text}
		}
		return marshal(map[string]any{"type": "message", "role": "assistant", "content": []any{piece}})
	case reprise.Reasoning:
		if p.Echo == nil {
			return marshal(map[string]any{"type": "reasoning", "summary": []any{map[string]any{"type": "summary_text", "text": p.Text}}})
		}
	}
	e := &encoder{model: &Model{}, dialect: a.dialect, name: "gpt-5", extra: extra{stored: true}}
	e.Open('[')
	if err := e.assistant(reprise.Parts{p, reprise.Text{}}); err != nil {
		panic(err)
	}
	e.Close(']')
	var items []json.RawMessage
	if err := json.Unmarshal(e.Buf, &items); err != nil {
		panic(err)
	}
	return items[0]
}

func (a *answerer) finish(f reprise.Finish) error {
	usage := map[string]any{
		"input_tokens": f.Usage.Input, "output_tokens": f.Usage.Output, "total_tokens": f.Usage.Total(),
		"input_tokens_details": map[string]any{"cached_tokens": f.Usage.CacheRead, "cache_write_tokens": f.Usage.CacheWrite},
	}
	if f.Usage.Reasoning != nil {
		usage["output_tokens_details"] = map[string]any{"reasoning_tokens": *f.Usage.Reasoning}
	}
	if f.Cost != nil && a.dialect.Cost != "" {
		cost := f.Cost.String()
		if a.dialect.CostExp == -10 {
			cost = fmt.Sprint(int64(*f.Cost) / 100) // which is in 10^-12
		}
		usage[a.dialect.Cost] = json.RawMessage(cost)
	}
	status, details := "completed", any(nil)
	switch f.Reason {
	case reprise.ReasonLength:
		status, details = "incomplete", map[string]any{"reason": "max_output_tokens"}
	case reprise.ReasonContentFilter:
		status, details = "incomplete", map[string]any{"reason": "content_filter"}
	}
	response := map[string]any{"id": f.ID, "model": f.Model, "status": status, "incomplete_details": details, "error": nil, "output": a.output, "usage": usage}
	if a.stream {
		return a.send("response."+status, map[string]any{"response": response})
	}
	a.w.Header().Set("Content-Type", "application/json")
	_, err := a.w.Write(marshal(response))
	return err
}

// tell sends an error in mid-stream, if it is one that servers tell.
func (a *answerer) tell(err error) {
	switch reprise.KindOf(err) {
	case reprise.KindCut, reprise.KindNetwork, reprise.KindTransport, reprise.KindBadResponse, reprise.KindCanceled:
		return
	}
	_ = a.send("error", faultOf(err)) // there is an error already
}

func (a *answerer) send(kind string, members map[string]any) error {
	members["type"] = kind
	_, err := fmt.Fprintf(a.w, "event: %s\ndata: %s\n\n", kind, marshal(members))
	if err == nil {
		err = http.NewResponseController(a.w).Flush()
	}
	return err
}

// faultOf is how the API says what went wrong.
func faultOf(err error) map[string]any {
	e, ok := err.(*reprise.Error)
	if !ok {
		e = &reprise.Error{Kind: reprise.KindServer, Err: err}
	}
	code := map[reprise.Kind]string{
		reprise.KindAuth: "invalid_api_key", reprise.KindRateLimit: "rate_limit_exceeded", reprise.KindQuota: "insufficient_quota",
		reprise.KindOverloaded: "server_is_overloaded", reprise.KindServer: "server_error", reprise.KindContextLength: "context_length_exceeded",
		reprise.KindNotFound: "model_not_found", reprise.KindInvalid: "invalid_value", reprise.KindContentFilter: "invalid_prompt",
	}[e.Kind]
	message := string(e.Kind)
	if e.Err != nil {
		message = e.Err.Error()
	}
	return map[string]any{"code": code, "message": message}
}

func writeError(w http.ResponseWriter, err error) error {
	e, ok := err.(*reprise.Error)
	if !ok {
		return err
	}
	status := map[reprise.Kind]int{
		reprise.KindAuth: 401, reprise.KindRateLimit: 429, reprise.KindQuota: 429, reprise.KindOverloaded: 503,
		reprise.KindServer: 500, reprise.KindNotFound: 404,
	}[e.Kind]
	if e.Status != 0 {
		status = e.Status
	}
	if status == 0 {
		status = 400
	}
	if e.RequestID != "" {
		w.Header().Set("X-Request-Id", e.RequestID)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(e.RetryAfter.Seconds()))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(marshal(map[string]any{"error": faultOf(err)}))
	return err
}

func marshal(v any) json.RawMessage {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(buf.Bytes())
}
