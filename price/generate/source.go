package main

import "encoding/json"

// source is what dump.mjs prints.
type source struct {
	Version   string
	License   string
	Providers []sourceProvider
	Usages    []json.RawMessage // for the checks
	Checks    []sourceCheck
}

type sourceProvider struct {
	ID       string        `json:"id"`
	API      string        `json:"api_pattern"`
	Fallback []string      `json:"fallback_model_providers"`
	Models   []sourceModel `json:"models"`

	Name          any `json:"name"`
	Description   any `json:"description"`
	URLs          any `json:"pricing_urls"`
	Comments      any `json:"price_comments"`
	Extractors    any `json:"extractors"`
	ModelMatch    any `json:"model_match"`
	ProviderMatch any `json:"provider_match"`
}

type sourceModel struct {
	ID     string      `json:"id"`
	Match  sourceMatch `json:"match"`
	Prices prices      `json:"prices"`

	Name        any `json:"name"`
	Description any `json:"description"`
	Comments    any `json:"price_comments"`
	Window      any `json:"context_window"`
	Deprecated  any `json:"deprecated"`
}

// sourceMatch has one field set.
type sourceMatch struct {
	Or         []sourceMatch `json:"or"`
	And        []sourceMatch `json:"and"`
	Equals     string        `json:"equals"`
	StartsWith string        `json:"starts_with"`
	EndsWith   string        `json:"ends_with"`
	Contains   string        `json:"contains"`
	Regex      string        `json:"regex"`
}

// prices are a list of conditions, of which the last that holds counts; or
// else one set of prices.
type prices []conditional

type conditional struct {
	Prices     map[string]price `json:"prices"`
	Constraint struct {
		Type      string `json:"type"`
		StartDate string `json:"start_date"`
		StartTime string `json:"start_time"`
		EndTime   string `json:"end_time"`
	} `json:"constraint"`
}

func (p *prices) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]conditional)(p))
	}
	*p = prices{{}}
	return json.Unmarshal(b, &(*p)[0].Prices)
}

// price is a number, or one with tiers by the tokens of the input.
type price struct {
	Base  json.Number
	Tiers []struct {
		Start int64
		Price json.Number
	}
}

func (p *price) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return json.Unmarshal(b, &p.Base)
	}
	type plain price
	return json.Unmarshal(b, (*plain)(p))
}

// sourceCheck is what the source's own calculator says.
type sourceCheck struct {
	Provider string       `json:"provider"`
	Model    string       `json:"model"`
	At       string       `json:"at"`
	Usage    int          `json:"usage"`
	ID       string       `json:"id"`
	USD      *json.Number `json:"usd"`
}
