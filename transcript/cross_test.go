package transcript_test

import (
	"bytes"
	"io"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/openai"
	"github.com/repriselabs/reprise/openaichat"
	"github.com/repriselabs/reprise/transcript"
)

// targets are the APIs that answers can be written in.
var targets = []struct {
	api   string
	write func(w io.Writer, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error)
	read  func(body io.Reader) iter.Seq2[reprise.Event, error]
}{
	{
		openaichat.API,
		func(w io.Writer, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return openaichat.WriteResponse(w, events, openaichat.Answer{Known: known, Stream: stream})
		},
		func(body io.Reader) iter.Seq2[reprise.Event, error] {
			return openaichat.ReadResponse(body, &openaichat.Dialect{}, nil)
		},
	},
	{
		openai.API,
		func(w io.Writer, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			return openai.WriteResponse(w, events, openai.Answer{Known: known, Stream: stream})
		},
		func(body io.Reader) iter.Seq2[reprise.Event, error] { return openai.ReadResponse(body, nil, nil) },
	},
}

// essence is what of an answer every API can carry.
type essence struct {
	ID, Model, Text string
	Calls           []reprise.ToolCall
	Reason          reprise.FinishReason
	Input, Output   int64
}

func essenceOf(r *reprise.Response) essence {
	e := essence{ID: r.ID, Model: r.Model, Text: r.Text(), Reason: r.Reason, Input: r.Usage.Input, Output: r.Usage.Output}
	for _, c := range r.Calls() {
		if c.Echo = nil; c.Args == "" {
			c.Args = "{}"
		}
		e.Calls = append(e.Calls, c)
	}
	return e
}

// TestAcross writes every recorded answer in the words of every API, and
// reads it as the same.
func TestAcross(t *testing.T) {
	written := map[[2]string]int{}
	eachExchange(t, func(name string, ex transcript.Exchange) {
		if ex.Response == nil || ex.Error != nil {
			return
		}
		for _, to := range targets {
			for _, stream := range []bool{true, false} {
				var b bytes.Buffer
				if _, err := to.write(&b, eventsOf(ex.Response), ex.Response, stream); err != nil {
					t.Errorf("%s, exchange %d as %s: %v", name, ex.ID, to.api, err)
					continue
				}
				got, err := reprise.Collect(to.read(&b))
				if err != nil {
					t.Errorf("%s, exchange %d as %s: %v", name, ex.ID, to.api, err)
					continue
				}
				if d := cmp.Diff(essenceOf(ex.Response), essenceOf(got)); d != "" {
					t.Errorf("%s, exchange %d as %s, stream %v (-recorded +read):\n%s", name, ex.ID, to.api, stream, d)
				}
				written[[2]string{*ex.API, to.api}]++
			}
		}
	})
	t.Log(written)
	if len(written) < 4*len(targets) {
		t.Errorf("answers of 4 APIs were to be written in %d, but there was only %v", len(targets), written)
	}
}

// eventsOf tells a whole answer.
func eventsOf(r *reprise.Response) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		for i, p := range r.Message.Parts {
			if !yield(reprise.PartDone{Index: i, Part: p}, nil) {
				return
			}
		}
		yield(reprise.Finish{ID: r.ID, Provider: r.Provider, Model: r.Model, Reason: r.Reason, Usage: r.Usage, Cost: r.Cost, Extra: r.Extra}, nil)
	}
}
