package reprise_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func TestFallback(t *testing.T) {
	next := func(text string) reprise.Warning { return warning(reprise.WarnFallback, text) }
	for name, test := range map[string]struct {
		fallback *reprise.Fallback
		models   [][]any
		want     []reprise.Event
		err      string
		asked    []int // how often each model was
	}{
		"the first answers": {
			models: [][]any{says("a"), says("b")}, want: eventsOf(says("a")), asked: []int{1, 0},
		},
		"the third answers": {
			models: [][]any{script(warning("w", ""), fails(reprise.KindQuota)), script(fails(reprise.KindNotFound)), says("c")},
			want: append([]reprise.Event{
				warning("w", ""),
				next("model 1 of 3 failed: fake: it is quota; the next is number 2"),
				next("model 2 of 3 failed: fake: it is not_found; before that: fake: it is quota; the next is number 3"),
			}, eventsOf(says("c"))...),
			asked: []int{1, 1, 1},
		},
		"none answers": {
			models: [][]any{script(fails(reprise.KindServer)), script(fails(reprise.KindOverloaded))},
			want:   []reprise.Event{next("model 1 of 2 failed: fake: it is server; the next is number 2")},
			err:    "fake: it is overloaded; before that: fake: it is server", asked: []int{1, 1},
		},
		"a wrong request is wrong for all": {
			models: [][]any{script(fails(reprise.KindInvalid)), says("b")}, err: "fake: it is invalid", asked: []int{1, 0},
		},
		"no way round a wrong key": {
			models: [][]any{script(fails(reprise.KindAuth)), says("b")}, err: "fake: it is auth", asked: []int{1, 0},
		},
		"unless it is named": {
			fallback: &reprise.Fallback{Kinds: []reprise.Kind{reprise.KindAuth}},
			models:   [][]any{script(fails(reprise.KindAuth)), script(fails(reprise.KindServer)), says("c")},
			want:     []reprise.Event{next("model 1 of 3 failed: fake: it is auth; the next is number 2")},
			err:      "fake: it is server; before that: fake: it is auth", asked: []int{1, 1, 0},
		},
		"after output an error is final": {
			models: [][]any{script(delta("a"), fails(reprise.KindCut)), says("b")},
			want:   []reprise.Event{delta("a")}, err: "fake: it is cut", asked: []int{1, 0},
		},
		"after output a Reset announces it, where allowed": {
			fallback: &reprise.Fallback{AfterOutput: true},
			models:   [][]any{script(delta("a"), fails(reprise.KindCut)), says("b")},
			want: append([]reprise.Event{
				delta("a"),
				next("model 1 of 2 failed: fake: it is cut; the next is number 2"),
				reprise.Reset{Reason: "model 1 of 2 failed: fake: it is cut; the next is number 2"},
			}, eventsOf(says("b"))...),
			asked: []int{1, 1},
		},
		"what the model itself took back is no output": {
			models: [][]any{script(delta("a"), reprise.Reset{Reason: "r"}, fails(reprise.KindCut)), says("b")},
			want: append([]reprise.Event{
				delta("a"), reprise.Reset{Reason: "r"}, next("model 1 of 2 failed: fake: it is cut; the next is number 2"),
			}, eventsOf(says("b"))...),
			asked: []int{1, 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := test.fallback
			if f == nil {
				f = new(reprise.Fallback)
			}
			var fakes []*fake
			for _, s := range test.models {
				fakes = append(fakes, newFake(s))
				f.Models = append(f.Models, fakes[len(fakes)-1])
			}
			wants(t, f.Stream(t.Context(), ask), test.err, test.want...)
			var asked []int
			for _, m := range fakes {
				asked = append(asked, len(m.asked))
				if m.open != 0 {
					t.Error("a stream is still open")
				}
			}
			if d := cmp.Diff(test.asked, asked); d != "" {
				t.Errorf("how often each was asked (-want +got):\n%s", d)
			}
		})
	}
}

// turn asks f to go on with a conversation, and returns it with the answer.
func turn(t *testing.T, f *reprise.Fallback, history []reprise.Message, want string) []reprise.Message {
	t.Helper()
	resp, err := reprise.Generate(t.Context(), f, &reprise.Request{Messages: history})
	if err != nil || resp.Text() != want {
		t.Fatalf("got %q, %v, want %q", resp.Text(), err, want)
	}
	return append(history[:len(history):len(history)], resp.Message)
}

func TestFallbackKeepsAConversationWithItsModel(t *testing.T) {
	busy := script(fails(reprise.KindOverloaded))
	a, b := newFake(busy, says("from a")), newFake(says("from b"), says("b again"), busy, says("and b"))
	f := &reprise.Fallback{Models: []reprise.Model{a, b}}

	one := turn(t, f, reprise.Ask("one"), "from b")
	two := turn(t, f, reprise.Ask("two"), "from a") // another conversation begins at the front

	b64, err := json.Marshal(append(one, reprise.User("more"))) // it may have been stored
	if err != nil {
		t.Fatal(err)
	}
	var loaded []reprise.Message
	if err := json.Unmarshal(b64, &loaded); err != nil {
		t.Fatal(err)
	}
	one = turn(t, f, loaded, "b again")
	turn(t, f, append(two, reprise.User("more")), "from a")

	// Its model fails: the others are asked in their order, and keep it.
	one = turn(t, f, append(one, reprise.User("more")), "from a")
	turn(t, f, append(one, reprise.User("more")), "from a")
	if len(b.asked) != 3 {
		t.Errorf("b was asked %d times, want 3: %v", len(b.asked), b.asked)
	}
	// Going on from where b had answered asks b again.
	turn(t, f, append(one[:3:3], reprise.User("other")), "and b")
}

func TestFallbackRemembersTheLastConversations(t *testing.T) {
	busy := script(fails(reprise.KindOverloaded))
	a, b := newFake(busy, busy, busy, says("from a")), newFake(says("from b"))
	f := &reprise.Fallback{Models: []reprise.Model{a, b}, Conversations: 2}
	var histories [][]reprise.Message
	for _, text := range []string{"one", "two", "three"} {
		histories = append(histories, append(turn(t, f, reprise.Ask(text), "from b"), reprise.User("more")))
	}
	for _, text := range []string{"four", "five", "six"} {
		turn(t, f, reprise.Ask(text), "from a") // what the first model answered needs no room
	}
	turn(t, f, histories[2], "from b")
	turn(t, f, histories[1], "from a") // the answer before was the second that is kept
	turn(t, f, histories[0], "from a")
}

// The name of a model is for the first; the caller's request stays as it is.
func TestFallbackRequestModel(t *testing.T) {
	a, b := newFake(script(fails(reprise.KindOverloaded))), newFake(says("b"))
	req := &reprise.Request{Model: "a-1", Messages: reprise.Ask("x")}
	if _, err := gather(t, (&reprise.Fallback{Models: []reprise.Model{a, b}}).Stream(t.Context(), req)); err != nil {
		t.Fatal(err)
	}
	if a.reqs[0] != req || b.reqs[0].Model != "" || req.Model != "a-1" {
		t.Errorf("a was asked for %q, b for %q, and the request is for %q", a.reqs[0].Model, b.reqs[0].Model, req.Model)
	}
	if d := cmp.Diff(req.Messages, b.reqs[0].Messages); d != "" {
		t.Errorf("b's messages (-want +got):\n%s", d)
	}
}

func TestFallbackStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		b := newFake(says("b"))
		f := &reprise.Fallback{Models: []reprise.Model{newFake(script(time.Hour)), b}}
		wants(t, f.Stream(ctx, ask), "fake: context deadline exceeded")
		if len(b.asked) > 0 {
			t.Error("b was asked after the deadline")
		}
	})
}

func TestFallbackLeftWhileItAnnounces(t *testing.T) {
	for leaveAt := 1; leaveAt <= 2; leaveAt++ {
		b := newFake(says("b"))
		f := &reprise.Fallback{Models: []reprise.Model{newFake(script(delta("a"), fails(reprise.KindCut))), b}, AfterOutput: true}
		n := 0
		for range f.Stream(t.Context(), ask) {
			if n == leaveAt {
				break
			}
			n++
		}
		if len(b.asked) > 0 {
			t.Errorf("left at event %d, and the next model was asked", leaveAt)
		}
	}
}
