package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// kept is what is kept of this project's own figures: ratios to a floor, or
// to a peer that does not change, and allocations.
type kept struct {
	Ratio       float64 `json:"ratio"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	Allocations float64 `json:"allocations"`
}

func figuresOf(tables []table) map[string]kept {
	all := map[string]kept{}
	for _, t := range tables {
		to := t.floor
		if to == "reprise" {
			to = t.peers[len(t.peers)-1]
		}
		r := t.ratio("reprise", to, wall)
		all[t.title] = kept{r.mid, r.low, r.high, t.median("reprise", allocs)}
	}
	return all
}

// compare tells what moved since the figures were last kept, and keeps the
// new ones.
func compare(file string, tables []table) error {
	now := figuresOf(tables)
	old := map[string]kept{}
	data, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(data, &old); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	fmt.Println("\nwhat moved since the last figures")
	for _, title := range slices.Sorted(maps.Keys(now)) {
		n := now[title]
		o, ok := old[title]
		switch {
		case !ok:
			fmt.Printf("  %s: new\n", title)
		case n.Low > o.High || n.High < o.Low: // the spreads do not meet
			fmt.Printf("  %s: × %s, was × %s\n", title, number(n.Ratio), number(o.Ratio))
		}
		if ok && (n.Allocations > 1.02*o.Allocations || n.Allocations < 0.98*o.Allocations) {
			fmt.Printf("  %s: %s allocations, were %s\n", title, number(n.Allocations), number(o.Allocations))
		}
	}
	data, err = json.MarshalIndent(now, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}
