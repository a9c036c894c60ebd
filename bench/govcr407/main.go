// Govcr does the benchmark's work on cassettes with go-vcr. It is built
// twice, with the version before a regression and with the one after it.
package main

import (
	"context"
	"fmt"
	"io"
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

func inOrder(_ context.Context, t peer.Target) (int, error) {
	var r *recorder.Recorder
	if err := t.Untimed(func() (err error) { r, err = open(t, false); return err }); err != nil {
		return 0, err
	}
	sum := 0
	for i := range t.Size {
		n, err := ask(r, i)
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, nil
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
	return ask(loaded[t.Size], t.Size-1)
}

func record(_ context.Context, t peer.Target) (int, error) {
	dir, err := os.MkdirTemp(t.Dir, "record")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	r, err := recorder.New(filepath.Join(dir, "c"), recorder.WithMode(recorder.ModeRecordOnly), recorder.WithRealTransport(answering{t.Client.Transport, t.URL}))
	if err != nil {
		return 0, err
	}
	sum := 0
	for i := range t.Size {
		n, err := ask(r, i)
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, r.Stop()
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
