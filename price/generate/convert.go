package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
)

// table is table.json.
type table struct {
	Source  string `json:"source"`
	Version string `json:"version"`
	License string `json:"license"`
	Date    string `json:"date"`
	lists   []list
}

type list struct {
	Provider string   `json:"provider"`
	Also     []string `json:"also,omitempty"`
	API      string   `json:"api"`
	Fallback []string `json:"fallback,omitempty"`
	rows     []row
}

type row struct {
	Model string   `json:"model"`
	Match []string `json:"match,omitempty"`
	From  string   `json:"from,omitempty"`
	Until string   `json:"until,omitempty"`
	Hours string   `json:"hours,omitempty"`
	rates
	Tiers []tier `json:"tiers,omitempty"`
}

type rates struct {
	Input          json.RawMessage `json:"input,omitempty"`
	CacheRead      json.RawMessage `json:"cache_read,omitempty"`
	CacheWrite     json.RawMessage `json:"cache_write,omitempty"`
	CacheWrite1h   json.RawMessage `json:"cache_write_1h,omitempty"`
	Output         json.RawMessage `json:"output,omitempty"`
	Reasoning      json.RawMessage `json:"reasoning,omitempty"`
	AudioInput     json.RawMessage `json:"audio_input,omitempty"`
	AudioCacheRead json.RawMessage `json:"audio_cache_read,omitempty"`
	AudioOutput    json.RawMessage `json:"audio_output,omitempty"`
	Requests       json.RawMessage `json:"requests,omitempty"`
	Searches       json.RawMessage `json:"searches,omitempty"`
}

type tier struct {
	Over int64 `json:"over"`
	rates
}

// field returns where a price of the source goes. The rest are known, but not
// for the table: see countless and apart.
func (r *rates) field(key string) *json.RawMessage {
	switch key {
	case "input_mtok":
		return &r.Input
	case "cache_read_mtok":
		return &r.CacheRead
	case "cache_write_mtok":
		return &r.CacheWrite
	case "cache_write_1h_mtok":
		return &r.CacheWrite1h
	case "output_mtok":
		return &r.Output
	case "output_reasoning_mtok":
		return &r.Reasoning
	case "input_audio_mtok":
		return &r.AudioInput
	case "cache_audio_read_mtok":
		return &r.AudioCacheRead
	case "output_audio_mtok":
		return &r.AudioOutput
	case "requests_kcount":
		return &r.Requests
	case "web_searches_kcount":
		return &r.Searches
	}
	return nil
}

// countless are prices of what our usage does not count apart from text: a
// row with one of them has a price that cannot be known.
var countless = map[string]bool{
	"input_image_mtok": true, "cache_image_read_mtok": true, "output_image_mtok": true,
	"input_video_mtok": true, "output_video_mtok": true, "output_citation_mtok": true,
	"audio_hours": true, "input_audio_hours": true, "input_text_messages_kcount": true,
	"input_document_kpages": true, "input_annotated_document_kpages": true,
}

// apart are prices of services that are billed beside the tokens.
var apart = map[string]bool{"storage_searches_kcount": true}

// names are our names of providers, where the source has another.
var names = map[string]string{"x-ai": "xai", "aws": "bedrock", "moonshotai": "moonshot"}

// also are further names of a provider.
var also = map[string][]string{"google": {"vertex"}}

// more are ids that a provider gives its models in answers, which the source
// does not know.
var more = map[string]map[string][]string{
	"xai": {"grok-3-mini": {"grok-3-mini-high", "grok-3-mini-low"}},
}

func ours(provider string) string {
	if at, ok := strings.CutPrefix(provider, "huggingface_"); ok {
		return "huggingface/" + at
	}
	return cmp.Or(names[provider], provider)
}

func convert(src *source) (*table, error) {
	t := &table{Source: homepage, Version: src.Version, License: src.License}
	for _, p := range src.Providers {
		l := list{Provider: ours(p.ID), Also: also[p.ID], API: p.API}
		if _, err := regexp.Compile(p.API); err != nil {
			return nil, err
		}
		for _, f := range p.Fallback {
			l.Fallback = append(l.Fallback, ours(f))
		}
		seen := map[string]bool{}
		for _, m := range p.Models {
			rows, err := convertModel(m, more[l.Provider][m.ID])
			if err == nil && seen[m.ID] {
				err = fmt.Errorf("it is there twice")
			}
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", p.ID, m.ID, err)
			}
			seen[m.ID] = true
			l.rows = append(l.rows, rows...)
		}
		t.lists = append(t.lists, l)
	}
	return t, nil
}

func convertModel(m sourceModel, more []string) ([]row, error) {
	match, err := alternatives(m.Match)
	if err != nil {
		return nil, err
	}
	match = append(match, more...)
	if slices.Equal(match, []string{strings.ToLower(m.ID)}) {
		match = nil
	}
	var rows []row
	from, dated := "", -1 // the last row that is not for some hours only
	for i, c := range m.Prices {
		r := row{Model: m.ID}
		if i == 0 {
			r.Match = match
		}
		switch c.Constraint.Type {
		case "":
			if i != 0 {
				return nil, fmt.Errorf("price %d has no condition", i)
			}
			dated = i
		case "start_date":
			if c.Constraint.StartDate <= from {
				return nil, fmt.Errorf("its prices are not in the order of their dates")
			}
			from = c.Constraint.StartDate
			rows[dated].Until, dated = from, i
		case "time_of_date":
			if r.Hours, err = hours(c.Constraint.StartTime, c.Constraint.EndTime); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("unknown condition %q", c.Constraint.Type)
		}
		// The source cannot say that hours have a date too; it lists them after
		// the date from which they hold.
		r.From = from
		if r.rates, r.Tiers, err = convertPrices(c.Prices); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func hours(start, end string) (string, error) {
	s, ok1 := strings.CutSuffix(start, ":00Z")
	e, ok2 := strings.CutSuffix(end, ":00Z")
	if !ok1 || !ok2 || len(s) != 5 || len(e) != 5 {
		return "", fmt.Errorf("cannot say the hours %s-%s", start, end)
	}
	return s + "-" + e, nil
}

func convertPrices(ps map[string]price) (base rates, tiers []tier, err error) {
	starts := map[int64]bool{}
	for key, p := range ps {
		if countless[key] {
			return rates{}, nil, nil
		}
		for _, t := range p.Tiers {
			starts[t.Start] = true
		}
	}
	if base, err = ratesOver(-1, ps); err != nil {
		return rates{}, nil, err
	}
	for _, start := range slices.Sorted(maps.Keys(starts)) {
		r, err := ratesOver(start, ps)
		if err != nil {
			return rates{}, nil, err
		}
		tiers = append(tiers, tier{Over: start, rates: r})
	}
	return base, tiers, nil
}

// ratesOver returns the prices of requests with more input tokens than start.
func ratesOver(start int64, ps map[string]price) (rates, error) {
	var r rates
	for key, p := range ps {
		if apart[key] {
			continue
		}
		field := r.field(key)
		if field == nil {
			return rates{}, fmt.Errorf("unknown price %s", key)
		}
		n, last := p.Base, int64(-1)
		for _, t := range p.Tiers {
			if t.Start <= start && t.Start > last {
				n, last = t.Price, t.Start
			}
		}
		usd, err := reprise.ParseUSD(string(n))
		if err != nil || usd <= 0 {
			return rates{}, fmt.Errorf("%s is %q: %v", key, n, err)
		}
		*field = json.RawMessage(usd.String())
	}
	return r, nil
}

// text writes the table with one row a line.
func (t *table) text(w *bytes.Buffer) error {
	line := func(v any) string {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			panic(err) // all types are ours
		}
		return strings.TrimSuffix(strings.TrimSpace(buf.String()), "}")
	}
	fmt.Fprintf(w, "%s,\"providers\":[\n", line(t))
	for i, l := range t.lists {
		fmt.Fprintf(w, "%s,\"rows\":[\n", line(l))
		for j, r := range l.rows {
			fmt.Fprintf(w, "%s}%s\n", line(r), comma(j, len(l.rows)))
		}
		fmt.Fprintf(w, "]}%s\n", comma(i, len(t.lists)))
	}
	w.WriteString("]}\n")
	return nil
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}
