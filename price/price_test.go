package price

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func usage(input, output, read, write int64) reprise.Usage {
	return reprise.Usage{Input: input, Output: output, CacheRead: read, CacheWrite: write}
}

func reasoned(u reprise.Usage, n int64) reprise.Usage {
	u.Reasoning = &n
	return u
}

// said is the cost as text, or unknown.
func said(usd reprise.USD, ok bool) string {
	if !ok {
		return "unknown"
	}
	return usd.String()
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	layout := time.RFC3339
	if len(text) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	at, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestOf(t *testing.T) {
	million := usage(1e6, 1e6, 0, 0)
	short := usage(1e5, 1e5, 0, 0)
	for _, c := range []struct {
		provider, model, at string
		usage               reprise.Usage
		want                string
	}{
		// What xAI says it billed.
		{"xai", "grok-code-fast-1", "2026-03-12", reasoned(usage(466, 334, 192, 0), 266), "0.00055964"},
		{"xai", "grok-code-fast-1", "2026-03-12", reasoned(usage(818, 79, 704, 0), 54), "0.00015538"},
		{"xai", "grok-3-mini-high", "2026-03-12", reasoned(usage(288, 340, 287, 0), 313), "0.000191825"},

		// Names.
		{"XAI", " Grok-Code-Fast-1 ", "2026-03-12", million, "1.7"},
		{"api.x.ai", "grok-code-fast-1", "2026-03-12", million, "1.7"},
		{"anthropic", "claude-sonnet-4-20250514", "2026-03-12", short, "1.8"},
		{"vertex", "claude-sonnet-4@20250514", "2026-03-12", short, "1.8"},
		{"vertex", "publishers/google/models/gemini-2.5-flash", "2026-03-12", million, "2.8"},
		{"google", "models/gemini-2.5-flash", "2026-03-12", million, "2.8"},
		{"bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "2026-04-27", short, "0.66"},
		{"bedrock", "global.anthropic.claude-sonnet-4-20250514-v1:0", "2026-03-12", short, "1.8"},
		{"azure", "o4-mini-2025-04-16", "2026-03-12", usage(1e6, 0, 1e6, 0), "0.28"}, // Azure's own
		{"azure", "gpt-5-mini-2025-08-07", "2026-03-12", million, "2.25"},            // OpenAI's
		{"azure", "gpt-5-mini-20250807", "2026-03-12", million, "2.25"},
		{"azure", "gpt-5-mini-20251307", "2026-03-12", million, "unknown"}, // no such day
		{"google", "gemini-2.5-pro-preview-06-05", "2026-03-12", short, "1.125"},
		{"google", "gemini-2.5-pro-preview-tts", "2026-03-12", million, "21"},
		{"huggingface", "openai/gpt-oss-120b:groq", "2026-03-12", million, "0.9"},
		{"huggingface", "openai/gpt-oss-120b", "2026-03-12", million, "unknown"},
		{"openrouter", "x-ai/grok-4.1-fast", "2026-03-12", million, "0.7"},                // xAI's grok-4-1-fast
		{"openrouter", "x-ai/grok-4.1-fast:free", "2026-03-12", million, "unknown"},       // a row without a price
		{"openrouter", "openai/gpt-5.4-nano-20260317", "2026-03-12", million, "1.45"},     // without the date
		{"openrouter", "anthropic/claude-4.5-haiku-20251001", "2026-03-12", million, "6"}, // as it is
		{"openrouter", "openai/gpt-6-sol:batch", "2026-09-01", short, "0.6"},
		{"vercel", "openai/gpt-5", "2026-03-12", million, "11.25"},
		{"vercel", "anthropic/claude-sonnet-4", "2026-03-12", short, "1.8"},
		{"vercel", "xai/grok-4.1-fast-reasoning", "2026-03-12", million, "0.7"},
		{"vercel", "gpt-5", "2026-03-12", million, "unknown"},
		{"vercel", "meta/llama-4-scout", "2026-03-12", million, "unknown"},
		{"openrouter", "google/gemini-2.5-pro:free", "2026-03-12", million, "unknown"}, // not Google's price
		{"groq", "openai/gpt-5", "2026-03-12", million, "unknown"},                     // not a gateway
		{"ollama", "qwen3", "2026-03-12", million, "unknown"},
		{"localhost:8080", "gpt-5", "2026-03-12", million, "unknown"},
		{"", "gpt-5", "2026-03-12", million, "unknown"},
		{"openai", "", "2026-03-12", million, "unknown"},
		{"openai", "gpt-0", "2026-03-12", million, "unknown"},

		// Dates and hours.
		{"openai", "o3", "2025-06-09T23:59:59Z", million, "50"},
		{"openai", "o3", "2025-06-10T01:59:59+02:00", million, "50"},
		{"openai", "o3", "2025-06-10T00:00:00Z", million, "10"},
		{"openai", "o3", "", million, "unknown"},
		{"openai", "o3-mini", "", million, "5.5"},
		{"deepseek", "deepseek-chat", "2026-03-12T00:29:59Z", million, "0.685"},
		{"deepseek", "deepseek-chat", "2026-03-12T00:30:00Z", million, "1.37"},
		{"deepseek", "deepseek-chat", "2026-03-12T17:00:00+03:00", million, "1.37"},
		{"deepseek", "deepseek-chat", "2026-03-12T16:30:00Z", million, "0.685"},
		{"deepseek", "deepseek-v4-flash", "2026-08-16T02:00:00Z", million, "0.42"},
		{"deepseek", "deepseek-v4-flash", "2026-08-17T02:00:00Z", million, "1.76"},
		{"deepseek", "deepseek-v4-flash", "2026-08-17T05:00:00Z", million, "0.88"},

		// Long inputs: cached tokens count, and all are at the higher price.
		{"google", "gemini-2.5-pro", "2026-03-12", usage(200_000, 1000, 150_000, 0), "0.09125"},
		{"google", "gemini-2.5-pro", "2026-03-12", usage(200_001, 1000, 150_000, 0), "0.1775025"},

		// The cache.
		{"anthropic", "claude-sonnet-4-0", "2026-03-12", usage(1000, 0, 300, 200), "0.00234"},
		{"openai", "gpt-5-pro", "2026-03-12", usage(1000, 0, 1000, 0), "0.015"}, // has no price for it
		{"moonshot", "kimi-k2-thinking", "2026-03-12", usage(1000, 0, 0, 1000), "0.0006"},

		// A fee for the request.
		{"perplexity", "sonar", "2026-03-12", usage(1000, 1000, 0, 0), "0.014"},

		// Small prices.
		{"xai", "grok-3-mini", "2026-03-12", usage(1, 0, 1, 0), "0.000000075"},
		{"deepseek", "deepseek-v4-pro", "2026-03-12", usage(1, 0, 1, 0), "0.000000003625"},

		// What cannot be.
		{"openai", "gpt-5", "2026-03-12", reprise.Usage{}, "unknown"}, // not reported
		{"openai", "gpt-5", "2026-03-12", usage(10, 1, 8, 3), "unknown"},
		{"openai", "gpt-5", "2026-03-12", usage(10, -1, 0, 0), "unknown"},
		{"openai", "gpt-5", "2026-03-12", usage(1<<62, 0, 0, 0), "unknown"},
		{"openai", "text-embedding-3-small", "2026-03-12", usage(1e6, 0, 0, 0), "0.02"},
		{"openai", "text-embedding-3-small", "2026-03-12", million, "unknown"},
		{"google", "gemini-2.5-flash-image", "2026-03-12", million, "unknown"},
		{"google", "gemma-3-27b-it", "2026-03-12", million, "unknown"},
		{"openai", "gpt-audio", "2026-03-12", million, "unknown"},
	} {
		got := said(Of(c.provider, c.model, moment(t, c.at), c.usage))
		if got != c.want {
			t.Errorf("%s %s at %q %+v: got %s, want %s", c.provider, c.model, c.at, c.usage, got, c.want)
		}
	}
}

func TestLookup(t *testing.T) {
	usd := func(s string) *reprise.USD {
		d, err := reprise.ParseUSD(s)
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	got, ok := Lookup("openrouter", "openai/o3", moment(t, "2025-06-10"))
	if !ok || got.Provider != "openrouter" {
		t.Errorf("got %+v, %v, want OpenRouter's own row", got, ok)
	}
	got, ok = Lookup("vercel", "openai/o3", moment(t, "2025-06-09"))
	want := Row{
		Provider: "openai", Model: "o3", Until: moment(t, "2025-06-10"),
		Rates: Rates{Input: usd("10"), CacheRead: usd("0.5"), Output: usd("40"), Searches: usd("10")},
	}
	if d := cmp.Diff(want, got); d != "" || !ok {
		t.Errorf("ok %v, row (-want +got):\n%s", ok, d)
	}
	if d := Updated().Format(time.DateOnly); d != "2026-09-23" {
		t.Errorf("the table is of %s", d)
	}
}

func hour(u reprise.Usage, n int64) reprise.Usage {
	u.CacheWrite1h = n
	return u
}

func TestCost(t *testing.T) {
	usd := func(n reprise.USD) *reprise.USD { n *= 1e12; return &n }
	row := Row{Rates: Rates{Input: usd(100), Output: usd(1000)}}
	full := Row{Rates: Rates{
		Input: usd(100), CacheRead: usd(1), CacheWrite: usd(125), CacheWrite1h: usd(200), Output: usd(1000), Reasoning: usd(300),
		AudioInput: usd(400), AudioCacheRead: usd(4), AudioOutput: usd(5000), Requests: usd(7), Searches: usd(10),
	}}
	tiny := reprise.USD(500_000) // for a million tokens: a half of the smallest unit for one
	third := reprise.USD(499_999)
	for _, c := range []struct {
		name  string
		row   Row
		items Items
		want  string
	}{
		{"tokens", row, Items{Usage: usage(10, 10, 0, 0)}, "0.011"},
		{"all at the price of input", row, Items{Usage: hour(usage(10, 0, 4, 3), 2), Audio: &Audio{Input: 3, CacheRead: 1}}, "0.001"},
		{"all at the price of output", row, Items{Usage: reasoned(usage(0, 10, 0, 0), 5), Audio: &Audio{Output: 4}}, "0.01"},
		{"searches without a price", row, Items{Usage: usage(10, 0, 0, 0), Searches: 1}, "unknown"},
		{"cache", full, Items{Usage: hour(usage(1000, 0, 300, 200), 50), Audio: &Audio{}}, "0.08605"},
		{"reasoning", full, Items{Usage: reasoned(usage(0, 1000, 0, 0), 400), Audio: &Audio{}}, "0.727"},
		{"audio", full, Items{Usage: usage(1000, 100, 300, 0), Audio: &Audio{Input: 500, CacheRead: 200, Output: 30}}, "0.3879"},
		{"audio out not told", full, Items{Usage: usage(1000, 100, 300, 0)}, "unknown"},
		{"searches", full, Items{Usage: usage(1, 0, 0, 0), Audio: &Audio{}, Searches: 3}, "0.0371"},
		{"only an unreported usage", full, Items{Audio: &Audio{}, Searches: 3}, "unknown"},
		{"more for an hour than written", full, Items{Usage: hour(usage(10, 0, 0, 4), 5), Audio: &Audio{}}, "unknown"},
		{"more audio cached than heard", full, Items{Usage: usage(10, 0, 4, 0), Audio: &Audio{Input: 1, CacheRead: 2}}, "unknown"},
		{"more reasoned than said", full, Items{Usage: reasoned(usage(0, 10, 0, 0), 11), Audio: &Audio{}}, "unknown"},
		{"half up", Row{Rates: Rates{Input: &tiny, Output: &tiny}}, Items{Usage: usage(1, 0, 0, 0)}, "0.000000000001"},
		{"rounded once", Row{Rates: Rates{Input: &tiny, Output: &tiny}}, Items{Usage: usage(1, 1, 0, 0)}, "0.000000000001"},
		{"less than a half", Row{Rates: Rates{Input: &third}}, Items{Usage: usage(1, 0, 0, 0)}, "0"},
		{"no rates", Row{}, Items{Usage: usage(1, 0, 0, 0)}, "unknown"},
	} {
		if got := said(c.row.Cost(c.items)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
