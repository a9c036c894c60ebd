package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// TestProgress: what a tool reports is shown while it runs, on one line, which
// is gone when it ends.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		p := &printer{out: io.Discard, notes: io.Discard, wait: &spinner{w: &screen}}
		c := reprise.ToolCall{ID: "1", Name: "index"}
		shown := func(ev agent.Event, wait time.Duration) string {
			p.event(ev)
			time.Sleep(wait)
			synctest.Wait()
			lines := strings.Split(screen.String(), clearLine)
			return strings.TrimLeft(lines[len(lines)-1], string(frames)+" ")
		}
		got := []string{shown(agent.ToolStart{Call: c}, 1050*time.Millisecond)}
		for _, progress := range []reprise.Progress{{Text: "look\ning"}, {Done: 1, Total: 3}, {Text: "reading", Done: 2, Total: 3}, {Done: 2.5}, {}} {
			got = append(got, shown(agent.ToolProgress{Call: c, Progress: progress}, 100*time.Millisecond))
		}
		got = append(got, shown(agent.ToolDone{Call: c}, 0))
		want := []string{"running index 1s", "running index: look ing 1s", "running index 33% 1s", "running index 67%: reading 1s", "running index 2.5 1s", "running index 1s", ""}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}
