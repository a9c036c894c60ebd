package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"charm.land/fantasy"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/repriselabs/reprise/bench/peer"
)

// replay reads the recorded run with go-vcr and plays it.
func replay(ctx context.Context, t peer.Target) (int, error) {
	name := filepath.Join(t.Dir, "seed-fantasy")
	if _, err := os.Stat(name + ".yaml"); err != nil {
		if _, err := through(ctx, name, recorder.WithMode(recorder.ModeRecordOnly), recorder.WithRealTransport(seed{})); err != nil {
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

// seed answers as the recorded server did.
type seed struct{}

var memory peer.Memory

func (seed) RoundTrip(r *http.Request) (*http.Response, error) {
	u, err := r.URL.Parse("http://memory/seed/v1/chat/completions")
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL = u
	return memory.RoundTrip(r)
}

func turns(ctx context.Context, t peer.Target) (int, error) {
	m, err := model(ctx, t)
	if err != nil {
		return 0, err
	}
	a := fantasy.NewAgent(m, fantasy.WithSystemPrompt(peer.System), tools)
	res, err := a.Stream(ctx, fantasy.AgentStreamCall{Prompt: peer.Prompt, StopWhen: []fantasy.StopCondition{fantasy.StepCountIs(t.Size + 1)}})
	if err != nil {
		return 0, err
	}
	return len(res.Response.Content.Text()), nil
}
