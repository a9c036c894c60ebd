package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/demo"
	"github.com/repriselabs/reprise/server"
)

// seed is the project's first recording: two turns of Chat Completions.
func seed(t testing.TB) *cassette.Recording {
	t.Helper()
	rec, err := cassette.Read(bytes.NewReader(demo.Cassette))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func recordings(t *testing.T) map[string]*cassette.Recording {
	return map[string]*cassette.Recording{"seed.yaml": seed(t)}
}

// serve serves the seed, if it is not told what.
func serve(t *testing.T, h *server.Handler) string {
	t.Helper()
	if h.Recordings == nil && h.Files == nil {
		h.Recordings = recordings(t)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

const chat = "/v1/chat/completions"

// reply is what a client sees of an answer.
type reply struct {
	Status          int
	Match, Exchange string
	Body            string
}

func post(t *testing.T, url, body string, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header.Get(server.MatchHeader), resp.Header.Get(server.ExchangeHeader), string(b)}
}

// edit changes members of a JSON object; nil takes one away.
func edit(t *testing.T, body string, members map[string]any) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if v[name] = value; value == nil {
			delete(v, name)
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLadder(t *testing.T) {
	rec := seed(t)
	first, second := rec.Interactions[0], rec.Interactions[1]
	hot := map[string]any{"temperature": 0.7, "max_tokens": 9, "stream_options": nil}
	other := map[string]any{"model": "grok-4"}
	whole := reply{200, "conversation", "seed.yaml#1", `{"id":"c1876743-fb01-4c19-ef97-ee163f0e5255","object":"chat.completion","created":0,"model":"grok-code-fast-1",` +
		`"choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"The function calls returned: add gave 5, multiply gave 6.\n",` +
		`"content":"The sum of 2 and 3 is 5, and the product of 2 and 3 is 6."},"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":818,"completion_tokens":25,"total_tokens":897,"prompt_tokens_details":{"cached_tokens":704},"completion_tokens_details":{"reasoning_tokens":54},"cost_in_usd_ticks":1553800}}`}
	for _, tt := range []struct {
		name  string
		match server.Rung
		body  string
		want  reply
	}{
		{"to the letter", server.Exact, first.Request.Body, reply{200, "exact", "seed.yaml#0", first.Response.Body}},
		{"as JSON", server.Exact, edit(t, second.Request.Body, nil), reply{200, "exact", "seed.yaml#1", second.Response.Body}},
		{"other settings", "", edit(t, second.Request.Body, hot), reply{200, "conversation", "seed.yaml#1", second.Response.Body}},
		{"not as a stream", "", edit(t, second.Request.Body, map[string]any{"stream": false}), whole},
		{"another model", server.Loose, edit(t, second.Request.Body, other), reply{200, "loose", "seed.yaml#1", second.Response.Body}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, &server.Handler{Match: tt.match})
			if d := cmp.Diff(tt.want, post(t, url+chat, tt.body)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestSecrets: what was taken out of a recording by name is not compared.
func TestSecrets(t *testing.T) {
	rec := seed(t)
	in := &rec.Interactions[0]
	in.Request.Body = `{"model":"m","messages":[{"role":"user","content":"mail REDACTED"}]}`
	body := `{"model":"m","messages":[{"role":"user","content":"mail alice@example.org"}]}`
	for secret, want := range map[string]string{"alice@example.org": "exact", "": "none"} {
		h := &server.Handler{Recordings: map[string]*cassette.Recording{"a.yaml": rec}, Redact: cassette.Redact{Strings: []string{secret}}}
		if got := post(t, serve(t, h)+chat, body); got.Match != want {
			t.Errorf("with the secret %q: %q, want %q", secret, got.Match, want)
		}
	}
}

// TestNoConversation: what has no messages is only the same to the letter,
// such as what other APIs have under an address that ends alike.
func TestNoConversation(t *testing.T) {
	rec := seed(t)
	in := &rec.Interactions[0]
	in.Request.URL, in.Request.Body = "https://api.openai.com/v1/threads/t/messages", `{"role":"user","content":"hi"}`
	for _, match := range []server.Rung{server.Conversation, server.Loose} {
		url := serve(t, &server.Handler{Recordings: map[string]*cassette.Recording{"a.yaml": rec}, Match: match}) + "/v1/threads/t/messages"
		for body, want := range map[string]string{in.Request.Body: "exact", `{"role":"user","content":"bye"}`: "none"} {
			if got := post(t, url, body); got.Match != want {
				t.Errorf("%s on the rung %q, want %q", body, got.Match, want)
			}
		}
	}
}

func TestMiss(t *testing.T) {
	body := seed(t).Interactions[1].Request.Body
	hot := edit(t, body, map[string]any{"temperature": 0.7})
	for _, tt := range []struct {
		name  string
		match server.Rung
		path  string
		body  string
		want  string
	}{
		{
			"the model", "", chat, edit(t, body, map[string]any{"model": "grok-4"}),
			"no recording for POST /v1/chat/completions: nearest is seed.yaml#1\n  equal: messages[0..2]\n" + `  model: recorded "grok-code-fast-1", now "grok-4"`,
		},
		{
			"a tool", "", chat, strings.ReplaceAll(body, "Add two numbers", "Adds two numbers"),
			"no recording for POST /v1/chat/completions: nearest is seed.yaml#1\n  equal: messages[0..2]\n" + `  tools[0].description: recorded "Add two numbers", now "Adds two numbers"`,
		},
		{
			"only exact", server.Exact, chat, hot,
			"no recording for POST /v1/chat/completions: nearest is seed.yaml#1\n  it is the same conversation, but not the same request, and only exact matches count",
		},
		{
			"another API", "", "/v1/messages", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
			"no recording for POST /v1/messages: nothing is like it among 2 recorded exchanges\n  recordings of other APIs answer it with --as anthropic (Handler.As)",
		},
		{
			"no JSON", "", chat, `{"model":`,
			"no recording for POST /v1/chat/completions: the request is not a JSON object: unexpected end of JSON input",
		},
		{
			"no model call", "", "/v1/embeddings", `{"model":"m"}`,
			"no recording for POST /v1/embeddings: nothing is like it among 2 recorded exchanges",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var done []server.Answered
			h := &server.Handler{Match: tt.match, Done: func(a server.Answered) { done = append(done, a) }}
			got := post(t, serve(t, h)+tt.path, tt.body)
			var told struct {
				Error struct{ Message string }
			}
			if err := json.Unmarshal([]byte(got.Body), &told); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, told.Error.Message); d != "" || got.Status != 404 || got.Match != "none" {
				t.Errorf("status %d, match %q (-want +got):\n%s", got.Status, got.Match, d)
			}
			if len(done) != 1 || done[0].Err == nil || done[0].Err.Error() != tt.want {
				t.Errorf("Done was told %+v", done)
			}
		})
	}
}

// twice is a recording of one request with two answers.
func twice(t *testing.T) *cassette.Recording {
	rec := seed(t)
	again := rec.Interactions[0]
	again.ID = 7
	rec.Interactions = append(rec.Interactions[:1], again)
	return rec
}

func TestProgress(t *testing.T) {
	rec := twice(t)
	body := rec.Interactions[0].Request.Body
	h := &server.Handler{Recordings: map[string]*cassette.Recording{"a.yaml": rec}}
	url := serve(t, h) + chat
	var got []string
	ask := func(headers ...string) {
		r := post(t, url, body, headers...)
		got = append(got, r.Match+" "+r.Exchange)
	}
	// Without a session the answers come in turn, for ever.
	ask()
	ask()
	ask()
	// A session begins with the first, and gets each once.
	ask(server.SessionHeader, "one")
	ask(server.SessionHeader, "two")
	ask(server.SessionHeader, "one")
	ask(server.SessionHeader, "one")
	ask()
	want := []string{"exact a.yaml#0", "exact a.yaml#7", "exact a.yaml#0", "exact a.yaml#0", "exact a.yaml#0", "exact a.yaml#7", "none ", "exact a.yaml#7"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	miss := post(t, url, body, server.SessionHeader, "one")
	if !strings.Contains(miss.Body, "a.yaml#0 is the same request, and this session has had its answer") {
		t.Errorf("got %s", miss.Body)
	}
	h = &server.Handler{Recordings: map[string]*cassette.Recording{"a.yaml": rec}, Loop: true}
	url, got = serve(t, h)+chat, nil
	for range 3 {
		ask(server.SessionHeader, "one")
	}
	if d := cmp.Diff([]string{"exact a.yaml#0", "exact a.yaml#7", "exact a.yaml#0"}, got); d != "" {
		t.Errorf("with Loop (-want +got):\n%s", d)
	}
}

func TestOneCassette(t *testing.T) {
	h := &server.Handler{Recordings: map[string]*cassette.Recording{"x/a.yaml": seed(t), "b.yaml": seed(t)}}
	url := serve(t, h) + chat
	body := seed(t).Interactions[0].Request.Body
	for name, want := range map[string]string{"a.yaml": "x/a.yaml#0", "x/a.yaml": "x/a.yaml#0", "b.yaml": "b.yaml#0", "../b.yaml": "", "aml": ""} {
		if got := post(t, url, body, server.CassetteHeader, name); got.Exchange != want {
			t.Errorf("%s: answered by %q, want %q", name, got.Exchange, want)
		}
	}
	for name, want := range map[string]string{
		"c.yaml": "no recording for POST /v1/chat/completions in c.yaml: nothing is like it among 0 recorded exchanges",
		"b.yaml": "no recording for POST /v1/chat/completions in b.yaml: nearest is b.yaml#0\n",
	} {
		h := &server.Handler{Recordings: h.Recordings, Done: func(a server.Answered) {
			if !strings.HasPrefix(fmt.Sprint(a.Err), want) {
				t.Errorf("%s: %v", name, a.Err)
			}
		}}
		post(t, serve(t, h)+chat, edit(t, body, map[string]any{"model": "grok-4"}), server.CassetteHeader, name)
	}
}

func TestHost(t *testing.T) {
	body := seed(t).Interactions[0].Request.Body
	if got := post(t, serve(t, &server.Handler{Host: "api.x.ai"})+chat, body); got.Status != 200 {
		t.Errorf("got %+v", got)
	}
	h := &server.Handler{Host: "api.openai.com", Recordings: map[string]*cassette.Recording{"seed.yaml": seed(t)}}
	if err := h.Load(); err == nil || err.Error() != `there are no recorded exchanges with "api.openai.com" to answer from` {
		t.Errorf("got %v", err)
	}
}

// TestReload: a file that changes is read again, one that is broken stays as
// it was, and a new one in a folder is found. Links that lead out of the
// folder are not followed.
func TestReload(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.yaml")
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, string(demo.Cassette))
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		a, b := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yml")
		write(a, string(demo.Cassette))
		if err := os.Symlink(secret, filepath.Join(dir, "0.yaml")); err != nil {
			t.Fatal(err)
		}
		var problems []string
		h := &server.Handler{Files: []string{dir}, Problem: func(err error) { problems = append(problems, err.Error()) }}
		if err := h.Load(); err != nil {
			t.Fatal(err)
		}
		want := func(want ...string) {
			t.Helper()
			time.Sleep(time.Second) // until files are looked at again
			if d := cmp.Diff(want, h.Exchanges()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}
		want(a+"#0", a+"#1")
		write(a, strings.Replace(string(demo.Cassette), "id: 0", "id: 40", 1))
		want(a+"#40", a+"#1")
		write(a, "version: [")
		want(a+"#40", a+"#1")
		if len(problems) != 1 || !strings.Contains(problems[0], a) {
			t.Errorf("problems %q", problems)
		}
		if err := os.Remove(a); err != nil {
			t.Fatal(err)
		}
		write(b, string(demo.Cassette))
		want(b+"#0", b+"#1")
	})
}

// TestFileGone: what was read of a file or folder that is gone stays, and that
// it is gone is told once.
func TestFileGone(t *testing.T) {
	for _, name := range []string{"a.yaml", "."} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "recordings")
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "a.yaml"), demo.Cassette, 0o600); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(dir, name)
				var problems []string
				h := &server.Handler{Files: []string{file}, Problem: func(err error) { problems = append(problems, err.Error()) }}
				if err := h.Load(); err != nil {
					t.Fatal(err)
				}
				if err := os.RemoveAll(file); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					time.Sleep(time.Second)
					if n := len(h.Exchanges()); n != 2 {
						t.Errorf("%d exchanges", n)
					}
				}
				if d := cmp.Diff([]string{file + ": no such file or directory"}, problems); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		h    *server.Handler
		want string
	}{
		{&server.Handler{}, "there are no recorded exchanges to answer from"},
		{&server.Handler{Files: []string{filepath.Join(dir, "x.yaml")}}, filepath.Join(dir, "x.yaml") + ": no such file or directory"},
		{&server.Handler{Files: []string{dir}}, dir + " has no cassettes: no file in it ends in .yaml"},
		{&server.Handler{Pace: -1}, "the pace -1 is less than 0"},
		{&server.Handler{Match: "vague"}, `the match "vague" is none of exact, conversation, loose`},
		{&server.Handler{As: []string{"claude"}}, `the API "claude" is none of ["openai-chat" "openai-responses" "anthropic" "gemini"]`},
	} {
		if err := tt.h.Load(); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// TestChunks: a stream has the boundaries of the recording, and each piece
// comes when it is its time.
func TestChunks(t *testing.T) {
	rec := seed(t)
	in := &rec.Interactions[0]
	in.Response.Duration = time.Second
	in.Response.Chunks = []cassette.Chunk{{Size: 100, Wait: time.Second}, {Size: 300, Wait: 2 * time.Second}, {Size: len(in.Response.Body) - 400}, {}}
	synctest.Test(t, func(t *testing.T) {
		h := &server.Handler{Recordings: map[string]*cassette.Recording{"a.yaml": rec}, Pace: 0.5}
		w := &pieces{header: http.Header{}, began: time.Now()}
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, chat, strings.NewReader(in.Request.Body)))
		want := []string{"500ms: 0", "1s: 100", "2s: 300", "2s: 8729"}
		if d := cmp.Diff(want, w.got); d != "" || w.status != 200 {
			t.Errorf("status %d (-want +got):\n%s", w.status, d)
		}
	})
}

// pieces notes what is flushed, and when.
type pieces struct {
	header http.Header
	began  time.Time
	status int
	n      int
	got    []string
}

func (p *pieces) Header() http.Header         { return p.header }
func (p *pieces) WriteHeader(status int)      { p.status = status }
func (p *pieces) Write(b []byte) (int, error) { p.n += len(b); return len(b), nil }
func (p *pieces) Flush() {
	p.got = append(p.got, fmt.Sprint(time.Since(p.began), ": ", p.n))
	p.n = 0
}

// TestRecordedFailures: what went wrong goes wrong again, and the client sees
// a broken connection and not a short answer.
func TestRecordedFailures(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*cassette.Interaction)
		fault string
		want  string // what is read, and then the error
	}{
		{name: "cut", spoil: func(in *cassette.Interaction) {
			in.Outcome, in.Error, in.Response.Body = cassette.Cut, "unexpected EOF", "data: half"
		}, want: "200 data: half, unexpected EOF"},
		{name: "no answer", spoil: func(in *cassette.Interaction) {
			in.Outcome, in.Error, in.Response = cassette.Failed, "connection refused", cassette.Response{}
		}, want: "EOF"},
		{name: "an error", spoil: func(in *cassette.Interaction) {
			in.Response.Code, in.Response.Status, in.Response.Body = 503, "503 Service Unavailable", `{"error":"busy"}`
		}, want: `503 {"error":"busy"}, <nil>`},
		{name: "a fault in the body", fault: "cut,after=10", want: "200 data: {\"id, unexpected EOF"},
		{name: "a fault instead of an answer", fault: "reset", want: "EOF"},
		{name: "a status", fault: "status=429", want: `429 {"error":{"message":"Too Many Requests","type":"requests","param":null,"code":"rate_limit_exceeded"}}, <nil>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := seed(t)
			if tt.spoil != nil {
				tt.spoil(&rec.Interactions[0])
			}
			var done server.Answered
			finished := make(chan struct{})
			h := &server.Handler{
				Recordings: map[string]*cassette.Recording{"a.yaml": rec},
				Done:       func(a server.Answered) { done = a; close(finished) },
			}
			if tt.fault != "" {
				fault, err := cassette.ParseFault(tt.fault)
				if err != nil {
					t.Fatal(err)
				}
				h.Fault = fault
			}
			url := serve(t, h)
			// The recorded length is not what the client may go by.
			got := ""
			resp, err := http.Post(url+chat, "application/json", strings.NewReader(rec.Interactions[0].Request.Body))
			if err == nil {
				defer resp.Body.Close()
				b, readErr := io.ReadAll(resp.Body)
				got = fmt.Sprintf("%d %s, %v", resp.StatusCode, b, readErr)
			} else {
				got = errors.Unwrap(err).Error()
			}
			<-finished
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if broken := !strings.HasSuffix(tt.want, "<nil>"); broken != (done.Err != nil) {
				t.Errorf("Done was told %v", done.Err)
			}
		})
	}
}

// TestRecordedErrors: an error that was told in mid-stream is told in the
// words of another API too, and ends the stream as it does there.
func TestRecordedErrors(t *testing.T) {
	rec := seed(t)
	in := &rec.Interactions[0]
	in.Response.Body = `data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hel"}}]}` + "\n\n" + `data: {"error":{"message":"Overloaded","type":"server_error","code":"overloaded"}}` + "\n\n"
	in.Response.Chunks = nil
	in.Request.Body = `{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}`
	url := serve(t, &server.Handler{Recordings: map[string]*cassette.Recording{"a.yaml": rec}, As: []string{"anthropic"}})
	got := post(t, url+"/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}`)
	if want := "event: error\ndata: " + `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}` + "\n\n"; !strings.HasSuffix(got.Body, want) ||
		!strings.Contains(got.Body, `"model":"m"`) || got.Status != 200 {
		t.Errorf("got %+v", got)
	}
}

// TestClientGone: an answer is not replayed any longer than there is someone
// who reads it, and the log says so.
func TestClientGone(t *testing.T) {
	rec := seed(t)
	in := &rec.Interactions[0]
	in.Response.Chunks = []cassette.Chunk{{Size: 100}, {Size: len(in.Response.Body) - 100, Wait: time.Hour}}
	done := make(chan server.Answered, 1)
	url := serve(t, &server.Handler{
		Recordings: map[string]*cassette.Recording{"a.yaml": rec}, Pace: 1, Done: func(a server.Answered) { done <- a },
	})
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+chat, strings.NewReader(in.Request.Body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if a := <-done; !errors.Is(a.Err, context.Canceled) || a.Bytes != 100 {
		t.Errorf("Done was told %+v", a)
	}
}

func TestTooLarge(t *testing.T) {
	got := post(t, serve(t, &server.Handler{MaxBody: 10})+chat, `{"model":"grok-4"}`)
	want := `{"error":{"message":"the request is larger than 10 bytes","type":"invalid_request_error","param":null,"code":null}}`
	if got.Status != 413 || got.Body != want {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestWelcome(t *testing.T) {
	resp, err := http.Get(serve(t, &server.Handler{}))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	want := "This is a reprise replay server: it answers from 2 recorded exchanges.\n\n" +
		"seed.yaml#0 POST https://api.x.ai/v1/chat/completions\nseed.yaml#1 POST https://api.x.ai/v1/chat/completions\n"
	if string(b) != want || err != nil {
		t.Errorf("got %s, %v", b, err)
	}
}

// TestManyClients: clients that ask at once each get their whole run.
func TestManyClients(t *testing.T) {
	rec := seed(t)
	url := serve(t, &server.Handler{}) + chat
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for i, in := range rec.Interactions {
				if got := post(t, url, in.Request.Body); got.Body != in.Response.Body {
					t.Errorf("turn %d got %+v", i, got)
				}
			}
		})
	}
	wg.Wait()
}
