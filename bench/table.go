package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/repriselabs/reprise/bench/peer"
)

// A table is what came of a work.
type table struct {
	work
	cells map[string][]peer.Measure // by peer, by round
	sum   int                       // that all of them come to
}

// spread is a median, and the quartiles around it.
type spread struct{ low, mid, high float64 }

func spreadOf(values []float64) spread {
	v := slices.Clone(values)
	slices.Sort(v)
	at := func(q float64) float64 { return v[int(q*float64(len(v)-1)+0.5)] }
	return spread{at(0.25), at(0.5), at(0.75)}
}

func (s spread) String() string {
	return fmt.Sprintf("%s (%s-%s)", number(s.mid), number(s.low), number(s.high))
}

// ratios is how many times a figure the other is, within rounds.
func ratios(v, of []float64) spread {
	var r []float64
	for i := range v {
		if of[i] > 0 {
			r = append(r, v[i]/of[i])
		}
	}
	if r == nil {
		return spread{}
	}
	return spreadOf(r)
}

// figures are those of a peer by round, for one unit.
func (t *table) figures(peer string, figure func(peer.Measure) float64) []float64 {
	var v []float64
	for _, m := range t.cells[peer] {
		v = append(v, figure(m)/float64(t.per))
	}
	return v
}

// ratio is how many times the floor's a figure of a peer is.
func (t *table) ratio(peer, floor string, figure func(peer.Measure) float64) spread {
	return ratios(t.figures(peer, figure), t.figures(floor, figure))
}

func wall(m peer.Measure) float64   { return m.NS }
func cpu(m peer.Measure) float64    { return m.CPU }
func allocs(m peer.Measure) float64 { return m.Allocs }
func size(m peer.Measure) float64   { return m.Bytes }

func (t *table) median(peer string, figure func(peer.Measure) float64) float64 {
	return spreadOf(t.figures(peer, figure)).mid
}

// rows are the cells as text, under a heading.
func (t *table) rows() [][]string {
	rows := [][]string{{"", "µs per " + t.unit, "× " + t.floor + " (quartiles)", "CPU, µs", "CPU, × " + t.floor, "allocations", "bytes"}}
	for _, p := range t.peers {
		r, c := t.ratio(p, t.floor, wall), t.ratio(p, t.floor, cpu)
		rows = append(rows, []string{
			p, number(t.median(p, wall) / 1000), r.String(),
			number(t.median(p, cpu) / 1000), number(c.mid), number(t.median(p, allocs)), number(t.median(p, size)),
		})
	}
	return rows
}

// count writes a whole number as text does.
func count(n int) string {
	if n >= 1000 {
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	return fmt.Sprint(n)
}

// number writes a figure with three digits that count, or more.
func number(f float64) string {
	switch {
	case f == 0:
		return "0"
	case f >= 100_000_000:
		return fmt.Sprintf("%.0fM", f/1e6)
	case f >= 100_000:
		return fmt.Sprintf("%.0fk", f/1000)
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	case f >= 1:
		return fmt.Sprintf("%.2f", f)
	}
	return fmt.Sprintf("%.3f", f)
}

// print writes the table for a terminal.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", t.title)
	printRows(w, t.rows())
}

func printRows(w io.Writer, rows [][]string) {
	for _, row := range rows {
		fmt.Fprintf(w, "  %-22s", row[0])
		for _, cell := range row[1:] {
			fmt.Fprintf(w, " %20s", cell)
		}
		fmt.Fprintln(w)
	}
}

// markdown is the rows as a Markdown table.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|---" + strings.Repeat("|---:", len(row)-1) + "|\n")
		}
	}
	return b.String()
}
