// Official does jobs with the Go SDKs of OpenAI, Anthropic and Google.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/repriselabs/reprise/internal/clients"
)

func main() {
	if err := clients.Run(do); err != nil {
		log.Fatal(err)
	}
}

// maxTurns ends a conversation that does not.
const maxTurns = 5

// converse has a conversation of which next is a turn: it returns the answer,
// and remembers it together with what the tools say to it.
func converse(next func() (clients.Turn, error)) ([]clients.Turn, error) {
	var turns []clients.Turn
	for range maxTurns {
		turn, err := next()
		if err != nil {
			return turns, err
		}
		turns = append(turns, turn)
		if len(turn.Calls) == 0 {
			return turns, nil
		}
	}
	return turns, fmt.Errorf("there is no end after %d turns", maxTurns)
}

func do(ctx context.Context, job clients.Job) ([]clients.Turn, error) {
	switch job.Client {
	case "chat":
		return converse(chat(ctx, job, wholeChat))
	case "chat stream":
		return converse(chat(ctx, job, streamedChat))
	case "responses":
		return converse(respond(ctx, job, wholeResponse))
	case "responses stream":
		return converse(respond(ctx, job, streamedResponse))
	case "anthropic":
		return converse(messages(ctx, job, wholeMessage))
	case "anthropic stream":
		return converse(messages(ctx, job, streamedMessage))
	case "google":
		return gemini(ctx, job, false)
	case "google stream":
		return gemini(ctx, job, true)
	}
	return nil, fmt.Errorf("there is no client %q", job.Client)
}

// schemaOf is a tool's schema as a map.
func schemaOf(t clients.Tool) (map[string]any, error) {
	var schema map[string]any
	return schema, json.Unmarshal(t.Schema, &schema)
}

// callOf is a call with its arguments as a value.
func callOf(name, args string) (clients.Call, error) {
	c := clients.Call{Name: name}
	return c, json.Unmarshal([]byte(args), &c.Args)
}
