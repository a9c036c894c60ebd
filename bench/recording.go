package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/repriselabs/reprise/bench/load"
	"github.com/repriselabs/reprise/bench/peer"
)

// What a recording proxy is asked in a round: so many streams, of so many
// chunks.
const (
	stampedStreams = 10
	stampedChunks  = 50
)

// recording reads stamped streams directly and through proxies, and tells
// what these add.
func (b *bench) recording(s *stations) ([][]string, error) {
	plain := s.at["plain"].listener
	work := fmt.Sprintf("%s-%d", peer.Stamped, stampedChunks)
	record, err := s.start(b.recordServer("http://" + plain.addr + "/" + work))
	if err != nil {
		return nil, err
	}
	stamped := map[string]station{
		"direct":         {plain, load.Load{Addr: plain.addr, Path: "/" + work + chat, Body: peer.SeedRequest}},
		"reprise record": {record, load.Load{Addr: record.addr, Path: chat, Body: peer.SeedRequest}},
	}
	names := []string{"direct", "reprise record"}
	if gateway, ok := s.at["portkey"]; ok {
		names = append(names, "portkey")
		gateway.Header = gatewayTo(plain.addr, work)
		stamped["portkey"] = gateway
	}
	first, chunk, cpu := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for round := range b.rounds + 1 {
		for i := range names {
			name := names[(i+round)%len(names)]
			at := stamped[name]
			before, err := at.cpu()
			if err != nil {
				return nil, err
			}
			got, err := at.Stamps(stampedStreams)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			after, err := at.cpu()
			if err != nil {
				return nil, err
			}
			if round == 0 {
				continue // it is for nothing: to compile, and to connect
			}
			first[name] = append(first[name], spreadOf(got.First).mid)
			chunk[name] = append(chunk[name], spreadOf(got.Chunks).mid)
			cpu[name] = append(cpu[name], float64(after-before)/float64(len(got.Chunks)))
		}
	}
	rows := [][]string{{"", "first byte, µs", "added (quartiles)", "chunk, µs", "added (quartiles)", "CPU, µs per chunk"}}
	for _, name := range names {
		row := []string{name}
		for _, figure := range []map[string][]float64{first, chunk} {
			row = append(row, number(spreadOf(figure[name]).mid/1000), added(figure[name], figure["direct"]))
		}
		rows = append(rows, append(row, number(spreadOf(cpu[name]).mid/1000)))
	}
	fmt.Println("\nrecording")
	printRows(os.Stdout, rows)
	return rows, nil
}

// added is what a figure has more than another, in µs, within rounds.
func added(v, than []float64) string {
	if slices.Equal(v, than) {
		return "-"
	}
	var more []float64
	for i := range v {
		more = append(more, (v[i]-than[i])/1000)
	}
	return spreadOf(more).String()
}
