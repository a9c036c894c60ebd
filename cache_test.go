package reprise_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

var hit = warning(reprise.WarnCached, "the answer is from the cache: nothing was sent")

func TestCache(t *testing.T) {
	cost := reprise.USD(5)
	end := reprise.Finish{ID: "1", Provider: "p", Model: "m", Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 9, Output: 1}, Cost: &cost}
	free := end
	free.Cost = new(reprise.USD)
	m := newFake(script(warning("w", "dropped"), delta("a"), reprise.Reset{Reason: "r"}, delta("H"), delta("i"), textDone("Hi"), end))
	c := &reprise.Cache{Model: m}
	whole := []reprise.Event{warning("w", "dropped"), delta("a"), reprise.Reset{Reason: "r"}, delta("H"), delta("i"), textDone("Hi"), end}
	wants(t, c.Stream(t.Context(), ask), "", whole...)
	for range 2 {
		wants(t, c.Stream(t.Context(), ask), "", hit, warning("w", "dropped"), delta("H"), delta("i"), textDone("Hi"), free)
	}
	if len(m.asked) != 1 || cost != 5 {
		t.Errorf("asked %d times, and the answer's cost is now %s", len(m.asked), cost)
	}
}

// request is one that says nearly all there is to say.
func request(t *testing.T) *reprise.Request {
	t.Helper()
	var req reprise.Request
	err := json.Unmarshal([]byte(`{
		"model": "m", "system": [{"type":"text","text":"s"}],
		"messages": [
			{"role":"user","parts":[{"type":"text","text":"u"}]},
			{"role":"assistant","parts":[{"type":"reasoning","text":"r","echo":{"provider":"p","data":{"sig":"x","n":1}}},{"type":"tool_call","id":"1","name":"f","args":{"a":1}}]},
			{"role":"tool","parts":[{"type":"tool_result","id":"1","name":"f","parts":[]}]}],
		"tools": [{"name":"f","schema":{"type":"object","properties":{"a":{"type":"integer"}}}}],
		"max_tokens": 9, "temperature": 0.5, "stop": ["x"], "effort": "low", "output": {"schema":{"type":"object"}}, "extra": {"api":{"x":1,"y":2}}}`), &req)
	if err != nil {
		t.Fatal(err)
	}
	return &req
}

func TestCacheKey(t *testing.T) {
	same := map[string]func(*reprise.Request){
		"nothing": func(*reprise.Request) {},
		"key order": func(r *reprise.Request) {
			r.Extra = map[string]json.RawMessage{"api": json.RawMessage(` { "y":2, "x":1 } `)}
		},
		"schema space": func(r *reprise.Request) {
			r.Tools[0].Schema = json.RawMessage(`{"properties":{"a":{"type":"integer"}}, "type":"object"}`)
		},
		"no stops": func(r *reprise.Request) { r.Messages[2].Parts[0] = reprise.ToolResult{ID: "1", Name: "f"} },
	}
	other := map[string]func(*reprise.Request){
		"model":  func(r *reprise.Request) { r.Model = "n" },
		"system": func(r *reprise.Request) { r.System = nil },
		"text":   func(r *reprise.Request) { r.Messages[0] = reprise.User("v") },
		"role":   func(r *reprise.Request) { r.Messages[0].Role = reprise.RoleSystem },
		"call": func(r *reprise.Request) {
			r.Messages[1].Parts[1] = reprise.ToolCall{ID: "1", Name: "f", Args: `{"a": 1}`}
		},
		"echo":        func(r *reprise.Request) { r.Messages[1].Parts[0] = reprise.Reasoning{Text: "r"} },
		"temperature": func(r *reprise.Request) { r.Temperature = nil },
		"stop":        func(r *reprise.Request) { r.Stop = []string{"y"} },
		"tool":        func(r *reprise.Request) { r.Tools[0].Description = "d" },
		"choice":      func(r *reprise.Request) { r.Choice.Mode = reprise.ToolNone },
		"output":      func(r *reprise.Request) { r.Output.Strict = true },
		"extra": func(r *reprise.Request) {
			r.Extra = map[string]json.RawMessage{"api": json.RawMessage(`{"x":1.0,"y":2}`)}
		},
		"big numbers": func(r *reprise.Request) {
			r.Extra = map[string]json.RawMessage{"api": json.RawMessage(`{"x":1,"y":2,"z":9007199254740993}`)}
		},
		"as big": func(r *reprise.Request) {
			r.Extra = map[string]json.RawMessage{"api": json.RawMessage(`{"x":1,"y":2,"z":9007199254740992}`)}
		},
	}
	m := newFake(answer)
	c := &reprise.Cache{Model: m}
	misses := func(name string, change func(*reprise.Request), want int) {
		t.Helper()
		req, before := request(t), len(m.asked)
		change(req)
		if _, err := gather(t, c.Stream(t.Context(), req)); err != nil || len(m.asked)-before != want {
			t.Errorf("%s: asked %d times, %v, want %d", name, len(m.asked)-before, err, want)
		}
	}
	misses("the first", func(*reprise.Request) {}, 1)
	for name, change := range same {
		misses(name, change, 0)
	}
	for name, change := range other {
		misses(name, change, 1)
		misses(name+" again", change, 0)
	}
	misses("no JSON", func(r *reprise.Request) { r.Tools[0].Schema = json.RawMessage(`{`) }, 1)
	misses("no JSON again", func(r *reprise.Request) { r.Tools[0].Schema = json.RawMessage(`{`) }, 1)
}

func TestCacheKeepsWholeAnswersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(delta("a"), fails(reprise.KindCut)), says("left"), script(delta("a"), time.Hour), script(delta("a")), says("whole"))
		c := &reprise.Cache{Model: m}
		wants(t, c.Stream(t.Context(), ask), "fake: it is cut", delta("a"))
		n := 0
		for range c.Stream(t.Context(), ask) {
			if n++; n == 2 {
				break
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wants(t, c.Stream(ctx, ask), "fake: context deadline exceeded", delta("a"))
		_, _ = gather(t, c.Stream(t.Context(), ask))
		for ev, err := range c.Stream(t.Context(), ask) { // leaving at the Finish is not too early
			if _, ok := ev.(reprise.Finish); ok || err != nil {
				break
			}
		}
		got, err := gather(t, c.Stream(t.Context(), ask))
		if d := cmp.Diff([]reprise.Event{hit, delta("whole"), textDone("whole")}, got[:3]); d != "" || err != nil || len(m.asked) != 5 {
			t.Errorf("asked %d times, %v (-want +got):\n%s", len(m.asked), err, d)
		}
	})
}

func TestCacheBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(says("a"))
		c := &reprise.Cache{Model: m, Entries: 2, MaxAge: time.Minute}
		asks := func(text string, want int) {
			t.Helper()
			before := len(m.asked)
			if _, err := reprise.Generate(t.Context(), c, &reprise.Request{Messages: reprise.Ask(text)}); err != nil || len(m.asked)-before != want {
				t.Errorf("%s: asked %d times, %v, want %d", text, len(m.asked)-before, err, want)
			}
		}
		asks("1", 1)
		asks("2", 1)
		asks("1", 0)
		asks("3", 1) // 2 was used longest ago
		asks("1", 0)
		asks("2", 1)
		asks("3", 1)
		asks("2", 0)
		pass(time.Minute - 1)
		asks("2", 0)
		pass(1)
		asks("2", 1)
		asks("2", 0)
	})
}

// A request that was sent twice at once is one entry.
func TestCacheOfTheSameAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFake(script(time.Second, stop(10)))
		c := &reprise.Cache{Model: m, Entries: 2}
		one := &reprise.Request{Messages: reprise.Ask("one")}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { _, _ = gather(t, c.Stream(t.Context(), one)) })
		}
		wg.Wait()
		for _, text := range []string{"two", "one", "three", "one"} { // three takes the place of two
			_, _ = gather(t, c.Stream(t.Context(), &reprise.Request{Messages: reprise.Ask(text)}))
		}
		m.at(t, 0, 0, time.Second, 2*time.Second)
	})
}

func TestCacheHeedsTheContext(t *testing.T) {
	c := &reprise.Cache{Model: newFake(says("a"))}
	if _, err := gather(t, c.Stream(t.Context(), ask)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := gather(t, c.Stream(ctx, ask))
	if d := cmp.Diff([]reprise.Event{hit}, got); d != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for stop := range 4 { // and a consumer that leaves
		n := 0
		for range c.Stream(t.Context(), ask) {
			if n++; n > stop {
				break
			}
		}
	}
}

func ExampleCache() {
	asked := 0
	model := counting(&asked)
	cache := &reprise.Cache{Model: model, Entries: 100}
	for range 3 {
		resp, err := reprise.Generate(context.Background(), cache, &reprise.Request{Messages: reprise.Ask("What is up?")})
		fmt.Println(resp.Text(), err)
	}
	fmt.Println("asked", asked)
	// Output:
	// the sky <nil>
	// the sky <nil>
	// the sky <nil>
	// asked 1
}
