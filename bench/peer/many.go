package peer

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// many reads slow streams at once, and tells what each took.
func many(run Run, t Target, streams int) Measure {
	runtime.GC()
	idle, err := RSS("self")
	if err != nil {
		return Measure{Error: err.Error()}
	}
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
			if now, err := RSS("self"); err == nil {
				m.RSS = max(m.RSS, (now-idle)/int64(streams))
			}
		}
	}
}

// RSS is how much memory a process has, in bytes; "self" is this one.
func RSS(process string) (int64, error) {
	b, err := os.ReadFile("/proc/" + process + "/statm")
	if err != nil {
		return 0, err
	}
	var all, resident int64
	_, err = fmt.Sscan(string(b), &all, &resident)
	return resident * int64(os.Getpagesize()), err
}
