package mcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/mcp"
)

func TestList(t *testing.T) {
	everyWay(t, func(t *testing.T, s *mcp.Server) {
		list, err := s.Tools(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		type row struct {
			Name, Description string
			Effect            reprise.Effect
		}
		var got []row
		for _, tool := range list {
			spec := tool.Spec()
			got = append(got, row{spec.Name, spec.Description, reprise.PolicyOf(tool).Effect})
		}
		want := []row{
			{"add", "Add two numbers", reprise.EffectPure},
			{"both", "Numbers and text", reprise.EffectIdempotent},
			{"die", "", reprise.EffectOnce},
			{"files_read_all_", "", reprise.EffectOnce},
			{"grow", "", reprise.EffectOnce},
			{"prose", "", reprise.EffectOnce},
			{"slow", "", reprise.EffectOnce},
			{"steps", "", reprise.EffectOnce},
			{"wrong", "", reprise.EffectOnce},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("tools (-want +got):\n%s", d)
		}
		schema := `{"additionalProperties":false,"properties":{"a":{"description":"the first number","type":"integer"},"b":{"type":"integer"}},"required":["a","b"],"type":"object"}`
		if d := cmp.Diff(schema, string(list[0].Spec().Schema)); d != "" {
			t.Errorf("schema (-want +got):\n%s", d)
		}
	})
}

func TestResults(t *testing.T) {
	text := func(texts ...string) reprise.ToolResult {
		var res reprise.ToolResult
		for _, s := range texts {
			res.Parts = append(res.Parts, reprise.Text{Text: s})
		}
		return res
	}
	failed := text("no such account")
	failed.IsError = true
	everything := reprise.ToolResult{Parts: reprise.Parts{
		reprise.Text{Text: "all"},
		reprise.Media{Type: "image/png", Data: png},
		reprise.Media{Type: "audio/wav", Data: []byte("RIFF")},
		reprise.Text{Text: "resource file:///a.txt (a.txt; text/plain; the first)"},
		reprise.Text{Text: "resource file:///b.txt:\nbee"},
		reprise.Media{Type: "image/png", Data: png, Name: "file:///c.png"},
		reprise.Text{Text: "resource file:///d.csv:\n1,2"},
		reprise.Text{Text: "resource file:///e.gz: 2 bytes of application/gzip, which are not shown"},
		reprise.Media{Type: "image/png", Data: png},
		reprise.Text{Text: "audio without content"},
	}}
	tests := []struct {
		tool, args string
		want       reprise.ToolResult
	}{
		{"add", `{"a":2,"b":3}`, text("5")},
		{"both", `{"a":2,"b":3}`, text(`{"a":2,"b":3}`)},
		{"prose", `{"a":2,"b":3}`, text("see below", `{"a":2,"b":3}`)},
		{"wrong", ``, failed},
		{"files_read_all_", `{}`, everything},
	}
	everyWay(t, func(t *testing.T, s *mcp.Server) {
		have := tools(t, s)
		for _, test := range tests {
			got, err := call(t.Context(), have[test.tool], test.args)
			if err != nil {
				t.Errorf("%s: %v", test.tool, err)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("result of %s (-want +got):\n%s", test.tool, d)
			}
		}
	})
}

func TestArguments(t *testing.T) {
	s := inProcess(t, newServer(nil))
	_, err := call(t.Context(), tools(t, s)["add"], `{"a":"two","b":3}`)
	if wrong := new(reprise.ArgsError); !errors.As(err, &wrong) || wrong.Tool != "add" {
		t.Errorf("got %v, want an ArgsError", err)
	}
}

// TestStrangeSchema calls a tool whose schema is in another document.
func TestStrangeSchema(t *testing.T) {
	server := sdk.NewServer(&sdk.Implementation{Name: "test"}, nil)
	schema := `{"$ref":"https://example.com/schema.json","type":"object"}`
	server.AddTool(&sdk.Tool{Name: "odd", InputSchema: json.RawMessage(schema)}, plain(said("fine")))
	odd := tools(t, inProcess(t, server))["odd"]
	if got := string(odd.Spec().Schema); got != schema {
		t.Errorf("schema %s, want %s", got, schema)
	}
	got, err := call(t.Context(), odd, `{"a":1}`)
	if err != nil || got.Parts.Text() != "fine" {
		t.Errorf("got %v, %v", got, err)
	}
	var wrong *reprise.ArgsError
	if _, err := call(t.Context(), odd, `{"a":`); !errors.As(err, &wrong) {
		t.Errorf("got %v, want an ArgsError", err)
	}
}

func TestNames(t *testing.T) {
	server := sdk.NewServer(&sdk.Implementation{Name: "test"}, nil)
	long := "read_the_whole_of_the_very_long_document_that_is_kept_in_the_archive"
	for _, name := range []string{"a.b", "a_b", "a b", "9lives", long + "1", long + "2", "größe"} {
		server.AddTool(&sdk.Tool{Name: name, InputSchema: &jsonschema.Schema{Type: "object"}}, plain(said(name)))
	}
	s := inProcess(t, server)
	s.Name = "x-1"
	list, err := s.Tools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tool := range list {
		res, err := call(t.Context(), tool, "{}")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, tool.Spec().Name+" "+res.Parts.Text())
	}
	want := []string{
		"x-1_9lives 9lives",
		"x-1_a_b a_b",
		"x-1_a_b_2e7336dc a.b",
		"x-1_a_b_c8687a08 a b",
		"x-1_gr__e größe",
		"x-1_read_the_whole_of_the_very_long_document_that_is_ke_190c9f50 " + long + "2",
		"x-1_read_the_whole_of_the_very_long_document_that_is_ke_74614474 " + long + "1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
}

func TestListChanges(t *testing.T) {
	everyWay(t, func(t *testing.T, s *mcp.Server) {
		before := tools(t, s)
		if before["fresh"] != nil {
			t.Fatal("fresh is there already")
		}
		if _, err := call(t.Context(), before["grow"], "{}"); err != nil {
			t.Fatal(err)
		}
		got, err := call(t.Context(), tools(t, s)["fresh"], "{}")
		if err != nil || got.Parts.Text() != "new" {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestProgress(t *testing.T) {
	everyWay(t, func(t *testing.T, s *mcp.Server) {
		var mu sync.Mutex
		var got []reprise.Progress
		ctx := reprise.Listen(t.Context(), func(p reprise.Progress) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, p)
		})
		if _, err := call(ctx, tools(t, s)["steps"], ""); err != nil {
			t.Fatal(err)
		}
		// What comes together with the result is too late.
		mu.Lock()
		defer mu.Unlock()
		want := []reprise.Progress{{Text: "step 1", Done: 1, Total: 3}, {Text: "step 2", Done: 2, Total: 3}, {Text: "step 3", Done: 3, Total: 3}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("progress (-want +got):\n%s", d)
		}
	})
}

// cancelRunning calls slow and cancels when it says that it runs.
func cancelRunning(t *testing.T, s *mcp.Server, cancelled <-chan struct{}) {
	t.Helper()
	slow := tools(t, s)["slow"]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx = reprise.Listen(ctx, func(reprise.Progress) { cancel() })
	if _, err := call(ctx, slow, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	<-cancelled // the server was told
	if got, err := call(t.Context(), tools(t, s)["add"], `{"a":1,"b":1}`); err != nil || got.Parts.Text() != "2" {
		t.Errorf("afterwards: %v, %v", got, err)
	}
}

func TestCancel(t *testing.T) {
	t.Run("http", func(t *testing.T) {
		cancelled := make(chan struct{}, 1)
		cancelRunning(t, overHTTP(t, newServer(cancelled)), cancelled)
	})
	t.Run("memory", func(t *testing.T) {
		cancelled := make(chan struct{}, 1)
		cancelRunning(t, inProcess(t, newServer(cancelled)), cancelled)
	})
}

// TestNothingLeft closes while a call runs, in a bubble that no goroutine may
// outlive.
func TestNothingLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan struct{}, 1)
		here, there := sdk.NewInMemoryTransports()
		session, err := newServer(cancelled).Connect(t.Context(), there, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := &mcp.Server{Transport: here}
		slow := tools(t, s)["slow"]
		ended := make(chan error)
		go func() {
			_, err := call(t.Context(), slow, "")
			ended <- err
		}()
		synctest.Wait()
		closing := make(chan error)
		go func() { closing <- s.Close() }()
		if err := <-ended; !errors.Is(err, mcp.ErrClosed) {
			t.Errorf("the call: %v, want ErrClosed", err)
		}
		if err := <-closing; err != nil {
			t.Error(err)
		}
		<-cancelled
		session.Wait()
		if _, err := s.Tools(t.Context()); !errors.Is(err, mcp.ErrClosed) {
			t.Errorf("Tools after Close: %v, want ErrClosed", err)
		}
		if _, err := call(t.Context(), slow, ""); !errors.Is(err, mcp.ErrClosed) {
			t.Errorf("a call after Close: %v, want ErrClosed", err)
		}
	})
}

func TestManyCalls(t *testing.T) {
	everyWay(t, func(t *testing.T, s *mcp.Server) {
		add := tools(t, s)["add"]
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				got, err := call(t.Context(), add, fmt.Sprintf(`{"a":%d,"b":1}`, i))
				if want := fmt.Sprint(i + 1); err != nil || got.Parts.Text() != want {
					t.Errorf("%d: got %v, %v, want %s", i, got, err, want)
				}
			})
		}
		wg.Wait()
	})
}
