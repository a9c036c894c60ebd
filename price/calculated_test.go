package price

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/repriselabs/reprise"
)

// TestCalculated compares with the calculator of the table's source.
func TestCalculated(t *testing.T) {
	f, err := os.Open("testdata/calculated.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	var usages []map[string]int64
	if err := json.Unmarshal(lines.Bytes(), &usages); err != nil {
		t.Fatal(err)
	}
	found := 0
	for lines.Scan() {
		var c struct {
			Provider, Model, Row string
			At                   time.Time
			Usage                int
			USD                  float64
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		row, ok := Lookup(c.Provider, c.Model, c.At)
		if row.Model != c.Row || ok != (c.Row != "") {
			t.Errorf("%s %s: got row %q, want %q", c.Provider, c.Model, row.Model, c.Row)
			continue
		}
		if !ok {
			continue
		}
		found++
		items := sourceItems(usages[c.Usage])
		if row.Searches == nil {
			items.Searches = 0 // the source counts what it has no price for as free
		}
		got, ok := row.Cost(items)
		want := reprise.USD(c.USD*1e12 + 0.5)
		if diff := got - want; !ok || diff < -10 || diff > 10 { // the source counts in floats
			t.Errorf("%s %s at %v, usage %d: got %v, %v, want %v", c.Provider, c.Model, c.At, c.Usage, got, ok, want)
		}
	}
	if err := lines.Err(); err != nil || found < 100 {
		t.Errorf("%d rows compared, %v", found, err)
	}
}

func sourceItems(u map[string]int64) Items {
	used := reasoned(usage(u["input_tokens"], u["output_tokens"], u["cache_read_tokens"], u["cache_write_tokens"]),
		u["output_reasoning_tokens"])
	used.CacheWrite1h = u["cache_write_1h_tokens"]
	return Items{
		Usage: used,
		Audio: &Audio{
			Input: u["input_audio_tokens"], CacheRead: u["cache_audio_read_tokens"], Output: u["output_audio_tokens"],
		},
		Searches: u["web_searches"],
	}
}
