package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/repriselabs/reprise/bench/peer"
)

// servers are those that are put under load. The floor comes first; those
// that pass requests on to it come last.
var servers = []string{"plain", "reprise", "reprise, conversation", "reprise, re-encoded", "reprise, of 10,000", "aimock", "reprise record", "portkey"}

// loads is the plan for them: so many clients each, and the answer in the
// recorded pieces or in one.
var loads = []work{
	{"serve-1", "a recorded stream, to 1 client", "request", 1, true, "plain", servers},
	{"serve-16", "a recorded stream, to 16 clients", "request", 1, true, "plain", servers},
	{"serve-64", "a recorded stream, to 64 clients", "request", 1, true, "plain", servers},
	{"serveonce-16", "a recorded stream in one piece, to 16 clients", "request", 1, true, "plain", []string{"plain", "reprise", "aimock"}},
}

// loadFor is how long a server is under load in a round.
const loadFor = 250 * time.Millisecond

// serve puts the servers under load.
func (b *bench) serve(did *outcome) error {
	if !b.wanted("serve") {
		return nil
	}
	fmt.Fprintln(os.Stderr, "      servers under load")
	s, err := b.stations()
	if err != nil {
		return err
	}
	defer s.stop()
	did.absent, did.node = s.absent, s.node
	for _, w := range loads {
		w.peers = slices.DeleteFunc(slices.Clone(w.peers), func(p string) bool { _, ok := s.at[p]; return !ok })
		t := newTable(w, loadColumns)
		for round := range b.rounds {
			for i := range t.peers {
				if err := s.load(&t, t.peers[(i+round)%len(t.peers)]); err != nil {
					return err
				}
			}
		}
		t.print(os.Stdout)
		did.tables = append(did.tables, t)
	}
	if did.recording, err = b.recording(s); err != nil {
		return err
	}
	s.stop() // what they have would be in the way
	return b.slowServers(did)
}

// load has a work done once by a server. Before the first time it does it for
// nothing, for longer where it is compiled as it runs.
func (s *stations) load(t *table, name string) error {
	kind, clients := peer.Split(t.name)
	at := s.at[name]
	if once, ok := s.at[peer.Once+name]; ok && kind == "serveonce" {
		at = once
	}
	at.Clients, at.For = clients, loadFor
	if len(t.cells[name]) == 0 {
		warm := at.Load
		if name == "aimock" || name == "portkey" {
			warm.For = 4 * loadFor
		}
		if _, err := warm.Run(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	m, err := at.measure()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t.cells[name] = append(t.cells[name], m)
	return nil
}

// measure puts the load on the server once.
func (at *station) measure() (peer.Measure, error) {
	before, err := at.cpu()
	if err != nil {
		return peer.Measure{}, err
	}
	r, err := at.Run()
	if err != nil {
		return peer.Measure{}, err
	}
	after, err := at.cpu()
	if err != nil {
		return peer.Measure{}, err
	}
	memory, err := at.memory()
	n := float64(r.Requests)
	return peer.Measure{
		Runs: r.Requests, NS: float64(r.Took) / n, CPU: float64(after-before) / n, Sum: r.Bytes, RSS: memory,
		P50: float64(r.Quantile(0.5)), P99: float64(r.Quantile(0.99)),
	}, err
}

func half(m peer.Measure) float64    { return m.P50 }
func slowest(m peer.Measure) float64 { return m.P99 }

// loadColumns are those of servers under load.
func loadColumns(t *table) []column {
	return []column{
		{"requests/s", func(peer string) string { return number(1e9 / t.median(peer, wall)) }},
		{"× " + t.floor + " (quartiles)", func(peer string) string { return t.ratio(t.floor, peer, wall).String() }},
		{"p50, ms", t.mid(half, 1e6)},
		{"p99, ms", t.mid(slowest, 1e6)},
		{"CPU, µs per request", t.mid(cpu, 1000)},
		{"CPU, × " + t.floor + " (quartiles)", t.beside(cpu)},
		{"memory, MB", t.mid(memory, 1e6)},
	}
}
