package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

const (
	defaultKeep        = 3
	defaultInstruction = "Summarize the conversation so far, so that the assistant can go on with it from your summary alone. " +
		"Keep the goal, what the user asked for, decisions, facts, names, numbers and open questions. Write only the summary."
	summaryHead = "This is a summary of the conversation so far:\n\n"
	droppedText = "[the result was dropped to save room; call the tool again if it is needed]"
)

// A Window bounds what the model is sent: the results of tools, each by
// itself, and the prompt as a whole.
type Window struct {
	// Tokens is how many tokens a prompt may have before the history is made
	// shorter, which is told by a [Compacted]; 0: it never is. First, the
	// content of old results is dropped. If that is not enough, all that is
	// old is summarised, but for a [Handoff] that still holds. A call is never
	// parted from its result.
	Tokens int64
	// Keep is how many of the last answers are left as they are, with their
	// calls, results and what the user said between; 0: 3.
	Keep int
	// Summarizer is the model that summarises; nil: that of the agent.
	Summarizer reprise.Model
	// Instruction is what the Summarizer is told; empty: to keep what matters.
	Instruction string

	// MaxResult is the most text of a tool's result, in bytes; 0: any. The
	// model gets the beginning and can read the rest with a tool of the name
	// read_result, which the agent then offers too. A tool's own policy may
	// say another number.
	MaxResult int
	// Store keeps the rest; nil: the run does, as long as it lasts.
	Store Store
}

func (w *Window) check() error {
	switch {
	case w.Tokens < 0:
		return invalid("Window.Tokens is %d", w.Tokens)
	case w.Keep < 0:
		return invalid("Window.Keep is %d", w.Keep)
	case w.MaxResult < 0:
		return invalid("Window.MaxResult is %d", w.MaxResult)
	}
	return nil
}

// compact makes the history shorter if the next prompt is too long.
func (r *run) compact(ctx context.Context) error {
	w := r.top.Window
	if w == nil || w.Tokens == 0 {
		return nil
	}
	before, err := r.promptTokens(ctx)
	if err != nil || before.Tokens <= w.Tokens {
		return err
	}
	keep := w.Keep
	if keep == 0 {
		keep = defaultKeep
	}
	was := estimate(r.res.History)
	cut := tailOf(r.res.History, keep)
	ev := Compacted{Before: before}
	ev.History, ev.Dropped = dropResults(r.res.History, cut)
	after := func() int64 { return max(0, before.Tokens-was+estimate(ev.History)) }
	if after() > w.Tokens && worthSummary(r.res.History[:cut]) {
		if ev.Summary, err = r.summarize(ctx, r.res.History[:cut]); err != nil {
			return err
		}
		told := []reprise.Message{reprise.User(summaryHead + ev.Summary.Text())}
		told = append(told, r.handoffsIn(ev.History[:cut])...)
		ev.History, ev.Dropped = append(told, r.res.History[cut:]...), 0
	}
	if ev.Summary == nil && ev.Dropped == 0 {
		return nil
	}
	ev.After = TokenCount{Tokens: after(), Estimated: true}
	r.res.History = slices.Clone(ev.History)
	r.checked, r.sound, r.asked.req = len(r.res.History), 0, nil
	return r.emit(ev)
}

// handoffsIn returns the answers and results without which nobody could tell
// who answers now.
func (r *run) handoffsIn(old []reprise.Message) []reprise.Message {
	var out []reprise.Message
	_, by := handoffs(r.top, old)
	for _, i := range by {
		first := i
		for old[first].Role == reprise.RoleTool {
			first--
		}
		for i+1 < len(old) && old[i+1].Role == reprise.RoleTool {
			i++
		}
		out = append(out, old[first:i+1]...)
	}
	return out
}

// tailOf returns the index from which on the messages hold the last n answers
// and what the user said before the first of them. A paused answer and what
// goes on with it are one.
func tailOf(history []reprise.Message, n int) int {
	at := len(history)
	for i, m := range slices.Backward(history) {
		if m.Role != reprise.RoleAssistant || i > 0 && history[i-1].Paused {
			continue
		}
		if n == 0 {
			break
		}
		at = i
		n--
	}
	if n > 0 {
		return 0
	}
	for at > 0 && (history[at-1].Role == reprise.RoleUser || history[at-1].Role == reprise.RoleSystem) {
		at--
	}
	return at
}

// dropResults returns the history without the content of the results before
// index cut, and how many these were. What is no longer than the text that
// takes its place stays.
func dropResults(history []reprise.Message, cut int) ([]reprise.Message, int) {
	out, n := slices.Clone(history), 0
	for i, m := range out[:cut] {
		if m.Role != reprise.RoleTool {
			continue
		}
		parts := slices.Clone(m.Parts)
		for j, p := range parts {
			res, ok := p.(reprise.ToolResult)
			if !ok || estimateParts(res.Parts) <= bytesToTokens(len(droppedText)) {
				continue
			}
			res.Parts = reprise.Parts{reprise.Text{Text: droppedText}}
			parts[j] = res
			n++
		}
		out[i].Parts = parts
	}
	return out, n
}

// worthSummary reports whether the messages are more than a summary and a
// question.
func worthSummary(old []reprise.Message) bool {
	return slices.ContainsFunc(old, func(m reprise.Message) bool { return m.Role == reprise.RoleAssistant })
}

// summarize asks for a summary of the messages.
func (r *run) summarize(ctx context.Context, old []reprise.Message) (*reprise.Response, error) {
	w := r.top.Window
	model, instruction := w.Summarizer, w.Instruction
	if model == nil {
		model = r.cur.Model
	}
	if instruction == "" {
		instruction = defaultInstruction
	}
	resp, err := reprise.Generate(ctx, model, &reprise.Request{
		System:   reprise.Parts{reprise.Text{Text: instruction}},
		Messages: reprise.Ask(transcript(old)),
	})
	if err != nil {
		return nil, fmt.Errorf("the summary of the conversation: %w", err)
	}
	r.res.Usage = r.res.Usage.Add(resp.Usage)
	r.charge(r.costOf(resp))
	if strings.TrimSpace(resp.Text()) == "" {
		return nil, badResponse("the summary of the conversation is empty")
	}
	return resp, nil
}

// transcript is the messages as text: not every API takes calls of tools that
// are not offered.
func transcript(messages []reprise.Message) string {
	var b strings.Builder
	for _, m := range messages {
		for _, p := range m.Parts {
			switch p := p.(type) {
			case reprise.Text:
				fmt.Fprintf(&b, "%s: %s\n", m.Role, p.Text)
			case reprise.Media:
				fmt.Fprintf(&b, "%s: [%s %s]\n", m.Role, p.Type, p.Name)
			case reprise.ToolCall:
				fmt.Fprintf(&b, "%s calls %s %s\n", m.Role, p.Name, p.Args)
			case reprise.ToolResult:
				fmt.Fprintf(&b, "result of %s: %s\n", p.Name, p.Parts.Text())
			}
		}
	}
	return b.String()
}
