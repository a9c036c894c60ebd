package cassette

import (
	"errors"
	"os"
	"slices"
)

// inOrder returns the interactions of the recording in the order in which
// they began. It does not change rec.
func inOrder(rec *Recording) []Interaction {
	if !rec.Interrupted {
		return rec.Interactions
	}
	return settled(slices.Clone(rec.Interactions))
}

// settled puts interactions that were written as they ended in the order in
// which they began, without those that were superseded and without marks of
// calls whose results are there.
func settled(items []Interaction) []Interaction {
	ended, dropped := map[int]bool{}, map[int]bool{}
	for n := range items {
		i := &items[n]
		if i.Outcome != Begun {
			ended[i.ID] = true
		}
		for _, id := range i.Supersedes {
			dropped[id] = true
		}
		i.Supersedes = nil
	}
	items = slices.DeleteFunc(items, func(i Interaction) bool {
		return dropped[i.ID] || i.Outcome == Begun && ended[i.ID]
	})
	slices.SortStableFunc(items, func(a, b Interaction) int { return a.ID - b.ID })
	return items
}

func mustNotExist(file string) error {
	if _, err := os.Lstat(file); err == nil {
		return errors.New("the file is already there")
	}
	return nil
}
