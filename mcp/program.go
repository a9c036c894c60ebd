package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// program is a server that runs as a process of its own.
type program struct {
	sdk.CommandTransport
	said tail
}

const (
	defaultGrace = 5 * time.Second
	// A process that the program left behind may hold its output open.
	outputDelay = time.Second
)

func (s *Server) program() *program {
	p := new(program)
	cmd := exec.Command(s.Command[0], s.Command[1:]...)
	cmd.Dir, cmd.Env, cmd.Stderr, cmd.WaitDelay = s.Dir, s.Env, &p.said, outputDelay
	p.CommandTransport = sdk.CommandTransport{Command: cmd, TerminateDuration: cmp.Or(s.Grace, defaultGrace)}
	return p
}

// Connect starts the program.
func (p *program) Connect(ctx context.Context) (sdk.Connection, error) {
	conn, err := p.CommandTransport.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("it does not start: %w", err)
	}
	return conn, nil
}

// explain adds how the program ended and what it said last.
func (p *program) explain(err error) error {
	if p == nil || p.Command.Process == nil {
		return err
	}
	if state := p.Command.ProcessState; state != nil {
		err = &endedError{state, err}
	}
	if said := p.said.String(); said != "" {
		err = fmt.Errorf("%w; it said:\n%s", err, said)
	}
	return err
}

// endedError is that of a program that has ended before it was told to.
type endedError struct {
	how *os.ProcessState
	err error
}

func (e *endedError) Error() string {
	lost := errors.Is(e.err, io.EOF) || errors.Is(e.err, sdk.ErrConnectionClosed)
	switch {
	case e.how.Success():
		return e.err.Error() + "; the program has ended"
	case lost && e.how.Exited(): // a signal may be ours
		return "the program has ended: " + e.how.String()
	}
	return e.err.Error() + "; the program has ended: " + e.how.String()
}

func (e *endedError) Unwrap() error { return e.err }

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
	cut bool
}

const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	if len(b) > tailSize {
		b, t.buf, t.cut = b[len(b)-tailSize:], nil, true
	}
	if over := len(t.buf) + len(b) - tailSize; over > 0 {
		t.buf, t.cut = append(t.buf[:0], t.buf[over:]...), true
	}
	t.buf = append(t.buf, b...)
	return n, nil
}

// String is the text; of one that was cut, from the first whole line on.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := strings.ToValidUTF8(string(t.buf), "�")
	if t.cut {
		if _, rest, ok := strings.Cut(s, "\n"); ok {
			s = rest
		}
		s = "…\n" + s
	}
	return strings.TrimSpace(s)
}
