package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// toolServer is an MCP server with a tool that counts its calls.
func toolServer() http.Handler {
	type in struct {
		Word string `json:"word"`
	}
	var calls atomic.Int32
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "count"}, func(_ context.Context, _ *mcp.CallToolRequest, in in) (*mcp.CallToolResult, any, error) {
		text := fmt.Sprintf("%s, call %d", in.Word, calls.Add(1))
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
	})
	return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, nil)
}

const useTool = `data: {"id":"1","model":"small","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"count","arguments":"{\"word\":\"hi\"}"}}]}}]}

data: {"id":"1","model":"small","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17}}

data: [DONE]

`

// startServer starts a Chat Completions server that answers by what the
// prompt asks for, and returns its address.
func startServer(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/", answer)
	mux.Handle("/v1/mcp", toolServer())
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}

const hello = `data: {"id":"1","model":"small","choices":[{"index":0,"delta":{"role":"assistant","content":"Olá"}}]}

data: {"id":"1","model":"small","choices":[{"index":0,"delta":{"content":", mundo!"}}]}

data: {"id":"1","model":"small","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17}}

data: [DONE]

`

func answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	asked := func(what string) bool { return strings.Contains(string(body), what) }
	fail := func(status int, body string) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
	switch {
	case asked("use the tool") && !asked(`"role":"tool"`):
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, useTool)
	case asked("give 401"):
		fail(401, `{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}`)
	case asked("give 429"):
		w.Header().Set("Retry-After", "7")
		fail(429, `{"error":{"message":"Rate limit reached","type":"rate_limit_exceeded"}}`)
	case asked("give 500"):
		fail(500, "upstream fell over")
	case asked("give HTML"):
		w.Header().Set("Content-Type", "text/html")
		fail(200, "<html><head><title>Welcome</title></head></html>")
	case asked("give half"):
		w.Header().Set("Content-Length", fmt.Sprint(len(hello)))
		io.WriteString(w, hello[:150])
	default:
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, hello)
	}
}
