// Bench measures this project beside its peers: the same bytes, on the same
// machine, in one run.
//
//	GOWORK=off go -C bench run .
//
// Each peer is a program of its own, in a module of its own, so that nothing
// of it reaches the users of this project. All programs are started first;
// then they take turns, round after round, so that what else the machine does
// falls on all of them. What counts is the ratio within a round.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	b, err := fromArgs(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func fromArgs(args []string) (*bench, error) {
	b := &bench{}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.IntVar(&b.rounds, "rounds", 9, "how often each peer does each work")
	flags.DurationVar(&b.long, "for", 60*time.Millisecond, "how long it does so in a round, at least once")
	flags.DurationVar(&b.quiet, "quiet", 0, "how long to wait, at most, for other programs to leave the machine alone; 0: begin at once")
	flags.Func("only", "the `works` to do, with commas, by what their names begin with; no file is written then:\n"+strings.Join(kinds(), ", "), b.choose)
	flags.StringVar(&b.reportFile, "report", "../docs/performance.md", "the file to write the report to; empty: none")
	flags.StringVar(&b.figures, "figures", "figures.json", "the file that holds the figures to compare with, and takes the new ones; empty: none")
	flags.Parse(args) // exits if it cannot
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("%q is no flag; to do some works, use -only", flags.Arg(0))
	case b.rounds < 1:
		return nil, fmt.Errorf("-rounds %d: want 1 or more", b.rounds)
	}
	if b.only != nil {
		b.reportFile, b.figures = "", ""
	}
	return b, nil
}

// choose takes the works of -only.
func (b *bench) choose(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		known := slices.ContainsFunc(works, func(w work) bool { return strings.HasPrefix(w.name, name) }) ||
			slices.ContainsFunc(apart, func(kind string) bool { return strings.HasPrefix(kind, name) })
		if !known || name == "" {
			return fmt.Errorf("no work's name begins with %q", name)
		}
		b.only = append(b.only, name)
	}
	return nil
}

// apart are the kinds of work that are not in works.
var apart = []string{"size", "slow", "serve"}

// kinds are those of all works.
func kinds() []string {
	var all []string
	for _, w := range works {
		kind, _ := peer.Split(w.name)
		all = append(all, kind)
	}
	return append(slices.Compact(all), apart...)
}
