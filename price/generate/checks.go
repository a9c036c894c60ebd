package main

import (
	"bytes"
	"encoding/json"
)

// every is the share of the source's calculations that is kept as test data.
const every = 16

// check is a line of testdata/calculated.jsonl: which row the source finds
// for a model, and what it asks for a usage, of which the first line has the
// list. USD is nil where it finds none.
type check struct {
	Provider string       `json:"provider"`
	Model    string       `json:"model"`
	At       string       `json:"at"`
	Usage    int          `json:"usage"`
	Row      string       `json:"row,omitempty"`
	USD      *json.Number `json:"usd,omitempty"`
}

// checks writes a share of the calculations, without those where we differ on
// purpose: prices that are missing are zero to the source and unknown to us,
// and we look for OpenRouter's other models at their makers.
func checks(w *bytes.Buffer, src *source) error {
	whole, err := complete(src)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	if err := enc.Encode(src.Usages); err != nil {
		return err
	}
	n := 0
	for _, c := range src.Checks {
		if c.ID == "" && c.Provider == "openrouter" || c.ID != "" && !whole[c.Provider][c.ID] {
			continue
		}
		if n++; n%every != 0 {
			continue
		}
		if err := enc.Encode(check{ours(c.Provider), c.Model, c.At, c.Usage, c.ID, c.USD}); err != nil {
			return err
		}
	}
	return nil
}

// complete tells which models have all the prices that an answer needs, by
// provider and the source's id.
func complete(src *source) (map[string]map[string]bool, error) {
	whole := map[string]map[string]bool{}
	for _, p := range src.Providers {
		whole[p.ID] = map[string]bool{}
		for _, m := range p.Models {
			ok := true
			for _, c := range m.Prices {
				base, _, err := convertPrices(c.Prices)
				if err != nil {
					return nil, err
				}
				ok = ok && base.Input != nil && base.Output != nil
			}
			whole[p.ID][m.ID] = ok
		}
	}
	return whole, nil
}
