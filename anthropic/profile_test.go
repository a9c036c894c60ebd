package anthropic

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseName(t *testing.T) {
	type parsed struct {
		Line    string
		Version int
		OK      bool
	}
	for name, want := range map[string]parsed{
		"claude-3-haiku-20240307":                     {"haiku", 300, true},
		"claude-3-7-sonnet@20250219":                  {"sonnet", 307, true},
		"claude-3-5-sonnet-v2@20241022":               {"sonnet", 305, true},
		"claude-sonnet-4-20250514":                    {"sonnet", 400, true},
		"claude-opus-4-1-20250805":                    {"opus", 401, true},
		"us.anthropic.claude-haiku-4-5-20251001-v1:0": {"haiku", 405, true},
		"anthropic.claude-opus-4-6-v1":                {"opus", 406, true},
		"claude-opus-5":                               {"opus", 500, true},
		"claude-sonnet-5-5":                           {"sonnet", 505, true},
		"claude-mythos-preview":                       {"mythos", 500, true},
		"claude-2.1":                                  {"", 201, true},
		"anthropic/claude-sonnet-4.5":                 {"sonnet", 405, true},
		"qwen3:0.6b":                                  {},
		"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0": {"sonnet", 405, true},
	} {
		var got parsed
		got.Line, got.Version, got.OK = parseName(name)
		if got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestProfiles(t *testing.T) {
	all := profile{budget: true, adaptive: true, off: "disabled", effort: true, sampling: true, forced: true}
	for name, want := range map[string]profile{
		"some-model":        all,
		"":                  {budget: true, adaptive: true, off: "disabled", effort: true, sampling: true, forced: true, format: true},
		"claude-3-haiku":    {maxTokens: 4096, sampling: true, forced: true},
		"claude-3-5-haiku":  {maxTokens: 8192, sampling: true, forced: true},
		"claude-3-7-sonnet": {maxTokens: 64_000, budget: true, off: "disabled", sampling: true, forced: true},
		"claude-opus-4-1":   {maxTokens: 32_000, budget: true, off: "disabled", sampling: true, forced: true},
		"claude-haiku-4-5":  {maxTokens: 64_000, budget: true, off: "disabled", sampling: true, forced: true, format: true},
		"claude-opus-4-5":   {maxTokens: 64_000, budget: true, off: "disabled", sampling: true, forced: true, format: true, effort: true},
		"claude-sonnet-4-6": {maxTokens: 128_000, budget: true, adaptive: true, off: "disabled", sampling: true, forced: true, format: true, effort: true},
		"claude-opus-4-7":   {maxTokens: 128_000, adaptive: true, off: "disabled", forced: true, format: true, effort: true, hidden: true},
		"claude-opus-4-8":   {maxTokens: 128_000, adaptive: true, off: "disabled", forced: true, format: true, effort: true, hidden: true, system: true},
		"claude-opus-5":     {maxTokens: 128_000, adaptive: true, off: "disabled", forced: true, format: true, effort: true, hidden: true, system: true},
		"claude-sonnet-5":   {maxTokens: 128_000, adaptive: true, off: "disabled", forced: true, format: true, effort: true, hidden: true},
		"claude-fable-5":    {maxTokens: 128_000, adaptive: true, forced: true, format: true, effort: true, hidden: true, system: true},
		"claude-fable-5-1":  {maxTokens: 128_000, adaptive: true, format: true, effort: true, hidden: true, system: true},
		"claude-opus-5-5":   {maxTokens: 128_000, adaptive: true, format: true, effort: true, hidden: true, system: true},
		"claude-sonnet-5-5": {maxTokens: 128_000, adaptive: true, off: "between_tools", format: true, effort: true, hidden: true, system: true},
		"claude-haiku-5-5":  {maxTokens: 128_000, adaptive: true, off: "disabled", forced: true, format: true, effort: true, hidden: true, system: true},
	} {
		if d := cmp.Diff(want, profileOf(name), cmp.AllowUnexported(profile{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestSchemasThatTheAPITakesItself(t *testing.T) {
	for schema, want := range map[string]bool{
		`{"type":"object","properties":{"a":{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"null"}]}}},"required":["a"],"additionalProperties":false}`: true,
		`{"type":"object","properties":{}}`:                                                                      false,
		`{"type":"object","additionalProperties":true}`:                                                          false,
		`{"type":"object","properties":{"a":{"type":"object","properties":{}}},"additionalProperties":false}`:    false,
		`{"type":"object","properties":{"a":{"type":"integer","minimum":1}},"additionalProperties":false}`:       false,
		`{"type":"object","properties":{"a":{"$ref":"#"}},"additionalProperties":false}`:                         false,
		`{"type":"array","items":{"type":"object"}}`:                                                             false,
		`{"type":"array","minItems":2}`:                                                                          false,
		`{"anyOf":[{"type":"object"}]}`:                                                                          false,
		`{"type":"object","properties":{"minimum":{"type":"string","enum":["a"]}},"additionalProperties":false}`: true,
		`true`: false,
		`{`:    false,
	} {
		if got := takesSchema([]byte(schema)); got != want {
			t.Errorf("%s: got %v", schema, got)
		}
	}
}
