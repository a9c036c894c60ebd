package cassette

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestPartIsLinear gives a part, and what reads it again, streams on which
// looking at all of what came before for each event takes minutes.
func TestPartIsLinear(t *testing.T) {
	event := func(text string) string { return fmt.Sprintf("data: {\"delta\":%q}\n\n", text) }
	pattern := Redact{Patterns: []*regexp.Regexp{regexp.MustCompile(`/home/\w+`)}}
	for _, tt := range []struct {
		name         string
		redact       *Redact
		first, piece string
		times        int
		givesUp      bool
	}{
		{"no newline", &Redact{}, "", strings.Repeat("x ", 500), 30_000, false},
		{"a pattern", &pattern, "", event("some words"), 30_000, true},
		{"a long word", &Redact{}, event("eyJ"), event("abcdefghijkl/mno"), 30_000, true},
	} {
		h := &holder{f: newFinder(tt.redact)}
		h.add([]byte(tt.first))
		for range tt.times {
			if got := h.add([]byte(tt.piece)); got != "" {
				t.Fatalf("%s: %q is passed on", tt.name, got)
			}
		}
		if h.never != tt.givesUp {
			t.Errorf("%s: it gave up looking: %v", tt.name, h.never)
		}
	}
	const lines = 100_000
	part := `{"id":1,"started":"2026-01-02T03:04:05Z","request":{"Method":"GET","URL":"http://x"}}` + "\n" + strings.Repeat(`{"id":1,"data":"data: {\"delta\":\"some words\"}\n\n"}`+"\n", lines)
	items, size := recoverPart(strings.NewReader(part))
	if want := strings.Repeat(event("some words"), lines); len(items) != 1 || items[0].Response.Body != want || size != int64(len(part)) {
		t.Errorf("the stream is not recovered: %d exchanges from %d of %d bytes", len(items), size, len(part))
	}
}
