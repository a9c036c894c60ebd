package openaichat

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/kept"
)

// BenchmarkEncode writes the request after 50 turns: with short results, and
// with results of 2 KiB of code, alone and in a run that keeps them.
func BenchmarkEncode(b *testing.B) {
	code := strings.Repeat("\tif err := encode(out, value); err != nil {\n\t\treturn fmt.Errorf(\"line %d: %w\", n, err)\n\t}\n", 22)
	alone := context.Background()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		result string
	}{
		{"short", alone, "5"},
		{"long", alone, code},
		{"long, kept", kept.With(alone, new(kept.Strings)), code},
	} {
		req := &reprise.Request{Messages: reprise.Ask("Add and multiply the number 2 and 3")}
		for i := range 50 {
			id := fmt.Sprintf("call_%d", i)
			req.Messages = append(req.Messages,
				reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{
					reprise.Reasoning{Text: "The model said that it would be \"fine\", and so it was."},
					reprise.ToolCall{ID: id, Name: "add", Args: fmt.Sprintf(`{"a":%d,"b":3}`, i)},
				}},
				reprise.Message{Role: reprise.RoleTool, Parts: reprise.Parts{
					reprise.ToolResult{ID: id, Name: "add", Parts: reprise.Parts{reprise.Text{Text: c.result + id}}},
				}})
		}
		m := XAI("grok-code-fast-1", "")
		b.Run(c.name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				body, _, err := encode(c.ctx, m, req)
				if err != nil {
					b.Fatal(err)
				}
				size = len(body)
			}
			b.SetBytes(int64(size))
		})
	}
}
