package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/repriselabs/reprise/bench/peer"
)

// A target is what this project set out to reach. What is a median of ratios
// has quartiles; what is counted is one number.
type target struct {
	what  string
	limit limit
	aim   float64
	got   reading
}

type limit string

const (
	most  limit = "at most"
	least limit = "at least"
)

// A reading takes a figure from the report.
type reading func(report) (spread, error)

const overLoopback, inMemory = true, false

// largest is how many interactions the largest cassette has.
const largest = 10_000

// targets are those that were set before any of this was written.
var targets = []target{
	{"10,000 text deltas over loopback: time, × scanner", most, 1.6, ratioOf("text-10000", overLoopback, "reprise", "scanner", wall)},
	{"the same: times faster than Fantasy", least, 14, timesFaster("text-10000", overLoopback, "fantasy")},
	{"the same: times faster than the fastest other peer", least, 4, lowest(
		timesFaster("text-10000", overLoopback, "go-openai"), timesFaster("text-10000", overLoopback, "openai-go"),
		timesFaster("text-10000", overLoopback, "eino"), timesFaster("text-10000", overLoopback, "langchaingo"))},
	{"the same: allocations per chunk", most, 2, amount("text-10000", overLoopback, allocs)},
	{"the same: bytes allocated per chunk", most, 200, amount("text-10000", overLoopback, size)},
	{"1 MiB of tool arguments over loopback: time, × scanner", most, 1.8, ratioOf("args-1024", overLoopback, "reprise", "scanner", wall)},
	{"the same: times faster than Fantasy", least, 40, timesFaster("args-1024", overLoopback, "fantasy")},
	{"the same: times fewer bytes allocated than by Fantasy", least, 100, ratioOf("args-1024", overLoopback, "fantasy", "reprise", size)},
	{"1 MiB of tool arguments in memory: time, × scanner", most, 1.8, ratioOf("args-1024", inMemory, "reprise", "scanner", wall)},
	{"64 KiB of tool arguments in memory: time, × scanner", most, 1.8, ratioOf("args-64", inMemory, "reprise", "scanner", wall)},
	{"Anthropic's Messages: times faster than the official SDK", least, 8, timesFaster("messages-10000", inMemory, "official")},
	{"the same: times fewer allocations", least, 15, ratioOf("messages-10000", inMemory, "official", "reprise", allocs)},
	{"OpenAI's Responses: times faster than the official SDK", least, 8, timesFaster("responses-10000", inMemory, "official")},
	{"the same: times fewer allocations", least, 15, ratioOf("responses-10000", inMemory, "official", "reprise", allocs)},
	{"Gemini: times faster than the official SDK", least, 8, timesFaster("gemini-10000", inMemory, "official")},
	{"the same: times fewer allocations", least, 15, ratioOf("gemini-10000", inMemory, "official", "reprise", allocs)},
	{"the recorded run in memory: times faster than Fantasy", least, 10, timesFaster("seed", inMemory, "fantasy")},
	{"the same: times fewer allocations than Fantasy", least, 10, ratioOf("seed", inMemory, "fantasy", "reprise", allocs)},
	{"the recorded run over loopback: time, × scanner", most, 1.3, ratioOf("seed", overLoopback, "reprise", "scanner", wall)},
	{"CPU of a text delta of 32,000, × of 1,000", most, 1.1, growthOf("text-1000", "text-32000")},
	{"CPU of a turn of 50, × of 10", most, 1.1, growthOf("turns-10", "turns-50")},
	{"CPU of an element of 10,000 in a list, × of 100", most, 1.1, growthOf("list-100", "list-10000")},
	{"CPU of an element of 10,000 in an object, × of 100", most, 1.1, growthOf("object-100", "object-10000")},
	{"1,000 slow streams: memory, × scanner", most, 1.2, ratioOf("slow-1000", overLoopback, "reprise", "scanner", memory)},
	{"the same: CPU, × scanner", most, 1.25, ratioOf("slow-1000", overLoopback, "reprise", "scanner", cpu)},
	{"10,000 slow streams: memory, × scanner", most, 1.2, ratioOf("slow-10000", overLoopback, "reprise", "scanner", memory)},
	{"the same: CPU, × scanner", most, 1.25, ratioOf("slow-10000", overLoopback, "reprise", "scanner", cpu)},
	{"looking up the last of 10,000: CPU, × of 10", most, 1.5, growthOf("last-10", "last-10000")},
	{"the same: times faster than go-vcr 4.0.6", least, 1000, timesFaster("last-10000", inMemory, "go-vcr 4.0.6")},
	{"looking up 10,000 in order: CPU of each, × of 10", most, 1.5, growthOf("order-10", "order-10000")},
	{"looking up in order: times faster than go-vcr 4.0.6, the least", least, 1, lowest(timesFaster("order-10", inMemory, "go-vcr 4.0.6"),
		timesFaster("order-1000", inMemory, "go-vcr 4.0.6"), timesFaster("order-10000", inMemory, "go-vcr 4.0.6"))},
	{"reading a cassette: times faster than go-vcr 4.0.6, the least", least, 6, lowest(timesFaster("load-10", inMemory, "go-vcr 4.0.6"),
		timesFaster("load-1000", inMemory, "go-vcr 4.0.6"), timesFaster("load-10000", inMemory, "go-vcr 4.0.6"))},
	{"reading one of 10,000: bytes allocated, × the file's", most, 2, loaded},
	{"reading the recorded run and playing it: times faster than Fantasy with go-vcr", least, 8, timesFaster("replay", inMemory, "fantasy")},
	{"a minimal program that streams: MB over one with net/http", most, 1.5, func(r report) (spread, error) {
		p, err := r.program("reprise")
		return exactly(p.mb - r.programs[0].mb), err
	}},
	{"the same: modules compiled in", most, 5, func(r report) (spread, error) {
		p, err := r.program("reprise")
		return exactly(float64(p.modules)), err
	}},
}

// ratioOf is how many times that of another a figure of a peer is.
func ratioOf(name string, loopback bool, of, than string, figure func(peer.Measure) float64) reading {
	return func(r report) (spread, error) {
		t, err := r.find(name, loopback)
		if err != nil {
			return spread{}, err
		}
		return t.ratio(of, than, figure), nil
	}
}

// timesFaster is how many times faster than a peer this project is.
func timesFaster(name string, loopback bool, than string) reading {
	return ratioOf(name, loopback, than, "reprise", wall)
}

// amount is a count of this project's.
func amount(name string, loopback bool, figure func(peer.Measure) float64) reading {
	return func(r report) (spread, error) {
		t, err := r.find(name, loopback)
		if err != nil {
			return spread{}, err
		}
		return exactly(t.median("reprise", figure)), nil
	}
}

// growthOf is how many times more CPU a unit of a larger work takes this
// project than one of a smaller.
func growthOf(small, large string) reading {
	return func(r report) (spread, error) { return r.growth("reprise", small, large) }
}

// loaded is how many times the largest file what is allocated to read it is.
func loaded(r report) (spread, error) {
	t, err := r.find(fmt.Sprint("load-", largest), inMemory)
	if err != nil {
		return spread{}, err
	}
	return exactly(t.median("reprise", size) * largest / float64(r.cassette)), nil
}

// lowest is the reading with the lowest median.
func lowest(of ...reading) reading {
	return func(r report) (spread, error) {
		var all []spread
		for _, read := range of {
			s, err := read(r)
			if err != nil {
				return s, err
			}
			all = append(all, s)
		}
		return slices.MinFunc(all, func(a, b spread) int { return cmp.Compare(a.mid, b.mid) }), nil
	}
}

func exactly(v float64) spread { return spread{v, v, v} }

// program finds a minimal program.
func (r report) program(name string) (program, error) {
	for _, p := range r.programs {
		if p.name == name {
			return p, nil
		}
	}
	return program{}, fmt.Errorf("no minimal program %q", name)
}

// targets is a table of them, with what was measured.
func (r report) targets() (string, error) {
	rows, err := r.targetRows()
	return markdown(rows), err
}

func (r report) targetRows() ([][]string, error) {
	rows := [][]string{{"", "aim", "measured", "reached"}}
	for _, t := range targets {
		got, err := t.got(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.what, err)
		}
		rows = append(rows, []string{t.what, fmt.Sprintf("%s %v", t.limit, t.aim), t.written(got), t.reached(got)})
	}
	return rows, nil
}

// written is a figure with its spread, if it has one.
func (t target) written(got spread) string {
	if got == exactly(got.mid) {
		return number(got.mid)
	}
	return got.String()
}

// reached says whether the median reaches the aim, and the worse quartile.
func (t target) reached(got spread) string {
	holds := func(v float64) bool { return t.limit == most && v <= t.aim || t.limit == least && v >= t.aim }
	worse := got.low
	if t.limit == most {
		worse = got.high
	}
	switch {
	case !holds(got.mid):
		return "**no**"
	case !holds(worse):
		return "by the median"
	}
	return "yes"
}
