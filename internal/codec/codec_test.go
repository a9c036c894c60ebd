package codec_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/codec"
	"github.com/repriselabs/reprise/internal/recordings"
)

// requests are one for each API and form of answers.
var requests = []struct{ url, body, api, model, form string }{
	{"https://x/v1/chat/completions", `{"stream":true,"stream_options":{"include_usage":true}}`, "openai-chat", "", "stream"},
	{"https://api.x.ai/v1/chat/completions", `{}`, "openai-chat", "", "whole"},
	{"https://x/v1/responses", `{"stream":true}`, "openai-responses", "", "stream"},
	{"https://x/v1/responses", `{}`, "openai-responses", "", "whole"},
	{"https://x/v1/messages", `{"stream":true}`, "anthropic", "", "stream"},
	{"https://x/v1/messages", `{}`, "anthropic", "", "whole"},
	{"https://x/messages", `{"messages":[]}`, "anthropic", "", "whole"},
	{"https://x/model/eu.m%3A0/invoke-with-response-stream", `{"anthropic_version":"bedrock-2023-05-31"}`, "anthropic", "eu.m:0", "frames"},
	{"https://x/model/m/invoke", `{"anthropic_version":"bedrock-2023-05-31"}`, "anthropic", "m", "whole"},
	{"https://x/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict", `{"stream":true}`, "anthropic", "m", "stream"},
	{"https://x/v1beta/models/m:streamGenerateContent?alt=sse", `{}`, "gemini", "m", "stream"},
	{"https://x/v1beta/models/m:streamGenerateContent", `{}`, "gemini", "m", "array"},
	{"https://x/v1/models/m:generateContent", `{}`, "gemini", "m", "whole"},
}

func codecOf(t *testing.T, method, address, body string) codec.Codec {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := codec.Of(method, u, []byte(body))
	if !ok {
		t.Fatalf("%s %s is taken for no model call", method, address)
	}
	return c
}

func TestOf(t *testing.T) {
	for _, r := range requests {
		c := codecOf(t, "POST", r.url, r.body)
		if c.API != r.api || c.Model != r.model || string(c.Form) != r.form {
			t.Errorf("%s: %s of %q as %s, want %s of %q as %s", r.url, c.API, c.Model, c.Form, r.api, r.model, r.form)
		}
	}
	for address, body := range map[string]string{
		"https://x/":                                                    "",
		"https://x/v1/embeddings":                                       "",
		"https://x/v1/messages/count_tokens":                            `{"messages":[]}`,
		"https://x/v1/messages/batches":                                 `{"requests":[]}`,
		"https://x/v1/threads/t/messages":                               `{"role":"user","content":"the messages"}`,
		"https://x/messages?sessionId=1":                                `{"jsonrpc":"2.0","params":{"messages":[]}}`,
		"https://x/model/m/converse":                                    `{"messages":[]}`,
		"https://x/model/m/converse-stream":                             `{"messages":[]}`,
		"https://x/model/m/count-tokens":                                `{"input":{}}`,
		"https://x/model/amazon.nova-v1/invoke":                         `{"messages":[]}`,
		"https://x/model/anthropic.v2/invoke":                           `{"prompt":"\n\nHuman: anthropic_version\n\nAssistant:"}`,
		"https://x/endpoints/1:rawPredict":                              `{"instances":[]}`,
		"https://x/publishers/o/models/m:rawPredict":                    `{"messages":[]}`,
		"https://x/publishers/anthropic/models/count-tokens:rawPredict": `{"messages":[]}`,
		"https://x/v1beta/models/m:countTokens":                         `{"contents":[]}`,
		"https://x/v1beta/models/m:embedContent":                        `{"content":{}}`,
		"https://x/v1beta/models/m:batchGenerateContent":                `{"batch":{}}`,
		"https://x/v1internal:generateContent":                          `{"request":{"contents":[]}}`,
	} {
		u, _ := url.Parse(address)
		if c, ok := codec.Of("POST", u, []byte(body)); ok {
			t.Errorf("%s is taken for a call of %s", address, c.API)
		}
	}
}

// TestProvider: a server has the same name, whichever API it is asked by.
func TestProvider(t *testing.T) {
	for address, want := range map[string]string{
		"https://ai-gateway.vercel.sh/v1/responses":                       "vercel",
		"https://api.groq.com/openai/v1/responses":                        "groq",
		"https://api.x.ai/v1/responses":                                   "xai",
		"https://api.perplexity.ai/v1/responses":                          "perplexity",
		"https://example.org/v1/responses":                                "example.org",
		"https://api.anthropic.com/v1/messages":                           "anthropic",
		"https://aws-external-anthropic.us-east-1.api.aws/v1/messages":    "anthropic",
		"https://claude.googleapis.com/v1/messages":                       "anthropic",
		"https://bedrock-runtime.us-east-1.amazonaws.com/v1/messages":     "bedrock",
		"https://bedrock-runtime.cn-north-1.amazonaws.com.cn/v1/messages": "bedrock",
		"https://bedrock-mantle.us-east-1.api.aws/v1/messages":            "bedrock",
		"https://us-east5-aiplatform.googleapis.com/v1/messages":          "vertex",
		"https://aiplatform.eu.rep.googleapis.com/v1/messages":            "vertex",
		"https://resource.services.ai.azure.com/v1/messages":              "azure",
		"https://openrouter.ai/v1/messages":                               "openrouter",
		"https://api.deepseek.com/v1/messages":                            "deepseek",
		"https://gateway.example/v1/messages":                             "gateway.example",
	} {
		if c := codecOf(t, "POST", address, "{}"); c.Provider != want {
			t.Errorf("%s: got %q, want %q", address, c.Provider, want)
		}
	}
}

// TestCost: it also bills in the same words.
func TestCost(t *testing.T) {
	c := codecOf(t, "POST", "https://api.perplexity.ai/v1/responses", "{}")
	got, err := reprise.Collect(c.Response(strings.NewReader(`{"object":"response","status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":1,"cost":{"currency":"USD","total_cost":0.25}}}`), nil))
	if err != nil || got.Cost == nil || got.Cost.String() != "0.25" {
		t.Errorf("got cost %v (%v), want 0.25", got.Cost, err)
	}
}

// gist is what an answer says in the words of every API.
type gist struct {
	Text          string
	Calls         []reprise.ToolCall
	Input, Output int64
}

func gistOf(r *reprise.Response) gist {
	g := gist{Text: r.Text(), Input: r.Usage.Input, Output: r.Usage.Output}
	for _, c := range r.Calls() {
		args := bytes.NewBufferString("{}")
		if c.Args != "" {
			args.Reset()
			if json.Compact(args, []byte(c.Args)) != nil {
				args = bytes.NewBufferString(c.Args)
			}
		}
		g.Calls = append(g.Calls, reprise.ToolCall{ID: c.ID, Name: c.Name, Args: args.String()})
	}
	return g
}

// TestCross writes the recorded answers of every API in the words of every
// other, in each of its forms, and reads the same of them there.
func TestCross(t *testing.T) {
	written := map[string]int{}
	all := func(e recordings.Exchange) (recordings.Exchange, bool) { return e, true }
	recordings.Each(t, all, func(t *testing.T, exchanges []recordings.Exchange) {
		for i, e := range exchanges {
			from := codecOf(t, "POST", e.URL.String(), e.Request)
			req, err := from.Request()
			if err != nil {
				t.Fatal(err)
			}
			known, err := reprise.Collect(from.Response(strings.NewReader(e.Response), req))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range requests {
				to := codecOf(t, "POST", r.url, r.body)
				written[from.API+" as "+to.API]++
				var b bytes.Buffer
				if _, err := to.WriteResponse(&b, from.Response(strings.NewReader(e.Response), req), known); err != nil {
					t.Errorf("exchange %d, to %s: %v", i, r.url, err)
				}
				got, err := reprise.Collect(to.Response(&b, nil))
				if d := cmp.Diff(gistOf(known), gistOf(got)); d != "" || err != nil {
					t.Errorf("exchange %d, to %s: %v (-recorded +read):\n%s", i, r.url, err, d)
				}
			}
		}
	})
	t.Log(written)
	if len(written) != 16 {
		t.Errorf("%d pairs of APIs, want 16", len(written))
	}
}
