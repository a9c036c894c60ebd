package doccheck

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the code of the examples into docs/agents.md")

// shown is an example in a document: a link to its file, and its code.
var shown = regexp.MustCompile("(?m)^\\[(Example\\w*)\\]\\(([^)]+)\\)\n\n```go\n((?s:.*?))```\n")

const mostLines = 15

// TestExamples checks that docs/agents.md shows the code of its examples as it
// is compiled, that each is short, and that none of package agent is missing.
func TestExamples(t *testing.T) {
	file := filepath.Join(root, "docs", "agents.md")
	text := read(t, file)
	seen := map[string]bool{}
	now := shown.ReplaceAllStringFunc(text, func(block string) string {
		m := shown.FindStringSubmatch(block)
		name, link := m[1], m[2]
		code := bodies(t, filepath.Join(filepath.Dir(file), link))[name]
		if code == "" {
			t.Errorf("there is no %s in %s", name, link)
		}
		if n := strings.Count(code, "\n"); n > mostLines {
			t.Errorf("%s has %d lines, want %d at most", name, n, mostLines)
		}
		seen[filepath.Base(filepath.Dir(link))+"."+name] = true
		return "[" + name + "](" + link + ")\n\n```go\n" + code + "```\n"
	})
	files, err := filepath.Glob(filepath.Join(root, "agent", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for name := range bodies(t, f) {
			if !seen["agent."+name] {
				t.Errorf("docs/agents.md does not show %s", name)
			}
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(strings.Split(now, "\n"), strings.Split(text, "\n")); d != "" {
		t.Errorf("docs/agents.md is not what is compiled; go test ./internal/doccheck -update writes it (-want +got):\n%s", d)
	}
	if strings.Count(text, "```go\n") != len(seen) {
		t.Errorf("docs/agents.md has code that is no example: %d blocks, %d examples", strings.Count(text, "```go\n"), len(seen))
	}
}

// bodies returns the examples of a file by their names: the code without what
// is to be printed.
func bodies(t *testing.T, file string) map[string]string {
	t.Helper()
	source := read(t, file)
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Example") {
			continue
		}
		code := source[set.Position(f.Body.Lbrace).Offset+2 : set.Position(f.Body.Rbrace).Offset]
		code, _, _ = strings.Cut(code, "\t// Output:")
		out[f.Name.Name] = strings.ReplaceAll(strings.TrimPrefix(code, "\t"), "\n\t", "\n")
	}
	return out
}
