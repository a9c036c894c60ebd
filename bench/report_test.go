package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/bench/peer"
)

// TestReport writes the report of a run that was never made: each work is in
// it, and each row of a table has as many cells as its heading.
func TestReport(t *testing.T) {
	var all report
	for i, w := range works {
		m := peer.Measure{NS: 1000, CPU: 1000, Allocs: 1, Bytes: float64((1000 + i) * w.per)}
		cells := map[string][]peer.Measure{}
		for _, p := range w.peers {
			cells[p] = []peer.Measure{m}
		}
		all = append(all, table{work: w, cells: cells})
	}
	for i, w := range loads {
		cells := map[string][]peer.Measure{}
		for _, p := range w.peers {
			cells[p] = []peer.Measure{{NS: 1000, CPU: 1000, RSS: int64(2000+i) * 1e6}}
		}
		all = append(all, table{work: w, cells: cells})
	}
	values := map[string]any{}
	for _, name := range []string{"Date", "Took", "Machine", "Go", "Rounds", "For", "Versions", "Load", "Others", "Streams", "Sizes", "Slow", "Recording", "Npm", "Absent"} {
		values[name] = name
	}
	out, err := all.render(values)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range works {
		if !strings.Contains(string(out), fmt.Sprintf(" %d |\n", 1000+i)) {
			t.Errorf("%s is not in the report", w.title)
		}
	}
	for i, w := range loads {
		if !strings.Contains(string(out), fmt.Sprintf(" %d |\n", 2000+i)) {
			t.Errorf("%s is not in the report", w.title)
		}
	}
	cells := 0 // of the table that the line is in
	for line := range strings.Lines(string(out)) {
		n := strings.Count(line, "|")
		if cells > 0 && n > 0 && n != cells {
			t.Errorf("a row has %d cells, and its heading %d: %s", n-1, cells-1, line)
		}
		cells = n
	}
}
