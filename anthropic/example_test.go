package anthropic_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
)

// A server in place of the API, so that the example runs anywhere.
func exampleServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","model":"claude-sonnet-4-5","usage":{"input_tokens":16,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Olá"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"!"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}

event: message_stop
data: {"type":"message_stop"}

`)
	}))
}

func Example() {
	server := exampleServer()
	defer server.Close()

	m := anthropic.New("claude-sonnet-4-5", "a key")
	m.BaseURL = server.URL // for the real API, leave it empty

	req := &reprise.Request{
		System:   reprise.Parts{reprise.Text{Text: "You are a helpful assistant"}},
		Messages: reprise.Ask("Say hi in Portuguese"),
	}
	for ev, err := range m.Stream(context.Background(), req) {
		if err != nil {
			fmt.Println(err)
			return
		}
		switch ev := ev.(type) {
		case reprise.TextDelta:
			fmt.Print(ev.Text)
		case reprise.Finish:
			fmt.Printf("\n%s after %d tokens\n", ev.Reason, ev.Usage.Total())
		}
	}
	// Output:
	// Olá!
	// stop after 23 tokens
}

func ExampleWebSearch() {
	req := &reprise.Request{
		Messages: reprise.Ask("What is the population of Tokyo? Cite your source."),
		Tools:    []reprise.ToolSpec{anthropic.WebSearch(anthropic.WebSearchConfig{MaxUses: 3})},
	}
	fmt.Println(string(req.Tools[0].Config))
	// Output: {"max_uses":3,"name":"web_search","type":"web_search_20250305"}
}
