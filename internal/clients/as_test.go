package clients

import (
	"slices"
	"testing"

	"github.com/repriselabs/reprise/server"
)

// as has every client ask for what was recorded of another API, or in another
// form, and get the same text, calls and usage.
func (tt *clientTest) as(t *testing.T) {
	tt.each(t, func(t *testing.T, c client) {
		for _, rec := range tt.recordings {
			if !slices.Contains(translated, rec.name) || rec.api == c.api && rec.stream == c.stream() || !c.reads(rec) {
				continue
			}
			t.Run(rec.name, func(t *testing.T) {
				matches := tt.ask(t, c, rec, &server.Handler{As: []string{c.api}})
				if want := slices.Repeat([]string{string(server.Conversation)}, len(rec.turns)); !slices.Equal(want, matches) {
					t.Errorf("matched by %q, want %q", matches, want)
				}
			})
		}
	})
}

// translated are the recordings that every client has to understand.
var translated = []string{
	"demo",
	"openai-chat/gpt-4o/tool",
	"openai-responses/gpt-5/multi_tool_streaming",
	"openai-responses/gpt-4o/tool",
	"anthropic/claude-sonnet-4/tool_streaming",
	"anthropic/claude-sonnet-4/multi_tool",
	"gemini/gemini-2.5-flash/multi_tool_streaming",
	"gemini/gemini-3-pro-preview/tool",
}
