package anthropic_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/anthropic/bedrock"
	"github.com/repriselabs/reprise/anthropic/vertex"
	"github.com/repriselabs/reprise/internal/eventstream"
	"github.com/repriselabs/reprise/modeltest"
)

// served is a way in which the API is served.
type served struct {
	name    string // of the model
	host    *anthropic.Host
	base    string // the path of a BaseURL
	path    string // of a request
	version string // anthropic_version in the body; empty: it is in a header
	framed  bool   // the answer is in frames, and the path asks for a stream
}

// TestConformance runs the suite on Anthropic's own API and on the clouds'.
func TestConformance(t *testing.T) {
	for name, s := range map[string]served{
		"anthropic": {name: "claude-sonnet-4-5", base: "/v1", path: "/v1/messages"},
		"vertex": {
			name: "claude-sonnet-4-5@20250929", host: vertex.Host("p", "global"), version: "vertex-2023-10-16",
			base: "/v1/projects/p/locations/global/publishers/anthropic/models",
			path: "/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
		},
		"bedrock": {
			name: "anthropic.claude-sonnet-4-5-20250929-v1:0", host: bedrock.Host("us-east-1"), version: "bedrock-2023-05-31",
			path:   "/model/anthropic.claude-sonnet-4-5-20250929-v1:0/invoke-with-response-stream",
			framed: true,
		},
	} {
		t.Run(name, func(t *testing.T) { modeltest.Run(t, s.provider()) })
	}
}

// provider is the suite's view of the API.
func (s served) provider() modeltest.Provider {
	return modeltest.Provider{
		Model: func(at modeltest.Endpoint) reprise.Model {
			m := &anthropic.Model{Name: s.name, Host: s.host, Key: at.Key, Client: at.Client}
			if at.BaseURL != "" {
				m.BaseURL = at.BaseURL + s.base
			}
			return m
		},
		ReadRequest: s.readRequest,
		WriteResponse: func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return nil, (&answerer{served: s, w: w, known: known, stream: stream}).run(events)
		},
		WriteError: s.writeError,
		Reasoning: func(n int, call reprise.ToolCall) reprise.Parts {
			signed := fmt.Sprintf(`{"type":"thinking","signature":"EqQB%d/+=="}`, n)
			redacted := fmt.Sprintf(`{"data":"Eroh%d/+==","type":"redacted_thinking"}`, n) // in an order that is not ours
			return reprise.Parts{
				reprise.Reasoning{Text: fmt.Sprintf("thought %d, <é> & so on", n), Echo: &reprise.Echo{Provider: anthropic.API, Data: json.RawMessage(signed)}},
				reprise.Reasoning{Echo: &reprise.Echo{Provider: anthropic.API, Data: json.RawMessage(redacted)}},
				call,
			}
		},
		Lacks: modeltest.Lacks{
			Refusals: "the stop reason tells of one, and its text is like any other",
			Cost:     "it does not tell what an answer costs",
		},
	}
}

func (s served) readRequest(r *http.Request, body []byte) (*reprise.Request, error) {
	var its struct {
		Model   string `json:"model"`
		Version string `json:"anthropic_version"`
		Stream  bool   `json:"stream"`
	}
	if err := json.Unmarshal(body, &its); err != nil {
		return nil, err
	}
	switch {
	case r.Method != http.MethodPost || r.URL.Path != s.path:
		return nil, fmt.Errorf("%s %s is not of the Messages API", r.Method, r.URL)
	case its.Version != s.version || (r.Header.Get("Anthropic-Version") == "") != (s.version != ""):
		return nil, fmt.Errorf("the version is %q in the body and %q in the header", its.Version, r.Header.Get("Anthropic-Version"))
	case its.Stream == s.framed:
		return nil, errors.New("the body asks for a stream where the path does, or neither does")
	case its.Model+anthropic.ModelOf(r.URL) != s.name:
		return nil, fmt.Errorf("the model is %q in the body and %q in the address", its.Model, anthropic.ModelOf(r.URL))
	}
	return anthropic.ReadRequest(body)
}

// answerer is a server of the API: it writes events as the API does.
type answerer struct {
	served
	w       http.ResponseWriter
	known   *reprise.Response
	stream  bool
	begun   int   // how many blocks
	content []any // the blocks that are done
}

func (a *answerer) run(events iter.Seq2[reprise.Event, error]) error {
	if a.stream {
		if err := a.start(); err != nil {
			return err
		}
	}
	for ev, err := range events {
		if err != nil {
			if a.stream {
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

// start begins a stream; what was read is known then.
func (a *answerer) start() error {
	a.w.Header().Set("Content-Type", "text/event-stream")
	if a.framed {
		a.w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	}
	read := a.known.Usage
	read.Output, read.Reasoning = 0, nil
	message := a.message(nil, usageOf(read))
	message["id"], message["model"] = a.known.ID, a.known.Model
	if err := a.send("message_start", map[string]any{"message": message}); err != nil {
		return err
	}
	return a.send("ping", map[string]any{})
}

func (a *answerer) message(reason any, usage map[string]any) map[string]any {
	content := a.content
	if content == nil {
		content = []any{}
	}
	return map[string]any{"type": "message", "role": "assistant", "content": content, "stop_reason": reason, "stop_sequence": nil, "usage": usage}
}

func (a *answerer) event(ev reprise.Event) error {
	switch ev := ev.(type) {
	case reprise.TextDelta:
		return a.delta(ev.Part, reprise.Text{}, map[string]any{"type": "text_delta", "text": ev.Text})
	case reprise.ReasoningDelta:
		return a.delta(ev.Part, reprise.Reasoning{}, map[string]any{"type": "thinking_delta", "thinking": ev.Text})
	case reprise.ArgsDelta:
		return a.delta(ev.Part, reprise.ToolCall{ID: ev.ID, Name: ev.Name}, map[string]any{"type": "input_json_delta", "partial_json": ev.Args})
	case reprise.PartDone:
		return a.done(ev)
	case reprise.Finish:
		return a.finish(ev)
	}
	return fmt.Errorf("the API has no event for a %T", ev)
}

// begin starts the block of a part, unless that was done.
func (a *answerer) begin(part int, empty reprise.Part) error {
	if !a.stream || part < a.begun {
		return nil
	}
	a.begun = part + 1
	block, err := blockOf(empty)
	if err != nil {
		return err
	}
	return a.send("content_block_start", map[string]any{"index": part, "content_block": block})
}

func (a *answerer) delta(part int, empty reprise.Part, delta map[string]any) error {
	if !a.stream {
		return nil
	}
	if err := a.begin(part, empty); err != nil {
		return err
	}
	return a.send("content_block_delta", map[string]any{"index": part, "delta": delta})
}

// done ends a block. Thinking is signed last; a block without deltas comes
// as a whole.
func (a *answerer) done(ev reprise.PartDone) error {
	block, err := blockOf(ev.Part)
	if err != nil {
		return err
	}
	a.content = append(a.content, block)
	if !a.stream {
		return nil
	}
	if err := a.begin(ev.Index, ev.Part); err != nil {
		return err
	}
	if thinking, ok := block.(map[string]any); ok && thinking["type"] == "thinking" {
		delta := map[string]any{"type": "signature_delta", "signature": thinking["signature"]}
		if err := a.delta(ev.Index, nil, delta); err != nil {
			return err
		}
	}
	return a.send("content_block_stop", map[string]any{"index": ev.Index})
}

// blockOf is the part as the API gives it.
func blockOf(p reprise.Part) (any, error) {
	switch p := p.(type) {
	case reprise.Text:
		return map[string]any{"type": "text", "text": p.Text}, nil
	case reprise.ToolCall:
		args := p.Args
		if args == "" {
			args = "{}"
		}
		return map[string]any{"type": "tool_use", "id": p.ID, "name": p.Name, "input": json.RawMessage(args)}, nil
	case reprise.Reasoning:
		if p.Echo == nil { // it begins
			return map[string]any{"type": "thinking", "thinking": p.Text, "signature": ""}, nil
		}
		var block map[string]any
		if err := json.Unmarshal(p.Echo.Data, &block); err != nil || block["type"] != "thinking" {
			return p.Echo.Data, err
		}
		block["thinking"] = p.Text
		return block, nil
	}
	return nil, fmt.Errorf("the API does not answer with a %T", p)
}

func (a *answerer) finish(f reprise.Finish) error {
	reason := map[reprise.FinishReason]string{
		reprise.ReasonStop: "end_turn", reprise.ReasonToolCalls: "tool_use", reprise.ReasonLength: "max_tokens",
	}[f.Reason]
	if reason == "" {
		return fmt.Errorf("no stop reason is known for %q", f.Reason)
	}
	if a.stream {
		err := a.send("message_delta", map[string]any{"delta": map[string]any{"stop_reason": reason, "stop_sequence": nil}, "usage": usageOf(f.Usage)})
		if err != nil {
			return err
		}
		return a.send("message_stop", map[string]any{})
	}
	message := a.message(reason, usageOf(f.Usage))
	message["id"], message["model"] = f.ID, f.Model
	a.w.Header().Set("Content-Type", "application/json")
	_, err := a.w.Write(marshal(message))
	return err
}

// usageOf counts as the API does: input is without what the cache had or took.
func usageOf(u reprise.Usage) map[string]any {
	usage := map[string]any{
		"input_tokens": u.Input - u.CacheRead - u.CacheWrite, "output_tokens": u.Output,
		"cache_read_input_tokens": u.CacheRead, "cache_creation_input_tokens": u.CacheWrite,
	}
	if u.Reasoning != nil {
		usage["output_tokens_details"] = map[string]any{"thinking_tokens": *u.Reasoning}
	}
	return usage
}

// tell sends an error in mid-stream, if it is one that servers tell.
func (a *answerer) tell(err error) {
	switch reprise.KindOf(err) {
	case reprise.KindCut, reprise.KindNetwork, reprise.KindTransport, reprise.KindBadResponse, reprise.KindCanceled:
		return
	}
	f := faultOf(err)
	if !a.framed {
		_ = a.send("error", map[string]any{"error": map[string]any{"type": f.code, "message": f.message}}) // there is an error already
		return
	}
	payload := marshal(map[string]any{"message": f.message})
	name := strings.ToLower(f.exception[:1]) + f.exception[1:]
	_ = a.write(eventstream.Append(nil, payload, ":message-type", "exception", ":exception-type", name, ":content-type", "application/json"))
}

func (a *answerer) send(kind string, members map[string]any) error {
	members["type"] = kind
	event := marshal(members)
	if !a.framed {
		return a.write(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", kind, event))
	}
	payload := marshal(map[string]any{"bytes": []byte(event), "p": "abcd"})
	return a.write(eventstream.Append(nil, payload, ":event-type", "chunk", ":content-type", "application/json", ":message-type", "event"))
}

func (a *answerer) write(b []byte) error {
	if _, err := a.w.Write(b); err != nil {
		return err
	}
	return http.NewResponseController(a.w).Flush()
}

// fault is how the API, and Bedrock, say what went wrong.
type fault struct {
	status          int
	code, exception string
	message         string
}

func faultOf(err error) fault {
	f := map[reprise.Kind]fault{
		reprise.KindAuth:       {status: 401, code: "authentication_error", exception: "AccessDeniedException"},
		reprise.KindRateLimit:  {status: 429, code: "rate_limit_error", exception: "ThrottlingException"},
		reprise.KindOverloaded: {status: 529, code: "overloaded_error", exception: "ServiceUnavailableException"},
		reprise.KindInvalid:    {status: 400, code: "invalid_request_error", exception: "ValidationException"},
	}[reprise.KindOf(err)]
	if f.status == 0 {
		f = fault{status: 500, code: "api_error", exception: "InternalServerException"}
	}
	f.message = err.Error()
	if e, ok := err.(*reprise.Error); ok && e.Err != nil {
		f.message = e.Err.Error()
	}
	return f
}

func (s served) writeError(w http.ResponseWriter, err error) error {
	var e *reprise.Error
	if !errors.As(err, &e) {
		return err
	}
	f := faultOf(err)
	if e.Status != 0 {
		f.status = e.Status
	}
	id := "Request-Id"
	body := map[string]any{"type": "error", "error": map[string]any{"type": f.code, "message": f.message}}
	if s.framed {
		id = "X-Amzn-Requestid"
		body = map[string]any{"__type": f.exception, "message": f.message}
	}
	if e.RequestID != "" {
		w.Header().Set(id, e.RequestID)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(e.RetryAfter.Seconds()))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	_, err = w.Write(marshal(body))
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
