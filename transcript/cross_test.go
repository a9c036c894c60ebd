package transcript

import (
	"bytes"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/openaichat"
)

type (
	events = iter.Seq2[reprise.Event, error]

	// target is an API in whose words answers of all APIs are written.
	target struct {
		api   string
		write func(w io.Writer, evs events, known *reprise.Response, stream bool) ([]reprise.Warning, error)
		read  func(body io.Reader) events
	}
)

var targets = []target{
	{anthropic.API, func(w io.Writer, evs events, known *reprise.Response, stream bool) ([]reprise.Warning, error) {
		return anthropic.WriteResponse(w, evs, anthropic.Answer{Known: known, Stream: stream})
	}, func(body io.Reader) events { return anthropic.ReadResponse(body, "", nil) }},
	{anthropic.API + " on bedrock", func(w io.Writer, evs events, known *reprise.Response, stream bool) ([]reprise.Warning, error) {
		return anthropic.WriteResponse(w, evs, anthropic.Answer{Provider: "bedrock", Bedrock: true, Known: known, Stream: stream})
	}, func(body io.Reader) events { return anthropic.ReadResponse(body, "bedrock", nil) }},
	{openaichat.API, func(w io.Writer, evs events, known *reprise.Response, stream bool) ([]reprise.Warning, error) {
		return openaichat.WriteResponse(w, evs, openaichat.Answer{Known: known, Stream: stream})
	}, func(body io.Reader) events { return openaichat.ReadResponse(body, &openaichat.Dialect{}, nil) }},
}

// gist is what an answer is in the words of every API.
type gist struct {
	Text          string
	Calls         []reprise.ToolCall
	Input, Output int64
}

func gistOf(r *reprise.Response) gist {
	g := gist{Text: r.Text(), Input: r.Usage.Input, Output: r.Usage.Output}
	for _, c := range r.Calls() {
		if c.Echo = nil; c.Args == "" {
			c.Args = "{}"
		}
		g.Calls = append(g.Calls, c)
	}
	return g
}

// TestCross writes the recorded answers of every API in the words of every
// other, and reads their text, calls and usage there.
func TestCross(t *testing.T) {
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Skip("REPRISE_CASSETTES names no folder of recordings")
	}
	written := map[string]int{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		rec, err := cassette.Load(path)
		if err != nil {
			return err
		}
		for i := range rec.Interactions {
			in := &rec.Interactions[i]
			codec, ok := codecOf(in)
			if !ok {
				t.Errorf("%s: %s is taken for no model call", path, in.Request.URL)
				continue
			}
			read := func() events { return codec.response(bodyOf(in), nil) }
			known, err := reprise.Collect(read())
			if err != nil {
				return err
			}
			for _, to := range targets {
				written[codec.api+" as "+to.api]++
				for _, stream := range []bool{true, false} {
					if d := crossed(read(), known, to, stream); d != "" {
						t.Errorf("%s, exchange %d as %s, stream %v:\n%s", path, i, to.api, stream, d)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(written)
	if len(written) < 4*len(targets) {
		t.Errorf("%d pairs of APIs, want %d", len(written), 4*len(targets))
	}
}

// crossed says what of an answer is another when it was written and read.
func crossed(evs events, known *reprise.Response, to target, stream bool) string {
	var b bytes.Buffer
	if _, err := to.write(&b, evs, known, stream); err != nil {
		return err.Error()
	}
	got, err := reprise.Collect(to.read(&b))
	if err != nil {
		return err.Error()
	}
	return cmp.Diff(gistOf(known), gistOf(got))
}
