package transcript

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/openaichat"
)

type events = iter.Seq2[reprise.Event, error]

// targets are the APIs in whose words answers are written.
var targets = []struct {
	api   string
	write func(w io.Writer, evs events, known *reprise.Response, stream bool) ([]reprise.Warning, error)
	read  func(io.Reader) events
}{
	{
		openaichat.API,
		func(w io.Writer, evs events, known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return openaichat.WriteResponse(w, evs, openaichat.Answer{Known: known, Stream: stream})
		},
		func(body io.Reader) events { return openaichat.ReadResponse(body, &openaichat.Dialect{}, nil) },
	},
	{
		gemini.API,
		func(w io.Writer, evs events, known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return gemini.WriteResponse(w, evs, gemini.Answer{Known: known, Stream: stream})
		},
		func(body io.Reader) events { return gemini.ReadResponse(body, gemini.Google, nil) },
	},
}

// said is what an answer must say in the words of every API.
type said struct {
	Text          string
	Calls         []reprise.ToolCall
	Input, Output int64
}

func saidBy(t *testing.T, r *reprise.Response) said {
	t.Helper()
	s := said{Text: r.Text(), Input: r.Usage.Input, Output: r.Usage.Output}
	for _, c := range r.Calls() {
		if c.Args == "" {
			c.Args = "{}"
		}
		var args bytes.Buffer
		if err := json.Compact(&args, []byte(c.Args)); err != nil {
			t.Errorf("the arguments %q: %v", c.Args, err)
		}
		s.Calls = append(s.Calls, reprise.ToolCall{ID: c.ID, Name: c.Name, Args: args.String()})
	}
	return s
}

// TestCross writes each recorded answer in the words of every other API, and
// reads the same of it.
func TestCross(t *testing.T) {
	eachRecording(t, func(name string, rec *cassette.Recording) {
		for i := range rec.Interactions {
			t.Run(name, func(t *testing.T) { cross(t, &rec.Interactions[i]) })
		}
	})
}

func cross(t *testing.T, in *cassette.Interaction) {
	c, ok := codecOf(in)
	if !ok {
		t.Fatalf("%s is taken for no model call", in.Request.URL)
	}
	req, err := c.request()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := reprise.Collect(c.response(bodyOf(in), req))
	if err != nil {
		t.Fatal(err)
	}
	want := saidBy(t, answer)
	for _, to := range targets {
		for _, stream := range []bool{true, false} {
			if to.api == c.api {
				continue
			}
			var b bytes.Buffer
			if _, err := to.write(&b, c.response(bodyOf(in), req), answer, stream); err != nil {
				t.Fatalf("%s, stream %v: %v", to.api, stream, err)
			}
			body := b.String()
			got, err := reprise.Collect(to.read(&b))
			if d := cmp.Diff(want, saidBy(t, got)); d != "" || err != nil {
				t.Errorf("%s, stream %v: %v (-%s +read):\n%s\n%s", to.api, stream, err, c.api, d, body)
			}
		}
	}
}
