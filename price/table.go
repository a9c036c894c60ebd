package price

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

//go:embed table.json
var tableJSON []byte

// data is the table, read when it is first needed, and its rows when a model
// of their provider is.
var data = sync.OnceValue(func() *table {
	t, err := read(tableJSON)
	if err != nil {
		panic(fmt.Sprintf("price: table.json: %v", err))
	}
	return t
})

type table struct {
	date  time.Time
	lists map[string]*list // by the provider's name
	order []*list
}

// A list is the models of a provider, of which the first that matches counts.
type list struct {
	api      func() *regexp.Regexp // what its addresses begin with
	fallback []string              // providers whose models it has too
	models   func() []*model
}

// A model has its rows in the order of the table: the last that holds counts.
type model struct {
	match []pattern
	rows  []Row
}

type fileList struct {
	Provider string
	Also     []string
	API      string
	Fallback []string
	Rows     json.RawMessage
}

type fileRow struct {
	Model string
	Match []string
	From  string
	Until string
	Hours string
	Rates
	Tiers []Tier
}

func read(text []byte) (*table, error) {
	var file struct {
		Date      string
		Providers []fileList
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	t := &table{lists: map[string]*list{}}
	var err error
	if t.date, err = time.Parse(time.DateOnly, file.Date); err != nil {
		return nil, err
	}
	for _, p := range file.Providers {
		l := &list{
			api:      sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^(?:" + p.API + ")") }),
			fallback: p.Fallback,
		}
		l.models = sync.OnceValue(func() []*model {
			models, err := readRows(p.Provider, p.Rows)
			if err != nil {
				panic(fmt.Sprintf("price: table.json: %s: %v", p.Provider, err))
			}
			return models
		})
		t.order = append(t.order, l)
		for _, name := range append(p.Also, p.Provider) {
			t.lists[name] = l
		}
	}
	return t, nil
}

func readRows(provider string, text []byte) ([]*model, error) {
	var rows []fileRow
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, err
	}
	var models []*model
	for _, r := range rows {
		row, err := r.row(provider)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Model, err)
		}
		if n := len(models); n > 0 && models[n-1].rows[0].Model == r.Model {
			models[n-1].rows = append(models[n-1].rows, row)
			continue
		}
		m := &model{rows: []Row{row}}
		if r.Match == nil {
			r.Match = []string{strings.ToLower(r.Model)}
		}
		for _, text := range r.Match {
			p, err := parsePattern(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.Model, err)
			}
			m.match = append(m.match, p)
		}
		models = append(models, m)
	}
	return models, nil
}

func (r fileRow) row(provider string) (Row, error) {
	row := Row{Provider: provider, Model: r.Model, Hours: r.Hours, Rates: r.Rates, Tiers: r.Tiers}
	var err error
	if r.From != "" {
		if row.From, err = time.Parse(time.DateOnly, r.From); err != nil {
			return Row{}, err
		}
	}
	if r.Until != "" {
		if row.Until, err = time.Parse(time.DateOnly, r.Until); err != nil {
			return Row{}, err
		}
	}
	if r.Hours != "" {
		_, _, err = hours(r.Hours)
	}
	return row, err
}

// at returns the row that holds at a time.
func (m *model) at(at time.Time) (Row, bool) {
	if at.IsZero() && len(m.rows) > 1 {
		return Row{}, false
	}
	for i := len(m.rows) - 1; i >= 0; i-- {
		if r := m.rows[i]; at.IsZero() || r.holds(at) {
			return r, r.Input != nil || r.Output != nil
		}
	}
	return Row{}, false
}

func (r Row) holds(at time.Time) bool {
	if at.Before(r.From) || !r.Until.IsZero() && !at.Before(r.Until) {
		return false
	}
	if r.Hours == "" {
		return true
	}
	from, until, _ := hours(r.Hours)
	at = at.UTC()
	now := at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC))
	if until < from {
		return now >= from || now < until
	}
	return now >= from && now < until
}

// hours reads a part of the day such as 16:30-00:30.
func hours(text string) (from, until time.Duration, err error) {
	const day = "15:04"
	a, b, _ := strings.Cut(text, "-")
	start, err := time.Parse(day, a)
	if err != nil {
		return 0, 0, err
	}
	end, err := time.Parse(day, b)
	if err != nil {
		return 0, 0, err
	}
	midnight := start.Truncate(24 * time.Hour)
	return start.Sub(midnight), end.Sub(midnight), nil
}
