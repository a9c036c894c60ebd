package clients

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/server"
)

// weather is a conversation that the tiny model of .ci/ollama knows.
var weather = Job{
	Model: "tiny", System: "You are a helpful assistant", Prompt: "What is the weather in Paris?", MaxTokens: 200,
	Tools: []Tool{{
		Name: "get_weather", Description: "Get the weather",
		Schema: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`),
	}},
	Results: map[string]string{"get_weather": "sunny, 21 degrees"},
}

// record has every client talk to a live server through the command record,
// and then get the same of the command serve. Live is the server that
// REPRISE_OLLAMA names; for Gemini, which it has not, it is serve itself.
func (tt *clientTest) record(t *testing.T) {
	tt.each(t, func(t *testing.T, c client) {
		upstream, job := os.Getenv("REPRISE_OLLAMA"), weather
		if c.api == gemini.API {
			upstream, job = tt.serveGemini(t, c.stream())
		}
		if upstream == "" {
			t.Skip("there is no live server: REPRISE_OLLAMA names none, or REPRISE_CASSETTES no recordings of Gemini")
		}
		var file string
		var live Result
		// Ollama lets the dice say what a model answers that is asked over
		// OpenAI's API, so it may not call the tool.
		for try := range 5 {
			file = filepath.Join(t.TempDir(), "run.yaml")
			if live = tt.through(t, c, job, "record", "--upstream", upstream, file); usedTool(live) {
				break
			}
			t.Logf("try %d: the live answers are %+v", try+1, live.Turns)
		}
		if !usedTool(live) {
			t.Fatal("the model never calls the tool and then answers")
		}
		replayed := tt.through(t, c, job, "serve", file)
		if d := cmp.Diff(live.Turns, replayed.Turns); d != "" {
			t.Errorf("(-live +replayed):\n%s", d)
		}
		want := slices.Repeat([]string{string(server.Exact)}, len(live.Turns))
		if strings.HasPrefix(c.name, "ai google") { // which makes ids of calls by chance
			want[1] = string(server.Conversation)
		}
		if d := cmp.Diff(want, replayed.Matches); d != "" {
			t.Errorf("matches (-want +got):\n%s", d)
		}
	})
}

// usedTool reports whether a tool was called, and then there was an answer.
func usedTool(r Result) bool {
	n := len(r.Turns)
	return n > 1 && len(r.Turns[0].Calls) > 0 && r.Turns[n-1].Text != "" && r.Turns[n-1].Usage.Output > 0
}

// through has a job done by way of the command.
func (tt *clientTest) through(t *testing.T, c client, job Job, command ...string) Result {
	t.Helper()
	got, said := tt.doBy(t, c, job, command...)
	if got.Error != "" {
		t.Fatalf("%s\n%s", got.Error, said)
	}
	return got
}

// doBy has a job done by way of the command, and returns what that said too.
func (tt *clientTest) doBy(t *testing.T, c client, job Job, command ...string) (got Result, said string) {
	t.Helper()
	by := startCommand(t, tt.reprise, command...)
	job.Base = by.address
	return tt.programs.do(t, c, job), by.end(t)
}

// serveGemini serves a recording of Gemini, and returns the address and what
// to ask there.
func (tt *clientTest) serveGemini(t *testing.T, stream bool) (string, Job) {
	t.Helper()
	for _, rec := range tt.recordings {
		if rec.api == gemini.API && rec.stream == stream && len(rec.turns) > 1 {
			return startCommand(t, tt.reprise, "serve", rec.file).address, rec.job
		}
	}
	return "", Job{}
}
