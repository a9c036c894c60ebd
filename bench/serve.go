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

// served is what came of the servers under load.
type served struct {
	tables       []table
	slow         [][]string
	recording    [][]string
	absent, node string
}

// serve puts the servers under load.
func (b *bench) serve() (served, error) {
	var out served
	if !b.wanted("serve") {
		return out, nil
	}
	fmt.Fprintln(os.Stderr, "      servers under load")
	s, err := b.stations()
	if err != nil {
		return out, err
	}
	defer s.stop()
	out.absent, out.node = s.absent, s.node
	for _, w := range loads {
		w.peers = slices.DeleteFunc(slices.Clone(w.peers), func(p string) bool { _, ok := s.at[p]; return !ok })
		t := table{work: w, cells: map[string][]peer.Measure{}}
		for round := range b.rounds {
			for i := range t.peers {
				if err := s.load(&t, t.peers[(i+round)%len(t.peers)]); err != nil {
					return out, err
				}
			}
		}
		fmt.Printf("\n%s\n", t.title)
		printRows(os.Stdout, t.loadRows())
		out.tables = append(out.tables, t)
	}
	if out.recording, err = b.recording(s); err != nil {
		return out, err
	}
	s.stop() // what they have would be in the way
	out.slow, err = b.slowServers()
	return out, err
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

func half(m peer.Measure) float64   { return m.P50 }
func most(m peer.Measure) float64   { return m.P99 }
func memory(m peer.Measure) float64 { return float64(m.RSS) }

// loadRows are the cells of servers under load as text, under a heading.
func (t *table) loadRows() [][]string {
	rows := [][]string{{"", "requests/s", "× " + t.floor + " (quartiles)", "p50, ms", "p99, ms", "CPU, µs per request", "CPU, × " + t.floor + " (quartiles)", "memory, MB"}}
	for _, p := range t.peers {
		rows = append(rows, []string{
			p, number(1e9 / t.median(p, wall)), t.ratio(t.floor, p, wall).String(), number(t.median(p, half) / 1e6), number(t.median(p, most) / 1e6),
			number(t.median(p, cpu) / 1000), t.ratio(p, t.floor, cpu).String(), number(t.median(p, memory) / 1e6),
		})
	}
	return rows
}
