package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/repriselabs/reprise/bench/load"
	"github.com/repriselabs/reprise/bench/peer"
)

// slowServers have many slow streams read from them at once, each in a
// process that was just started.
func (b *bench) slowServers() ([][]string, error) {
	work := fmt.Sprintf("%s-%d", peer.Slow, deltas)
	servers := []struct {
		name, path string
		command    func(port string) (*exec.Cmd, error)
	}{
		{"plain", "/" + work + chat, b.plainServer},
		{"reprise", chat, b.replayServer(work, 1, "--pace", "1")},
	}
	rows := [][]string{{"", "streams", "KiB of memory per stream", "× plain (quartiles)", "CPU, µs per chunk", "× plain (quartiles)", "seconds"}}
	for _, streams := range []int{1000, 10_000} {
		if most := openFiles(); most < uint64(streams)+100 {
			rows = append(rows, []string{"none", count(streams), fmt.Sprintf("not run: a process may have %d files open", most), "", "", "", ""})
			continue
		}
		memory, cpu, took := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
		rounds := b.rounds
		if streams > 1000 {
			rounds = max(1, rounds/3) // each takes as long as all of the others
		}
		for range rounds {
			for _, s := range servers {
				l, err := listen(s.command)
				if err != nil {
					return nil, err
				}
				at := station{l, load.Load{Addr: l.addr, Path: s.path, Body: peer.SeedRequest, Clients: streams}}
				m, err := at.slow()
				l.stop()
				if err != nil {
					return nil, fmt.Errorf("%s, %d slow streams: %w", s.name, streams, err)
				}
				memory[s.name] = append(memory[s.name], float64(m.RSS)/1024)
				cpu[s.name] = append(cpu[s.name], m.CPU/1000/(deltas+1))
				took[s.name] = append(took[s.name], m.NS*float64(m.Runs)/1e9)
			}
		}
		for _, s := range servers {
			row := []string{s.name, count(streams)}
			for _, figure := range []map[string][]float64{memory, cpu} {
				row = append(row, number(spreadOf(figure[s.name]).mid), ratios(figure[s.name], figure["plain"]).String())
			}
			rows = append(rows, append(row, number(spreadOf(took[s.name]).mid)))
		}
	}
	fmt.Println("\nslow streams served")
	printRows(os.Stdout, rows)
	return rows, nil
}

// openFiles is how many a process may have: package os has raised that to
// what is allowed.
func openFiles() uint64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return l.Cur
}

// slow measures slow streams; RSS is what each adds at the most.
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
	return m, err
}
