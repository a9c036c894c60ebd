package price_test

import (
	"fmt"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/price"
)

func Example() {
	at := time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)
	usage := reprise.Usage{Input: 466, CacheRead: 192, Output: 334}
	if usd, ok := price.Of("xai", "grok-code-fast-1", at, usage); ok {
		fmt.Printf("$%v\n", usd)
	}
	if _, ok := price.Of("ollama", "qwen3", at, usage); !ok {
		fmt.Println("unknown")
	}
	// Output:
	// $0.00055964
	// unknown
}

func ExampleRow_Cost() {
	at := time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)
	row, ok := price.Lookup("anthropic", "claude-sonnet-4-20250514", at)
	if !ok {
		return
	}
	usd, ok := row.Cost(price.Items{
		Usage:    reprise.Usage{Input: 12_000, CacheWrite: 11_000, CacheWrite1h: 11_000, Output: 500},
		Searches: 2,
	})
	fmt.Println(usd, ok)
	// Output: 0.0965 true
}
