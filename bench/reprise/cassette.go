package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"github.com/repriselabs/reprise/bench/peer"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/openaichat"
)

func load(_ context.Context, t peer.Target) (int, error) {
	file, err := peer.CassetteFile(t.Dir, t.Size)
	if err != nil {
		return 0, err
	}
	c, err := cassette.Load(file)
	if err != nil {
		return 0, err
	}
	return len(c.Interactions), nil
}

// ready opens the cassette and makes its index, as the first request does.
func ready(t peer.Target) (*cassette.Cassette, error) {
	file, err := peer.CassetteFile(t.Dir, t.Size)
	if err != nil {
		return nil, err
	}
	rec, err := cassette.Load(file)
	if err != nil {
		return nil, err
	}
	c := &cassette.Cassette{File: file, Recording: rec, Match: cassette.Match{Repeat: true}}
	_, err = peer.Ask(c, 0)
	return c, err
}

func inOrder(_ context.Context, t peer.Target) (int, error) {
	return t.InOrder(func() (http.RoundTripper, error) { return ready(t) })
}

// loaded is the cassette of last, which answers again and again.
var loaded = map[int]*cassette.Cassette{}

func last(_ context.Context, t peer.Target) (int, error) {
	if loaded[t.Size] == nil {
		c, err := ready(t)
		if err != nil {
			return 0, err
		}
		loaded[t.Size] = c
	}
	return peer.Ask(loaded[t.Size], t.Size-1)
}

// answers is what record is answered by.
var answers = &peer.Memory{Work: peer.Record}

func record(_ context.Context, t peer.Target) (int, error) {
	dir, err := os.MkdirTemp(t.Dir, "record")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	c := &cassette.Cassette{File: filepath.Join(dir, "c.yaml"), Mode: cassette.Record, Transport: answers}
	sum, err := peer.AskAll(c, t.Size)
	if err == nil {
		err = c.Close()
	}
	return sum, err
}

// replay reads the recorded run and plays it.
func replay(ctx context.Context, t peer.Target) (int, error) {
	file := filepath.Join(t.Dir, "seed.yaml")
	if _, err := os.Stat(file); err != nil {
		if err := recordRun(ctx, t, file); err != nil {
			return 0, err
		}
	}
	c := &cassette.Cassette{File: file}
	m := openaichat.XAI(peer.Model, "")
	m.Client = c.Client()
	n, err := play(ctx, m)
	if err == nil {
		err = c.Close()
	}
	return n, err
}

// recordRun writes the file that replay and its peers read, each with the
// requests that it makes itself.
func recordRun(ctx context.Context, t peer.Target, file string) error {
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: &peer.Memory{Work: peer.Seed}}
	m := openaichat.XAI(peer.Model, "")
	m.Client = c.Client()
	if _, err := play(ctx, m); err != nil {
		return err
	}
	return c.Close()
}
