package agent

import (
	"slices"

	"github.com/repriselabs/reprise"
)

// lostText is what the model gets for a call whose result nobody has.
const lostText = "the result was lost: the program ended first, and the tool may have run or not"

// Repair makes a history whole that a crash has cut short or that was edited,
// so that [NextOf] takes it. It does not change its arguments.
//
//   - A call without a result gets one that says that it was lost. At the end
//     of the history, calls that are pending stay open, and those in which
//     calls of agents below wait.
//   - Results that answer no call, and second ones, are left out; so are calls
//     outside an answer, messages of unknown roles, and what is no part.
//   - Calls without an id get one, and so do second ones of an id that they
//     share with another call of their answer.
//   - The results of an answer are put into one message, in call order, right
//     behind it.
func Repair(history []reprise.Message, pending []Pending) []reprise.Message {
	out := make([]reprise.Message, 0, len(history))
	for i := 0; i < len(history); i++ {
		m := history[i]
		switch m.Role {
		case reprise.RoleUser, reprise.RoleSystem:
			out = append(out, without(m, isCallOrResult))
		case reprise.RoleAssistant:
			msg, end := without(m, isResult), i+1
			for end < len(history) && history[end].Role == reprise.RoleTool {
				end++
			}
			waits := func(reprise.ToolCall) bool { return false }
			if end == len(history) {
				waits = waitsIn(history, pending)
			}
			out = append(out, repairTurn(msg, out, history[i+1:end], waits)...)
			i = end - 1
		}
	}
	return out
}

// waitsIn returns what tells whether a call waits that the history ends with.
func waitsIn(history []reprise.Message, pending []Pending) func(reprise.ToolCall) bool {
	runs, _ := waitingIn(history) // what cannot be read cannot be gone on with
	return func(c reprise.ToolCall) bool {
		return slices.ContainsFunc(pending, func(p Pending) bool { return p.Path == "" && p.Call.ID == c.ID }) ||
			slices.ContainsFunc(runs, func(w waiting) bool { return sameCall(w.Call, c) })
	}
}

// repairTurn returns an answer, which comes after the history, and the message
// of its results, if it has any.
func repairTurn(msg reprise.Message, history []reprise.Message, told []reprise.Message, waits func(reprise.ToolCall) bool) []reprise.Message {
	msg.Parts = slices.Clone(msg.Parts)
	was := msg.Calls()
	identify(&reprise.Response{Message: msg}, history)
	var given []reprise.ToolResult
	for _, m := range told {
		given = append(given, m.Results()...)
	}
	results := reprise.Message{Role: reprise.RoleTool}
	var open []reprise.ToolCall
	for i, c := range msg.Calls() {
		at := slices.IndexFunc(given, func(res reprise.ToolResult) bool { return res.ID == was[i].ID })
		switch {
		case at >= 0:
			res := given[at]
			res.ID = c.ID
			given = slices.Delete(given, at, at+1)
			results.Parts = append(results.Parts, res)
		case waits(c):
			open = append(open, c)
		default:
			results.Parts = append(results.Parts, reprise.ToolResult{
				ID: c.ID, Name: c.Name, Parts: reprise.Parts{reprise.Text{Text: lostText}}, IsError: true,
			})
		}
	}
	rest, runs := restOf(told, open)
	if len(results.Parts)+len(runs) == 0 {
		return []reprise.Message{msg}
	}
	results.Parts = append(append(results.Parts, rest...), runs...)
	return []reprise.Message{msg, results}
}

// restOf returns the parts of messages that are no results: what agents below
// have done for calls that are open, and the others.
func restOf(told []reprise.Message, open []reprise.ToolCall) (rest, runs reprise.Parts) {
	for _, m := range told {
		for _, p := range without(m, isCallOrResult).Parts {
			switch w, ok, err := waitingOf(p); {
			case !ok:
				rest = append(rest, p)
			case err == nil && slices.ContainsFunc(open, func(c reprise.ToolCall) bool { return sameCall(w.Call, c) }):
				runs = append(runs, p)
			}
		}
	}
	return rest, runs
}

func isResult(p reprise.Part) bool {
	_, ok := p.(reprise.ToolResult)
	return ok
}

func isCallOrResult(p reprise.Part) bool {
	_, ok := p.(reprise.ToolCall)
	return ok || isResult(p)
}

// without returns the message without some of its parts, and what is no part.
func without(m reprise.Message, unwanted func(reprise.Part) bool) reprise.Message {
	drop := func(p reprise.Part) bool { return !isPart(p) || unwanted(p) }
	if slices.ContainsFunc(m.Parts, drop) {
		m.Parts = slices.DeleteFunc(slices.Clone(m.Parts), drop)
	}
	return m
}
