package openaichat

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// repeated is a stream of n deltas. With vary, no chunk has all in common with
// the one before.
func repeated(n int, members string, vary bool) []byte {
	var b bytes.Buffer
	for i := range n {
		created := 1773345608
		if vary {
			created += i
		}
		fmt.Fprintf(&b, `data: {"id":"34fd1eff-a2d7-3ed8-5cf5-1ff1333419bd","object":"chat.completion.chunk","created":%d,"model":"grok-code-fast-1","choices":[{"index":0,"delta":{%s}}],"system_fingerprint":"fp_99052e9f23"}`+"\n\n", created, members)
	}
	b.WriteString(sseOf(finishStop, someUsage))
	return b.Bytes()
}

// TestAllocations: a delta is one allocation, the event, and room for its
// text, which grows by doubling.
func TestAllocations(t *testing.T) {
	arguments := strings.Repeat(`\"line\"\n`, 128)
	for _, c := range []struct {
		name, members string
		bytes         float64 // at most, a chunk
	}{
		{"text", `"content":" word"`, 100},
		{"text with escapes", `"content":"\n\"é\""`, 100},
		{"reasoning", `"reasoning_content":" word"`, 100},
		{"arguments", `"tool_calls":[{"index":0,"id":"call_46427107","function":{"name":"write","arguments":"` + arguments + `"}}]`, 6 * 1024},
	} {
		for _, vary := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", vary ", vary), func(t *testing.T) {
				few, _ := cost(t, repeated(1000, c.members, vary))
				many, size := cost(t, repeated(5000, c.members, vary))
				want := 1.0
				if vary && c.name == "arguments" {
					want = 3 // the id and the name
				}
				if per := (many - few) / 4000; math.Abs(per-want) > 0.01 {
					t.Errorf("a delta allocates %.3f times, want %v", per, want)
				}
				if rest := few - 1000*want; rest > 60 {
					t.Errorf("a stream allocates %v times beside its deltas, want at most 60", rest)
				}
				if per := size / 5000; per > c.bytes {
					t.Errorf("a delta allocates %.0f bytes, want at most %.0f", per, c.bytes)
				}
			})
		}
	}
}

// cost is what reading a stream allocates: how often, and how many bytes.
func cost(t *testing.T, stream []byte) (allocs, size float64) {
	read := func() {
		for _, err := range ReadResponse(bytes.NewReader(stream), &xai, nil) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	allocs = testing.AllocsPerRun(5, read)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	return allocs, float64(after.TotalAlloc - before.TotalAlloc)
}
