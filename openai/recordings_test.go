package openai

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
		return exchange{e, &d}, strings.HasSuffix(e.URL.Path, "/responses")
	}, f)
}

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
	final := recordings.Object{}
	items := []recordings.Object{}
	streamed = map[string]string{}
	if recordings.Whole(body) {
		final = recordings.Parse(t, body)
		items = final.List("output")
	} else {
		for _, c := range recordings.Objects(t, body) {
			switch kind := c.Text("type"); {
			case kind == "response.output_item.done":
				items = append(items, c.Object("item"))
			case strings.HasSuffix(kind, ".delta"):
				streamed[strings.Split(kind, ".")[1]] += c.Text("delta")
			case kind == "response.completed":
				final = c.Object("response")
			}
		}
	}
	for _, it := range items {
		a.Parts = append(a.Parts, rawParts(it)...)
	}
	a.ID, a.Model, a.Status = final.Text("id"), final.Text("model"), final.Text("status")
	u := final.Object("usage")
	a.Usage = reprise.Usage{
		Input: u.Number("input_tokens"), Output: u.Number("output_tokens"),
		CacheRead: u.Object("input_tokens_details").Number("cached_tokens"),
	}
	if _, ok := u.Object("output_tokens_details")["reasoning_tokens"]; ok {
		n := u.Object("output_tokens_details").Number("reasoning_tokens")
		a.Usage.Reasoning = &n
	}
	return a, streamed
}

// rawParts describes the parts that an item is.
func rawParts(it recordings.Object) []string {
	switch it.Text("type") {
	case "message":
		var out []string
		for _, c := range it.List("content") {
			line := "text " + c.Text("text")
			for _, an := range c.List("annotations") {
				characters := []rune(c.Text("text"))
				line += fmt.Sprintf("\ncites %s %s %q", an.Text("url"), an.Text("title"), string(characters[an.Number("start_index"):an.Number("end_index")]))
			}
			out = append(out, line)
		}
		return out
	case "reasoning":
		var summaries []string
		for _, s := range it.List("summary") {
			summaries = append(summaries, s.Text("text"))
		}
		return []string{"reasoning " + strings.Join(summaries, "\n\n") + " " + it.Text("id") + " " + it.Text("encrypted_content")}
	case "function_call":
		return []string{"call " + it.Text("call_id") + " " + it.Text("name") + " " + it.Text("arguments") + " " + it.Text("id")}
	}
	return []string{it.Text("type") + " " + it.Text("id")}
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
			it := recordings.Parse(t, string(p.Echo.Data))
			out = append(out, "reasoning "+p.Text+" "+it.Text("id")+" "+it.Text("encrypted_content"))
		case reprise.ToolCall:
			out = append(out, "call "+p.ID+" "+p.Name+" "+p.Args+" "+recordings.Parse(t, string(p.Echo.Data)).Object("item").Text("id"))
		case reprise.Opaque:
			out = append(out, p.Kind+" "+recordings.Parse(t, string(p.Data)).Text("id"))
		default:
			out = append(out, fmt.Sprintf("%T", p))
		}
	}
	return out
}

// TestRecordings compares what is decoded with what the raw bodies say.
func TestRecordings(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, ex := range exchanges {
			raw, streamed := readRaw(t, ex.Response)
			got, err := reprise.Collect(ReadResponse(strings.NewReader(ex.Response), ex.dialect, nil))
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
			slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(ex.Response)), ex.dialect, nil))
			if d := cmp.Diff(got, slow); d != "" || err != nil {
				t.Errorf("exchange %d, one byte a read: %v (-whole +slow):\n%s", i, err, d)
			}
			if !recordings.Whole(ex.Response) {
				recordedDeltas(t, ex, streamed)
				cutEverywhere(t, ex)
			}
		}
	})
}

// recordedDeltas checks that all that was streamed comes out as deltas.
func recordedDeltas(t *testing.T, ex exchange, streamed map[string]string) {
	t.Helper()
	got := map[string]string{}
	add := func(kind, delta string) {
		if delta != "" {
			got[kind] += delta
		}
	}
	for ev, err := range ReadResponse(strings.NewReader(ex.Response), ex.dialect, nil) {
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
func cutEverywhere(t *testing.T, ex exchange) {
	t.Helper()
	body := strings.TrimRight(ex.Response, "\n") + "\n\n"
	for at := 0; at < len(body); {
		_, err := reprise.Collect(ReadResponse(strings.NewReader(body[:at]), ex.dialect, nil))
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
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, ex := range exchanges {
			d := ex.dialect
			req, err := ReadRequest([]byte(ex.Request), d)
			if err != nil {
				t.Fatalf("exchange %d: %v", i, err)
			}
			body, warnings, err := encode(t.Context(), &Model{Dialect: *d}, req)
			if err != nil || len(warnings) > 0 {
				t.Fatalf("exchange %d: %v, %v", i, err, warnings)
			}
			compare(t, fmt.Sprintf("exchange %d", i), ex.Request, body)
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
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i := range len(exchanges) - 1 {
			rounds++
			d := exchanges[i].dialect
			first, err := ReadRequest([]byte(exchanges[i].Request), d)
			if err != nil {
				t.Fatal(err)
			}
			second, err := ReadRequest([]byte(exchanges[i+1].Request), d)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := reprise.Collect(ReadResponse(strings.NewReader(exchanges[i].Response), d, first))
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
			compare(t, fmt.Sprintf("request %d", i+1), exchanges[i+1].Request, body)
			reasoningReturns(t, exchanges[i].Response, body, warnings)
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
	var given []recordings.Object
	if !recordings.Whole(response) {
		for _, c := range recordings.Objects(t, response) {
			if c.Text("type") == "response.output_item.done" {
				given = append(given, c.Object("item"))
			}
		}
	} else {
		given = recordings.Parse(t, response).List("output")
	}
	sent := recordings.Parse(t, string(body)).List("input")
	for i, it := range given {
		if it.Text("type") != "reasoning" {
			continue
		}
		if it.Text("encrypted_content") == "" {
			if len(warnings) == 0 {
				t.Error("reasoning was left out without a warning")
			}
			continue
		}
		found := false
		for j, s := range sent {
			if s.Text("id") == it.Text("id") {
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
			t.Errorf("reasoning %s did not go back", it.Text("id"))
		}
	}
}

// compare reports what a recorded body has and ours has not, item by item.
// Ours may have more.
func compare(t *testing.T, where, recorded string, ours []byte) {
	t.Helper()
	want, got := recordings.Parse(t, recorded), recordings.Parse(t, string(ours))
	delete(want, "stream")
	var reasoningless []any // the recorder threw reasoning away
	for _, it := range got.List("input") {
		if it.Text("type") != "reasoning" {
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
