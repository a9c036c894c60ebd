package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/transcript"
)

// viewer writes exchanges as a conversation: of each request only what was
// not said before.
type viewer struct {
	w      io.Writer
	said   map[string]bool // messages that were shown
	system string
	tools  string
}

func (v *viewer) exchange(ex *transcript.Exchange) {
	fmt.Fprintf(v.w, "\n%s\n", dim.Render(headline(ex)))
	if ex.Request != nil {
		v.request(ex.Request)
	}
	if ex.Response != nil && len(ex.Response.Message.Parts) > 0 {
		v.message(ex.Response.Message)
	}
	if ex.Error != nil {
		v.line(bad, "error", string(ex.Error.Kind)+": "+ex.Error.Message)
	}
}

// headline tells who answered, in what time, and what it took.
func headline(ex *transcript.Exchange) string {
	words := []string{fmt.Sprintf("#%d", ex.ID)}
	if ex.API == nil {
		words = append(words, ex.Method, ex.URL, fmt.Sprint(ex.Status))
	} else {
		words = append(words, ex.Provider+"/"+ex.Model)
	}
	if r := ex.Response; r != nil {
		words = append(words, tokens(r.Usage))
		if r.Reason != "" && r.Reason != reprise.ReasonStop && r.Reason != reprise.ReasonToolCalls {
			words = append(words, "ended by "+string(r.Reason))
		}
	}
	if c := ex.Cost; c != nil {
		cost := "cost $" + c.USD.String()
		if c.Table != nil {
			cost += " ($" + c.Table.String() + " by the table)"
		}
		words = append(words, cost)
	}
	for _, t := range []struct {
		what string
		took *transcript.Millis
	}{{"first byte", ex.FirstByte}, {"done", ex.Duration}} {
		if t.took != nil {
			words = append(words, t.what+" "+time.Duration(*t.took).Round(time.Millisecond).String())
		}
	}
	return strings.Join(words, " · ")
}

func (v *viewer) request(req *reprise.Request) {
	if s := req.System.Text(); s != "" && s != v.system {
		v.system = s
		v.line(dim, "system", s)
	}
	var names []string
	for _, t := range req.Tools {
		names = append(names, t.Name)
	}
	if tools := strings.Join(names, ", "); tools != v.tools {
		v.tools = tools
		v.line(dim, "tools", tools)
	}
	for _, m := range req.Messages {
		if !v.said[key(m)] {
			v.message(m)
		}
	}
}

// key is a message as it counts for having been said: reasoning may not
// have come back.
func key(m reprise.Message) string {
	var kept reprise.Parts
	for _, p := range m.Parts {
		switch p := p.(type) {
		case reprise.Reasoning:
		case reprise.Text:
			kept = append(kept, reprise.Text{Text: p.Text})
		case reprise.ToolCall:
			kept = append(kept, reprise.ToolCall{ID: p.ID, Name: p.Name})
		default:
			kept = append(kept, p)
		}
	}
	b, _ := json.Marshal(reprise.Message{Role: m.Role, Parts: kept}) // a message always marshals
	return string(b)
}

func (v *viewer) message(m reprise.Message) {
	if v.said == nil {
		v.said = map[string]bool{}
	}
	v.said[key(m)] = true
	for _, p := range m.Parts {
		v.part(string(m.Role), p)
	}
}

func (v *viewer) part(role string, p reprise.Part) {
	switch p := p.(type) {
	case reprise.Text:
		style := lipgloss.NewStyle()
		if p.Refusal {
			role, style = "refusal", bad
		}
		v.line(style, role, p.Text)
		for _, c := range p.Citations {
			v.line(dim, "source", strings.TrimSpace(c.Title+" "+c.URL))
		}
	case reprise.Reasoning:
		text := p.Text
		if text == "" {
			text = "(hidden)"
		}
		v.line(dim, "reasoning", text)
	case reprise.ToolCall:
		v.line(toolish, "call", p.Name+" "+p.Args)
	case reprise.ToolResult:
		style, what := lipgloss.NewStyle(), "result"
		if p.IsError {
			style, what = bad, "error"
		}
		v.line(style, what, strings.TrimSpace(p.Name+" "+contents(p.Parts)))
	default:
		v.line(dim, role, contents(reprise.Parts{p}))
	}
}

// contents tells parts in a line: texts, and for others what they are.
func contents(parts reprise.Parts) string {
	var words []string
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Text:
			words = append(words, p.Text)
		case reprise.Media:
			words = append(words, strings.TrimSpace(fmt.Sprintf("[%s %s%s, %d bytes]", p.Type, p.Name, p.URL, len(p.Data))))
		case reprise.Opaque:
			words = append(words, "["+p.Kind+"]")
		case reprise.CachePoint:
			words = append(words, "[cache point]")
		default:
			words = append(words, fmt.Sprintf("[%T]", p))
		}
	}
	return strings.Join(words, " ")
}

// line writes a labelled text; its further lines are set under the first.
func (v *viewer) line(style lipgloss.Style, label, text string) {
	for i, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(v.w, "%s  %s\n", dim.Render(fmt.Sprintf("%10s", label)), style.Render(l))
	}
}
