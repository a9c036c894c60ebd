package openai

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
		if len(file.Interactions) == 0 || !strings.HasSuffix(file.Interactions[0].Request.URL, "/responses") {
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
type jsonObject map[string]any

func (o jsonObject) object(key string) jsonObject {
	v, _ := o[key].(map[string]any)
	return v
}

func (o jsonObject) text(key string) string {
	v, _ := o[key].(string)
	return v
}

func (o jsonObject) number(key string) int64 {
	v, _ := o[key].(float64)
	return int64(v)
}

func (o jsonObject) list(key string) []jsonObject {
	var out []jsonObject
	l, _ := o[key].([]any)
	for _, v := range l {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

func parse(t *testing.T, data string) jsonObject {
	t.Helper()
	var o jsonObject
	if err := json.Unmarshal([]byte(data), &o); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return o
}

// chunks are the data of a stream's events.
func chunks(t *testing.T, body string) []jsonObject {
	t.Helper()
	var out []jsonObject
	for line := range strings.SplitSeq(body, "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			out = append(out, parse(t, data))
		}
	}
	return out
}

func isStream(body string) bool { return !strings.HasPrefix(strings.TrimSpace(body), "{") }

// answer is what a body says: a line for each part, and the rest.
type answer struct {
	ID, Model, Status string
	Parts             []string
	Usage             reprise.Usage
}

// readRaw reads a body: its items from the events that end them or, where it
// is whole, from its output; and what was streamed, from the deltas.
func readRaw(t *testing.T, body string) (a answer, streamed map[string]string) {
	t.Helper()
	final := jsonObject{}
	items := []jsonObject{}
	streamed = map[string]string{}
	if !isStream(body) {
		final = parse(t, body)
		items = final.list("output")
	} else {
		for _, c := range chunks(t, body) {
			switch kind := c.text("type"); {
			case kind == "response.output_item.done":
				items = append(items, c.object("item"))
			case strings.HasSuffix(kind, ".delta"):
				streamed[strings.Split(kind, ".")[1]] += c.text("delta")
			case kind == "response.completed":
				final = c.object("response")
			}
		}
	}
	for _, it := range items {
		a.Parts = append(a.Parts, rawParts(it)...)
	}
	a.ID, a.Model, a.Status = final.text("id"), final.text("model"), final.text("status")
	u := final.object("usage")
	a.Usage = reprise.Usage{
		Input: u.number("input_tokens"), Output: u.number("output_tokens"),
		CacheRead: u.object("input_tokens_details").number("cached_tokens"),
	}
	if _, ok := u.object("output_tokens_details")["reasoning_tokens"]; ok {
		n := u.object("output_tokens_details").number("reasoning_tokens")
		a.Usage.Reasoning = &n
	}
	return a, streamed
}

// rawParts describes the parts that an item is.
func rawParts(it jsonObject) []string {
	switch it.text("type") {
	case "message":
		var out []string
		for _, c := range it.list("content") {
			line := "text " + c.text("text")
			for _, an := range c.list("annotations") {
				characters := []rune(c.text("text"))
				line += fmt.Sprintf("\ncites %s %s %q", an.text("url"), an.text("title"), string(characters[an.number("start_index"):an.number("end_index")]))
			}
			out = append(out, line)
		}
		return out
	case "reasoning":
		var summaries []string
		for _, s := range it.list("summary") {
			summaries = append(summaries, s.text("text"))
		}
		return []string{"reasoning " + strings.Join(summaries, "\n\n") + " " + it.text("id") + " " + it.text("encrypted_content")}
	case "function_call":
		return []string{"call " + it.text("call_id") + " " + it.text("name") + " " + it.text("arguments") + " " + it.text("id")}
	}
	return []string{it.text("type") + " " + it.text("id")}
}

// describe is rawParts for what was decoded.
func describe(t *testing.T, parts reprise.Parts) []string {
	t.Helper()
	var out []string
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Text:
			line := "text " + p.Text
			for _, c := range p.Citations {
				line += fmt.Sprintf("\ncites %s %s %q", c.URL, c.Title, p.Text[c.Start:c.End])
			}
			out = append(out, line)
		case reprise.Reasoning:
			it := parse(t, string(p.Echo.Data))
			out = append(out, "reasoning "+p.Text+" "+it.text("id")+" "+it.text("encrypted_content"))
		case reprise.ToolCall:
			out = append(out, "call "+p.ID+" "+p.Name+" "+p.Args+" "+parse(t, string(p.Echo.Data)).object("item").text("id"))
		case reprise.Opaque:
			out = append(out, p.Kind+" "+parse(t, string(p.Data)).text("id"))
		default:
			out = append(out, fmt.Sprintf("%T", p))
		}
	}
	return out
}

// TestRecordings compares what is decoded with what the raw bodies say.
func TestRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i, ex := range exchanges {
			raw, streamed := readRaw(t, ex.Response.Body)
			got, err := reprise.Collect(ReadResponse(strings.NewReader(ex.Response.Body), ex.dialect(t), nil))
			if err != nil {
				t.Fatalf("exchange %d: %v", i, err)
			}
			status := map[reprise.FinishReason]string{reprise.ReasonStop: "completed", reprise.ReasonToolCalls: "completed", reprise.ReasonLength: "incomplete"}[got.Reason]
			have := answer{got.ID, got.Model, status, describe(t, got.Message.Parts), got.Usage}
			if d := cmp.Diff(raw, have); d != "" {
				t.Errorf("exchange %d (-raw +decoded):\n%s", i, d)
			}
			if waits := len(got.Calls()) > 0; waits != (got.Reason == reprise.ReasonToolCalls) {
				t.Errorf("exchange %d: the reason is %s, there are calls: %v", i, got.Reason, waits)
			}
			if len(got.Warnings) > 0 {
				t.Errorf("exchange %d: %v", i, got.Warnings)
			}
			slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(ex.Response.Body)), ex.dialect(t), nil))
			if d := cmp.Diff(got, slow); d != "" || err != nil {
				t.Errorf("exchange %d, one byte a read: %v (-whole +slow):\n%s", i, err, d)
			}
			if isStream(ex.Response.Body) {
				recordedDeltas(t, ex, streamed)
				cutEverywhere(t, ex)
			}
		}
	})
}

// recordedDeltas checks that all that was streamed comes out as deltas.
func recordedDeltas(t *testing.T, ex recorded, streamed map[string]string) {
	t.Helper()
	got := map[string]string{}
	add := func(kind, delta string) {
		if delta != "" {
			got[kind] += delta
		}
	}
	for ev, err := range ReadResponse(strings.NewReader(ex.Response.Body), ex.dialect(t), nil) {
		if err != nil {
			t.Fatal(err)
		}
		switch ev := ev.(type) {
		case reprise.TextDelta:
			add("output_text", ev.Text)
		case reprise.ReasoningDelta:
			add("reasoning_summary_text", ev.Text)
		case reprise.ArgsDelta:
			add("function_call_arguments", ev.Args)
		}
	}
	if d := cmp.Diff(streamed, got); d != "" {
		t.Errorf("deltas (-raw +decoded):\n%s", d)
	}
}

// cutEverywhere breaks a recorded stream off after each event: before the
// last one that is an error, and what came before it is kept.
func cutEverywhere(t *testing.T, ex recorded) {
	t.Helper()
	body := strings.TrimRight(ex.Response.Body, "\n") + "\n\n"
	for at := 0; at < len(body); {
		_, err := reprise.Collect(ReadResponse(strings.NewReader(body[:at]), ex.dialect(t), nil))
		want := reprise.KindCut
		if at == 0 {
			want = reprise.KindBadResponse
		}
		if reprise.KindOf(err) != want {
			t.Fatalf("cut after %d of %d bytes: got error %v, want kind %s", at, len(body), err, want)
		}
		at += strings.Index(body[at:], "\n\n") + 2
	}
}

// TestRecordedRequests reads each recorded request and writes it again.
func TestRecordedRequests(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i, ex := range exchanges {
			d := ex.dialect(t)
			req, err := ReadRequest([]byte(ex.Request.Body), d)
			if err != nil {
				t.Fatalf("exchange %d: %v", i, err)
			}
			body, warnings, err := encode(t.Context(), &Model{Dialect: *d}, req)
			if err != nil || len(warnings) > 0 {
				t.Fatalf("exchange %d: %v, %v", i, err, warnings)
			}
			compare(t, fmt.Sprintf("exchange %d", i), ex.Request.Body, body)
			again, err := ReadRequest(body, d)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(req, again); d != "" {
				t.Errorf("exchange %d, read again (-first +second):\n%s", i, d)
			}
		}
	})
}

// TestRoundTrip makes the second request of each recording from the first
// one, the decoded answer to it, and the recorded results: it must carry all
// that the recorded one does.
func TestRoundTrip(t *testing.T) {
	rounds := 0
	eachRecording(t, func(t *testing.T, exchanges []recorded) {
		for i := range len(exchanges) - 1 {
			rounds++
			d := exchanges[i].dialect(t)
			first, err := ReadRequest([]byte(exchanges[i].Request.Body), d)
			if err != nil {
				t.Fatal(err)
			}
			second, err := ReadRequest([]byte(exchanges[i+1].Request.Body), d)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := reprise.Collect(ReadResponse(strings.NewReader(exchanges[i].Response.Body), d, first))
			if err != nil {
				t.Fatal(err)
			}
			results := second.Messages[len(second.Messages)-1]
			if results.Role != reprise.RoleTool {
				t.Fatalf("the recorded request %d ends with a message of role %s", i+1, results.Role)
			}
			history := append(first.Messages[:len(first.Messages):len(first.Messages)], resp.Message, results)
			rebuilt := *second
			rebuilt.System, rebuilt.Messages = first.System, history
			body, warnings, err := encode(t.Context(), &Model{Dialect: *d}, &rebuilt)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, fmt.Sprintf("request %d", i+1), exchanges[i+1].Request.Body, body)
			reasoningReturns(t, exchanges[i].Response.Body, body, warnings)
		}
	})
	if !t.Skipped() && rounds == 0 {
		t.Skip("no recording of more than one turn")
	}
}

// reasoningReturns checks that encrypted reasoning goes back as the item that
// it came as, before what it led to; and that reasoning that cannot go is told.
func reasoningReturns(t *testing.T, response string, body []byte, warnings []reprise.Warning) {
	t.Helper()
	var given []jsonObject
	if isStream(response) {
		for _, c := range chunks(t, response) {
			if c.text("type") == "response.output_item.done" {
				given = append(given, c.object("item"))
			}
		}
	} else {
		given = parse(t, response).list("output")
	}
	sent := parse(t, string(body)).list("input")
	for i, it := range given {
		if it.text("type") != "reasoning" {
			continue
		}
		if it.text("encrypted_content") == "" {
			if len(warnings) == 0 {
				t.Error("reasoning was left out without a warning")
			}
			continue
		}
		found := false
		for j, s := range sent {
			if s.text("id") == it.text("id") {
				found = true
				if d := cmp.Diff(it, s); d != "" {
					t.Errorf("reasoning (-given +sent):\n%s", d)
				}
				if d := cmp.Diff(given[i+1], sent[j+1]); d != "" {
					t.Errorf("what follows reasoning (-given +sent):\n%s", d)
				}
			}
		}
		if !found {
			t.Errorf("reasoning %s did not go back", it.text("id"))
		}
	}
}

// compare reports what a recorded body has and ours has not, item by item.
// Ours may have more.
func compare(t *testing.T, where, recorded string, ours []byte) {
	t.Helper()
	want, got := parse(t, recorded), parse(t, string(ours))
	delete(want, "stream")
	var reasoningless []any // the recorder threw reasoning away
	for _, it := range got.list("input") {
		if it.text("type") != "reasoning" {
			reasoningless = append(reasoningless, map[string]any(it))
		}
	}
	if got["input"] != nil {
		got["input"] = reasoningless
	}
	missing("", map[string]any(want), map[string]any(got), func(path string, recorded, ours any) {
		t.Errorf("%s: %s: recorded %v, ours %v", where, path, recorded, ours)
	})
}

// missing calls report for each value of recorded that ours has not.
func missing(path string, recorded, ours any, report func(path string, recorded, ours any)) {
	switch r := recorded.(type) {
	case map[string]any:
		o, _ := ours.(map[string]any)
		for k, v := range r {
			missing(path+"."+k, v, o[k], report)
		}
	case []any:
		o, _ := ours.([]any)
		if len(o) != len(r) {
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
