package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/price"
)

// printer shows a run as it goes: the model's text on out, and what is about
// it on notes. Colours come off where the writer is no terminal.
type printer struct {
	out, notes io.Writer
	results    *results // is out
	wait       *spinner
	midLine    bool                      // the text so far does not end with a newline
	running    []string                  // ids of calls, in call order
	done       map[string]agent.ToolDone // of them
	cost       reprise.USD
	unpriced   bool // the cost of some answer is not known
}

// results keeps the first error of writing, as of a full disk.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(b []byte) (int, error) {
	n, err := r.w.Write(b)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

func newPrinter(out, notes io.Writer) *printer {
	p := &printer{results: &results{w: colored(out)}, notes: colored(notes)}
	p.out = p.results
	if isTerminal(notes) {
		p.wait = &spinner{w: notes}
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

func colored(w io.Writer) io.Writer { return colorprofile.NewWriter(w, os.Environ()) }

var (
	dim     = lipgloss.NewStyle().Faint(true)
	bold    = lipgloss.NewStyle().Bold(true)
	toolish = lipgloss.NewStyle().Foreground(lipgloss.Cyan)
	bad     = lipgloss.NewStyle().Foreground(lipgloss.Red)
	odd     = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)

func (p *printer) prompt(text string) {
	fmt.Fprintf(p.notes, "%s %s\n\n", dim.Render(">"), bold.Render(text))
}

// event shows one event of a run.
func (p *printer) event(ev agent.Event) {
	switch ev := ev.(type) {
	case agent.TurnStart:
		p.wait.start("waiting for the model")
	case reprise.ReasoningDelta:
		p.wait.start("the model is thinking")
	case reprise.ArgsDelta:
		p.wait.start("the model calls " + ev.Name)
	case reprise.TextDelta:
		p.text(ev.Text)
	case reprise.Reset:
		p.note(odd, "the answer begins again: "+ev.Reason)
	case reprise.Warning:
		p.note(odd, "warning: "+ev.Message)
	case reprise.Finish:
		p.bill(ev)
	case agent.ToolStart:
		p.running = append(p.running, ev.Call.ID)
		p.wait.start("running " + ev.Call.Name)
	case agent.ToolProgress:
		p.wait.start("running " + ev.Call.Name + progress(ev.Progress))
	case agent.ToolDone:
		p.toolDone(ev)
	case agent.Done:
		p.endText()
	}
}

func (p *printer) text(s string) {
	p.wait.stop()
	io.WriteString(p.out, s) // results keeps an error
	if s != "" {
		p.midLine = !strings.HasSuffix(s, "\n")
	}
}

// endText ends the line and any wait.
func (p *printer) endText() {
	p.wait.stop()
	if p.midLine {
		fmt.Fprintln(p.out)
		p.midLine = false
	}
}

func (p *printer) note(style lipgloss.Style, text string) {
	p.endText()
	fmt.Fprintln(p.notes, style.Render(text))
}

// toolDone shows results in call order, each as soon as those before it are
// there.
func (p *printer) toolDone(ev agent.ToolDone) {
	if !slices.Contains(p.running, ev.Call.ID) { // it did not run
		p.running = append(p.running, ev.Call.ID)
	}
	if p.done == nil {
		p.done = map[string]agent.ToolDone{}
	}
	p.done[ev.Call.ID] = ev
	for len(p.running) > 0 {
		next, ok := p.done[p.running[0]]
		if !ok {
			return
		}
		delete(p.done, p.running[0])
		p.running = p.running[1:]
		p.tool(next)
	}
}

func (p *printer) tool(ev agent.ToolDone) {
	p.endText()
	style, result := toolish, ev.Result.Parts.Text()
	if ev.Result.IsError {
		style = bad
	}
	args := ev.Call.Args
	if args == "" {
		args = "{}"
	}
	fmt.Fprintf(p.notes, "%s %s %s %s\n", style.Render(ev.Call.Name), args, dim.Render("→"), oneLine(result, 200))
}

// oneLine shortens a text to one line of at most max characters.
func oneLine(s string, max int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > max {
		return string(r[:max]) + "…"
	}
	return s
}

// bill adds what an answer cost.
func (p *printer) bill(f reprise.Finish) {
	usd, ok := price.Of(f.Provider, f.Model, time.Now(), f.Usage)
	if f.Cost != nil {
		usd, ok = *f.Cost, true
	}
	p.cost += usd
	p.unpriced = p.unpriced || !ok
}

// summary shows what a run used, and more words on it.
func (p *printer) summary(r *agent.Result, more ...string) {
	p.endText()
	words := append([]string{tokens(r.Usage), p.total()}, more...)
	fmt.Fprintf(p.notes, "\n%s\n", dim.Render(strings.Join(words, " · ")))
}

func (p *printer) total() string {
	if p.unpriced {
		return "cost unknown"
	}
	return "cost $" + p.cost.String()
}

// tokens tells a usage in words.
func tokens(u reprise.Usage) string {
	if u == (reprise.Usage{}) {
		return "tokens unknown"
	}
	in := fmt.Sprintf("tokens: input %d", u.Input)
	switch {
	case u.CacheRead > 0 && u.CacheWrite > 0:
		in += fmt.Sprintf(" (%d cached, %d written to the cache)", u.CacheRead, u.CacheWrite)
	case u.CacheRead > 0:
		in += fmt.Sprintf(" (%d cached)", u.CacheRead)
	case u.CacheWrite > 0:
		in += fmt.Sprintf(" (%d written to the cache)", u.CacheWrite)
	}
	out := fmt.Sprintf(", output %d", u.Output)
	if u.Reasoning != nil && *u.Reasoning > 0 {
		out += fmt.Sprintf(" (%d reasoning)", *u.Reasoning)
	}
	return in + out
}
