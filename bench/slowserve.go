package main

import (
	"fmt"
	"os"
	"time"

	"github.com/repriselabs/reprise/bench/load"
	"github.com/repriselabs/reprise/bench/peer"
)

// slowServed is the plan for servers of slow streams.
var slowServed = []work{
	{"slowserve-1000", "1,000 slow streams served", "chunk", 1, true, "plain", []string{"plain", "reprise"}},
	{"slowserve-10000", "10,000 slow streams served", "chunk", 1, true, "plain", []string{"plain", "reprise"}},
}

// slowServers have many slow streams read from them at once, each in a
// process that was just started.
func (b *bench) slowServers(did *outcome) error {
	for _, w := range slowServed {
		_, streams := peer.Split(w.name)
		t := newTable(w, slowColumns)
		rounds := b.rounds
		if streams > 1000 {
			rounds = max(1, rounds/3) // each takes as long as all of the others
		}
		for range rounds {
			for _, name := range t.peers {
				m, err := b.slowServer(name, streams)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", name, t.title, err)
				}
				t.cells[name] = append(t.cells[name], m)
			}
		}
		t.print(os.Stdout)
		did.slow = append(did.slow, t)
	}
	return nil
}

// slowServer has them read once.
func (b *bench) slowServer(name string, streams int) (peer.Measure, error) {
	path, command := "/"+slowStream+chat, b.plainServer
	if name == "reprise" {
		path, command = chat, b.replayServer(slowStream, 1, "--pace", "1")
	}
	l, err := listen(command)
	if err != nil {
		return peer.Measure{}, err
	}
	defer l.stop()
	at := station{l, load.Load{Addr: l.addr, Path: path, Body: peer.SeedRequest, Clients: streams}}
	return at.slow()
}

// slow measures slow streams, for a chunk; RSS is what each stream adds at the
// most, NS how long all of them took.
func (at *station) slow() (peer.Measure, error) {
	idle, err := at.memory()
	if err != nil {
		return peer.Measure{}, err
	}
	ended := make(chan struct{})
	peak := make(chan int64)
	go func() {
		most := idle
		for {
			select {
			case <-ended:
				peak <- most
				return
			case <-time.After(50 * time.Millisecond):
				if now, err := at.memory(); err == nil {
					most = max(most, now)
				}
			}
		}
	}()
	m, err := at.measure()
	close(ended)
	m.RSS = (<-peak - idle) / int64(at.Clients)
	m.CPU /= deltas + 1 // the last chunk ends the stream
	m.NS *= float64(m.Runs)
	return m, err
}
