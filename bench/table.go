package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/repriselabs/reprise/bench/peer"
)

// A table is what came of a work.
type table struct {
	work
	columns func(*table) []column     // how it is shown
	cells   map[string][]peer.Measure // by peer, by round
	sum     int                       // that all of them come to
}

// A column is a heading, and what stands under it for a peer.
type column struct {
	heading string
	cell    func(peer string) string
}

func newTable(w work, columns func(*table) []column) table {
	return table{work: w, columns: columns, cells: map[string][]peer.Measure{}}
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
func memory(m peer.Measure) float64 { return float64(m.RSS) }

func (t *table) median(peer string, figure func(peer.Measure) float64) float64 {
	return spreadOf(t.figures(peer, figure)).mid
}

// mid are the medians of a figure, in so many of its units.
func (t *table) mid(figure func(peer.Measure) float64, unit float64) func(string) string {
	return func(peer string) string { return number(t.median(peer, figure) / unit) }
}

// beside are the ratios of a figure to the floor's.
func (t *table) beside(figure func(peer.Measure) float64) func(string) string {
	return func(peer string) string { return t.ratio(peer, t.floor, figure).String() }
}

// workColumns are those of most works.
func workColumns(t *table) []column {
	return []column{
		{"µs per " + t.unit, t.mid(wall, 1000)},
		{"× " + t.floor + " (quartiles)", t.beside(wall)},
		{"CPU, µs", t.mid(cpu, 1000)},
		{"CPU, × " + t.floor, func(peer string) string { return number(t.ratio(peer, t.floor, cpu).mid) }},
		{"allocations", t.mid(allocs, 1)},
		{"bytes", t.mid(size, 1)},
	}
}

// rows are columns as text, a row for each peer under the headings.
func (t *table) rows(columns []column) [][]string {
	rows := [][]string{{""}}
	for _, c := range columns {
		rows[0] = append(rows[0], c.heading)
	}
	for _, p := range t.peers {
		row := []string{p}
		for _, c := range columns {
			row = append(row, c.cell(p))
		}
		rows = append(rows, row)
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
	printRows(w, t.rows(t.columns(t)))
}

func printRows(w io.Writer, rows [][]string) {
	names := 22
	for _, row := range rows {
		names = max(names, utf8.RuneCountInString(row[0]))
	}
	for _, row := range rows {
		fmt.Fprintf(w, "  %-*s", names, row[0])
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
