package mcp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/mcp"
)

// holds checks what an error says.
func holds(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q:\n%v", text, err)
		}
	}
}

func TestWrongConfiguration(t *testing.T) {
	tests := []struct {
		server mcp.Server
		want   string
	}{
		{mcp.Server{}, "needs one of Command, URL and Transport; 0 are set"},
		{mcp.Server{Command: []string{"a"}, URL: "http://a"}, "; 2 are set"},
		{mcp.Server{Command: []string{}}, "Command names no program"},
		{mcp.Server{URL: "ftp://u:secret@host/x?key=secret"}, "ftp://host/x is no http or https URL"},
		{mcp.Server{URL: "http://a", Name: "a.b"}, `Name is "a.b"`},
		{mcp.Server{Command: []string{"a"}, Grace: -1}, "Grace is -1ns"},
	}
	for i := range tests {
		_, err := tests[i].server.Tools(t.Context())
		holds(t, err, tests[i].want)
		if reprise.KindOf(err) != reprise.KindInvalid {
			t.Errorf("%v: kind %q", err, reprise.KindOf(err))
		}
	}
}

func TestProgramFails(t *testing.T) {
	t.Run("no program", func(t *testing.T) {
		s := &mcp.Server{Command: []string{"/no/such/program", "--now"}}
		holds(t, s.Connect(t.Context()), `MCP server "/no/such/program --now": it does not start`, "no such file")
	})
	t.Run("ends at once", func(t *testing.T) {
		err := overStdio(t, "broken").Connect(t.Context())
		holds(t, err, "the program has ended: exit status 3; it said:\n…\n", "no such database")
		if len(err.Error()) > 5000 {
			t.Errorf("the error has %d bytes", len(err.Error()))
		}
	})
	t.Run("answers nothing", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := overStdio(t, "deaf").Connect(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
	})
	t.Run("does not heed the end", func(t *testing.T) {
		s := overStdio(t, "stubborn")
		file := filepath.Join(t.TempDir(), "pid")
		s.Env = append(s.Env, "REPRISE_TEST_PID="+file)
		if err := s.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if p, err := os.FindProcess(pid); err == nil && p.Signal(os.Interrupt) == nil {
			t.Error("the program still runs")
		}
	})
}

// stuck is a way to a server that does not answer.
type stuck struct{ begun chan struct{} }

func (t stuck) Connect(ctx context.Context) (sdk.Connection, error) {
	close(t.begun)
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestConnectHangs: those who come while another connects to a server that
// does not answer need not wait for that.
func TestConnectHangs(t *testing.T) {
	way := stuck{make(chan struct{})}
	s := &mcp.Server{Transport: way}
	connected := make(chan error, 1)
	go func() { connected <- s.Connect(context.Background()) }()
	<-way.begun
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Tools(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Tools: got %v, want context.DeadlineExceeded", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-connected; !errors.Is(err, mcp.ErrClosed) {
		t.Errorf("Connect: got %v, want ErrClosed", err)
	}
}

// TestHollow has a program that leaves out what it must say.
func TestHollow(t *testing.T) {
	s := overStdio(t, "hollow")
	empty := tools(t, s)["empty"]
	if schema := empty.Spec().Schema; schema != nil {
		t.Errorf("the schema is %s", schema)
	}
	_, err := call(t.Context(), empty, `{}`)
	holds(t, err, `calling "tools/call": EOF`)
	s = overStdio(t, "hollow")
	s.Env = append(s.Env, "REPRISE_TEST_ENDLESS=1")
	_, err = s.Tools(t.Context())
	holds(t, err, "it lists more than 10000 tools")
}

// TestChatter has a program that writes what is no message to its output.
func TestChatter(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	holds(t, overStdio(t, "chatter").Connect(ctx), "MCP server", "invalid character 'L'")
}

func TestProgramDies(t *testing.T) {
	s := overStdio(t, "tools")
	have := tools(t, s)
	_, err := call(t.Context(), have["die"], "")
	holds(t, err, "MCP server", "the program has ended: exit status 7; it said:\nready\nout of memory")
	_, err = call(t.Context(), have["add"], `{"a":1,"b":1}`)
	holds(t, err, "the program has ended: exit status 7")
	got, err := call(t.Context(), tools(t, s)["add"], `{"a":1,"b":1}`) // Tools starts it again
	if err != nil || got.Parts.Text() != "2" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestURLFails(t *testing.T) {
	t.Run("nobody there", func(t *testing.T) {
		s := &mcp.Server{URL: "http://secret1:x@127.0.0.1:1/mcp?key=secret2"}
		err := s.Connect(t.Context())
		holds(t, err, "MCP server http://127.0.0.1:1/mcp: ", "connection refused")
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells a secret: %v", err)
		}
	})
	t.Run("another server", func(t *testing.T) {
		h := httptest.NewServer(http.NotFoundHandler())
		defer h.Close()
		holds(t, (&mcp.Server{URL: h.URL}).Connect(t.Context()), "MCP server "+h.URL, "Not Found")
	})
}
