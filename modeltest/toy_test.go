package modeltest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
)

// toy is a model of an API that is nothing but this module's own JSON: a
// request is a Request, a stream is a line for each event, a whole answer is
// a Response. Its fields are ways to get it wrong.
type toy struct {
	at Endpoint

	quotesKey         bool // in errors that the server refuses with
	quotesKeyInStream bool // in all others
	forgetsHalf       bool // of an answer that comes as a whole
	guesses           bool // that what it cannot read is nothing
	guessesObjects    bool // that a line without a type is nothing
	finishesCuts      bool // takes a broken connection for an end
	finishesEarly     bool // takes the end of the body for the end of the answer
	keepsOpen         bool // never closes a body
	kind              func(reprise.Kind) reprise.Kind
	refused           func(*reprise.Error)
	sendsForeign      bool
	silent            bool // about what it left out
}

// toyProvider is the suite's view of it.
func toyProvider(model func(at Endpoint) reprise.Model) Provider {
	return Provider{
		Model: model,
		ReadRequest: func(r *http.Request, body []byte) (*reprise.Request, error) {
			var req reprise.Request
			return &req, json.Unmarshal(body, &req)
		},
		WriteResponse: writeToy,
		WriteError: func(w http.ResponseWriter, err error) error {
			e := new(reprise.Error)
			errors.As(err, &e)
			w.Header().Set("X-Request-Id", e.RequestID)
			if e.RetryAfter > 0 {
				w.Header().Set("Retry-After", fmt.Sprint(e.RetryAfter.Seconds()))
			}
			w.WriteHeader(cmp.Or(e.Status, http.StatusServiceUnavailable))
			_, err = w.Write(toyError(e))
			return err
		},
		Reasoning: func(n int, call reprise.ToolCall) reprise.Parts {
			echo := func(of string) *reprise.Echo {
				return &reprise.Echo{Provider: "toy", Data: json.RawMessage(fmt.Sprintf(`{"signature":"%s%d"}`, of, n))}
			}
			call.Echo = echo("c")
			return reprise.Parts{reprise.Reasoning{Text: fmt.Sprintf("hm %d", n), Echo: echo("r")}, call}
		},
	}
}

func toyError(e *reprise.Error) []byte {
	b, _ := json.Marshal(map[string]string{"type": "error", "kind": string(e.Kind), "message": fmt.Sprint(e.Err)})
	return append(b, '\n')
}

func writeToy(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
	if !stream {
		w.Header().Set("Content-Type", "application/json")
		return nil, json.NewEncoder(w).Encode(known)
	}
	for ev, err := range events {
		line, _ := json.Marshal(ev)
		if err != nil {
			e := new(reprise.Error)
			if !errors.As(err, &e) || e.Kind == reprise.KindCanceled {
				return nil, err
			}
			line = bytes.TrimSpace(toyError(e))
		}
		if _, e := w.Write(append(line, '\n')); e != nil {
			return nil, e
		}
		if e := http.NewResponseController(w).Flush(); e != nil || err != nil {
			return nil, cmp.Or(err, e)
		}
	}
	return nil, nil
}

func (m toy) Stream(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		req, left := m.without(req)
		for _, w := range left {
			if !m.silent && !yield(w, nil) {
				return
			}
		}
		resp, err := m.post(ctx, req)
		if err != nil {
			yield(nil, err)
			return
		}
		if !m.keepsOpen {
			defer resp.Body.Close()
		}
		if resp.Header.Get("Content-Type") == "application/json" {
			m.whole(resp.Body, yield)
			return
		}
		m.lines(ctx, resp.Body, yield)
	}
}

// without leaves out what is another provider's.
func (m toy) without(req *reprise.Request) (*reprise.Request, []reprise.Warning) {
	var left []reprise.Warning
	sent := *req
	sent.Messages = nil
	for _, msg := range req.Messages {
		var parts reprise.Parts
		for _, p := range msg.Parts {
			switch part := p.(type) {
			case reprise.Opaque:
				left = append(left, reprise.Warning{Code: reprise.WarnDropped, Message: "an opaque part"})
				if !m.sendsForeign {
					continue
				}
			case reprise.Reasoning:
				if part.Echo != nil && part.Echo.Provider != "toy" && !m.sendsForeign {
					part.Echo = nil
				}
				p = part
			}
			parts = append(parts, p)
		}
		sent.Messages = append(sent.Messages, reprise.Message{Role: msg.Role, Parts: parts})
	}
	return &sent, left
}

func (m toy) post(ctx context.Context, req *reprise.Request) (*http.Response, error) {
	if m.at.Key == "" && m.at.BaseURL == "" {
		return nil, m.fail(reprise.KindAuth, errors.New("no key"), false)
	}
	body, err := json.Marshal(req)
	if err != nil {
		return nil, m.fail(reprise.KindInvalid, err, false)
	}
	r, err := http.NewRequestWithContext(ctx, "POST", cmp.Or(m.at.BaseURL, "http://toy.example.org"), bytes.NewReader(body))
	if err != nil {
		return nil, m.fail(reprise.KindInvalid, err, false)
	}
	r.Header.Set("Authorization", "Bearer "+m.at.Key)
	resp, err := m.at.Client.Do(r)
	if err != nil {
		return nil, m.broken(ctx, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	var said struct{ Kind, Message string }
	if json.Unmarshal(text, &said) != nil {
		said.Kind, said.Message = string(reprise.KindServer), string(text)
	}
	e := m.fail(reprise.Kind(said.Kind), errors.New(said.Message), m.quotesKey)
	e.Status, e.RequestID = resp.StatusCode, resp.Header.Get("X-Request-Id")
	wait := resp.Header.Get("Retry-After")
	if s, err := strconv.Atoi(wait); err == nil {
		e.RetryAfter = time.Duration(s) * time.Second
	} else if at, err := http.ParseTime(wait); err == nil {
		e.RetryAfter = time.Until(at)
	}
	if m.refused != nil {
		m.refused(e)
	}
	return nil, e
}

func (m toy) fail(kind reprise.Kind, err error, quote bool) *reprise.Error {
	if m.kind != nil {
		kind = m.kind(kind)
	}
	if !quote && m.at.Key != "" {
		err = errors.New(strings.ReplaceAll(err.Error(), m.at.Key, "[key]"))
	}
	return &reprise.Error{Provider: "toy", Kind: kind, Err: err}
}

func (m toy) broken(ctx context.Context, err error) *reprise.Error {
	kind := reprise.KindNetwork
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		kind = reprise.KindCanceled
	case ctx.Err() != nil:
		kind = reprise.KindTimeout
	}
	return m.fail(kind, err, m.quotesKeyInStream)
}

func (m toy) whole(body io.Reader, yield func(reprise.Event, error) bool) {
	var r reprise.Response
	if err := json.NewDecoder(body).Decode(&r); err != nil {
		yield(nil, m.fail(reprise.KindBadResponse, err, m.quotesKeyInStream))
		return
	}
	r.Provider = "toy"
	if m.forgetsHalf {
		r.Message.Parts = r.Message.Parts[:1]
	}
	Events(&r)(yield)
}

func (m toy) lines(ctx context.Context, body io.Reader, yield func(reprise.Event, error) bool) {
	lines := bufio.NewReader(body)
	for {
		line, err := lines.ReadBytes('\n')
		switch {
		case err == io.EOF && m.finishesEarly, err != nil && err != io.EOF && m.finishesCuts:
			yield(reprise.Finish{Provider: "toy", Reason: reprise.ReasonStop}, nil)
			return
		case err == io.EOF:
			yield(nil, m.fail(reprise.KindCut, fmt.Errorf("the answer ends with %q", line), m.quotesKeyInStream))
			return
		case err != nil:
			yield(nil, m.broken(ctx, err))
			return
		}
		ev, err := m.event(line)
		if err != nil {
			yield(nil, err)
			return
		}
		if _, finished := ev.(reprise.Finish); !yield(ev, nil) || finished {
			return
		}
	}
}

// event reads a line.
func (m toy) event(line []byte) (reprise.Event, error) {
	var e struct {
		Type, Text, ID, Name, Args string
		Kind, Message              string
		Part                       json.RawMessage
		Index                      int
	}
	var part int
	err := json.Unmarshal(line, &e)
	if err == nil && e.Type != "part_done" && e.Part != nil {
		err = json.Unmarshal(e.Part, &part)
	}
	switch {
	case err != nil && m.guesses, e.Type == "" && m.guessesObjects:
		return reprise.Finish{Provider: "toy", Reason: reprise.ReasonStop}, nil
	case err != nil:
		return nil, m.fail(reprise.KindBadResponse, fmt.Errorf("%w in %s", err, line), m.quotesKeyInStream)
	}
	switch e.Type {
	case "text_delta":
		return reprise.TextDelta{Part: part, Text: e.Text}, nil
	case "reasoning_delta":
		return reprise.ReasoningDelta{Part: part, Text: e.Text}, nil
	case "args_delta":
		return reprise.ArgsDelta{Part: part, ID: e.ID, Name: e.Name, Args: e.Args}, nil
	case "part_done":
		var parts reprise.Parts
		if err := json.Unmarshal(fmt.Appendf(nil, "[%s]", e.Part), &parts); err != nil {
			return nil, m.fail(reprise.KindBadResponse, err, false)
		}
		return reprise.PartDone{Index: e.Index, Part: parts[0]}, nil
	case "finish":
		var f reprise.Finish
		err := json.Unmarshal(line, &f)
		f.Provider = "toy"
		return f, err
	case "error":
		return nil, m.fail(reprise.Kind(e.Kind), errors.New(e.Message), m.quotesKeyInStream)
	}
	return nil, m.fail(reprise.KindBadResponse, fmt.Errorf("a line of the type %q: %s", e.Type, line), m.quotesKeyInStream)
}
