package main

import (
	"context"
	"os"
	"path/filepath"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/repriselabs/reprise/bench/peer"
)

// replay reads the recorded run with go-vcr and plays it.
func replay(ctx context.Context, t peer.Target) (int, error) {
	name := filepath.Join(t.Dir, "seed-fantasy")
	if _, err := os.Stat(name + ".yaml"); err != nil {
		if _, err := through(ctx, name, recorder.WithMode(recorder.ModeRecordOnly), recorder.WithRealTransport(&peer.Memory{Work: peer.Seed})); err != nil {
			return 0, err
		}
	}
	return through(ctx, name, recorder.WithMode(recorder.ModeReplayOnly), recorder.WithSkipRequestLatency(true))
}

func through(ctx context.Context, name string, options ...recorder.Option) (int, error) {
	r, err := recorder.New(name, options...)
	if err != nil {
		return 0, err
	}
	m, err := model(ctx, peer.Target{URL: "https://api.x.ai/v1", Client: r.GetDefaultClient()})
	if err != nil {
		return 0, err
	}
	n, err := play(ctx, m)
	if err == nil {
		err = r.Stop()
	}
	return n, err
}
