package modeltest

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise"
)

// secret is the key of the model under test. It must not get into errors.
const secret = "sk-modeltest-5ec4e7"

// suite is the world of one check: a model, and a server that it asks.
type suite struct {
	*testing.T
	Provider
	model  reprise.Model
	client *http.Client
	wires  *wires
	server *httptest.Server
	guard  *time.Timer

	mu       sync.Mutex
	handle   func(*exchange)
	requests []*exchange
}

// patience is how long, in the check's own time, a check may wait for the
// model. Time passes only when nothing else happens.
const patience = time.Hour

func start(t *testing.T, p Provider) *suite {
	s := &suite{T: t, Provider: p, wires: &wires{conns: make(chan net.Conn), closed: make(chan struct{})}}
	s.server = &httptest.Server{Listener: s.wires, Config: &http.Server{
		Handler: http.HandlerFunc(s.serve), ErrorLog: log.New(t.Output(), "", 0),
	}}
	s.server.Start()
	s.client = &http.Client{Transport: &http.Transport{DialContext: s.wires.dial, DialTLSContext: s.wires.dial}}
	s.model = p.Model(Endpoint{BaseURL: s.server.URL, Key: secret, Client: s.client})
	s.guard = time.AfterFunc(patience, func() {
		s.Errorf("the model, or the server because of it, waits for what will not come:\n%s", strings.Join(othersInBubble(), "\n\n"))
		s.server.CloseClientConnections()
		s.wires.Close()
	})
	return s
}

// stop ends the check, and fails it if the model left goroutines behind.
func (s *suite) stop() {
	s.client.CloseIdleConnections()
	s.server.Close()
	s.guard.Stop()
	synctest.Wait()
	if left := othersInBubble(); len(left) > 0 {
		s.Errorf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
	}
}

var bubble = regexp.MustCompile(`^goroutine \d+ .*(synctest bubble \d+)`)

// othersInBubble are the stacks of the goroutines in this bubble that are not
// those of the test.
func othersInBubble() []string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	own := bubble.FindStringSubmatch(stacks[0])
	var others []string
	for _, stack := range stacks[1:] {
		its := bubble.FindStringSubmatch(stack)
		if own != nil && its != nil && own[1] == its[1] && !strings.Contains(stack, "\ntesting/synctest.") {
			others = append(others, stack)
		}
	}
	return others
}

// answers makes the server answer one request after the other.
func (s *suite) answers(all ...*reprise.Response) {
	s.onRequest(func(x *exchange) {
		n := len(s.arrived())
		if n > len(all) {
			s.Errorf("request %d arrived, and %d were expected", n, len(all))
			http.Error(x.w, "no more", http.StatusTeapot)
			return
		}
		x.answer(all[n-1])
	})
}

// generate asks the model, and fails the check if its stream goes on after
// its end.
func (s *suite) generate(ctx context.Context, req *reprise.Request) (resp *reprise.Response, end error) {
	s.Helper()
	var acc reprise.Accumulator
	for ev, err := range s.model.Stream(ctx, req) {
		switch {
		case end != nil || acc.Finished():
			s.Errorf("after its end the stream yields %T, %v", ev, err)
		case err != nil:
			end = err
		default:
			acc.Add(ev)
		}
	}
	if end == nil && !acc.Finished() {
		s.Error("the stream ends without a Finish and without an error")
	}
	return acc.Response(), end
}

// ask asks the model, and fails the check if it does not answer.
func (s *suite) ask(req *reprise.Request) *reprise.Response {
	s.Helper()
	resp, err := s.generate(s.Context(), req)
	if err != nil {
		s.Fatalf("the model gives an error: %v", err)
	}
	return resp
}

// said is an answer of the parts.
func (s *suite) said(parts ...reprise.Part) *reprise.Response {
	r := &reprise.Response{
		ID: "answer-1", Model: "model-1", Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 10, Output: 5},
		Message: reprise.Message{Role: reprise.RoleAssistant, Parts: parts},
	}
	if len(r.Calls()) > 0 {
		r.Reason = reprise.ReasonToolCalls
	}
	return r
}

// reasoned is an answer that reasons, if the API can, and then makes the call.
func (s *suite) reasoned(n int, call reprise.ToolCall) reprise.Parts {
	switch {
	case s.Lacks.Reasoning != "":
		return reprise.Parts{call}
	case s.Reasoning != nil:
		return s.Reasoning(n, call)
	}
	return reprise.Parts{reprise.Reasoning{Text: fmt.Sprintf("This is thought number %d.", n)}, call}
}

// medley is an answer of all that can be in one.
func (s *suite) medley() *reprise.Response {
	parts := s.reasoned(1, reprise.ToolCall{ID: "call00001", Name: "add", Args: `{"a":2,"b":3}`})
	for i, p := range parts {
		if _, ok := p.(reprise.ToolCall); ok {
			parts = slices.Insert(parts, i, reprise.Part(text(awkward)))
			break
		}
	}
	return s.said(append(parts, reprise.ToolCall{ID: "call00002", Name: "now"})...)
}
