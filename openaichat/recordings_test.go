package openaichat

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/repriselabs/reprise"
)

// recorded is one exchange of a recording.
type recorded struct {
	Request struct {
		URL  string `yaml:"url"`
		Body string `yaml:"body"`
	} `yaml:"request"`
	Response struct {
		Body string `yaml:"body"`
	} `yaml:"response"`
}

func (r recorded) dialect(t *testing.T) *Dialect {
	u, err := url.Parse(r.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	d := DialectOf(u.Host)
	return &d
}

// eachRecording runs f on every recording of this API in the folder that
// REPRISE_CASSETTES names.
func eachRecording(t *testing.T, f func(t *testing.T, exchanges []recorded)) {
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Skip("REPRISE_CASSETTES names no folder of recordings")
	}
	found := 0
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var file struct {
			Interactions []recorded `yaml:"interactions"`
		}
		if err := yaml.Unmarshal(data, &file); err != nil {
			return err
		}
		if len(file.Interactions) == 0 || !strings.HasSuffix(file.Interactions[0].Request.URL, "/chat/completions") {
			return nil
		}
		found++
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		t.Run(name, func(t *testing.T) { f(t, file.Interactions) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Errorf("no recordings of this API in %s", dir)
	}
}

// object is a JSON object, read without any of this package's code.
type object map[string]any

func (o object) object(key string) object {
	v, _ := o[key].(map[string]any)
	return v
}

func (o object) text(key string) string {
	v, _ := o[key].(string)
	return v
}

func (o object) number(key string) int64 {
	v, _ := o[key].(float64)
	return int64(v)
}

func (o object) list(key string) []object {
	var out []object
	l, _ := o[key].([]any)
	for _, v := range l {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

// answer is what a raw body says.
type answer struct {
	text, reasoning, finish string
	calls                   []reprise.ToolCall
	usage                   object
}

func readRaw(t *testing.T, body string) answer {
	t.Helper()
	var a answer
	if strings.HasPrefix(strings.TrimSpace(body), "{") {
		a.add(t, body)
		return a
	}
	for line := range strings.SplitSeq(body, "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok && data != "[DONE]" {
			a.add(t, data)
		}
	}
	return a
}

func (a *answer) add(t *testing.T, data string) {
	t.Helper()
	var chunk object
	if err := json.Unmarshal([]byte(data), &chunk); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if u := chunk.object("usage"); u != nil {
		a.usage = u
	}
	for _, choice := range chunk.list("choices") {
		if f := choice.text("finish_reason"); f != "" {
			a.finish = f
		}
		m := choice.object("delta")
		if m == nil {
			m = choice.object("message")
		}
		a.text += m.text("content")
		if r := m.text("reasoning_content"); r != "" {
			a.reasoning += r
		} else {
			a.reasoning += m.text("reasoning")
		}
		for i, c := range m.list("tool_calls") {
			n := i
			if _, ok := c["index"]; ok {
				n = int(c.number("index"))
			}
			for len(a.calls) <= n {
				a.calls = append(a.calls, reprise.ToolCall{})
			}
			call := &a.calls[n]
			call.ID += c.text("id")
			call.Name += c.object("function").text("name")
			call.Args += c.object("function").text("arguments")
		}
	}
}

// tokens gives the raw usage the one meaning of [reprise.Usage].
func (a answer) tokens() reprise.Usage {
	u := reprise.Usage{Input: a.usage.number("prompt_tokens"), Output: a.usage.number("completion_tokens")}
	in, out := a.usage.object("prompt_tokens_details"), a.usage.object("completion_tokens_details")
	u.CacheRead = in.number("cached_tokens")
	u.CacheWrite = max(in.number("cache_write_tokens"), a.usage.number("cache_creation_input_tokens"))
	if _, ok := out["reasoning_tokens"]; ok {
		n := out.number("reasoning_tokens")
		u.Reasoning = &n
		if a.usage.number("total_tokens") == u.Input+u.Output+n {
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
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i, ex := range exchanges {
			raw := readRaw(t, ex.Response.Body)
			got, err := reprise.Collect(ReadResponse(strings.NewReader(ex.Response.Body), ex.dialect(t), nil))
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
			slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(ex.Response.Body)), ex.dialect(t), nil))
			if d := cmp.Diff(got, slow); d != "" || err != nil {
				t.Errorf("exchange %d, one byte a read: %v (-whole +slow):\n%s", i, err, d)
			}
			cutEverywhere(t, ex)
		}
	})
}

// cutEverywhere breaks a recorded stream off after each event: before the
// last one that is an error, and what came before it is kept.
func cutEverywhere(t *testing.T, ex recorded) {
	t.Helper()
	body := ex.Response.Body
	if !strings.HasPrefix(body, "data:") && !strings.HasPrefix(body, ":") {
		return
	}
	mark := strings.Index(body, "data: [DONE]")
	for at := strings.Index(body, "\n\n"); at >= 0 && at+2 <= mark; {
		part := body[:at+2]
		_, err := reprise.Collect(ReadResponse(strings.NewReader(part), ex.dialect(t), nil))
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
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i, ex := range exchanges {
			d := ex.dialect(t)
			req, err := ReadRequest([]byte(ex.Request.Body), d)
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
			if diff := cmp.Diff(settled(t, ex.Request.Body), settled(t, string(body))); diff != "" {
				t.Errorf("exchange %d (-recorded +written):\n%s", i, diff)
			}
		}
	})
}

// settled is a body without whether it streams, which is no part of a
// Request.
func settled(t *testing.T, body string) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatal(err)
	}
	delete(o, "stream")
	delete(o, "stream_options")
	return o
}

// TestSecondTurn rebuilds each recorded second request from the first one,
// the decoded answer and the recorded results: it carries everything that
// the recorded one carries, and may carry more.
func TestSecondTurn(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i := 1; i < len(exchanges); i++ {
			d := exchanges[i].dialect(t)
			history, err := ReadRequest([]byte(exchanges[i-1].Request.Body), d)
			if err != nil {
				t.Fatal(err)
			}
			next, err := ReadRequest([]byte(exchanges[i].Request.Body), d)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := reprise.Collect(ReadResponse(strings.NewReader(exchanges[i-1].Response.Body), d, history))
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
			missing("", any(map[string]any(settled(t, exchanges[i].Request.Body))), any(map[string]any(settled(t, string(body)))), func(path string, recorded, ours any) {
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
