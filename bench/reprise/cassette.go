package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
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

func ask(rt http.RoundTripper, i int) (int, error) {
	req, err := peer.Interaction(i)
	if err != nil {
		return 0, err
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("request %d: %w", i, err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	return int(n), err
}

// ready opens the cassette, which happens at the first request.
func ready(t peer.Target, repeat bool) (*cassette.Cassette, error) {
	file, err := peer.CassetteFile(t.Dir, t.Size)
	if err != nil {
		return nil, err
	}
	rec, err := cassette.Load(file)
	if err != nil {
		return nil, err
	}
	c := &cassette.Cassette{File: file, Recording: rec, Match: cassette.Match{Repeat: repeat}}
	_, err = ask(c, 0)
	return c, err
}

func inOrder(_ context.Context, t peer.Target) (int, error) {
	var c *cassette.Cassette
	if err := t.Untimed(func() (err error) { c, err = ready(t, true); return err }); err != nil {
		return 0, err
	}
	sum := 0
	for i := range t.Size {
		n, err := ask(c, i)
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, nil
}

// loaded is the cassette of last, which answers again and again.
var loaded = map[int]*cassette.Cassette{}

func last(_ context.Context, t peer.Target) (int, error) {
	if loaded[t.Size] == nil {
		c, err := ready(t, true)
		if err != nil {
			return 0, err
		}
		loaded[t.Size] = c
	}
	return ask(loaded[t.Size], t.Size-1)
}

func record(_ context.Context, t peer.Target) (int, error) {
	dir, err := os.MkdirTemp(t.Dir, "record")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	c := &cassette.Cassette{File: filepath.Join(dir, "c.yaml"), Mode: cassette.Record, Transport: answering{t.Client.Transport, t.URL}}
	sum := 0
	for i := range t.Size {
		n, err := ask(c, i)
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, c.Close()
}

// answering sends requests to where they are answered.
type answering struct {
	http.RoundTripper
	url string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	there, err := r.URL.Parse(a.url + "/chat/completions")
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL, r.Host = there, ""
	return a.RoundTripper.RoundTrip(r)
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
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: answering{&peer.Memory{}, "http://memory/seed/v1"}}
	m := openaichat.XAI(peer.Model, "")
	m.Client = c.Client()
	if _, err := play(ctx, m); err != nil {
		return err
	}
	return c.Close()
}

func turns(ctx context.Context, t peer.Target) (int, error) {
	a := &agent.Agent{Model: model(t), System: peer.System, Tools: tools, MaxTurns: t.Size + 1}
	res, err := a.Generate(ctx, reprise.Ask(peer.Prompt))
	return len(res.Text()), err
}
