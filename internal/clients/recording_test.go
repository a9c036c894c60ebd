package clients

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/demo"
	"github.com/repriselabs/reprise/transcript"
)

// A recording is a run that something else made.
type recording struct {
	name     string
	file     string // empty: it is of the demo
	api      string
	stream   bool
	recorded *cassette.Recording
	job      Job    // which has the same conversation
	turns    []Turn // what it has to give
}

// recordings are those of the folder that REPRISE_CASSETTES names, and the
// demo's.
func recordings(t *testing.T) []recording {
	rec, err := cassette.Read(bytes.NewReader(demo.Cassette))
	if err != nil {
		t.Fatal(err)
	}
	list := []recording{recordingOf(t, "demo", rec)}
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Log("with the demo's recording only: REPRISE_CASSETTES names no folder of recordings")
		return list
	}
	for _, kind := range []string{"simple", "simple_streaming", "tool", "tool_streaming", "multi_tool", "multi_tool_streaming"} {
		files, err := filepath.Glob(filepath.Join(dir, "*", "*", kind+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			rec, err := cassette.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(dir, strings.TrimSuffix(file, ".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			r := recordingOf(t, name, rec)
			r.file = file
			list = append(list, r)
		}
	}
	return list
}

// recordingOf reads a recording as what has to be asked, and what has to be
// answered.
func recordingOf(t *testing.T, name string, rec *cassette.Recording) recording {
	t.Helper()
	r := recording{name: name, recorded: rec}
	doc := transcript.Of(name, rec)
	for i, ex := range doc.Exchanges {
		if ex.API == nil || ex.Error != nil {
			t.Fatalf("%s: exchange %d cannot be read", name, i)
		}
		r.api, r.stream = *ex.API, strings.Contains(rec.Interactions[i].Request.URL, "stream") || strings.Contains(rec.Interactions[i].Request.Body, `"stream":true`)
		r.turns = append(r.turns, turnOf(t, ex.Response))
		r.job.take(ex.Request)
	}
	return r
}

// take makes the job's conversation that of a request, which is a later one
// of the same run.
func (j *Job) take(req *reprise.Request) {
	j.Model, j.System, j.MaxTokens = req.Model, req.System.Text(), req.MaxTokens
	j.Tools, j.Results = []Tool{}, map[string]string{}
	for _, tool := range req.Tools {
		j.Tools = append(j.Tools, Tool{tool.Name, tool.Description, tool.Schema})
	}
	names := map[string]string{}
	for _, m := range req.Messages {
		if m.Role == reprise.RoleUser {
			j.Prompt = m.Parts.Text()
		}
		for _, p := range m.Parts {
			switch p := p.(type) {
			case reprise.ToolCall:
				names[p.ID] = p.Name
			case reprise.ToolResult:
				j.Results[names[p.ID]] = p.Parts.Text()
			}
		}
	}
}

// turnOf is an answer as clients are to tell it.
func turnOf(t *testing.T, resp *reprise.Response) Turn {
	t.Helper()
	turn := Turn{Text: resp.Text(), Calls: []Call{}, Usage: Usage{resp.Usage.Input, resp.Usage.Output}}
	for _, c := range resp.Message.Calls() {
		call := Call{Name: c.Name}
		if err := json.Unmarshal([]byte(c.Args), &call.Args); err != nil {
			t.Fatalf("the arguments %q of %s: %v", c.Args, c.Name, err)
		}
		turn.Calls = append(turn.Calls, call)
	}
	return turn
}
