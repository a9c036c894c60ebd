package mcp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise"
)

// A Server is an MCP server. One of Command, URL and Transport says where it
// is. Its fields are set before its first use and not changed after; its
// methods and its tools may be used by any number of goroutines.
type Server struct {
	// Name, if set, begins the names of the tools: Name_tool. It tells tools
	// of several servers apart, and the server in errors.
	Name string

	// Command is the program to start and its arguments. It ends at Close.
	Command []string
	Dir     string        // in which Command runs; empty: that of this program
	Env     []string      // of Command, as NAME=value; nil: that of this program
	Grace   time.Duration // for which Close waits for Command to end before it is killed; 0: 5s

	// URL is the server's address, for streamable HTTP.
	URL string
	// Client sends the requests to URL; nil: http.DefaultClient. Its transport
	// is the place for a cassette, and for a key of one's own (one that adds
	// a header, or that of golang.org/x/oauth2, below the cassette).
	Client *http.Client
	// OAuth, if set, gets the tokens for URL and is asked for others when the
	// server refuses. Package auth of the SDK has handlers for what the
	// protocol prescribes: discovery, registration, PKCE, step-up of scopes.
	OAuth auth.OAuthHandler

	// Transport is another way to reach a server, such as one of the SDK in
	// the same program. It can be connected once.
	Transport sdk.Transport

	// Options is what this client does for the server beside calling tools:
	// ask a person (elicitation), ask a model (sampling), hear of changes.
	// With a handler for elicitation or changes, a stream for what a server at
	// URL says of its own accord is kept open. Zero: nothing.
	Options sdk.ClientOptions

	// Journal, if set, keeps the list of tools, so that a run which is
	// repeated does not need the server for it.
	Journal Journal

	once     sync.Once
	turn     chan struct{}   // is held by the one who uses live
	life     context.Context // done when the server was closed
	end      context.CancelFunc
	live     *session
	tickets  tickets
	progress reports
}

// A Journal runs functions and keeps their results: see agent.Journal. A
// *cassette.Cassette is one.
type Journal interface {
	Do(ctx context.Context, name string, input []byte, fn func(context.Context) ([]byte, error)) ([]byte, error)
}

// ErrClosed is the error of a [Server] that is used after Close.
var ErrClosed = errors.New("the server was closed")

// Connect starts or reaches the server, if it is not connected. Whoever does
// not call it gets that by the first Tools or the first call of a tool. A
// server that has ended is started again by Connect and Tools, not by a call.
// ctx bounds the connecting, not the session.
func (s *Server) Connect(ctx context.Context) error {
	_, err := s.connect(ctx, true)
	return err
}

// connect returns the session, which may have ended unless again is set.
func (s *Server) connect(ctx context.Context, again bool) (*session, error) {
	s.once.Do(s.begin)
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, s.fault(ctx.Err())
	}
	defer func() { <-s.turn }()
	switch {
	case s.life.Err() != nil:
		return nil, s.fault(ErrClosed)
	case s.live != nil && (!again || !s.live.over()):
		return s.live, nil
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.live != nil {
		s.live.close() // it has ended, and calls have told why
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	live, err := s.open(ctx)
	switch {
	case err == nil:
		s.live = live
		return live, nil
	case s.life.Err() != nil:
		return nil, s.fault(ErrClosed)
	}
	return nil, err
}

func (s *Server) begin() {
	s.turn = make(chan struct{}, 1)
	s.life, s.end = context.WithCancel(context.Background())
}

// Close ends the connecting, the calls that run, the session and the program,
// and waits for all of them. Its error says that the end of a session could
// not be told to the server. A Server is not used again after that. Close may
// be called more than once.
func (s *Server) Close() error {
	s.once.Do(s.begin)
	s.end()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.live == nil {
		return nil
	}
	return s.live.close()
}

func (s *Server) check() error {
	n := 0
	for _, set := range []bool{s.Command != nil, s.URL != "", s.Transport != nil} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return invalid("mcp.Server needs one of Command, URL and Transport; %d are set", n)
	case s.Command != nil && (len(s.Command) == 0 || s.Command[0] == ""):
		return invalid("mcp.Server.Command names no program")
	case s.Name != safe(s.Name):
		return invalid("mcp.Server.Name is %q; it may hold letters, digits, _ and -, and begins with a letter or _", s.Name)
	case s.Grace < 0:
		return invalid("mcp.Server.Grace is %v", s.Grace)
	case s.URL == "":
		return nil
	}
	if u, err := url.Parse(s.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return invalid("mcp.Server.URL: %s is no http or https URL", s.where())
	}
	return nil
}

// invalid is the error of what the program got wrong.
func invalid(format string, args ...any) error {
	return &reprise.Error{Kind: reprise.KindInvalid, Err: fmt.Errorf(format, args...)}
}

// fault says which server an error is of. What may be secret in the URL is
// not in its text.
func (s *Server) fault(err error) error {
	text := err.Error()
	u, bad := url.Parse(s.URL)
	if bad == nil && u.RawQuery != "" {
		text = strings.ReplaceAll(text, "?"+u.RawQuery, "")
	}
	if bad == nil && u.User != nil {
		text = strings.ReplaceAll(text, u.User.String()+"@", "")
		text = strings.ReplaceAll(text, u.User.Username()+":***@", "") // as net/http has it
	}
	return &serverError{"MCP server " + s.where() + ": " + text, err}
}

// serverError is what went wrong with a server.
type serverError struct {
	text string
	err  error
}

func (e *serverError) Error() string { return e.text }
func (e *serverError) Unwrap() error { return e.err }

// where names the server for people, without what may be secret in a URL.
func (s *Server) where() string {
	switch {
	case len(s.Command) > 0:
		words := strings.Join(s.Command, " ")
		if r := []rune(words); len(r) > 120 {
			words = string(r[:120]) + "…"
		}
		return fmt.Sprintf("%q", words)
	case s.URL != "":
		u, err := url.Parse(s.URL)
		if err != nil {
			return "(URL)"
		}
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		return u.String()
	case s.Name != "":
		return s.Name
	}
	return "in this program"
}
