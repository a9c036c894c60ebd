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
	"strings"
	"time"
)

func main() {
	b := bench{}
	flag.IntVar(&b.rounds, "rounds", 9, "how often each peer does each work")
	flag.DurationVar(&b.long, "for", 60*time.Millisecond, "how long it does so in a round, at least once")
	flag.DurationVar(&b.quiet, "quiet", 0, "how long to wait, at most, for other programs to leave the machine alone; 0: begin at once")
	only := flag.String("only", "", "the works to do, by the first letters of their names, with commas")
	flag.StringVar(&b.report, "report", "../docs/performance.md", "the file to write the report to; empty: none")
	flag.StringVar(&b.figures, "figures", "figures.json", "the file that holds the figures to compare with, and takes the new ones; empty: none")
	flag.Parse()
	if *only != "" {
		b.only = strings.Split(*only, ",")
		b.report, b.figures = "", ""
	}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
