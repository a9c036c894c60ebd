package price

import (
	"testing"
	"time"
)

// allRows are the rows of the whole table.
func allRows() []Row {
	var rows []Row
	for _, l := range data().order {
		for _, m := range l.models() {
			rows = append(rows, m.rows...)
		}
	}
	return rows
}

func TestTable(t *testing.T) {
	for _, p := range []string{
		"openai", "azure", "xai", "openrouter", "anthropic", "bedrock", "vertex", "google", "groq", "deepseek", "mistral",
		"moonshot", "zai", "together", "fireworks", "cerebras", "perplexity", "huggingface/groq",
	} {
		if data().lists[p] == nil {
			t.Errorf("no prices of %s", p)
		}
	}
	for gateway, maker := range makers {
		if data().lists[maker] == nil {
			t.Errorf("no prices of %s, which is %s", maker, gateway)
		}
	}
	for _, l := range data().order {
		l.api()
		for i, f := range data().fallbacks(l) {
			if f == nil {
				t.Errorf("no prices of %s", l.fallback[i])
			}
		}
		for _, m := range l.models() {
			checkRows(t, m.rows)
		}
	}
	if n := len(allRows()); n < 1500 {
		t.Errorf("only %d rows", n)
	}
}

// checkRows checks that the rows of a model follow each other, and that a
// price that holds for some tokens is there for long inputs too.
func checkRows(t *testing.T, rows []Row) {
	var until time.Time
	for i, r := range rows {
		if r.Hours == "" {
			if i > 0 && !r.From.Equal(until) {
				t.Errorf("%s %s: row %d begins at %v, after %v", r.Provider, r.Model, i, r.From, until)
			}
			until = r.Until
		}
		over := int64(0)
		for _, tier := range r.Tiers {
			if tier.Over <= over {
				t.Errorf("%s %s: the tiers are not in order", r.Provider, r.Model)
			}
			over = tier.Over
			if (tier.Input == nil) != (r.Input == nil) || (tier.CacheRead == nil) != (r.CacheRead == nil) ||
				(tier.Output == nil) != (r.Output == nil) || tier.Input != nil && *tier.Input < *r.Input {
				t.Errorf("%s %s: the tier over %d lacks a price", r.Provider, r.Model, over)
			}
		}
	}
	if !until.IsZero() {
		t.Errorf("%s %s: the last price ends at %v", rows[0].Provider, rows[0].Model, until)
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, yes, no string
	}{
		{"a-b", "a-b", "a-b c"},
		{"a*", "ab", "ba"},
		{"*a", "ba", "ab"},
		{"*a*", "bab", "bb"},
		{"/^a\\d$/", "a1", "a12"},
		{"!/a/", "b", "bab"},
		{"a* & *b & !/x/", "a-b", "axb"},
	} {
		p, err := parsePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		m := &model{match: []pattern{p}}
		if !m.matches(c.yes) || m.matches(c.no) {
			t.Errorf("%s: matches(%q) = %v, matches(%q) = %v", c.pattern, c.yes, m.matches(c.yes), c.no, m.matches(c.no))
		}
	}
}

func TestBadTable(t *testing.T) {
	for _, bad := range []string{`{`, `{"date":"2026"}`} {
		if _, err := read([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	for _, bad := range []string{
		`[{"model":"m","input":"x"}]`, `[{"model":"m","from":"2026"}]`, `[{"model":"m","until":"2026"}]`,
		`[{"model":"m","hours":"1"}]`, `[{"model":"m","hours":"01:00-2"}]`, `[{"model":"m","match":["/(/"]}]`,
	} {
		if _, err := readRows("p", []byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
