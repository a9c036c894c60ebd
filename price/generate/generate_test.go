package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConvert(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", `{"id":"A","match":{"equals":"a"},"prices":{"input_mtok":0.18000000000000002,"output_mtok":1}}`,
			`{"model":"A","input":0.18,"output":1}`},
		{"patterns", `{"id":"a","match":{"or":[{"equals":"A"},{"starts_with":"b"},{"ends_with":"C"},{"contains":"d"},{"equals":"a"},
			{"and":[{"regex":"^e\\d$"},{"regex":"^(?!f|g)"}]}]},"prices":{}}`,
			`{"model":"a","match":["a","b*","*c","*d*","/^e\\d$/ & !/^(?:f|g)/"]}`},
		{"tiers", `{"id":"a","match":{"equals":"a"},"prices":{"input_mtok":{"base":1,"tiers":[{"start":9,"price":3},{"start":5,"price":2}]},
			"output_mtok":{"base":4,"tiers":[{"start":9,"price":8}]},"cache_read_mtok":0.5,"storage_searches_kcount":1}}`,
			`{"model":"a","input":1,"cache_read":0.5,"output":4,"tiers":[{"over":5,"input":2,"cache_read":0.5,"output":4},{"over":9,"input":3,"cache_read":0.5,"output":8}]}`},
		{"dates and hours", `{"id":"a","match":{"equals":"a"},"prices":[{"prices":{"input_mtok":1}},
			{"constraint":{"type":"start_date","start_date":"2026-01-02"},"prices":{"input_mtok":2}},
			{"constraint":{"type":"time_of_date","start_time":"16:30:00Z","end_time":"00:30:00Z"},"prices":{"input_mtok":3}}]}`,
			`{"model":"a","until":"2026-01-02","input":1},
{"model":"a","from":"2026-01-02","input":2},
{"model":"a","from":"2026-01-02","hours":"16:30-00:30","input":3}`},
		{"pictures", `{"id":"a","match":{"equals":"a"},"prices":{"input_mtok":1,"output_image_mtok":30}}`, `{"model":"a"}`},
	} {
		src := &source{}
		provider := `{"id":"x-ai","api_pattern":"https://x","fallback_model_providers":["aws","huggingface_x"],"models":[` + c.in + `]}`
		if err := json.Unmarshal([]byte(`{"version":"1","license":"MIT","providers":[`+provider+`]}`), src); err != nil {
			t.Fatal(err)
		}
		table, err := convert(src)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		table.Date = "2026-09-23"
		var got bytes.Buffer
		if err := table.text(&got); err != nil || !json.Valid(got.Bytes()) {
			t.Errorf("%s: %v, not JSON: %s", c.name, err, &got)
		}
		want := `{"source":"https://github.com/pydantic/genai-prices","version":"1","license":"MIT","date":"2026-09-23","providers":[
{"provider":"xai","api":"https://x","fallback":["bedrock","huggingface/x"],"rows":[
` + c.want + `
]}
]}
`
		if d := cmp.Diff(want, got.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// TestRefuse checks that nothing that the table cannot say is passed over.
func TestRefuse(t *testing.T) {
	for _, c := range []struct{ name, match, prices string }{
		{"price", `{"equals":"a"}`, `{"output_smell_mtok":1}`},
		{"zero", `{"equals":"a"}`, `{"input_mtok":0}`},
		{"negative", `{"equals":"a"}`, `{"input_mtok":-1}`},
		{"condition", `{"equals":"a"}`, `[{"prices":{}},{"constraint":{"type":"moon"},"prices":{}}]`},
		{"second without", `{"equals":"a"}`, `[{"prices":{}},{"prices":{}}]`},
		{"order of dates", `{"equals":"a"}`, `[{"prices":{}},{"constraint":{"type":"start_date","start_date":"2026-02-01"},"prices":{}},
			{"constraint":{"type":"start_date","start_date":"2026-01-01"},"prices":{}}]`},
		{"seconds", `{"equals":"a"}`, `[{"prices":{}},{"constraint":{"type":"time_of_date","start_time":"16:30:01Z","end_time":"00:30:00Z"},"prices":{}}]`},
		{"zone", `{"equals":"a"}`, `[{"prices":{}},{"constraint":{"type":"time_of_date","start_time":"16:30:00+01:00","end_time":"00:30:00Z"},"prices":{}}]`},
		{"match", `{"sounds_like":"a"}`, `{}`},
		{"star", `{"equals":"a*"}`, `{}`},
		{"slash", `{"starts_with":"/a"}`, `{}`},
		{"lookahead", `{"regex":"a(?=b)"}`, `{}`},
	} {
		var m sourceModel
		if err := json.Unmarshal([]byte(`{"id":"a","match":`+c.match+`,"prices":`+c.prices+`}`), &m); err != nil {
			t.Fatal(err)
		}
		if rows, err := convertModel(m, nil); err == nil {
			t.Errorf("%s: made %+v", c.name, rows)
		}
	}
}
