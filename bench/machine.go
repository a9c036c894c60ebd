package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// machine tells what this runs on.
func machine() string {
	model := "an unknown processor"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
}

// loadAverage is how many programs wanted a core over the last minute.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// cores is what the machine's cores have done, in seconds: busy with others'
// work and with ours, that of the programs that were started here and have
// ended included.
type cores struct{ all, busy, ours float64 }

func coresNow() (cores, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return cores{}, err
	}
	// Hundredths of a second, for all cores together. What a hypervisor gave
	// to others is the last; guests are in user already.
	var user, nice, system, idle, iowait, irq, softirq, steal float64
	if _, err := fmt.Sscanf(string(b), "cpu %f %f %f %f %f %f %f %f", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		return cores{}, fmt.Errorf("/proc/stat: %w", err)
	}
	busy := user + nice + system + irq + softirq + steal
	c := cores{all: (busy + idle + iowait) / 100, busy: busy / 100}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return cores{}, err
		}
		c.ours += time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
	}
	return c, nil
}

// others is the share of the cores' time that other programs took since.
func (c cores) others(since cores) float64 {
	if c.all == since.all {
		return 0
	}
	return max(0, (c.busy-since.busy-(c.ours-since.ours))/(c.all-since.all))
}

// What is quiet: so little for so long.
const (
	quietShare = 0.03
	quietFor   = 10 * time.Second
)

// waitForQuiet waits, so long at most, until other programs leave the machine
// alone.
func waitForQuiet(long time.Duration) error {
	for end := time.Now().Add(long); ; {
		before, err := coresNow()
		if err != nil {
			return err
		}
		time.Sleep(quietFor)
		after, err := coresNow()
		if err != nil {
			return err
		}
		share := after.others(before)
		if share <= quietShare {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("other programs still take %.0f%% of the machine after %v; end them, or go without -quiet", 100*share, long)
		}
		fmt.Fprintf(os.Stderr, "waiting: other programs take %.0f%% of the machine\n", 100*share)
	}
}
