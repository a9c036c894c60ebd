package mcp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/mcp"
)

// session adds numbers through a cassette, in another order when it is
// replayed.
func session(t *testing.T, tape *cassette.Cassette, url, name string, backwards bool) {
	t.Helper()
	s := &mcp.Server{URL: url, Client: tape.Client()}
	if name != "add" {
		s.Name = "every"
	}
	add := tools(t, s)[name]
	const calls = 20
	var wg sync.WaitGroup
	for i := range calls {
		if backwards {
			i = calls - 1 - i
		}
		wg.Go(func() {
			got, err := call(t.Context(), add, fmt.Sprintf(`{"a":%d,"b":1}`, i/2)) // each twice
			if err != nil || len(got.Parts) == 0 {
				t.Errorf("%d: %v, %v", i, got, err)
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := tape.Close(); err != nil {
		t.Error(err)
	}
}

// TestRecorded replays a server's exchanges without it.
func TestRecorded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "add.yaml")
	server := newServer(nil)
	h := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, nil))
	session(t, &cassette.Cassette{File: file, Mode: cassette.Record}, h.URL, "add", false)
	h.Close()
	session(t, &cassette.Cassette{File: file}, h.URL, "add", true)
}

// TestJournal runs from a cassette's effects, without the server.
func TestJournal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.yaml")
	list := func(s *mcp.Server, tape *cassette.Cassette) []string {
		s.Journal = tape
		var names []string
		all, err := s.Tools(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range all {
			names = append(names, tool.Spec().Name)
		}
		if err := tape.Close(); err != nil {
			t.Error(err)
		}
		return names
	}
	s := overStdio(t, "tools")
	live := list(s, &cassette.Cassette{File: file, Mode: cassette.Append})
	s.Close()
	for _, tape := range []*cassette.Cassette{{File: file, Mode: cassette.Append}, {File: file, Effects: cassette.Recorded}} {
		gone := &mcp.Server{Command: s.Command, Env: []string{"REPRISE_TEST_SERVER=broken"}}
		if got := list(gone, tape); fmt.Sprint(got) != fmt.Sprint(live) {
			t.Errorf("replayed %v, want %v", got, live)
		}
	}
}
