package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/repriselabs/reprise/bench/peer"
)

// slow is the plan for slow streams, so many at once.
var slow = []work{
	{"slow-1000", "1,000 slow streams", "chunk", 1, true, "scanner", runners},
	{"slow-10000", "10,000 slow streams", "chunk", 1, true, "scanner", runners[:2]}, // what others need is seen at 1,000
}

// deltas is how long a slow stream is: 3 seconds.
const deltas = 30

var slowStream = fmt.Sprintf("%s-%d", peer.Slow, deltas)

// slow reads many slow streams at once, with each peer in a program that was
// just started, so that its memory is that of the streams.
func (b *bench) slow(did *outcome) error {
	if !b.wanted("slow") {
		return nil
	}
	for _, w := range slow {
		_, streams := peer.Split(w.name)
		t := newTable(w, slowColumns)
		for range b.rounds {
			for _, name := range t.peers {
				m, err := b.fresh(name, peer.Order{Peer: name, Work: slowStream, URL: b.url, Streams: streams})
				if err != nil {
					return err
				}
				m.CPU /= deltas
				t.cells[name] = append(t.cells[name], m)
			}
		}
		t.print(os.Stdout)
		did.slow = append(did.slow, t)
	}
	return nil
}

// slowColumns are those of slow streams.
func slowColumns(t *table) []column {
	return []column{
		{"KiB of memory per stream", t.mid(memory, 1024)},
		{"× " + t.floor + " (quartiles)", t.beside(memory)},
		{"CPU, µs per chunk", t.mid(cpu, 1000)},
		{"× " + t.floor + " (quartiles)", t.beside(cpu)},
		{"seconds", t.mid(wall, 1e9)},
	}
}

// fresh has an order done by a program of its own.
func (b *bench) fresh(name string, o peer.Order) (peer.Measure, error) {
	p, err := start(b.files[programs[name]])
	if err != nil {
		return peer.Measure{}, err
	}
	defer p.stop()
	return p.order(o)
}

// enoughFiles complains if a process may not have as many files open as there
// are streams. Package os has raised that to what is allowed.
func enoughFiles() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	const want = 10_100
	if l.Cur < want {
		return fmt.Errorf("a process may have %d files open, and 10,000 streams at once need %d; see ulimit -n", l.Cur, want)
	}
	return nil
}
