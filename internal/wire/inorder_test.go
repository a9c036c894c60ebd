package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/dice"
	"github.com/repriselabs/reprise/internal/wire"
)

func inOrder(t *testing.T, known *reprise.Response, events ...reprise.Event) []reprise.Event {
	t.Helper()
	var got []reprise.Event
	for ev, err := range wire.InOrder(dice.Stream(nil, events...), known) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ev)
	}
	return got
}

func TestInOrder(t *testing.T) {
	call := reprise.ToolCall{ID: "c", Name: "f", Args: "{}"}
	known := &reprise.Response{Message: reprise.Message{Parts: reprise.Parts{
		reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "p"}}, reprise.Reasoning{}, reprise.Text{Text: "ab"}, call,
	}}}
	warning := func(text string) reprise.Event { return reprise.Warning{Code: reprise.WarnData, Message: text} }
	end := reprise.Finish{Reason: reprise.ReasonStop}
	text := func(part int, s string) reprise.Event { return reprise.TextDelta{Part: part, Text: s} }
	done := func(part int, p reprise.Part) reprise.Event { return reprise.PartDone{Index: part, Part: p} }
	tests := []struct {
		name      string
		known     *reprise.Response
		got, want []reprise.Event
	}{
		{"nothing", nil, []reprise.Event{end, end}, []reprise.Event{end}},
		{
			"a later part is held back",
			nil,
			[]reprise.Event{text(0, "a"), text(1, "x"), text(0, "b"), done(1, reprise.Text{Text: "x"}), done(0, reprise.Text{Text: "ab"}), end},
			[]reprise.Event{text(0, "a"), text(0, "b"), done(0, reprise.Text{Text: "ab"}), text(1, "x"), done(1, reprise.Text{Text: "x"}), end},
		},
		{
			"what is known to be whole is done when the next begins, and hidden parts with it",
			known,
			[]reprise.Event{
				reprise.ReasoningDelta{Text: "hm"}, text(2, "ab"), reprise.ArgsDelta{Part: 3, Args: "{"}, reprise.ArgsDelta{Part: 3, Args: "}"},
				done(0, known.Message.Parts[0]), done(1, known.Message.Parts[1]), done(2, known.Message.Parts[2]), done(3, call), end,
			},
			[]reprise.Event{
				reprise.ReasoningDelta{Text: "hm"}, done(0, known.Message.Parts[0]), done(1, known.Message.Parts[1]),
				text(2, "ab"), done(2, known.Message.Parts[2]),
				reprise.ArgsDelta{Part: 3, ID: "c", Name: "f", Args: "{"}, reprise.ArgsDelta{Part: 3, ID: "c", Name: "f", Args: "}"}, done(3, call), end,
			},
		},
		{
			"a call waits for its name, and then begins with what there is",
			nil,
			[]reprise.Event{reprise.ArgsDelta{ID: "made", Args: "{"}, reprise.ArgsDelta{ID: "c", Name: "f", Args: "}"}, done(0, call), end},
			[]reprise.Event{reprise.ArgsDelta{ID: "c", Name: "f", Args: "{"}, reprise.ArgsDelta{ID: "c", Name: "f", Args: "}"}, done(0, call), end},
		},
		{
			"no deltas become one",
			nil,
			[]reprise.Event{done(0, reprise.Text{Text: "a"}), done(1, reprise.ToolCall{ID: "c", Name: "f"}), done(2, reprise.Text{}), end},
			[]reprise.Event{text(0, "a"), done(0, reprise.Text{Text: "a"}), reprise.ArgsDelta{Part: 1, ID: "c", Name: "f"}, done(1, reprise.ToolCall{ID: "c", Name: "f"}), done(2, reprise.Text{}), end},
		},
		{
			"the rest becomes a delta",
			nil,
			[]reprise.Event{text(0, "a"), done(0, reprise.Text{Text: "ab"}), end},
			[]reprise.Event{text(0, "a"), text(0, "b"), done(0, reprise.Text{Text: "ab"}), end},
		},
		{
			"parts that are not done, or not there",
			nil,
			[]reprise.Event{text(1, "a"), reprise.ArgsDelta{Part: 3, ID: "c", Name: "f"}, reprise.ReasoningDelta{Part: 4, Text: "hm"}, end},
			[]reprise.Event{
				text(1, "a"), done(1, reprise.Text{Text: "a"}), reprise.ArgsDelta{Part: 3, ID: "c", Name: "f"}, done(3, reprise.ToolCall{ID: "c", Name: "f"}),
				reprise.ReasoningDelta{Part: 4, Text: "hm"}, done(4, reprise.Reasoning{Text: "hm"}), end,
			},
		},
		{
			"what does not fit is told",
			nil,
			[]reprise.Event{
				text(0, "a"), reprise.ReasoningDelta{Text: "x"}, done(0, reprise.Text{Text: "b"}), done(0, reprise.Text{}), text(0, "c"),
				reprise.ArgsDelta{Part: 1, ID: "c", Name: "f"}, done(1, reprise.ToolCall{ID: "d", Name: "f"}), end,
			},
			[]reprise.Event{
				text(0, "a"), warning("a delta of reasoning for part 0, which is text, was left out"),
				warning("part 0 is not what its deltas added up to, which was sent"), done(0, reprise.Text{Text: "a"}),
				warning("part 0 was done twice: the first counts"), warning("a delta for part 0, which was done, was left out"),
				reprise.ArgsDelta{Part: 1, ID: "c", Name: "f"}, warning(`the call "d" of f was sent as "c" of f`), done(1, reprise.ToolCall{ID: "c", Name: "f"}), end,
			},
		},
		{
			"it begins again",
			nil,
			[]reprise.Event{text(0, "a"), text(1, "held"), reprise.Reset{Reason: "r"}, reprise.Warning{Message: "w"}, text(0, "b"), end},
			[]reprise.Event{text(0, "a"), reprise.Reset{Reason: "r"}, reprise.Warning{Message: "w"}, text(0, "b"), done(0, reprise.Text{Text: "b"}), end},
		},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, inOrder(t, tt.known, tt.got...), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

// TestInOrderLeft: a consumer that leaves gets nothing more.
func TestInOrderLeft(t *testing.T) {
	events := dice.Stream(nil, reprise.TextDelta{Text: "a"}, reprise.PartDone{Part: reprise.Text{Text: "abc"}}, reprise.Finish{})
	for range wire.InOrder(events, nil) {
		break
	}
}

// FuzzInOrder checks what InOrder promises, whatever the events are.
func FuzzInOrder(f *testing.F) {
	for data := range dice.Rolls(50) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice.Dice{Data: data}
		events := []reprise.Event{}
		for len(d.Data) > 0 {
			events = append(events, d.Anything("p"))
		}
		var now, next int // the part that is being told, and the next one
		text, begun, finished := "", false, false
		var call reprise.ToolCall // as its last delta told it
		for ev := range wire.InOrder(dice.Stream(nil, events...), nil) {
			part := -1
			switch ev := ev.(type) {
			case reprise.Reset:
				now, next, text, begun = 0, 0, "", false
			case reprise.TextDelta:
				part, text = ev.Part, text+ev.Text
			case reprise.ReasoningDelta:
				part, text = ev.Part, text+ev.Text
			case reprise.ArgsDelta:
				part, text, call = ev.Part, text+ev.Args, reprise.ToolCall{ID: ev.ID, Name: ev.Name}
			case reprise.PartDone:
				part = ev.Index
				want := ""
				switch p := ev.Part.(type) {
				case reprise.Text:
					want = p.Text
				case reprise.Reasoning:
					want = p.Text
				case reprise.ToolCall:
					if want = p.Args; p.ID != call.ID || p.Name != call.Name {
						t.Errorf("the call %q of %q came as %q of %q", p.ID, p.Name, call.ID, call.Name)
					}
				}
				if text != want {
					t.Errorf("part %d is %q, and its deltas add up to %q", part, want, text)
				}
			case reprise.Finish:
				finished = true
			}
			if finished && begun {
				t.Error("a part is not done at the finish")
			}
			if part < 0 {
				continue
			}
			if part < next || begun && part != now {
				t.Errorf("part %d after part %d", part, now)
			}
			now, begun = part, true
			if _, ok := ev.(reprise.PartDone); ok {
				next, text, begun = now+1, "", false
			}
		}
	})
}
