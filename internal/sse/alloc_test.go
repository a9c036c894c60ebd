package sse

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestAllocations: reading an event allocates nothing; a stream needs its
// first buffer, and one that comes fast a larger one.
func TestAllocations(t *testing.T) {
	stream := []byte(strings.Repeat("event: x\ndata: some words\n\n", 10_000))
	allocs := testing.AllocsPerRun(10, func() {
		r := NewReader(bytes.NewReader(stream))
		for {
			if _, err := r.Next(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs > 5 { // the source, the reader, two buffers, the name
		t.Errorf("a stream of 10,000 events allocates %v times, want 5", allocs)
	}
}
