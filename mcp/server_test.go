package mcp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/mcp"
)

// TestMain is also the program of a server.
func TestMain(m *testing.M) {
	switch os.Getenv("REPRISE_TEST_SERVER") {
	case "":
		os.Exit(m.Run())
	case "chatter":
		fmt.Println("Listening ...")
		fallthrough
	case "tools":
		fmt.Fprintln(os.Stderr, "ready")
		if err := newServer(nil).Run(context.Background(), &sdk.StdioTransport{}); err != nil {
			os.Exit(4)
		}
	case "broken":
		fmt.Fprint(os.Stderr, strings.Repeat("a line of noise\n", 1000), "no such database\n")
		os.Exit(3)
	case "hollow":
		hollow()
	case "deaf":
		select {} // answers nothing
	case "stubborn":
		os.WriteFile(os.Getenv("REPRISE_TEST_PID"), fmt.Append(nil, os.Getpid()), 0o600)
		newServer(nil).Run(context.Background(), &sdk.StdioTransport{}) // and stays
		select {}
	}
}

// hollow is a server whose list has no end, and a tool without a schema whose
// answers have no result.
func hollow() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
			Params struct {
				Version string `json:"protocolVersion"`
			} `json:"params"`
		}
		if in.Decode(&m) != nil {
			return
		}
		answer := map[string]any{"jsonrpc": "2.0", "id": m.ID}
		switch m.Method {
		case "initialize":
			answer["result"] = map[string]any{"protocolVersion": m.Params.Version, "capabilities": map[string]any{"tools": nothing{}}, "serverInfo": map[string]any{"name": "hollow", "version": "1"}}
		case "tools/list":
			page := []any{map[string]any{"name": "empty"}}
			answer["result"] = map[string]any{"tools": page}
			if os.Getenv("REPRISE_TEST_ENDLESS") != "" {
				answer["result"] = map[string]any{"tools": slices.Repeat(page, 1000), "nextCursor": "again"}
			}
		case "tools/call":
		default:
			answer["error"] = map[string]any{"code": -32601, "message": "no such method"}
		}
		if m.ID != nil {
			out.Encode(answer)
		}
	}
}

// png is a picture of one pixel.
var png, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

type sum struct {
	A int `json:"a" jsonschema:"the first number"`
	B int `json:"b"`
}

type nothing struct{}

// newServer is a server with a tool for each thing that a tool can do. It
// tells on cancelled when a call of slow got the cancel.
func newServer(cancelled chan<- struct{}) *sdk.Server {
	s := sdk.NewServer(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	yes := true
	sdk.AddTool(s, &sdk.Tool{Name: "add", Description: "Add two numbers", Annotations: &sdk.ToolAnnotations{ReadOnlyHint: true}},
		func(_ context.Context, _ *sdk.CallToolRequest, in sum) (*sdk.CallToolResult, any, error) {
			return said(fmt.Sprint(in.A + in.B)), nil, nil
		})
	sdk.AddTool(s, &sdk.Tool{Name: "both", Title: "Numbers and text", Annotations: &sdk.ToolAnnotations{IdempotentHint: true}},
		func(_ context.Context, _ *sdk.CallToolRequest, in sum) (*sdk.CallToolResult, sum, error) {
			return nil, in, nil
		})
	sdk.AddTool(s, &sdk.Tool{Name: "prose", Annotations: &sdk.ToolAnnotations{DestructiveHint: &yes}},
		func(_ context.Context, _ *sdk.CallToolRequest, in sum) (*sdk.CallToolResult, sum, error) {
			return said("see below"), in, nil
		})
	sdk.AddTool(s, &sdk.Tool{Name: "wrong"}, func(context.Context, *sdk.CallToolRequest, nothing) (*sdk.CallToolResult, any, error) {
		return nil, nil, fmt.Errorf("no such account")
	})
	sdk.AddTool(s, &sdk.Tool{Name: "steps"}, steps)
	sdk.AddTool(s, &sdk.Tool{Name: "slow"}, func(ctx context.Context, r *sdk.CallToolRequest, _ nothing) (*sdk.CallToolResult, any, error) {
		r.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{ProgressToken: r.Params.GetProgressToken(), Message: "running"})
		<-ctx.Done()
		if cancelled != nil {
			cancelled <- struct{}{}
		}
		return nil, nil, ctx.Err()
	})
	sdk.AddTool(s, &sdk.Tool{Name: "die"}, func(context.Context, *sdk.CallToolRequest, nothing) (*sdk.CallToolResult, any, error) {
		fmt.Fprintln(os.Stderr, "out of memory")
		os.Exit(7)
		return nil, nil, nil
	})
	sdk.AddTool(s, &sdk.Tool{Name: "grow"}, func(context.Context, *sdk.CallToolRequest, nothing) (*sdk.CallToolResult, any, error) {
		s.AddTool(&sdk.Tool{Name: "fresh", InputSchema: &jsonschema.Schema{Type: "object"}}, plain(said("new")))
		return said("grown"), nil, nil
	})
	s.AddTool(&sdk.Tool{Name: "files.read all!", InputSchema: &jsonschema.Schema{Type: "object"}}, plain(contents()))
	return s
}

func said(text string) *sdk.CallToolResult {
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}}
}

func plain(res *sdk.CallToolResult) sdk.ToolHandler {
	return func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) { return res, nil }
}

func steps(ctx context.Context, r *sdk.CallToolRequest, _ nothing) (*sdk.CallToolResult, any, error) {
	for i := range 3 {
		err := r.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{
			ProgressToken: r.Params.GetProgressToken(), Message: fmt.Sprint("step ", i+1), Progress: float64(i + 1), Total: 3,
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if err := r.Session.Ping(ctx, nil); err != nil { // the client has taken them when it answers
		return nil, nil, err
	}
	return said("done"), nil, nil
}

// contents is a result of every kind.
func contents() *sdk.CallToolResult {
	return &sdk.CallToolResult{Content: []sdk.Content{
		&sdk.TextContent{Text: "all"},
		&sdk.ImageContent{MIMEType: "image/png", Data: png},
		&sdk.AudioContent{MIMEType: "audio/wav", Data: []byte("RIFF")},
		&sdk.ResourceLink{URI: "file:///a.txt", Name: "a.txt", MIMEType: "text/plain", Description: "the first"},
		&sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: "file:///b.txt", MIMEType: "text/plain", Text: "bee"}},
		&sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: "file:///c.png", MIMEType: "image/png", Blob: png}},
		&sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: "file:///d.csv", MIMEType: "text/csv", Blob: []byte("1,2")}},
		&sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: "file:///e.gz", MIMEType: "application/gzip", Blob: []byte{31, 139}}},
		&sdk.ImageContent{Data: png},
		&sdk.AudioContent{MIMEType: "audio/wav"},
	}}
}

// overStdio is the server as a program.
func overStdio(t *testing.T, kind string) *mcp.Server {
	s := &mcp.Server{
		Command: []string{os.Args[0]},
		Env:     append(os.Environ(), "REPRISE_TEST_SERVER="+kind),
		Grace:   300 * time.Millisecond,
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// overHTTP is the server at a URL.
func overHTTP(t *testing.T, server *sdk.Server) *mcp.Server {
	h := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, nil))
	s := &mcp.Server{URL: h.URL, Client: h.Client()}
	t.Cleanup(func() { s.Close(); h.Close() })
	return s
}

// inProcess is the server over a pipe.
func inProcess(t *testing.T, server *sdk.Server) *mcp.Server {
	here, there := sdk.NewInMemoryTransports()
	session, err := server.Connect(t.Context(), there, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &mcp.Server{Transport: here}
	t.Cleanup(func() { s.Close(); session.Wait() })
	return s
}

// everyWay runs a test over each transport.
func everyWay(t *testing.T, test func(*testing.T, *mcp.Server)) {
	t.Run("stdio", func(t *testing.T) { test(t, overStdio(t, "tools")) })
	t.Run("http", func(t *testing.T) { test(t, overHTTP(t, newServer(nil))) })
	t.Run("memory", func(t *testing.T) { test(t, inProcess(t, newServer(nil))) })
}

// tools is the list by name.
func tools(t *testing.T, s *mcp.Server) map[string]reprise.Tool {
	t.Helper()
	list, err := s.Tools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]reprise.Tool{}
	for _, tool := range list {
		byName[tool.Spec().Name] = tool
	}
	if len(byName) != len(list) {
		t.Errorf("%d tools have %d names", len(list), len(byName))
	}
	return byName
}

func call(ctx context.Context, tool reprise.Tool, args string) (reprise.ToolResult, error) {
	return tool.Call(ctx, reprise.ToolCall{ID: "1", Name: tool.Spec().Name, Args: args})
}
