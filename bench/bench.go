package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/repriselabs/reprise/bench/peer"
)

type bench struct {
	rounds          int
	long            time.Duration
	only            []string
	report, figures string

	dir   string // for programs and cassettes
	files map[string]string
	procs map[string]*process
	url   string
	load  []string // of the machine, at the begin and the end
}

func (b *bench) run() error {
	var err error
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	began := time.Now()
	if err := b.begin(); err != nil {
		return err
	}
	defer b.end()
	b.load = append(b.load, loadAverage())
	sizes, err := b.sizes()
	if err != nil {
		return err
	}
	var tables []table
	for _, w := range works {
		if !b.wanted(w.name) {
			continue
		}
		t, err := b.work(w)
		if err != nil {
			return err
		}
		t.print(os.Stdout)
		tables = append(tables, t)
	}
	streams, err := b.slow()
	if err != nil {
		return err
	}
	b.load = append(b.load, loadAverage())
	if b.figures != "" {
		if err := compare(b.figures, tables); err != nil {
			return err
		}
	}
	if b.report == "" {
		return nil
	}
	return b.write(tables, streams, sizes, began)
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
	server, err := build(b.dir, ".", "./server")
	if err != nil {
		return err
	}
	s, err := start(server)
	if err != nil {
		return err
	}
	b.procs["server"] = s
	if b.url, err = s.line(); err != nil {
		return err
	}
	for _, name := range programs {
		if b.files[name] != "" {
			continue
		}
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

func (b *bench) end() {
	for _, p := range b.procs {
		p.stop()
	}
}

// work has a work done by all its peers, round after round.
func (b *bench) work(w work) (table, error) {
	t := table{work: w, cells: map[string][]peer.Measure{}}
	sum := 0
	for round := range b.rounds {
		for i := range w.peers {
			name := w.peers[(i+round)%len(w.peers)]
			o := peer.Order{Peer: peerName(name), Work: w.name, Dir: b.dir, For: b.long}
			if w.loopback {
				o.URL = b.url
			}
			m, err := b.procs[programs[name]].order(o)
			if err != nil {
				return t, err
			}
			switch {
			case m.Sum == 0: // it does not look
			case sum == 0:
				sum = m.Sum
			case m.Sum != sum:
				return t, fmt.Errorf("%s, %s: came to %d bytes, and others to %d", name, w.name, m.Sum, sum)
			}
			t.cells[name] = append(t.cells[name], m)
		}
	}
	return t, nil
}
