package price

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// A pattern is terms that must all hold of a model's name, in lower case.
type pattern []term

// A term is a name, in which a leading or trailing * stands for anything;
// /a regular expression/; or ! and one that must not hold.
type term struct {
	text string
	re   *regexp.Regexp
	not  bool
}

func parsePattern(text string) (pattern, error) {
	var p pattern
	for s := range strings.SplitSeq(text, " & ") {
		t := term{text: s}
		expr, ok := strings.CutSuffix(s, "/")
		if ok {
			expr, t.not = strings.CutPrefix(expr, "!")
			var err error
			if t.re, err = regexp.Compile(strings.TrimPrefix(expr, "/")); err != nil {
				return nil, err
			}
		}
		p = append(p, t)
	}
	return p, nil
}

func (t term) holds(name string) bool {
	if t.re != nil {
		return t.re.MatchString(name) != t.not
	}
	rest, before := strings.CutPrefix(t.text, "*")
	text, after := strings.CutSuffix(rest, "*")
	switch {
	case before && after:
		return strings.Contains(name, text)
	case before:
		return strings.HasSuffix(name, text)
	case after:
		return strings.HasPrefix(name, text)
	}
	return name == text
}

func (m *model) matches(name string) bool {
	return slices.ContainsFunc(m.match, func(p pattern) bool {
		return !slices.ContainsFunc(p, func(t term) bool { return !t.holds(name) })
	})
}

// model finds a provider's model under one of the spellings of its name.
func (t *table) model(provider, name string) *model {
	l := t.list(provider)
	if l == nil {
		return nil
	}
	for _, s := range spellings(provider, name) {
		for _, in := range append([]*list{l}, t.fallbacks(l)...) {
			for _, m := range in.models() {
				if m.matches(s) {
					return m
				}
			}
		}
	}
	return nil
}

// list returns the list of a provider that is named, or known by its host.
func (t *table) list(provider string) *list {
	if l := t.lists[provider]; l != nil || !strings.Contains(provider, ".") {
		return l
	}
	for _, l := range t.order {
		if l.api().MatchString("https://" + provider + "/") {
			return l
		}
	}
	return nil
}

func (t *table) fallbacks(l *list) []*list {
	var all []*list
	for _, name := range l.fallback {
		all = append(all, t.lists[name])
	}
	return all
}

var compactDate = regexp.MustCompile(`-(20\d{6})(-|:|$)`)

// spellings returns the names to look a model up by: its own, with a date in
// it written with dashes, and at OpenRouter without one.
func spellings(provider, name string) []string {
	if provider == "google" || provider == "vertex" {
		if _, short, ok := strings.Cut("/"+name, "/models/"); ok { // models/… and publishers/…/models/…
			name = short
		}
	}
	all := []string{name}
	at := compactDate.FindStringSubmatchIndex(name)
	if at == nil {
		return all
	}
	day, err := time.Parse("20060102", name[at[2]:at[3]])
	if err != nil {
		return all
	}
	all = append(all, name[:at[2]]+day.Format(time.DateOnly)+name[at[3]:])
	if provider == "openrouter" {
		all = append(all, name[:at[0]]+name[at[3]:])
	}
	return all
}

// makers are the providers' names by those that gateways put before models'.
var makers = map[string]string{
	"anthropic":  "anthropic",
	"cohere":     "cohere",
	"deepseek":   "deepseek",
	"google":     "google",
	"minimax":    "minimax",
	"mistral":    "mistral",
	"mistralai":  "mistral",
	"moonshotai": "moonshot",
	"openai":     "openai",
	"perplexity": "perplexity",
	"x-ai":       "xai",
	"xai":        "xai",
	"z-ai":       "zai",
	"zai":        "zai",
}

// upstream finds the model that a gateway passes requests on to. What follows
// a colon is another service, as :free or :batch, at another price.
func (t *table) upstream(provider, name string) *model {
	maker, name, ok := strings.Cut(name, "/")
	if provider != "openrouter" && provider != "vercel" || !ok || makers[maker] == "" || strings.Contains(name, ":") {
		return nil
	}
	if m := t.model(makers[maker], name); m != nil {
		return m
	}
	return t.model(makers[maker], strings.ReplaceAll(name, ".", "-")) // gateways write grok-4.1, xAI grok-4-1
}
