package cassette

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestPartIsLinear gives a part, and what reads it again, streams on which
// looking at all of what came before for each event takes minutes.
func TestPartIsLinear(t *testing.T) {
	event := func(text string) string { return fmt.Sprintf("data: {\"delta\":%q}\n\n", text) }
	pattern := Redact{Patterns: []*regexp.Regexp{regexp.MustCompile(`/home/\w+`)}}
	start := time.Now()
	for _, tt := range []struct {
		name         string
		redact       *Redact
		first, piece string
		times        int
	}{
		{"no newline", &Redact{}, "", strings.Repeat("x ", 500), 30_000},
		{"a pattern", &pattern, "", event("some words"), 30_000},
		{"a long word", &Redact{}, event("eyJ"), event("abcdefghijkl/mno"), 30_000},
	} {
		h := &holder{f: newFinder(tt.redact)}
		h.add([]byte(tt.first))
		for range tt.times {
			h.add([]byte(tt.piece))
		}
		t.Logf("%s: %v", tt.name, time.Since(start))
	}
	const lines = 100_000
	part := `{"id":1,"started":"2026-01-02T03:04:05Z","request":{"Method":"GET","URL":"http://x"}}` + "\n" + strings.Repeat(`{"id":1,"data":"data: {\"delta\":\"some words\"}\n\n"}`+"\n", lines)
	items, size := recoverPart(strings.NewReader(part))
	if want := strings.Repeat(event("some words"), lines); len(items) != 1 || items[0].Response.Body != want || size != int64(len(part)) {
		t.Errorf("the stream is not recovered: %d exchanges from %d of %d bytes", len(items), size, len(part))
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it takes %v", took)
	}
}
