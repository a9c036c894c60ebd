package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/bench/peer"
)

// TestReport writes the report of a run that was never made: each work is in
// it, and each row of a table has as many cells as its heading.
func TestReport(t *testing.T) {
	r := report{cassette: 1}
	for _, m := range minimal {
		r.programs = append(r.programs, program{name: m.name})
	}
	plan := slices.Concat(works, loads, slow, slowServed)
	columns := func(t *table) []column { return append(workColumns(t), column{"mark", t.mid(memory, 1)}) }
	for i, w := range plan {
		made := newTable(w, columns)
		for _, p := range w.peers {
			made.cells[p] = []peer.Measure{{NS: 1000, CPU: 1000, Allocs: 1, Bytes: 1, RSS: int64((1000 + i) * w.per)}}
		}
		r.tables = append(r.tables, made)
	}
	values := map[string]any{}
	for _, name := range []string{"Date", "Took", "Machine", "Go", "Rounds", "For", "Versions", "Load", "Others", "Recording", "Npm", "Absent"} {
		values[name] = name
	}
	out, err := r.render(values)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range plan {
		if !strings.Contains(string(out), fmt.Sprintf(" %d |\n", 1000+i)) {
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

// TestReached says of a figure whether it is what was aimed at.
func TestReached(t *testing.T) {
	for _, test := range []struct {
		limit limit
		got   spread
		want  string
	}{
		{most, spread{1, 2, 3}, "yes"},
		{most, spread{1, 2, 3.1}, "by the median"},
		{most, spread{1, 3.1, 4}, "**no**"},
		{least, spread{3, 4, 5}, "yes"},
		{least, spread{2.9, 4, 5}, "by the median"},
		{least, spread{1, 2.9, 5}, "**no**"},
	} {
		if got := (target{limit: test.limit, aim: 3}).reached(test.got); got != test.want {
			t.Errorf("%s 3, and %v: got %q, want %q", test.limit, test.got, got, test.want)
		}
	}
}
