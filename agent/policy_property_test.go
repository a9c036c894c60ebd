package agent_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
)

// process is one of the runs of a conversation.
type process struct {
	told                []reprise.Message // the conversation, by the events
	events              int
	answering, finished bool
	whole               int64 // tokens of whole answers
	res                 *agent.Result
}

// live runs the conversation to its end, however often it is cut; the first
// run is cut at event number at. It returns the number of events of that run.
func (h *house) live(at int, how string) int {
	session := &agent.Session{History: reprise.Ask("go")}
	var decisions []agent.Decision
	first := 0
	for n := range 30 {
		p := &process{told: slices.Clone(session.History)}
		left := h.run(p, n, session, decisions, at, how)
		if n == 0 {
			first = p.events
		} else {
			h.seen.resumed++
		}
		for name, n := range h.running {
			if n != 0 {
				h.t.Errorf("%d of %s still run", n, name)
			}
		}
		decisions = nil
		if left {
			session.History = p.told
			continue
		}
		diff(h.t, "history", p.told, p.res.History)
		session.Add(p.res)
		if h.usage += p.whole; how != "break" && session.Usage.Total() != h.usage {
			h.t.Errorf("the session has %d tokens, the answers had %d", session.Usage.Total(), h.usage)
		}
		next, err := agent.NextOf(p.res.History)
		if err != nil || len(next.Calls) != len(p.res.Pending) {
			h.t.Fatalf("next is %+v, error %v, %d pending", next, err, len(p.res.Pending))
		}
		if answered(p.res.History) > 4 && p.res.End == agent.EndDone && next.Step == agent.StepDone {
			return first
		}
		if p.res.End == agent.EndStopped {
			h.seen.stopped++
			h.a.Control = new(agent.Control)
		}
		decisions = h.decide(p.res.Pending)
	}
	h.t.Fatal("the conversation does not come to its end")
	return first
}

// run is run number n. It reports whether the caller has left it.
func (h *house) run(p *process, n int, session *agent.Session, decisions []agent.Decision, at int, how string) bool {
	ctx, cancel := context.WithCancel(h.t.Context())
	defer cancel()
	h.a.Journal = h.j.again()
	for ev, err := range h.a.Resume(ctx, session, decisions...) {
		h.log = append(h.log, logged{n, p.events, ev, err})
		if err != nil {
			p.res = runError(h.t, err).Result
			if kind := reprise.KindOf(err); kind == reprise.KindInvalid {
				h.t.Fatalf("got error %v", err)
			}
			break
		}
		h.event(p, ev)
		if p.events++; n > 0 || p.events-1 != at {
			continue
		}
		switch how {
		case "cancel":
			cancel()
		case "send":
			h.a.Control.Send("sent")
		case "stop":
			h.a.Control.Stop()
		case "break":
			return true
		}
	}
	return false
}

// event takes note of an event.
func (h *house) event(p *process, ev agent.Event) {
	switch ev := ev.(type) {
	case agent.TurnStart:
		p.answering, p.finished = true, false
	case reprise.Finish:
		p.finished, p.whole = true, p.whole+ev.Usage.Total()
	case reprise.Warning:
		if ev.Code == agent.WarnUnused {
			h.seen.unused++
		}
	case agent.ToolStart:
		if p.answering {
			h.seen.early++
		}
	case agent.MessageDone:
		p.told = merge(p.told, ev.Message)
		if p.answering && !p.finished && ev.Message.Role == reprise.RoleAssistant {
			h.seen.kept++
		}
		if ev.Message.Role == reprise.RoleUser {
			h.seen.sent++
		}
		p.answering = false
	case agent.ToolDone:
		if strings.HasPrefix(ev.Result.Parts.Text(), "there is no tool") && h.hides(answered(p.told)-1) == ev.Call.Name {
			h.seen.hidden++
		}
	case agent.Done:
		p.res = ev.Result
	}
}

// decide decides by chance.
func (h *house) decide(pending []agent.Pending) (decisions []agent.Decision) {
	for _, p := range pending {
		h.seen.pending++
		if chance(h.seed, "allow "+p.Call.Args).IntN(2) == 0 {
			h.seen.denied++
			h.denied[p.Call.Args] = true
			decisions = append(decisions, p.Deny("chance"))
		} else {
			h.allowed[p.Call.Args] = true
			decisions = append(decisions, p.Allow())
		}
	}
	return decisions
}

// merge puts a message behind the history, results in the place of those that
// are there.
func merge(history []reprise.Message, m reprise.Message) []reprise.Message {
	if last := history[len(history)-1]; m.Role == reprise.RoleTool && last.Role == reprise.RoleTool {
		history = history[:len(history)-1]
	}
	return append(history[:len(history):len(history)], m)
}

// TestRandomHouses: whatever models and tools do, and whenever the caller
// cancels, leaves, stops, sends or decides, the conversation comes to its
// end, each call has one result, no call has ended twice, and none ran that
// was hidden, not allowed or denied, or beside one that must be alone.
func TestRandomHouses(t *testing.T) {
	var seen sightings
	few := seeds / 6
	for seed := range uint64(few) {
		live := func(at int, how string) (n int) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, seed, &seen)
				defer func() {
					if t.Failed() {
						t.Logf("seed %d, %s at %d:", seed, how, at)
						for _, l := range h.log {
							t.Logf("%d %d: %T%+v %v", l.process, l.n, l.ev, l.ev, l.err)
						}
					}
				}()
				n = h.live(at, how)
			})
			return n
		}
		n := live(-1, "")
		for at := range n {
			for _, how := range []string{"cancel", "break", "send", "stop"} {
				live(at, how)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%+v", seen)
	for what, n := range map[string]int{"early": seen.early, "kept": seen.kept, "exclusive": seen.exclusive, "pending": seen.pending, "denied": seen.denied,
		"hidden": seen.hidden, "resumed": seen.resumed, "stopped": seen.stopped, "sent": seen.sent, "unused": seen.unused} {
		if n < few/2 {
			t.Errorf("chance made only %d of %q: this test shows little", n, what)
		}
	}
}
