package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// session is a connection to the server, from its begin to its end.
type session struct {
	*sdk.ClientSession
	program *program // nil: the server is no program that we started

	ctx    context.Context // done when the session is to end
	cancel context.CancelFunc
	calls  sync.WaitGroup
	mu     sync.Mutex // between a call that begins and close
	ended  chan struct{}
	err    error // why it ended; set before ended is closed
}

// open begins a session.
func (s *Server) open(ctx context.Context) (*session, error) {
	live := &session{ended: make(chan struct{})}
	via := &remembered{Transport: s.transport(live)}
	opts := s.Options
	if opts.Capabilities == nil {
		opts.Capabilities = &sdk.ClientCapabilities{} // the SDK would promise roots
	}
	told := opts.ProgressNotificationHandler
	opts.ProgressNotificationHandler = func(ctx context.Context, r *sdk.ProgressNotificationClientRequest) {
		s.progress.hear(r.Params)
		if told != nil {
			told(ctx, r)
		}
	}
	// The version is fixed, that what is recorded matches.
	client := sdk.NewClient(&sdk.Implementation{Name: "reprise", Version: "1"}, &opts)
	cs, err := client.Connect(ctx, via, nil)
	if err != nil {
		if via.conn != nil { // the SDK does not close it on every path
			via.conn.Close()
		}
		return nil, s.fault(live.program.explain(err))
	}
	live.ClientSession = cs
	live.ctx, live.cancel = context.WithCancel(context.Background())
	go live.watch()
	return live, nil
}

// transport is the way to the server.
func (s *Server) transport(live *session) sdk.Transport {
	switch {
	case s.Transport != nil:
		return s.Transport
	case s.URL != "":
		return &sdk.StreamableClientTransport{
			Endpoint:             s.URL,
			HTTPClient:           s.client(),
			OAuthHandler:         s.OAuth,
			DisableStandaloneSSE: !s.listens(),
		}
	}
	live.program = s.program()
	return live.program
}

// client is the caller's, with ids that do not depend on the order of calls.
func (s *Server) client() *http.Client {
	c := *http.DefaultClient
	if s.Client != nil {
		c = *s.Client
	}
	c.Transport = &renumber{base: c.Transport, tickets: &s.tickets}
	return &c
}

// listens reports whether anything hears what a server says unasked.
func (s *Server) listens() bool {
	o := &s.Options
	return o.ElicitationHandler != nil || o.ElicitationCompleteHandler != nil || o.ToolListChangedHandler != nil ||
		o.PromptListChangedHandler != nil || o.ResourceListChangedHandler != nil || o.ResourceUpdatedHandler != nil
}

// remembered keeps the connection of a transport.
type remembered struct {
	sdk.Transport
	conn sdk.Connection
}

// Connect is that of the transport.
func (t *remembered) Connect(ctx context.Context) (sdk.Connection, error) {
	conn, err := t.Transport.Connect(ctx)
	t.conn = conn
	return conn, err
}

// watch waits for the end of the session.
func (l *session) watch() {
	err := l.Wait()
	if closing := l.ClientSession.Close(); err == nil {
		err = closing
	}
	if l.ctx.Err() == nil { // else we wanted it
		if err == nil {
			err = io.EOF
		}
		l.err = l.program.explain(err)
	}
	close(l.ended) // before the cancel: a call that gets that finds the reason
	l.cancel()
}

func (l *session) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// begin returns a context for a call, which must be ended.
func (l *session) begin(ctx context.Context) (context.Context, func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		if l.over() && l.err != nil {
			return nil, nil, l.err
		}
		return nil, nil, ErrClosed
	}
	l.calls.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.ctx, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil); l.calls.Done() }, nil
}

// endDelay is how long the end of a session may take to be noticed when a call
// has.
const endDelay = 2 * outputDelay

// reason is why a call or a request of the session failed. ctx is that of
// begin.
func (l *session) reason(ctx context.Context, err error) error {
	if errors.Is(err, sdk.ErrConnectionClosed) || l.program != nil && errors.Is(err, io.EOF) {
		select {
		case <-l.ended:
		case <-ctx.Done():
		case <-time.After(endDelay): // an answer without a result is an EOF, too
		}
	}
	switch {
	case l.over() && l.err != nil:
		return l.err
	case context.Cause(ctx) == ErrClosed:
		return ErrClosed
	}
	return err
}

// close ends the session and waits for what it started.
func (l *session) close() error {
	l.mu.Lock()
	l.cancel()
	l.mu.Unlock()
	l.calls.Wait()
	err := l.ClientSession.Close()
	<-l.ended
	if l.err != nil || l.program != nil {
		return nil // how a program ends that is told to is its own affair
	}
	if err != nil {
		return fmt.Errorf("the end of the session: %w", err)
	}
	return nil
}
