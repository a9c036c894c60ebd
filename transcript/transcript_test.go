package transcript_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/demo"
	"github.com/repriselabs/reprise/price"
	"github.com/repriselabs/reprise/transcript"
)

func load(t *testing.T) *cassette.Recording {
	t.Helper()
	rec, err := cassette.Read(bytes.NewReader(demo.Cassette))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func ptr[T any](v T) *T { return &v }

func TestDemo(t *testing.T) {
	doc := transcript.Of("demo.yaml", load(t))
	if d := cmp.Diff(reprise.Usage{Input: 1284, Output: 413, Reasoning: ptr(int64(320)), CacheRead: 896}, doc.Usage); d != "" {
		t.Errorf("usage (-want +got):\n%s", d)
	}
	if d := cmp.Diff(&transcript.Cost{USD: 715_020_000, Source: "provider"}, doc.Cost); d != "" {
		t.Errorf("cost (-want +got):\n%s", d)
	}
	ex := doc.Exchanges[0]
	if *ex.API != "openai-chat" || ex.Provider != "xai" || ex.Model != demo.Model {
		t.Errorf("got %s of %s at %s", *ex.API, ex.Model, ex.Provider)
	}
	wantRequest := &reprise.Request{
		Model: demo.Model, System: reprise.Parts{reprise.Text{Text: demo.System}},
		Messages: reprise.Ask(demo.Prompt), MaxTokens: demo.MaxTokens,
	}
	for _, tool := range demo.Tools() {
		wantRequest.Tools = append(wantRequest.Tools, tool.Spec())
	}
	sameJSON := cmp.Transformer("JSON", func(raw json.RawMessage) any {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return string(raw)
		}
		return v
	})
	if d := cmp.Diff(wantRequest, ex.Request, sameJSON); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
	wantMessage := reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{
		reprise.Reasoning{Text: "The user asked to \"Add and multiply the number 2 and 3\". The system prompt says: \"Always use both add and multiply at the same time.\"\n"},
		reprise.ToolCall{ID: "call_47876210", Name: "add", Args: `{"a":2,"b":3}`},
		reprise.ToolCall{ID: "call_97132951", Name: "multiply", Args: `{"a":2,"b":3}`},
	}}
	if d := cmp.Diff(wantMessage, ex.Response.Message); d != "" {
		t.Errorf("answer (-want +got):\n%s", d)
	}
}

// TestTableAgrees prices the demo by the table alone.
func TestTableAgrees(t *testing.T) {
	for i, want := range []string{"0.00055964", "0.00015538"} {
		ex := transcript.Of("", load(t)).Exchanges[i]
		if got, ok := price.Of(ex.Provider, ex.Model, ex.At, ex.Response.Usage); !ok || got.String() != want {
			t.Errorf("exchange %d: got %s, %v, want %s", i, got, ok, want)
		}
		if ex.Cost.Table != nil {
			t.Errorf("exchange %d: the table says %s", i, ex.Cost.Table)
		}
	}
}

// TestWithoutReportedCost takes the cost that was reported out of the
// recording: the table's takes its place.
func TestWithoutReportedCost(t *testing.T) {
	rec := load(t)
	body := &rec.Interactions[0].Response.Body
	*body = string(bytes.ReplaceAll([]byte(*body), []byte(`,"cost_in_usd_ticks":5596400`), nil))
	doc := transcript.Of("", rec)
	if d := cmp.Diff(&transcript.Cost{USD: 559_640_000, Source: "table"}, doc.Exchanges[0].Cost); d != "" {
		t.Errorf("exchange (-want +got):\n%s", d)
	}
	if d := cmp.Diff(&transcript.Cost{USD: 715_020_000, Source: "mixed"}, doc.Cost); d != "" {
		t.Errorf("sum (-want +got):\n%s", d)
	}
}

func TestUnknownPrice(t *testing.T) {
	rec := load(t)
	for i := range rec.Interactions {
		in := &rec.Interactions[i]
		in.Request.URL = "http://localhost:8080/v1/chat/completions"
	}
	doc := transcript.Of("", rec)
	if doc.Exchanges[0].Provider != "localhost:8080" || doc.Exchanges[0].Cost != nil || doc.Cost != nil {
		t.Errorf("got %s, %v, %v, want an unknown cost", doc.Exchanges[0].Provider, doc.Exchanges[0].Cost, doc.Cost)
	}
}

// TestOtherTier has an answer at a price that the table does not know.
func TestOtherTier(t *testing.T) {
	for tier, known := range map[string]bool{"default": true, "flex": false, "priority": false} {
		rec := load(t)
		body := &rec.Interactions[0].Response.Body
		*body = string(bytes.ReplaceAll([]byte(*body), []byte(`,"cost_in_usd_ticks":5596400`), nil))
		*body = string(bytes.ReplaceAll([]byte(*body), []byte(`"object":"chat.completion.chunk"`), []byte(`"service_tier":"`+tier+`"`)))
		if ex := transcript.Of("", rec).Exchanges[0]; (ex.Cost != nil) != known {
			t.Errorf("%s: got cost %v", tier, ex.Cost)
		}
	}
}

// TestOtherTierOfOthers has answers at such a price of other APIs.
func TestOtherTierOfOthers(t *testing.T) {
	const (
		claude = "https://api.anthropic.com/v1/messages"
		gemini = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
		vertex = "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"
	)
	for _, c := range []struct {
		url, usage string
		known      bool
	}{
		{claude, `"service_tier":"standard","speed":"standard","inference_geo":"global"`, true},
		{claude, `"service_tier":"batch"`, false},
		{claude, `"speed":"fast"`, false},
		{claude, `"inference_geo":"us"`, false},
		{claude, `"iterations":[{"type":"message"},{"type":"message"}]`, true},
		{claude, `"iterations":[{"type":"compaction"},{"type":"message"}]`, false},
		{gemini, `"serviceTier":"standard"`, true},
		{gemini, `"serviceTier":"flex"`, false},
		{vertex, `"trafficType":"ON_DEMAND"`, true},
		{vertex, `"trafficType":"ON_DEMAND_PRIORITY"`, false},
		{vertex, `"trafficType":"PROVISIONED_THROUGHPUT"`, false},
	} {
		in := load(t).Interactions[0]
		in.Request.URL, in.Request.Body = c.url, `{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[]}`
		in.Response.Body = `{"type":"message","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1,` + c.usage + `}}`
		if c.url != claude {
			in.Request.Body = `{"contents":[]}`
			in.Response.Body = `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,` + c.usage + `}}`
		}
		if ex := transcript.Read(&in); ex.Error != nil || (ex.Cost != nil) != c.known {
			t.Errorf("%s at %s: got cost %v, error %v", c.usage, c.url, ex.Cost, ex.Error)
		}
	}
}

func TestFailedExchanges(t *testing.T) {
	base := load(t).Interactions[0]
	for _, c := range []struct {
		name   string
		change func(*cassette.Interaction)
		want   *transcript.Error
		text   bool // there is a part of an answer
	}{
		{"refused", func(in *cassette.Interaction) {
			in.Response.Code, in.Response.Body = 429, `{"error":{"message":"slow down"}}`
		}, &transcript.Error{Kind: reprise.KindRateLimit, Message: "slow down"}, false},
		{"cut", func(in *cassette.Interaction) {
			in.Outcome, in.Error, in.Response.Body = cassette.Cut, "unexpected EOF", in.Response.Body[:700]
		}, &transcript.Error{Kind: reprise.KindCut, Message: "unexpected EOF"}, true},
		{"unreached", func(in *cassette.Interaction) {
			in.Outcome, in.Error, in.Response = cassette.Failed, "connection refused", cassette.Response{}
		}, &transcript.Error{Kind: reprise.KindNetwork, Message: "connection refused"}, false},
		{"a request that is no JSON", func(in *cassette.Interaction) { in.Request.Body = "hello" },
			&transcript.Error{Kind: reprise.KindInvalid, Message: "the request is not a JSON object: invalid character 'h' looking for beginning of value"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := base
			c.change(&in)
			got := transcript.Read(&in)
			if d := cmp.Diff(c.want, got.Error); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if (got.Response != nil) != c.text {
				t.Errorf("got response %v", got.Response)
			}
		})
	}
}

func TestOtherExchanges(t *testing.T) {
	rec := &cassette.Recording{Interactions: []cassette.Interaction{
		{ID: 7, Request: cassette.Request{Method: "GET", URL: "https://example.org/weather"}, Response: cassette.Response{Code: 200, Body: "sunny"}},
		{ID: 8, Effect: &cassette.Effect{Name: "add"}},
	}}
	doc := transcript.Of("f", rec)
	if len(doc.Exchanges) != 1 || doc.Exchanges[0].ID != 7 || doc.Exchanges[0].API != nil {
		t.Errorf("got %+v, want the one HTTP exchange, which is no model call", doc.Exchanges)
	}
}

// TestNoExchange: calls, and what go-vcr saves of a failure that it cannot
// see, are no exchanges.
func TestNoExchange(t *testing.T) {
	rec := &cassette.Recording{Interactions: []cassette.Interaction{{}, {Effect: &cassette.Effect{Name: "add"}}}}
	if d := cmp.Diff(&transcript.Document{File: "f", Exchanges: []transcript.Exchange{}}, transcript.Of("f", rec)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMillis(t *testing.T) {
	for d, want := range map[time.Duration]string{829110292: "829.110", time.Second: "1000", 1500 * time.Microsecond: "1.500"} {
		if got, err := transcript.Millis(d).MarshalJSON(); string(got) != want || err != nil {
			t.Errorf("%v: got %s, %v, want %s", d, got, err, want)
		}
	}
}
