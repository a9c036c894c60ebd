package anthropic

import "strings"

// profile is what a model can do that others cannot. The API gives a 400 for
// what a model does not know. A name that is no Claude's is taken for a
// server that knows what the API had in 2025; no name, as in a recorded body
// for a cloud, may be any model.
//
// Sources: https://docs.anthropic.com/en/docs/about-claude/models/overview,
// …/build-with-claude/extended-thinking, /adaptive-thinking, /effort,
// /structured-outputs and /mid-conversation-system-messages.
type profile struct {
	maxTokens int // that max_tokens may be; 0: not known

	budget   bool   // thinking {"type": "enabled", "budget_tokens"}
	adaptive bool   // thinking {"type": "adaptive"}
	off      string // the type that turns thinking off; empty: it cannot be turned off, or has nothing to turn off
	hidden   bool   // thinking is returned without its text, unless its display is asked for
	effort   bool   // output_config.effort
	sampling bool   // temperature, top_p and top_k
	format   bool   // output_config.format and strict tools
	forced   bool   // tool_choice any and tool
	system   bool   // system messages within the conversation
}

// defaultMaxTokens is the limit where the request sets none, unless the model
// takes less; effortMaxTokens is it for the efforts above high.
const (
	defaultMaxTokens = 32_000
	effortMaxTokens  = 64_000
	unknownMaxTokens = 8_192
)

// profileOf tells by the name, such as claude-opus-4-1-20250805,
// us.anthropic.claude-sonnet-4-5-20250929-v1:0 or claude-3-7-sonnet@20250219.
func profileOf(name string) profile {
	line, v, ok := parseName(name)
	p := profile{budget: true, adaptive: true, off: "disabled", effort: true, sampling: true, forced: true}
	if !ok {
		p.format = name == ""
		return p
	}
	p.adaptive = v >= 406
	p.budget = v >= 307 && v <= 406
	p.effort = v >= 406 || v == 405 && line == "opus"
	p.hidden = v >= 407
	p.sampling = v < 407
	p.format = v >= 405
	p.system = v >= 408 && !(line == "sonnet" && v == 500)
	top := line == "fable" || line == "mythos"
	p.forced = v <= 500 || v < 505 && !top || line == "haiku"
	switch {
	case v < 307, top, line == "opus" && v >= 505:
		p.off = ""
	case line == "sonnet" && v >= 505:
		p.off = "between_tools"
	}
	p.maxTokens = maxTokensOf(line, v)
	return p
}

func maxTokensOf(line string, v int) int {
	switch {
	case v < 305:
		return 4_096
	case v < 307:
		return 8_192
	case line == "opus" && v < 405:
		return 32_000
	case v < 406:
		return 64_000
	}
	return 128_000
}

// parseName finds the line (opus, sonnet, …) and the version (4.5 is 405) in
// a name. A model without a version is taken for a new one.
func parseName(name string) (line string, version int, ok bool) {
	_, rest, ok := strings.Cut(name, "claude-")
	if !ok {
		return "", 0, false
	}
	var numbers []int
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return r == '-' || r == '@' || r == ':' || r == '.' }) {
		n, digits := 0, true
		for _, c := range word {
			digits = digits && '0' <= c && c <= '9'
			n = n*10 + int(c-'0')
		}
		switch {
		case digits && len(word) <= 2:
			numbers = append(numbers, n)
		case digits: // a date, after which versions are of something else
			return line, joinVersion(numbers), true
		case line == "":
			line = word
		}
	}
	return line, joinVersion(numbers), true
}

func joinVersion(numbers []int) int {
	switch len(numbers) {
	case 0:
		return 500
	case 1:
		return numbers[0] * 100
	}
	return numbers[0]*100 + numbers[1]
}
