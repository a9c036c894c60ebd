package clients

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/server"
)

// leavers are clients of npm that can be told to leave, which end their streams each
// in a way of their SDK: they break a loop, or abort a signal.
var leavers = []string{
	"openai chat stream", "openai responses stream", "anthropic stream", "google generateContent stream", "google chat stream",
	"ai openai chat stream", "ai openai responses stream", "ai openai-compatible stream", "ai anthropic stream", "ai google stream",
}

// clientGone has clients leave in the middle of a stream that has come to a
// halt: the server is done with them at once.
func (tt *clientTest) clientGone(t *testing.T) {
	tt.each(t, func(t *testing.T, c client) {
		rec, ok := tt.text(c)
		if c.program != "npm" || !slices.Contains(leavers, c.name) || !ok {
			t.Skip("it is not told to leave, or there is no recording for it")
		}
		s := newServer(t, &server.Handler{
			Recordings: map[string]*cassette.Recording{rec.name: rec.recorded},
			Fault:      &cassette.Fault{Events: almost(rec), Stall: 20 * time.Second},
		})
		job := rec.job
		job.Base, job.Leave = s.URL, true
		if got := tt.programs.do(t, c, job); !strings.HasPrefix(got.Error, "Gone:") {
			t.Errorf("got %+v", got)
		}
		s.Close() // returns when no request is being answered any more
		if problems := s.problems(); len(problems) != 1 {
			t.Errorf("the server says: %v", problems)
		}
	})
}

// upstreamGone has every client that streams talk through the command record
// to a server that breaks off in the middle. The client has to see an error,
// and the same again from what was recorded.
func (tt *clientTest) upstreamGone(t *testing.T) {
	tt.each(t, func(t *testing.T, c client) {
		rec, ok := tt.text(c)
		if !ok {
			t.Skip("there is no recording for it")
		}
		file := filepath.Join(t.TempDir(), "run.yaml")
		upstream := startCommand(t, tt.reprise, "serve", "--fault", "cut,events=2", rec.file)
		live, said := tt.doBy(t, c, rec.job, "record", "--upstream", upstream.address, file)
		replayed, _ := tt.doBy(t, c, rec.job, "serve", file)
		if live.Error == "" {
			t.Errorf("there is no error in %+v\n%s", live, said)
		}
		if d := cmp.Diff(live.Error, replayed.Error); d != "" {
			t.Errorf("errors (-live +replayed):\n%s", d)
		}
		recorded, err := cassette.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(recorded.Interactions); n != 1 || recorded.Interactions[0].Outcome != cassette.Cut {
			t.Errorf("recorded are %d exchanges, the first ended by %q", n, recorded.Interactions[0].Outcome)
		}
	})
}

// text is a recorded stream of a text for a client, the longest.
func (tt *clientTest) text(c client) (longest recording, ok bool) {
	for _, rec := range tt.recordings {
		if rec.api == c.api && rec.stream && c.stream() && c.reads(rec) && len(rec.turns) == 1 && almost(rec) > max(almost(longest), 0) {
			longest = rec
		}
	}
	return longest, longest.recorded != nil
}

// almost is how many events a stream has, but for the last.
func almost(rec recording) int {
	if rec.recorded == nil {
		return 0
	}
	body := strings.ReplaceAll(rec.recorded.Interactions[0].Response.Body, "\r", "")
	return strings.Count(body, "\n\n") - 1
}
