package gemini

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/recordings"
)

// exchange is one of a recording's.
type exchange struct {
	recordings.Exchange
	provider, model string
}

// read reads the request.
func (x exchange) read(t *testing.T) *reprise.Request {
	t.Helper()
	req, err := ReadRequest([]byte(x.Request), x.provider, x.model)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// answer decodes the answer.
func (x exchange) answer(t *testing.T, req *reprise.Request) *reprise.Response {
	t.Helper()
	resp, err := reprise.Collect(ReadResponse(strings.NewReader(x.Response), x.provider, req))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (x exchange) streamed() bool { return strings.HasPrefix(x.Response, "data:") }

// eachRecording runs f on every recording of this API.
func eachRecording(t *testing.T, f func(t *testing.T, exchanges []exchange)) {
	t.Helper()
	recordings.Each(t, func(e recordings.Exchange) (exchange, bool) {
		provider, model, ok := ReadURL(e.URL)
		return exchange{e, provider, model}, ok
	}, f)
}

// facts are what an answer says, read without the package's decoder.
type facts struct {
	ID, Model       string
	Text, Reasoning string
	Calls           []factCall
	Signatures      []string
	Sources         []string
	Reason          reprise.FinishReason
	Usage           reprise.Usage
}

type factCall struct {
	ID, Name string
	Args     any
}

type rawChunk struct {
	ResponseID   string
	ModelVersion string
	Candidates   []struct {
		Content struct {
			Parts []struct {
				Text             string
				Thought          bool
				ThoughtSignature string
				FunctionCall     *struct {
					ID, Name string
					Args     any
				}
			}
		}
		FinishReason      string
		GroundingMetadata struct {
			GroundingChunks []struct{ Web struct{ URI string } }
		}
	}
	UsageMetadata map[string]any
}

// rawFacts reads a raw body.
func rawFacts(t *testing.T, body string) facts {
	t.Helper()
	var f facts
	counts := map[string]float64{}
	for _, chunk := range recordings.Data(body) {
		var c rawChunk
		if err := json.Unmarshal([]byte(chunk), &c); err != nil {
			t.Fatal(err)
		}
		f.ID, f.Model = c.ResponseID, c.ModelVersion
		for name, n := range c.UsageMetadata {
			if n, ok := n.(float64); ok {
				counts[name] = n
			}
		}
		for _, candidate := range c.Candidates {
			for _, p := range candidate.Content.Parts {
				switch {
				case p.FunctionCall != nil:
					f.Calls = append(f.Calls, factCall(*p.FunctionCall))
				case p.Thought:
					f.Reasoning += p.Text
				default:
					f.Text += p.Text
				}
				if p.ThoughtSignature != "" {
					f.Signatures = append(f.Signatures, p.ThoughtSignature)
				}
			}
			for _, g := range candidate.GroundingMetadata.GroundingChunks {
				f.Sources = append(f.Sources, g.Web.URI)
			}
			switch candidate.FinishReason {
			case "STOP":
				f.Reason = reprise.ReasonStop
			case "MAX_TOKENS":
				f.Reason = reprise.ReasonLength
			case "":
			default:
				t.Fatalf("this test does not know the finish reason %s", candidate.FinishReason)
			}
		}
	}
	if f.Reason == reprise.ReasonStop && f.Calls != nil {
		f.Reason = reprise.ReasonToolCalls
	}
	f.Usage = reprise.Usage{
		Input:     int64(counts["promptTokenCount"] + counts["toolUsePromptTokenCount"]),
		Output:    int64(counts["candidatesTokenCount"] + counts["thoughtsTokenCount"]),
		CacheRead: int64(counts["cachedContentTokenCount"]),
	}
	if n, ok := counts["thoughtsTokenCount"]; ok {
		thoughts := int64(n)
		f.Usage.Reasoning = &thoughts
	}
	if total := int64(counts["totalTokenCount"]); f.Usage.Total() != total {
		t.Fatalf("the raw counts %v add up to %d", counts, f.Usage.Total())
	}
	return f
}

// decodedFacts are those that the package decoded.
func decodedFacts(t *testing.T, r *reprise.Response) facts {
	t.Helper()
	f := facts{ID: r.ID, Model: r.Model, Text: r.Text(), Reason: r.Reason, Usage: r.Usage}
	sign := func(raw json.RawMessage) {
		var s struct {
			Signature string `json:"thoughtSignature"`
		}
		if json.Unmarshal(raw, &s) == nil && s.Signature != "" {
			f.Signatures = append(f.Signatures, s.Signature)
		}
	}
	echo := func(e *reprise.Echo) {
		if e != nil {
			sign(e.Data)
		}
	}
	for _, p := range r.Message.Parts {
		switch p := p.(type) {
		case reprise.Text:
			echo(p.Echo)
			for _, c := range p.Citations {
				f.Sources = append(f.Sources, c.URL)
			}
		case reprise.Reasoning:
			f.Reasoning += p.Text
			echo(p.Echo)
		case reprise.ToolCall:
			c := factCall{ID: p.ID, Name: p.Name}
			if isMade(c.ID) {
				c.ID = ""
			}
			if err := json.Unmarshal([]byte(p.Args), &c.Args); err != nil {
				t.Errorf("the arguments %s are not JSON: %v", p.Args, err)
			}
			f.Calls = append(f.Calls, c)
			echo(p.Echo)
		case reprise.Opaque:
			sign(p.Data)
		default:
			t.Errorf("a part of type %T", p)
		}
	}
	return f
}

func TestRecordedAnswers(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for _, x := range exchanges {
			req := x.read(t)
			got := x.answer(t, req)
			if len(got.Warnings) > 0 {
				t.Errorf("warnings: %v", got.Warnings)
			}
			want, have := rawFacts(t, x.Response), decodedFacts(t, got)
			slices.Sort(want.Sources)
			slices.Sort(have.Sources)
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("(-raw +decoded):\n%s", d)
			}
			if got.Provider != x.provider {
				t.Errorf("provider %q, want %q", got.Provider, x.provider)
			}
			slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(x.Response)), x.provider, req))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(got, slow); d != "" {
				t.Errorf("one byte a read (-whole +slow):\n%s", d)
			}
			deltas(t, x.Response, x.provider, req, got.Message.Parts)
		}
	})
}

// TestRecordedCuts ends each recorded answer after each of its events, and a
// whole one after some of its bytes: that is an error, however it ends.
func TestRecordedCuts(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for _, x := range exchanges {
			body := x.Response
			end := strings.LastIndex(body, "}")
			var cuts []int
			if x.streamed() {
				for n := 0; ; {
					i := strings.Index(body[n:], "\ndata:")
					if i < 0 {
						break
					}
					cuts = append(cuts, n+i, n+i+1, n+i+10)
					n += i + 1
				}
			}
			for n := 1; n < end; n += 1 + end/97 {
				cuts = append(cuts, n)
			}
			for _, n := range cuts {
				_, err := reprise.Collect(ReadResponse(strings.NewReader(body[:n]), x.provider, nil))
				if kind := reprise.KindOf(err); kind != reprise.KindCut && (kind != reprise.KindBadResponse || !strings.Contains(err.Error(), "empty")) {
					t.Fatalf("a clean end after %d of %d bytes: got %v", n, len(body), err)
				}
				_, err = reprise.Collect(ReadResponse(io.MultiReader(strings.NewReader(body[:n]), iotest.ErrReader(io.ErrUnexpectedEOF)), x.provider, nil))
				if reprise.KindOf(err) != reprise.KindCut {
					t.Fatalf("a broken connection after %d bytes: got %v", n, err)
				}
			}
			broken := errors.New("reset")
			_, err := reprise.Collect(ReadResponse(io.MultiReader(strings.NewReader(body), iotest.ErrReader(broken)), x.provider, nil))
			if !errors.Is(err, broken) {
				t.Errorf("an error after the last byte: got %v", err)
			}
		}
	})
}
