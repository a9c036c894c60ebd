package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	tests := []struct {
		line, wrong string
		want        []string
	}{
		{line: "npx  -y\tserver .", want: []string{"npx", "-y", "server", "."}},
		{line: `run "a b" 'c "d' e\ f`, want: []string{"run", "a b", `c "d`, "e f"}},
		{line: `a"b c"d '' "\""`, want: []string{"ab cd", "", `"`}},
		{line: "  ", want: nil},
		{line: `a 'b`, wrong: "a quote ' is not closed"},
		{line: `a \`, wrong: "nothing follows the last backslash"},
	}
	for _, test := range tests {
		got, err := words(test.line)
		wrong := ""
		if err != nil {
			wrong = err.Error()
		}
		if wrong != test.wrong {
			t.Errorf("%q: error %q, want %q", test.line, wrong, test.wrong)
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", test.line, d)
		}
	}
}

func TestServerOf(t *testing.T) {
	tests := []struct {
		arg, name, url string
		command        []string
	}{
		{arg: "https://host/mcp?x=1", url: "https://host/mcp?x=1"},
		{arg: "docs=https://host/mcp", name: "docs", url: "https://host/mcp"},
		{arg: "files=npx server", name: "files", command: []string{"npx", "server"}},
		{arg: "env KEY=1 server --to=here", command: []string{"env", "KEY=1", "server", "--to=here"}},
	}
	for _, test := range tests {
		s, err := serverOf(test.arg)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != test.name || s.URL != test.url || cmp.Diff(test.command, s.Command) != "" {
			t.Errorf("%q: name %q, url %q, command %q", test.arg, s.Name, s.URL, s.Command)
		}
	}
}

func TestWithoutKeys(t *testing.T) {
	got := withoutKeys([]string{"PATH=/bin", "XAI_API_KEY=secret", "XAI_API_KEYS=2"})
	if d := cmp.Diff([]string{"PATH=/bin", "XAI_API_KEYS=2"}, got); d != "" {
		t.Errorf("environment (-want +got):\n%s", d)
	}
}
