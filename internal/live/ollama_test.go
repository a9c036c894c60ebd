package live

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/openai"
	"github.com/repriselabs/reprise/openaichat"
)

// The models that the server must have: tiny says fixed sentences, and calls
// get_weather if it is offered; tinythink also thinks when it is told to.
const (
	tiny      = "tiny"
	tinyThink = "tinythink"
)

// apis are the ways to ask the server.
var apis = []struct {
	name string
	open func(server, model string, client *http.Client) reprise.Model
}{
	{"chat completions", func(server, model string, client *http.Client) reprise.Model {
		d, _ := openaichat.DialectFor("ollama")
		return &openaichat.Model{Name: model, BaseURL: server + "/v1", Dialect: d, Client: client}
	}},
	{"responses", func(server, model string, client *http.Client) reprise.Model {
		m := openai.Ollama(model)
		m.BaseURL, m.Client = server+"/v1", client
		return m
	}},
	{"messages", func(server, model string, client *http.Client) reprise.Model {
		return &anthropic.Model{Name: model, BaseURL: server + "/v1", Client: client, NoCache: true}
	}},
}

// each runs f with every API of the Ollama server that REPRISE_OLLAMA names,
// live and recorded, and then from the recording: f gives the same.
func each(t *testing.T, model string, f func(t *testing.T, m reprise.Model) any) {
	server := os.Getenv("REPRISE_OLLAMA")
	if server == "" {
		t.Skip("REPRISE_OLLAMA names no server")
	}
	for _, api := range apis {
		t.Run(api.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "run.yaml")
			tape := &cassette.Cassette{File: file, Mode: cassette.Record}
			live := f(t, api.open(server, model, tape.Client()))
			if err := tape.Close(); err != nil {
				t.Fatal(err)
			}
			tape = &cassette.Cassette{File: file}
			replayed := f(t, api.open(server, model, tape.Client()))
			if err := tape.Close(); err != nil {
				t.Error(err)
			}
			if d := cmp.Diff(live, replayed); d != "" {
				t.Errorf("(-live +replayed):\n%s", d)
			}
		})
	}
}

func generate(t *testing.T, m reprise.Model, req *reprise.Request) *reprise.Response {
	t.Helper()
	req.MaxTokens = 200
	resp, err := reprise.Generate(t.Context(), m, req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestText(t *testing.T) {
	each(t, tiny, func(t *testing.T, m reprise.Model) any {
		deltas := 0
		var acc reprise.Accumulator
		for ev, err := range m.Stream(t.Context(), &reprise.Request{Messages: reprise.Ask("Say hello"), MaxTokens: 200}) {
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := ev.(reprise.TextDelta); ok {
				deltas++
			}
			acc.Add(ev)
		}
		resp := acc.Response()
		if resp.Text() != "Hello! I am a tiny but real llama." || resp.Reason != reprise.ReasonStop {
			t.Errorf("got %q, ended by %s", resp.Text(), resp.Reason)
		}
		if deltas < 2 || resp.Usage.Input == 0 || resp.Usage.Output == 0 {
			t.Errorf("got %d deltas, usage %+v", deltas, resp.Usage)
		}
		return resp
	})
}

// weather is the tool that the models call. It notes the cities.
func weather(asked *[]string) reprise.Tool {
	return reprise.Func("get_weather", "Get the weather", func(_ context.Context, in struct {
		City string `json:"city"`
	}) (string, error) {
		*asked = append(*asked, in.City)
		return "sunny, 21 degrees", nil
	})
}

func TestTool(t *testing.T) {
	each(t, tiny, func(t *testing.T, m reprise.Model) any {
		var asked []string
		a := &agent.Agent{Model: m, Tools: []reprise.Tool{weather(&asked)}, Settings: reprise.Request{MaxTokens: 200}}
		result, err := a.Generate(t.Context(), reprise.Ask("What is the weather in Paris?"))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"Paris"}, asked); d != "" || result.Turns != 2 {
			t.Errorf("%d turns (-want +asked):\n%s", result.Turns, d)
		}
		if text := strings.TrimSpace(result.Text()); text != "The weather in Paris is sunny, 21 degrees." {
			t.Errorf("got %q", text)
		}
		return result.History
	})
}

func TestThinking(t *testing.T) {
	each(t, tinyThink, func(t *testing.T, m reprise.Model) any {
		resp := generate(t, m, &reprise.Request{Messages: reprise.Ask("think")})
		thought := ""
		for _, p := range resp.Message.Parts {
			if r, ok := p.(reprise.Reasoning); ok {
				thought += r.Text
			}
		}
		if thought != "Let me think.." || resp.Text() != "42" {
			t.Errorf("thought %q and said %q", thought, resp.Text())
		}
		return resp
	})
}

func TestOutput(t *testing.T) {
	each(t, tiny, func(t *testing.T, m reprise.Model) any {
		if _, ok := m.(*anthropic.Model); ok {
			t.Skip("Ollama's Messages API knows no schemas, and the model calls no tool but get_weather")
		}
		schema := json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}`)
		resp := generate(t, m, &reprise.Request{Messages: reprise.Ask("Who are you?"), Output: &reprise.Schema{Name: "person", JSON: schema, Strict: true}})
		var got struct {
			Name *string `json:"name"`
		}
		if err := json.Unmarshal([]byte(resp.Text()), &got); err != nil || got.Name == nil {
			t.Errorf("got %q, %v, want an object with a name", resp.Text(), err)
		}
		return resp
	})
}

func TestUnknownModel(t *testing.T) {
	each(t, "nobody", func(t *testing.T, m reprise.Model) any {
		_, err := reprise.Generate(t.Context(), m, &reprise.Request{Messages: reprise.Ask("hi"), MaxTokens: 9})
		if reprise.KindOf(err) != reprise.KindNotFound || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("got %v of kind %q, want not_found with the model's name", err, reprise.KindOf(err))
		}
		return nil
	})
}

func TestCancel(t *testing.T) {
	server := os.Getenv("REPRISE_OLLAMA")
	if server == "" {
		t.Skip("REPRISE_OLLAMA names no server")
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	for _, api := range apis {
		t.Run(api.name, func(t *testing.T) {
			proxy := httputil.NewSingleHostReverseProxy(address)
			proxy.Transport = patient{}
			between := httptest.NewServer(proxy)
			defer between.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := api.open(between.URL, tiny, nil)
			var last error
			for ev, err := range m.Stream(ctx, &reprise.Request{Messages: reprise.Ask("long"), MaxTokens: 400}) {
				last = err
				if _, ok := ev.(reprise.TextDelta); ok {
					cancel()
				}
			}
			if reprise.KindOf(last) != reprise.KindCanceled {
				t.Errorf("got %v of kind %q, want canceled", last, reprise.KindOf(last))
			}
		})
	}
}

// patient reads every answer to its end, also when the client has left: Ollama
// 0.17.4 often answers nobody any more after a client left it in mid-stream.
type patient struct{}

func (patient) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req.WithContext(context.WithoutCancel(req.Context())))
	if err == nil {
		resp.Body = drained{resp.Body}
	}
	return resp, err
}

type drained struct{ io.ReadCloser }

func (d drained) Close() error {
	_, err := io.Copy(io.Discard, d.ReadCloser)
	return errors.Join(err, d.ReadCloser.Close())
}

// TestToolBesideOutput: a schema does not keep the model from calling tools.
// It then says a fixed sentence, which is no value.
func TestToolBesideOutput(t *testing.T) {
	each(t, tiny, func(t *testing.T, m reprise.Model) any {
		var asked []string
		a := &agent.Agent{Model: m, Tools: []reprise.Tool{weather(&asked)}, Settings: reprise.Request{MaxTokens: 200}}
		o := &agent.Object[struct{ Degrees int }]{Agent: a, Tries: 2}
		_, result, err := o.Generate(t.Context(), reprise.Ask("What is the weather in Paris?"))
		var wrong *reprise.OutputError
		if d := cmp.Diff([]string{"Paris", "Paris"}, asked); d != "" || !errors.As(err, &wrong) || wrong.Tries != 2 {
			t.Errorf("error %v (-want +asked):\n%s", err, d)
		}
		return result.History
	})
}
