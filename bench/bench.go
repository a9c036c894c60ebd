package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/repriselabs/reprise/bench/peer"
)

type bench struct {
	rounds              int
	long                time.Duration
	quiet               time.Duration // to wait for it at most
	only                []string
	reportFile, figures string

	dir   string // for programs and cassettes
	files map[string]string
	procs map[string]*process
	url   string
	load  []string // of the machine, at the begin and the end
	// others is the share of the machine that other programs had meanwhile.
	others float64
}

func (b *bench) run() error {
	if b.quiet > 0 {
		if err := waitForQuiet(b.quiet); err != nil {
			return err
		}
	}
	var err error
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	began := time.Now()
	defer b.end()
	if err := b.begin(); err != nil {
		return err
	}
	did, err := b.measure()
	if err != nil {
		return err
	}
	fmt.Printf("\nin %v, load average %s, other programs had %.0f%% of the machine\n", time.Since(began).Round(time.Second), strings.Join(b.load, " to "), 100*b.others)
	if b.figures != "" {
		if err := compare(b.figures, did.tables); err != nil {
			return err
		}
	}
	if b.reportFile == "" {
		return nil
	}
	r, err := b.report(did)
	if err != nil {
		return err
	}
	fmt.Println("\nwhat was aimed at")
	aims, err := r.targetRows()
	if err != nil {
		return err
	}
	printRows(os.Stdout, aims)
	return b.write(r, did, began)
}

// outcome is what came of all.
type outcome struct {
	tables       []table // of works and of servers under load
	slow         []table // of slow streams
	recording    [][]string
	programs     []program
	absent, node string // why some servers are not there, and Node's version
}

// measure does all the works, and watches what else the machine does.
func (b *bench) measure() (outcome, error) {
	var did outcome
	var err error
	if did.programs, err = b.sizes(); err != nil {
		return did, err
	}
	before, err := coresNow()
	if err != nil {
		return did, err
	}
	b.load = append(b.load, loadAverage())
	wanted := slices.DeleteFunc(slices.Clone(works), func(w work) bool { return !b.wanted(w.name) })
	began := time.Now()
	for _, group := range groups(wanted) {
		fmt.Fprintf(os.Stderr, "%5.0fs %s\n", time.Since(began).Seconds(), group[0].title)
		done, err := b.group(group)
		if err != nil {
			return did, err
		}
		for _, t := range done {
			t.print(os.Stdout)
		}
		did.tables = append(did.tables, done...)
	}
	if err := b.slow(&did); err != nil {
		return did, err
	}
	if err := b.serve(&did); err != nil {
		return did, err
	}
	b.load = append(b.load, loadAverage())
	b.end() // what the programs used is known when they have ended
	after, err := coresNow()
	b.others = after.others(before)
	return did, err
}

func (b *bench) wanted(name string) bool {
	for _, o := range b.only {
		if strings.HasPrefix(name, o) {
			return true
		}
	}
	return b.only == nil
}

// begin builds and starts everything.
func (b *bench) begin() error {
	b.files, b.procs = map[string]string{}, map[string]*process{}
	if b.wanted("slow") || b.wanted("serve") {
		if err := enoughFiles(); err != nil {
			return err
		}
	}
	server, err := build(b.dir, ".", "./server")
	if err != nil {
		return err
	}
	s, err := start(server)
	if err != nil {
		return err
	}
	b.files["server"], b.procs["server"] = server, s
	if b.url, err = s.line(); err != nil {
		return err
	}
	if b.wanted("serve") {
		fmt.Fprintln(os.Stderr, "building the command")
		if b.files["reprise serve"], err = build(b.dir, "..", "./cmd/reprise"); err != nil {
			return err
		}
	}
	for _, name := range b.needed() {
		fmt.Fprintln(os.Stderr, "building", name)
		if b.files[name], err = build(b.dir, name, "."); err != nil {
			return err
		}
		if b.procs[name], err = start(b.files[name]); err != nil {
			return err
		}
	}
	return nil
}

// needed are the programs of the peers that have something to do.
func (b *bench) needed() []string {
	var names []string
	if b.wanted("slow") {
		for _, p := range runners {
			names = append(names, programs[p])
		}
	}
	for _, w := range works {
		if b.wanted(w.name) {
			for _, p := range w.peers {
				names = append(names, programs[p])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// end stops everything that was started.
func (b *bench) end() {
	for _, p := range b.procs {
		p.stop()
	}
	clear(b.procs)
}

// group has works done by all their peers, round after round.
func (b *bench) group(group []work) ([]table, error) {
	tables := make([]table, len(group))
	for i, w := range group {
		tables[i] = newTable(w, workColumns)
	}
	for round := range b.rounds {
		for i := range tables {
			if err := b.round(&tables[i], round); err != nil {
				return nil, err
			}
		}
	}
	return tables, nil
}

// round has a work done once by each of its peers.
func (b *bench) round(t *table, round int) error {
	for i := range t.peers {
		name := t.peers[(i+round)%len(t.peers)]
		o := peer.Order{Peer: peerName(name), Work: t.name, Dir: b.dir, For: b.long}
		if t.loopback {
			o.URL = b.url
		}
		m, err := b.procs[programs[name]].order(o)
		if err != nil {
			return err
		}
		switch {
		case m.Sum == 0: // it does not look
		case t.sum == 0:
			t.sum = m.Sum
		case m.Sum != t.sum:
			return fmt.Errorf("%s, %s: came to %d bytes, and others to %d", name, t.name, m.Sum, t.sum)
		}
		t.cells[name] = append(t.cells[name], m)
	}
	return nil
}
