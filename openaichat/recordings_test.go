package openaichat

import (
	"fmt"
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
	dialect *Dialect
}

// eachRecording runs f on every recording of this API.
func eachRecording(t *testing.T, f func(t *testing.T, exchanges []exchange)) {
	t.Helper()
	recordings.Each(t, func(e recordings.Exchange) (exchange, bool) {
		d := DialectOf(e.URL.Host)
		return exchange{e, &d}, strings.HasSuffix(e.URL.Path, "/chat/completions")
	}, f)
}

// answer is what a raw body says.
type answer struct {
	text, reasoning, finish string
	calls                   []reprise.ToolCall
	usage                   recordings.Object
}

func readRaw(t *testing.T, body string) answer {
	t.Helper()
	var a answer
	for _, chunk := range recordings.Objects(t, body) {
		a.add(chunk)
	}
	return a
}

func (a *answer) add(chunk recordings.Object) {
	if u := chunk.Object("usage"); u != nil {
		a.usage = u
	}
	for _, choice := range chunk.List("choices") {
		if f := choice.Text("finish_reason"); f != "" {
			a.finish = f
		}
		m := choice.Object("delta")
		if m == nil {
			m = choice.Object("message")
		}
		a.text += m.Text("content")
		if r := m.Text("reasoning_content"); r != "" {
			a.reasoning += r
		} else {
			a.reasoning += m.Text("reasoning")
		}
		for i, c := range m.List("tool_calls") {
			n := i
			if _, ok := c["index"]; ok {
				n = int(c.Number("index"))
			}
			for len(a.calls) <= n {
				a.calls = append(a.calls, reprise.ToolCall{})
			}
			call := &a.calls[n]
			call.ID += c.Text("id")
			call.Name += c.Object("function").Text("name")
			call.Args += c.Object("function").Text("arguments")
		}
	}
}

// tokens gives the raw usage the one meaning of [reprise.Usage].
func (a answer) tokens() reprise.Usage {
	u := reprise.Usage{Input: a.usage.Number("prompt_tokens"), Output: a.usage.Number("completion_tokens")}
	in, out := a.usage.Object("prompt_tokens_details"), a.usage.Object("completion_tokens_details")
	u.CacheRead = in.Number("cached_tokens")
	u.CacheWrite = max(in.Number("cache_write_tokens"), a.usage.Number("cache_creation_input_tokens"))
	if _, ok := out["reasoning_tokens"]; ok {
		n := out.Number("reasoning_tokens")
		u.Reasoning = &n
		if a.usage.Number("total_tokens") == u.Input+u.Output+n {
			u.Output += n
		}
	}
	return u
}

func thoughts(parts reprise.Parts) string {
	var b strings.Builder
	for _, p := range parts {
		if r, ok := p.(reprise.Reasoning); ok {
			b.WriteString(r.Text)
		}
	}
	return b.String()
}

// TestRecordings compares what is decoded with what the raw bodies say.
func TestRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, ex := range exchanges {
			raw := readRaw(t, ex.Response)
			got, err := reprise.Collect(ReadResponse(strings.NewReader(ex.Response), ex.dialect, nil))
			if err != nil {
				t.Fatalf("exchange %d: %v", i, err)
			}
			type summary struct {
				Text, Reasoning, Finish string
				Calls                   []reprise.ToolCall
				Usage                   reprise.Usage
			}
			want := summary{raw.text, raw.reasoning, raw.finish, raw.calls, raw.tokens()}
			have := summary{got.Text(), thoughts(got.Message.Parts), string(got.Reason), got.Calls(), got.Usage}
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("exchange %d (-raw +decoded):\n%s", i, d)
			}
			slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(ex.Response)), ex.dialect, nil))
			if d := cmp.Diff(got, slow); d != "" || err != nil {
				t.Errorf("exchange %d, one byte a read: %v (-whole +slow):\n%s", i, err, d)
			}
			cutEverywhere(t, ex)
		}
	})
}

// cutEverywhere breaks a recorded stream off after each event: before the
// last one that is an error, and what came before it is kept.
func cutEverywhere(t *testing.T, ex exchange) {
	t.Helper()
	body := ex.Response
	if !strings.HasPrefix(body, "data:") && !strings.HasPrefix(body, ":") {
		return
	}
	mark := strings.Index(body, "data: [DONE]")
	for at := strings.Index(body, "\n\n"); at >= 0 && at+2 <= mark; {
		part := body[:at+2]
		_, err := reprise.Collect(ReadResponse(strings.NewReader(part), ex.dialect, nil))
		if finished := readRaw(t, part).finish != ""; (err == nil) != finished {
			t.Fatalf("cut after %d bytes: got error %v, a finish reason was there: %v", len(part), err, finished)
		}
		next := strings.Index(body[at+2:], "\n\n")
		if next < 0 {
			break
		}
		at += 2 + next
	}
}

// TestRecordedRequests reads each recorded request and writes it again.
func TestRecordedRequests(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, ex := range exchanges {
			d := ex.dialect
			req, err := ReadRequest([]byte(ex.Request), d)
			if err != nil {
				t.Fatal(err)
			}
			body, warnings, err := encode(t.Context(), &Model{Dialect: *d}, req)
			if err != nil {
				t.Fatal(err)
			}
			if warnings != nil {
				t.Errorf("exchange %d: %v", i, warnings)
			}
			if diff := cmp.Diff(settled(t, ex.Request), settled(t, string(body))); diff != "" {
				t.Errorf("exchange %d (-recorded +written):\n%s", i, diff)
			}
		}
	})
}

// settled is a body without whether it streams, which is no part of a
// Request.
func settled(t *testing.T, body string) recordings.Object {
	t.Helper()
	o := recordings.Parse(t, body)
	delete(o, "stream")
	delete(o, "stream_options")
	return o
}

// TestSecondTurn rebuilds each recorded second request from the first one,
// the decoded answer and the recorded results: it carries everything that
// the recorded one carries, and may carry more.
func TestSecondTurn(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i := 1; i < len(exchanges); i++ {
			d := exchanges[i].dialect
			history, err := ReadRequest([]byte(exchanges[i-1].Request), d)
			if err != nil {
				t.Fatal(err)
			}
			next, err := ReadRequest([]byte(exchanges[i].Request), d)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := reprise.Collect(ReadResponse(strings.NewReader(exchanges[i-1].Response), d, history))
			if err != nil {
				t.Fatal(err)
			}
			results := next.Messages[len(next.Messages)-1]
			if results.Role != reprise.RoleTool || len(next.Messages) != len(history.Messages)+2 {
				t.Fatalf("exchange %d does not go on from the one before", i)
			}
			history.Messages = append(history.Messages, answer.Message, results)
			body, _, err := encode(t.Context(), &Model{Dialect: *d}, history)
			if err != nil {
				t.Fatal(err)
			}
			missing("", any(map[string]any(settled(t, exchanges[i].Request))), any(map[string]any(settled(t, string(body)))), func(path string, recorded, ours any) {
				t.Errorf("exchange %d: %s: recorded %v, ours %v", i, path, recorded, ours)
			})
		}
	})
}

// missing reports what recorded has and ours has not, or differently.
func missing(path string, recorded, ours any, report func(path string, recorded, ours any)) {
	switch r := recorded.(type) {
	case map[string]any:
		if r["format"] == "unknown" && strings.Contains(path, "reasoning_details") {
			return // what the recording program made of a format that it did not know
		}
		o, _ := ours.(map[string]any)
		for k, v := range r {
			missing(path+"."+k, v, o[k], report)
		}
	case []any:
		o, _ := ours.([]any)
		if len(o) < len(r) {
			report(path, recorded, ours)
			return
		}
		for i, v := range r {
			missing(fmt.Sprintf("%s[%d]", path, i), v, o[i], report)
		}
	default:
		if recorded != ours {
			report(path, recorded, ours)
		}
	}
}
