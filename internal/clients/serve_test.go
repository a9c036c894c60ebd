package clients

import (
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise/anthropic"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/gemini"
	"github.com/repriselabs/reprise/openai"
	"github.com/repriselabs/reprise/openaichat"
	"github.com/repriselabs/reprise/server"
)

// clients are all that are tested.
var clients = []client{
	{"npm", "openai chat", openaichat.API},
	{"npm", "openai chat stream", openaichat.API},
	{"npm", "openai chat helper stream", openaichat.API},
	{"npm", "openai chat runTools", openaichat.API},
	{"npm", "openai chat runTools stream", openaichat.API},
	{"npm", "openai responses", openai.API},
	{"npm", "openai responses previous", openai.API},
	{"npm", "openai responses stream", openai.API},
	{"npm", "openai responses helper stream", openai.API},
	{"npm", "anthropic create", anthropic.API},
	{"npm", "anthropic stream", anthropic.API},
	{"npm", "anthropic helper stream", anthropic.API},
	{"npm", "anthropic toolRunner", anthropic.API},
	{"npm", "anthropic toolRunner stream", anthropic.API},
	{"npm", "google generateContent", gemini.API},
	{"npm", "google generateContent stream", gemini.API},
	{"npm", "google chat", gemini.API},
	{"npm", "google chat stream", gemini.API},
	{"npm", "ai openai chat", openaichat.API},
	{"npm", "ai openai chat stream", openaichat.API},
	{"npm", "ai openai responses", openai.API},
	{"npm", "ai openai responses stream", openai.API},
	{"npm", "ai openai-compatible", openaichat.API},
	{"npm", "ai openai-compatible stream", openaichat.API},
	{"npm", "ai xai", openai.API},
	{"npm", "ai xai stream", openai.API},
	{"npm", "ai anthropic", anthropic.API},
	{"npm", "ai anthropic stream", anthropic.API},
	{"npm", "ai google", gemini.API},
	{"npm", "ai google stream", gemini.API},
	{"official", "chat", openaichat.API},
	{"official", "chat stream", openaichat.API},
	{"official", "responses", openai.API},
	{"official", "responses stream", openai.API},
	{"official", "anthropic", anthropic.API},
	{"official", "anthropic stream", anthropic.API},
	{"official", "google", gemini.API},
	{"official", "google stream", gemini.API},
	{"fantasy", "chat", openaichat.API},
	{"fantasy", "chat stream", openaichat.API},
}

// TestClients starts the programs once for all that is tested.
func TestClients(t *testing.T) {
	tt := &clientTest{programs: start(t), recordings: recordings(t), reprise: buildCommand(t)}
	t.Run("serve", tt.serve)
	t.Run("as", tt.as)
	t.Run("record", tt.record)
	t.Run("client gone", tt.clientGone)
	t.Run("upstream gone", tt.upstreamGone)
}

// A clientTest is what the tests have in common.
type clientTest struct {
	programs   programs
	recordings []recording
	reprise    string // the command
}

// each has a test for each client that can be had here.
func (tt *clientTest) each(t *testing.T, f func(t *testing.T, c client)) {
	for _, c := range clients {
		if tt.programs[c.program] != nil {
			t.Run(c.program+" "+c.name, func(t *testing.T) { f(t, c) })
		}
	}
}

// serve has every client ask what was recorded of something else, and get
// what that got.
func (tt *clientTest) serve(t *testing.T) {
	tt.each(t, func(t *testing.T, c client) {
		asked := 0
		for _, rec := range tt.recordings {
			if rec.api != c.api || rec.stream != c.stream() || !c.reads(rec) {
				continue
			}
			asked++
			t.Run(rec.name, func(t *testing.T) {
				matches := tt.ask(t, c, rec, &server.Handler{})
				if slices.ContainsFunc(matches, func(m string) bool { return m != string(server.Exact) && m != string(server.Conversation) }) {
					t.Errorf("matched by %q", matches)
				}
				if c.program == "fantasy" && rec.name == "demo" && slices.Contains(matches, string(server.Conversation)) {
					t.Errorf("matched by %q, but Fantasy is what was recorded", matches)
				}
			})
		}
		if asked == 0 {
			t.Skip("there are no recordings for it")
		}
	})
}

// ask has a client ask what was recorded. It has to get what was answered,
// and is told how its requests were matched.
func (tt *clientTest) ask(t *testing.T, c client, rec recording, h *server.Handler) []string {
	t.Helper()
	h.Recordings = map[string]*cassette.Recording{rec.name: rec.recorded}
	s := newServer(t, h)
	job := rec.job
	job.Base = s.URL
	got := tt.programs.do(t, c, job)
	s.Close() // when all requests are done
	if got.Error != "" {
		t.Errorf("%s\nthe server says: %v", got.Error, s.problems())
	}
	if d := cmp.Diff(rec.turns, got.Turns); d != "" {
		t.Errorf("(-recorded +got):\n%s", d)
	}
	if d := cmp.Diff(s.matches(), got.Matches); d != "" {
		t.Errorf("matches (-server's +client's):\n%s", d)
	}
	return got.Matches
}

// A testServer runs a handler and keeps what it was asked.
type testServer struct {
	*httptest.Server
	mu   sync.Mutex
	done []server.Answered
}

func newServer(t *testing.T, h *server.Handler) *testServer {
	t.Helper()
	s := &testServer{}
	h.Done = func(a server.Answered) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.done = append(s.done, a)
	}
	if err := h.Load(); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(&server.Guard{Next: h})
	t.Cleanup(s.Close)
	return s
}

func (s *testServer) matches() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, a := range s.done {
		m := string(a.Rung)
		if m == "" {
			m = "none"
		}
		list = append(list, m)
	}
	return list
}

func (s *testServer) problems() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []error
	for _, a := range s.done {
		if a.Err != nil {
			list = append(list, a.Err)
		}
	}
	return list
}
