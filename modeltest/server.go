package modeltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
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
		Handler: http.HandlerFunc(s.serve), ErrorLog: log.New(io.Discard, "", 0),
	}}
	s.server.Start()
	s.client = &http.Client{Transport: &http.Transport{DialContext: s.wires.dial, DialTLSContext: s.wires.dial}}
	s.model = p.Model(Endpoint{BaseURL: s.server.URL, Key: secret, Client: s.client})
	s.guard = time.AfterFunc(patience, func() {
		s.Error("the model, or the server because of it, waits for what will not come")
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

// wires are a network in memory, on which every address is the server's.
type wires struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	mu     sync.Mutex
	dials  int
}

func (w *wires) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	w.mu.Lock()
	w.dials++
	w.mu.Unlock()
	client, server := net.Pipe()
	select {
	case w.conns <- server:
		return client, nil
	case <-w.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: errors.New("connection refused")}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *wires) dialled() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials
}

func (w *wires) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wires) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wires) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "model.test" }

// exchange is a request that arrived, and its answer.
type exchange struct {
	s    *suite
	w    http.ResponseWriter
	r    *http.Request
	body []byte
	req  *reprise.Request
}

// onRequest says what the server does with requests from now on.
func (s *suite) onRequest(handle func(*exchange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handle = handle
}

// serve is the server. It runs for several requests at once.
func (s *suite) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	x := &exchange{s: s, w: w, r: r, body: body}
	if x.req, err = s.ReadRequest(r, body); err != nil {
		s.Errorf("ReadRequest: %v, of %s", err, body)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, x)
	handle := s.handle
	s.mu.Unlock()
	if handle == nil {
		s.Error("the server was asked, and should not have been")
		http.Error(w, "no", http.StatusTeapot)
		return
	}
	handle(x)
}

// arrived are the requests so far.
func (s *suite) arrived() []*exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// last is the request that arrived last. It ends the check if there is none.
func (s *suite) last() *reprise.Request {
	s.Helper()
	all := s.arrived()
	if len(all) == 0 {
		s.Fatal("no request arrived")
	}
	return all[len(all)-1].req
}

// write answers with events. It returns their error.
func (x *exchange) write(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) error {
	warnings, err := x.s.WriteResponse(w, events, known, stream)
	if len(warnings) > 0 {
		x.s.Errorf("WriteResponse cannot write this answer: %v", warnings)
	}
	return err
}

// answer answers with a stream.
func (x *exchange) answer(r *reprise.Response) {
	if err := x.write(x.w, Events(r), r, true); err != nil && !errors.Is(err, io.ErrClosedPipe) { // the client may have heard enough
		x.s.Errorf("WriteResponse: %v", err)
	}
}

func (x *exchange) refuse(err *reprise.Error) {
	if e := x.s.WriteError(x.w, err); e != nil {
		x.s.Errorf("WriteError: %v", e)
	}
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

func (s *suite) reasoning(n int) reprise.Reasoning {
	if s.Reasoning != nil {
		return s.Reasoning(n)
	}
	return reprise.Reasoning{Text: fmt.Sprintf("This is thought number %d.", n)}
}
