package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"syscall"
	"time"
)

// A Target is where a peer's requests go.
type Target struct {
	URL    string // the API's address, with /v1 at its end
	Client *http.Client
	Size   int    // of the work
	Dir    string // for files
	clock  *clock
}

// clock is what must be taken off a measurement.
type clock struct {
	time, cpu     time.Duration
	allocs, bytes uint64
}

// Untimed does what is not part of the work, collecting its garbage included.
func (t Target) Untimed(f func() error) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := cpuTime(), time.Now()
	err := f()
	runtime.GC()
	t.clock.time += time.Since(start)
	t.clock.cpu += cpuTime() - cpu
	runtime.ReadMemStats(&after)
	t.clock.allocs += after.Mallocs - before.Mallocs
	t.clock.bytes += after.TotalAlloc - before.TotalAlloc
	return err
}

// A Run does a piece of work once, through a peer's public API, and returns
// how many bytes of text, reasoning and arguments came of it, by which the
// driver checks that all do the same.
type Run func(ctx context.Context, t Target) (int, error)

// Peers are the programs of a binary: by name, what each can do, by kind of
// work.
type Peers map[string]map[string]Run

// An Order asks for a measurement.
type Order struct {
	Peer string `json:"peer"`
	Work string `json:"work"`
	URL  string `json:"url,omitempty"` // of the server; empty: in memory
	Dir  string `json:"dir,omitempty"` // for files
	// For is how long to go on; what was begun is finished.
	For time.Duration `json:"for,omitempty"`
	// Streams is how many slow streams to read at once.
	Streams int `json:"streams,omitempty"`
}

// A Measure is what came of an order, for one piece of work.
type Measure struct {
	Runs   int     `json:"runs"`
	NS     float64 `json:"ns"`
	CPU    float64 `json:"cpu_ns"` // of the whole process
	Allocs float64 `json:"allocs"`
	Bytes  float64 `json:"bytes"`         // allocated
	Sum    int     `json:"sum"`           // what the Run returned
	RSS    int64   `json:"rss,omitempty"` // of slow streams: what each adds; of a server under load: all
	P50    float64 `json:"p50,omitempty"` // of a server under load: half of the answers take no longer, in ns
	P99    float64 `json:"p99,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// Main reads orders from standard input, a line of JSON each, and writes
// measures to standard output.
func Main(peers Peers) {
	transport := &http.Transport{MaxIdleConns: 20_000, MaxIdleConnsPerHost: 20_000}
	network, memory := &http.Client{Transport: transport}, &http.Client{Transport: &Memory{}}
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	done := map[string]bool{}
	for {
		var o Order
		if err := in.Decode(&o); err == io.EOF {
			return
		} else if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		t := Target{URL: "http://memory/" + o.Work + "/v1", Client: memory}
		if o.URL != "" {
			t = Target{URL: o.URL + "/" + o.Work + "/v1", Client: network}
		}
		kind, size := Split(o.Work)
		t.Size, t.Dir, t.clock = size, o.Dir, &clock{}
		run := peers[o.Peer][kind]
		var m Measure
		switch {
		case run == nil:
			m.Error = "cannot do " + kind
		case kind == Slow:
			m = many(run, t, o.Streams)
		default:
			m = measure(run, t, o.For, !done[o.Peer+o.Work+o.URL])
			done[o.Peer+o.Work+o.URL] = true
		}
		if err := out.Encode(m); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
}

// measure does the work for so long. What is made in a first run is not
// counted.
func measure(run Run, t Target, long time.Duration, first bool) Measure {
	ctx := context.Background()
	if first {
		if _, err := run(ctx, t); err != nil {
			return Measure{Error: err.Error()}
		}
		*t.clock = clock{}
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var m Measure
	cpu, start := cpuTime(), time.Now()
	for m.Runs == 0 || time.Since(start)-t.clock.time < long && time.Since(start) < 5*long {
		got, err := run(ctx, t)
		if err == nil && m.Runs > 0 && got != m.Sum {
			err = fmt.Errorf("got %d bytes, and %d before", got, m.Sum)
		}
		if err != nil {
			return Measure{Error: err.Error()}
		}
		m.Sum = got
		m.Runs++
	}
	n := float64(m.Runs)
	m.NS, m.CPU = float64(time.Since(start)-t.clock.time)/n, float64(cpuTime()-cpu-t.clock.cpu)/n
	runtime.ReadMemStats(&after)
	m.Allocs = float64(after.Mallocs-before.Mallocs-t.clock.allocs) / n
	m.Bytes = float64(after.TotalAlloc-before.TotalAlloc-t.clock.bytes) / n
	return m
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
