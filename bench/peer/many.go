package peer

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// many reads slow streams at once, and tells what each took.
func many(run Run, t Target, streams int) Measure {
	runtime.GC()
	idle := rss()
	cpu, start := cpuTime(), time.Now()
	var all sync.WaitGroup
	var mu sync.Mutex
	m := Measure{Runs: streams}
	for range streams {
		all.Go(func() {
			got, err := run(context.Background(), t)
			mu.Lock()
			defer mu.Unlock()
			m.Sum = got
			if err != nil {
				m.Error = err.Error()
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(ended)
	}()
	for {
		select {
		case <-ended:
			m.NS, m.CPU = float64(time.Since(start)), float64(cpuTime()-cpu)/float64(streams)
			return m
		case <-time.After(pace):
			m.RSS = max(m.RSS, (rss()-idle)/int64(streams))
		}
	}
}

// rss is the memory that the process has.
func rss() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}
