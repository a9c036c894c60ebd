package main

import (
	"fmt"
	"os"

	"github.com/repriselabs/reprise/bench/peer"
)

// deltas is how long a slow stream is: 3 seconds.
const deltas = 30

// slow reads many slow streams at once, with each peer in a program that was
// just started.
func (b *bench) slow() ([][]string, error) {
	rows := [][]string{{"", "streams", "KiB of memory per stream", "× scanner (quartiles)", "CPU, µs per chunk", "× scanner (quartiles)"}}
	if !b.wanted("slow") {
		return nil, nil
	}
	for _, streams := range []int{1000, 10_000} {
		peers := slow
		if streams > 1000 {
			peers = slow[:2] // what others need is seen at 1,000
		}
		memory, cpu := map[string][]float64{}, map[string][]float64{}
		for range b.rounds {
			for _, name := range peers {
				m, err := b.fresh(name, peer.Order{Peer: name, Work: fmt.Sprintf("%s-%d", peer.Slow, deltas), URL: b.url, Streams: streams})
				if err != nil {
					return nil, err
				}
				memory[name] = append(memory[name], float64(m.RSS)/1024)
				cpu[name] = append(cpu[name], m.CPU/1000/deltas)
			}
		}
		for _, name := range peers {
			row := []string{name, count(streams)}
			for _, figure := range []map[string][]float64{memory, cpu} {
				row = append(row, number(spreadOf(figure[name]).mid), ratios(figure[name], figure["scanner"]).String())
			}
			rows = append(rows, row)
		}
	}
	fmt.Println("\nslow streams")
	printRows(os.Stdout, rows)
	return rows, nil
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
