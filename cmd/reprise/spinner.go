package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/repriselabs/reprise"
)

// spinner shows that something is going on, after a second of waiting. All
// its methods may be called on nil, which shows nothing.
type spinner struct {
	w    io.Writer
	mu   sync.Mutex
	what string
	quit chan struct{}
	done chan struct{}
}

var frames = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

const (
	spinAfter = time.Second
	spinEvery = 100 * time.Millisecond
	clearLine = "\r\x1b[K"
)

// start shows what is waited for, or changes what is shown.
func (s *spinner) start(what string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.what = what
	s.mu.Unlock()
	if s.quit == nil {
		s.quit, s.done = make(chan struct{}), make(chan struct{})
		go s.spin()
	}
}

// stop takes it off the screen.
func (s *spinner) stop() {
	if s == nil || s.quit == nil {
		return
	}
	close(s.quit)
	<-s.done
	s.quit = nil
}

func (s *spinner) spin() {
	defer close(s.done)
	begun := time.Now()
	tick := time.NewTicker(spinEvery)
	defer tick.Stop()
	shown := false
	for i := 0; ; i++ {
		select {
		case <-s.quit:
			if shown {
				io.WriteString(s.w, clearLine) // a terminal
			}
			return
		case <-tick.C:
		}
		waited := time.Since(begun)
		if waited < spinAfter {
			continue
		}
		s.mu.Lock()
		what := s.what
		s.mu.Unlock()
		shown = true
		fmt.Fprintf(s.w, "%s%c %s %ds", clearLine, frames[i%len(frames)], what, int(waited.Seconds()))
	}
}

// progress tells how far a tool is, as what follows its name.
func progress(p reprise.Progress) string {
	far := ""
	switch {
	case p.Total > 0:
		far = fmt.Sprintf(" %.0f%%", 100*p.Done/p.Total)
	case p.Done > 0:
		far = fmt.Sprintf(" %v", p.Done)
	}
	if p.Text != "" {
		far += ": " + oneLine(p.Text, 60)
	}
	return far
}
