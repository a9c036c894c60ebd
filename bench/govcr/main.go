// Govcr does the benchmark's work on cassettes with go-vcr. It is built
// twice: with the version of go.mod, the last before a regression, and with
// that of 4.0.7.mod, which has it.
package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	peer.Main(peer.Peers{
		"go-vcr": {peer.Load: load, peer.InOrder: inOrder, peer.Last: last, peer.Record: record},
	})
}

func load(_ context.Context, t peer.Target) (int, error) {
	file, err := peer.CassetteFile(t.Dir, t.Size)
	if err != nil {
		return 0, err
	}
	c, err := cassette.Load(strings.TrimSuffix(file, ".yaml"))
	if err != nil {
		return 0, err
	}
	return len(c.Interactions), nil
}

func open(t peer.Target, repeat bool) (*recorder.Recorder, error) {
	file, err := peer.CassetteFile(t.Dir, t.Size)
	if err != nil {
		return nil, err
	}
	return recorder.New(strings.TrimSuffix(file, ".yaml"), recorder.WithMode(recorder.ModeReplayOnly),
		recorder.WithReplayableInteractions(repeat), recorder.WithSkipRequestLatency(true))
}

func inOrder(_ context.Context, t peer.Target) (int, error) {
	return t.InOrder(func() (http.RoundTripper, error) { return open(t, false) })
}

// loaded is the recorder of last, which answers again and again.
var loaded = map[int]*recorder.Recorder{}

func last(_ context.Context, t peer.Target) (int, error) {
	if loaded[t.Size] == nil {
		r, err := open(t, true)
		if err != nil {
			return 0, err
		}
		loaded[t.Size] = r
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
	r, err := recorder.New(filepath.Join(dir, "c"), recorder.WithMode(recorder.ModeRecordOnly), recorder.WithRealTransport(answers))
	if err != nil {
		return 0, err
	}
	sum, err := peer.AskAll(r, t.Size)
	if err == nil {
		err = r.Stop()
	}
	return sum, err
}
