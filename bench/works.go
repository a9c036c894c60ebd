package main

import (
	"strings"

	"github.com/repriselabs/reprise/bench/peer"
)

// A work is a row of the plan: what is to be done, and by whom.
type work struct {
	name     string
	title    string
	unit     string // what one of size is
	per      int    // units in one piece of work
	loopback bool   // against the server; else in memory
	floor    string // the peer that others are compared with
	peers    []string
}

// Who does what. Floors come first.
var (
	libraries = []string{"reprise", "go-openai", "openai-go", "eino", "langchaingo", "fantasy"}
	clients   = append([]string{"read", "events", "scanner", "jsontext"}, libraries...)
	few       = []string{"scanner", "reprise", "fantasy"}
	varied    = append([]string{"scanner", "jsontext"}, libraries...)
	runners   = append([]string{"scanner"}, libraries...)
	agents    = []string{"reprise", "eino", "fantasy"} // that have a loop of their own
	alone     = []string{"reprise"}
	both      = []string{"reprise", "fantasy"}
)

// works is the plan. What stands together and differs in size only is done
// in the same rounds: see [groups]. What keeps much in memory comes last.
var works = []work{
	{"text-1000", "1,000 text deltas, over loopback", "chunk", 1000, true, "scanner", clients},
	{"text-10000", "10,000 text deltas, over loopback", "chunk", 10_000, true, "scanner", clients},
	{"text-1000", "1,000 text deltas, in memory", "chunk", 1000, false, "scanner", clients},
	{"text-32000", "32,000 text deltas, in memory", "chunk", 32_000, false, "scanner", few},
	{"vary-10000", "10,000 text deltas that differ in more than the text, over loopback", "chunk", 10_000, true, "scanner", varied},
	{"vary-1000", "1,000 text deltas that differ in more than the text, in memory", "chunk", 1000, false, "scanner", varied},
	{"args-1024", "1 MiB of tool arguments in deltas of 1 KiB, over loopback", "delta", 1024, true, "scanner", clients},
	{"args-64", "64 KiB of tool arguments in deltas of 1 KiB, in memory", "delta", 64, false, "scanner", few},
	{"args-1024", "1 MiB of tool arguments in deltas of 1 KiB, in memory", "delta", 1024, false, "scanner", clients},
	{"seed", "the recorded run, over loopback", "run", 1, true, "scanner", runners},
	{"seed", "the recorded run, in memory", "run", 1, false, "scanner", runners},
	{"messages-10000", "10,000 text deltas of Anthropic's Messages, in memory", "event", 10_000, false, "scanner", apis},
	{"responses-10000", "10,000 text deltas of OpenAI's Responses, in memory", "event", 10_000, false, "scanner", apis},
	{"gemini-10000", "10,000 text deltas of Gemini, in memory", "event", 10_000, false, "scanner", apis},
	{"turns-10", "an agent of 10 turns, in memory", "turn", 10, false, "reprise", agents},
	{"turns-50", "an agent of 50 turns, in memory", "turn", 50, false, "reprise", agents},
	{"list-100", "a list of 100 elements as it comes, in memory", "element", 100, false, "reprise", alone},
	{"list-1000", "a list of 1,000 elements as it comes, in memory", "element", 1000, false, "reprise", alone},
	{"list-10000", "a list of 10,000 elements as it comes, in memory", "element", 10_000, false, "reprise", alone},
	{"object-25", "an object with a list of 25 elements as it comes, in memory", "element", 25, false, "reprise", both},
	{"object-50", "an object with a list of 50 elements as it comes, in memory", "element", 50, false, "reprise", both},
	{"object-100", "an object with a list of 100 elements as it comes, in memory", "element", 100, false, "reprise", both},
	{"object-1000", "an object with a list of 1,000 elements as it comes, in memory", "element", 1000, false, "reprise", alone},
	{"object-10000", "an object with a list of 10,000 elements as it comes, in memory", "element", 10_000, false, "reprise", alone},
	{"record-10", "recording 10 exchanges", "exchange", 10, false, "reprise", recorders},
	{"load-10", "reading a cassette of 10 interactions", "interaction", 10, false, "reprise", recorders},
	{"load-1000", "reading a cassette of 1,000 interactions", "interaction", 1000, false, "reprise", recorders},
	{"load-10000", "reading a cassette of 10,000 interactions", "interaction", 10_000, false, "reprise", older},
	{"order-10", "all requests of a cassette of 10, in order", "request", 10, false, "reprise", recorders},
	{"order-1000", "all requests of a cassette of 1,000, in order", "request", 1000, false, "reprise", recorders},
	{"order-10000", "all requests of a cassette of 10,000, in order", "request", 10_000, false, "reprise", older},
	{"last-10", "the last request of a cassette of 10", "request", 1, false, "reprise", recorders},
	{"last-1000", "the last request of a cassette of 1,000", "request", 1, false, "reprise", recorders},
	{"last-10000", "the last request of a cassette of 10,000", "request", 1, false, "reprise", recorders},
	{"replay", "reading the recorded run's cassette and playing it", "run", 1, false, "reprise", both},
}

var apis = []string{"scanner", "reprise", "official"}

// recorders are those of HTTP; older are those that are asked for what
// takes minutes.
var (
	recorders = []string{"reprise", "go-vcr 4.0.6", "go-vcr 4.0.7"}
	older     = recorders[:2]
)

// programs is where each peer lives: the module, as [build] takes it.
var programs = map[string]string{
	"read": "floor", "events": "floor", "scanner": "floor", "jsontext": "floor",
	"reprise": "reprise", "fantasy": "fantasy", "go-openai": "others", "openai-go": "others", "official": "official",
	"eino": "frameworks", "langchaingo": "frameworks",
	"go-vcr 4.0.6": "govcr", "go-vcr 4.0.7": "govcr@4.0.7",
}

// peerName is what a program calls the peer.
func peerName(peer string) string {
	name, _, _ := strings.Cut(peer, " ")
	return name
}

// groups puts the works together that differ in size only, so that what
// grows with the size is seen within a round, too.
func groups(works []work) [][]work {
	var all [][]work
	for _, w := range works {
		if n := len(all) - 1; n >= 0 && w.grows(all[n][0]) {
			all[n] = append(all[n], w)
		} else {
			all = append(all, []work{w})
		}
	}
	return all
}

// grows reports whether two works differ in size only.
func (w *work) grows(than work) bool {
	kind, _ := peer.Split(w.name)
	other, _ := peer.Split(than.name)
	return kind == other && w.loopback == than.loopback
}
