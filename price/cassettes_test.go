package price

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/repriselabs/reprise"
)

// hosts are those of the providers that report what an answer costs.
var hosts = map[string]string{"api.x.ai": "xai", "openrouter.ai": "openrouter", "ai-gateway.vercel.sh": "vercel"}

// TestCassettes compares the table's cost of real answers, at the day of
// each, with what their providers reported. They must be equal, but for
// the one exception that is explained below.
func TestCassettes(t *testing.T) {
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Skip("set REPRISE_CASSETTES to a folder of go-vcr recordings to compare costs with the providers'")
	}
	equal, twice := map[string]int{}, map[string]int{}
	for _, c := range recordedCosts(t, dir) {
		usd, ok := Of(c.provider, c.model, c.at, c.usage)
		switch {
		case ok && usd == c.cost:
			equal[c.provider]++
		case ok && usd+thoughtCost(t, c) == c.cost:
			twice[c.provider+" "+c.model]++
		default:
			t.Errorf("%s: %s %s at %v: got %s, reported %v, usage %+v", c.file, c.provider, c.model, c.at, said(usd, ok), c.cost, c.usage)
		}
	}
	t.Logf("equal: %v; reasoning billed twice: %v", equal, twice)
	for _, p := range hosts {
		if equal[p] == 0 {
			t.Errorf("no recording of %s was equal", p)
		}
	}
	// Vercel's gateway bills the reasoning of OpenAI's models twice: once in
	// completion_tokens and once as reasoning_tokens.
	delete(twice, "vercel openai/gpt-5")
	if len(twice) > 0 {
		t.Errorf("reasoning billed twice by others: %v", twice)
	}
}

// thoughtCost is the cost of the reasoning alone.
func thoughtCost(t *testing.T, c recorded) reprise.USD {
	if c.usage.Reasoning == nil || *c.usage.Reasoning == 0 {
		return 0
	}
	usd, ok := Of(c.provider, c.model, c.at, reprise.Usage{Output: *c.usage.Reasoning})
	if !ok {
		t.Errorf("%s: no price of output", c.file)
	}
	return usd
}

// recorded is an answer that tells its cost.
type recorded struct {
	file, provider, model string
	at                    time.Time
	usage                 reprise.Usage
	cost                  reprise.USD
}

func recordedCosts(t *testing.T, dir string) []recorded {
	var all []recorded
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var cassette struct {
			Interactions []struct {
				Request  struct{ URL string }
				Response struct{ Body string }
			}
		}
		if err := yaml.Unmarshal(text, &cassette); err != nil {
			return err
		}
		for _, x := range cassette.Interactions {
			u, err := url.Parse(x.Request.URL)
			if err != nil {
				return err
			}
			if provider := hosts[u.Host]; provider != "" {
				all = append(all, readCost(t, path, provider, x.Response.Body))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// readCost reads a body of chat completions, whole or streamed: what it says
// of its cost last.
func readCost(t *testing.T, file, provider, body string) recorded {
	docs := []string{body}
	if !strings.HasPrefix(strings.TrimSpace(body), "{") {
		docs = strings.Split(body, "\n")
	}
	var last recorded
	for _, doc := range docs {
		doc = strings.TrimSpace(strings.TrimPrefix(doc, "data:"))
		if !strings.HasPrefix(doc, "{") {
			continue
		}
		var x struct {
			Model   string
			Created int64
			Usage   struct {
				Prompt     int64 `json:"prompt_tokens"`
				Completion int64 `json:"completion_tokens"`
				Total      int64 `json:"total_tokens"`
				PromptOf   struct {
					Cached  int64 `json:"cached_tokens"`
					Written int64 `json:"cache_write_tokens"`
				} `json:"prompt_tokens_details"`
				CompletionOf struct {
					Reasoning int64 `json:"reasoning_tokens"`
				} `json:"completion_tokens_details"`
				Cost  *reprise.USD
				Ticks *int64 `json:"cost_in_usd_ticks"`
			}
		}
		if err := json.Unmarshal([]byte(doc), &x); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		r := recorded{file: file, provider: provider, model: x.Model, at: time.Unix(x.Created, 0)}
		switch u := x.Usage; {
		case u.Ticks != nil:
			r.cost = reprise.USD(*u.Ticks * 100)
		case u.Cost != nil:
			r.cost = *u.Cost
		default:
			continue
		}
		r.usage = reasoned(usage(x.Usage.Prompt, x.Usage.Total-x.Usage.Prompt, x.Usage.PromptOf.Cached, x.Usage.PromptOf.Written),
			x.Usage.CompletionOf.Reasoning)
		last = r
	}
	if last.file == "" {
		t.Fatalf("%s: no cost in a body of %s", file, provider)
	}
	return last
}
