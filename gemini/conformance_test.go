package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/modeltest"
)

// TestConformance runs the suite on every provider of the API.
func TestConformance(t *testing.T) {
	for _, provider := range []string{Google, Vertex} {
		t.Run(provider, func(t *testing.T) { modeltest.Run(t, conforming(provider)) })
	}
}

// conforming is the suite's view of a provider's server.
func conforming(provider string) modeltest.Provider {
	p := modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			return &Model{Name: "gemini-2.5-flash", Provider: provider, BaseURL: at.BaseURL, Key: at.Key, Client: at.Client}
		},
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			if r.Method != http.MethodPost || r.URL.String() != "/models/gemini-2.5-flash:streamGenerateContent?alt=sse" {
				return nil, fmt.Errorf("%s %s does not ask for an event stream of the model", r.Method, r.URL)
			}
			if r.Header.Get("X-Goog-Api-Key") == "" {
				return nil, errors.New("the header has no key")
			}
			if provider == Vertex && bytes.Contains(body, []byte(`"call_`)) {
				return nil, errors.New("it has an id of a call that Google Cloud did not give")
			}
			_, model, ok := ReadURL(r.URL)
			if !ok {
				return nil, fmt.Errorf("ReadURL does not know %s", r.URL)
			}
			return ReadRequest(body, provider, model)
		},
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			a := &answerer{provider: provider, w: w, known: known, stream: stream}
			return nil, a.run(events)
		},
		WriteError: writeError,
		Reasoning: func(n int, call reprise.ToolCall) reprise.Parts {
			signature := fmt.Sprintf(`{"thoughtSignature":"CsQB%d/+=="}`, n)
			call.Echo = &reprise.Echo{Provider: provider, Data: json.RawMessage(signature)}
			return reprise.Parts{reprise.Reasoning{Text: fmt.Sprintf("thought %d, <é> & so on", n)}, call}
		},
		Lacks: modeltest.Lacks{
			Refusals:    "what the model refuses is text like any other; only an answer that is broken off is marked",
			CacheWrites: "it counts what it reads of a cache, not what it writes",
			Cost:        "it does not tell what an answer costs",
		},
	}
	if provider == Vertex {
		p.Lacks.Address = "every project has another address"
		p.Lacks.CallIDs = "Google Cloud tells calls apart by their order"
	}
	return p
}

// answerer is a server of the API: it writes events as the API does.
type answerer struct {
	provider string
	w        http.ResponseWriter
	known    *reprise.Response
	stream   bool
	started  bool
	parts    []any // of an answer that goes out as a whole
}

func (a *answerer) run(events iter.Seq2[reprise.Event, error]) error {
	for ev, err := range events {
		if err != nil {
			a.tell(err)
			return err
		}
		if err := a.event(ev); err != nil {
			return err
		}
	}
	return nil
}

// event writes an event. Texts go out in pieces, and calls when they are
// whole.
func (a *answerer) event(ev reprise.Event) error {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		return a.piece(map[string]any{"text": ev.Text}, a.stream)
	case reprise.ReasoningDelta:
		return a.piece(map[string]any{"text": ev.Text, "thought": true}, a.stream)
	case reprise.ArgsDelta:
		return nil
	case reprise.PartDone:
		switch p := ev.Part.(type) {
		case reprise.Text:
			return a.piece(map[string]any{"text": p.Text}, !a.stream)
		case reprise.Reasoning:
			return a.piece(map[string]any{"text": p.Text, "thought": true}, !a.stream)
		case reprise.ToolCall:
			return a.piece(a.call(p), true)
		default:
			return fmt.Errorf("the server does not write a %T", p)
		}
	case reprise.Finish:
		return a.finish(ev)
	default:
		return fmt.Errorf("the server does not write a %T", ev)
	}
}

// call is a call with what has to go back with it.
func (a *answerer) call(c reprise.ToolCall) map[string]any {
	args := json.RawMessage("{}")
	if c.Args != "" {
		args = json.RawMessage(c.Args)
	}
	function := map[string]any{"name": c.Name, "args": args}
	if a.provider != Vertex {
		function["id"] = c.ID
	}
	piece := map[string]any{"functionCall": function}
	if c.Echo != nil {
		var beside map[string]json.RawMessage
		if err := json.Unmarshal(c.Echo.Data, &beside); err != nil {
			panic(err)
		}
		for name, value := range beside {
			piece[name] = value
		}
	}
	return piece
}

// piece writes a piece of the content, if it is due.
func (a *answerer) piece(piece map[string]any, due bool) error {
	switch {
	case !due:
		return nil
	case !a.stream:
		a.parts = append(a.parts, piece)
		return nil
	}
	return a.send(a.chunk(map[string]any{"content": contentOf(piece)}))
}

// contentOf is the content of a candidate.
func contentOf(parts ...any) map[string]any { return map[string]any{"parts": parts, "role": "model"} }

// chunk is an answer, or the next part of one.
func (a *answerer) chunk(candidate map[string]any) map[string]any {
	candidate["index"] = 0
	return map[string]any{"candidates": []any{candidate}, "modelVersion": a.known.Model, "responseId": a.known.ID}
}

func (a *answerer) finish(f reprise.Finish) error {
	reason := map[reprise.FinishReason]string{
		reprise.ReasonStop: "STOP", reprise.ReasonToolCalls: "STOP", reprise.ReasonLength: "MAX_TOKENS", reprise.ReasonContentFilter: "SAFETY",
	}[f.Reason]
	if reason == "" {
		return fmt.Errorf("the API has no finish reason for %q", f.Reason)
	}
	usage := map[string]any{
		"promptTokenCount": f.Usage.Input, "candidatesTokenCount": f.Usage.Output, "totalTokenCount": f.Usage.Total(),
		"cachedContentTokenCount": f.Usage.CacheRead,
	}
	if n := f.Usage.Reasoning; n != nil { // the API counts thoughts apart
		usage["thoughtsTokenCount"], usage["candidatesTokenCount"] = *n, f.Usage.Output-*n
	}
	if a.stream {
		a.parts = []any{map[string]any{"text": ""}} // a stream ends so
	}
	last := a.chunk(map[string]any{"content": contentOf(a.parts...), "finishReason": reason})
	last["usageMetadata"] = usage
	if a.stream {
		return a.send(last)
	}
	a.w.Header().Set("Content-Type", "application/json")
	_, err := a.w.Write(encoded(last))
	return err
}

// tell sends an error in mid-stream, if it is one that servers tell.
func (a *answerer) tell(err error) {
	e, ok := err.(*reprise.Error)
	if !ok || !a.started {
		return
	}
	if code, _ := codeOf(e.Kind); code != 0 {
		_ = a.send(faultOf(e)) // there is an error already
	}
}

func (a *answerer) send(chunk map[string]any) error {
	if !a.started {
		a.started = true
		a.w.Header().Set("Content-Type", "text/event-stream")
	}
	if _, err := fmt.Fprintf(a.w, "data: %s\r\n\r\n", encoded(chunk)); err != nil {
		return err
	}
	return http.NewResponseController(a.w).Flush()
}

// codeOf is how the API calls what went wrong, and its HTTP status; 0: it has
// no name for it.
func codeOf(kind reprise.Kind) (code int, status string) {
	switch kind {
	case reprise.KindAuth:
		return http.StatusUnauthorized, "UNAUTHENTICATED"
	case reprise.KindRateLimit:
		return http.StatusTooManyRequests, "RESOURCE_EXHAUSTED"
	case reprise.KindServer:
		return http.StatusInternalServerError, "INTERNAL"
	case reprise.KindOverloaded:
		return http.StatusServiceUnavailable, "UNAVAILABLE"
	default:
		return 0, ""
	}
}

// faultOf is an error as the API writes it. How long to wait is in it, and
// not in a header.
func faultOf(e *reprise.Error) map[string]any {
	code, status := codeOf(e.Kind)
	inner := map[string]any{"code": code, "status": status, "message": e.Err.Error()}
	if e.RetryAfter > 0 {
		inner["details"] = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": e.RetryAfter.String()}}
	}
	return map[string]any{"error": inner}
}

func writeError(w http.ResponseWriter, err error) error {
	e, ok := err.(*reprise.Error)
	if !ok {
		return err
	}
	code, _ := codeOf(e.Kind)
	if code == 0 {
		return fmt.Errorf("the server does not write the error: %w", err)
	}
	if e.RequestID != "" {
		w.Header().Set("X-Goog-Request-Id", e.RequestID)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, err = w.Write(encoded(faultOf(e)))
	return err
}
