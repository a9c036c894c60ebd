package mcp_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/mcp"
	"github.com/repriselabs/reprise/openaichat"
)

// An agent with the tools of a program that reads and writes files. It is
// recorded: run again, it needs neither the model nor the program.
func Example() {
	ctx := context.Background()
	tape := &cassette.Cassette{File: "files.yaml", Mode: cassette.Append}
	defer tape.Close()
	files := &mcp.Server{Command: []string{"npx", "-y", "@modelcontextprotocol/server-filesystem", "."}, Journal: tape}
	defer files.Close()
	tools, err := files.Tools(ctx)
	if err != nil {
		log.Fatal(err)
	}
	model := openaichat.XAI("grok-code-fast-1", os.Getenv("XAI_API_KEY"))
	model.Client = tape.Client()
	a := &agent.Agent{Model: model, Tools: tools, Journal: tape}
	res, err := a.Generate(ctx, reprise.Ask("What is in README.md?"))
	fmt.Println(res.Text(), err)
}

// A server whose list of tools changes: each turn offers what it has then.
func ExampleServer_Tools() {
	server := &mcp.Server{Name: "docs", URL: "https://example.com/mcp"}
	defer server.Close()
	a := &agent.Agent{
		Prepare: func(ctx context.Context, turn *agent.Turn) (err error) {
			turn.Tools, err = server.Tools(ctx)
			return err
		},
	}
	_ = a // its Model is set and it is run
}
