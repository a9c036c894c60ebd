package price

import (
	"math/big"
	"testing"

	"github.com/repriselabs/reprise"
)

// FuzzCost checks that the cost of two usages is that of their sum, but for
// rounding, and that it is what the long way of counting it says.
func FuzzCost(f *testing.F) {
	f.Add(uint(7), uint32(466), uint32(192), uint32(0), uint32(334), uint32(266), uint32(818), uint32(704), uint32(0), uint32(79), uint32(54))
	f.Add(uint(1000), uint32(1), uint32(0), uint32(1), uint32(1), uint32(1), uint32(300_000), uint32(17), uint32(4), uint32(0), uint32(0))
	rows := allRows()
	f.Fuzz(func(t *testing.T, n uint, in1, read1, write1, out1, think1, in2, read2, write2, out2, think2 uint32) {
		row := rows[n%uint(len(rows))]
		row.Tiers, row.Requests = nil, nil // with which two are not one
		items := func(in, read, write, out, think uint32) Items {
			u := usage(int64(in)+int64(read)+int64(write), int64(out)+int64(think), int64(read), int64(write))
			return Items{Usage: reasoned(u, int64(think)), Audio: &Audio{}}
		}
		a, b := items(in1, read1, write1, out1, think1), items(in2, read2, write2, out2, think2)
		costA, okA := row.Cost(a)
		costB, okB := row.Cost(b)
		sum, ok := row.Cost(Items{Usage: a.Usage.Add(b.Usage), Audio: &Audio{}})
		if a.Total() > 0 && b.Total() > 0 && ok != (okA && okB) {
			t.Fatalf("%s %s: %v and %v, but the sum %v", row.Provider, row.Model, okA, okB, ok)
		}
		if !ok || !okA || !okB {
			return
		}
		if d := costA + costB - sum; d < -1 || d > 1 {
			t.Errorf("%s %s: %v + %v is not %v", row.Provider, row.Model, costA, costB, sum)
		}
		if want := longWay(row, a); costA != want {
			t.Errorf("%s %s: got %v, want %v", row.Provider, row.Model, costA, want)
		}
	})
}

// longWay counts with fractions, token kind by token kind.
func longWay(r Row, x Items) reprise.USD {
	or := func(a, b *reprise.USD) *reprise.USD {
		if a != nil {
			return a
		}
		return b
	}
	total := new(big.Rat)
	add := func(n int64, rate *reprise.USD) {
		if n > 0 {
			total.Add(total, new(big.Rat).Mul(big.NewRat(n, 1), big.NewRat(int64(*rate), 1e6)))
		}
	}
	add(x.Input-x.CacheRead-x.CacheWrite, r.Input)
	add(x.CacheRead, or(r.CacheRead, r.Input))
	add(x.CacheWrite, or(r.CacheWrite, r.Input))
	add(x.Output-*x.Reasoning, r.Output)
	add(*x.Reasoning, or(r.Reasoning, r.Output))
	n, _ := new(big.Int).SetString(total.FloatString(0), 10) // rounds half away from zero
	return reprise.USD(n.Int64())
}
