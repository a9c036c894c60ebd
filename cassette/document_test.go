package cassette_test

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/repriselabs/reprise/cassette"
)

const document = "../docs/cassette.md"

// TestDocument checks that docs/cassette.md says what is so: the tests that
// it names are there, its Go compiles (it is in a test), its YAML is as it is
// written, and its messages are real.
func TestDocument(t *testing.T) {
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	tests, lines := testSources(t)
	named := regexp.MustCompile(`\b(Test|Fuzz|Benchmark|Example)[A-Z_]\w*`)
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(string(data), "")
	names := named.FindAllString(prose, -1)
	if len(names) < 80 {
		t.Errorf("it names %d tests", len(names))
	}
	for _, name := range names {
		if !tests[name] {
			t.Errorf("it names %s, which is not there", name)
		}
	}
	texts := docMessages(t)
	for _, block := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(data), -1) {
		switch kind, text := block[1], block[2]; kind {
		case "go":
			if !strings.Contains(lines, unindented(text)) {
				t.Errorf("no test has this code:\n%s", text)
			}
		case "yaml":
			rec, err := cassette.Read(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			var saved bytes.Buffer
			if rec.WriteTo(&saved); saved.String() != text {
				t.Errorf("the file is written as\n%s", saved.String())
			}
		case "text":
			if !texts[text] {
				t.Errorf("this message is none of %v:\n%s", texts, text)
			}
		default:
			t.Errorf("nothing checks a block of %q", kind)
		}
	}
}

// testSources returns the names of the tests, and their code.
func testSources(t *testing.T) (tests map[string]bool, lines string) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests = map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines += unindented(string(data))
		parsed, err := parser.ParseFile(token.NewFileSet(), file, data, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				tests[f.Name.Name] = true
			}
		}
	}
	return tests, lines
}

func unindented(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}

// docMessages returns the messages of which the document speaks.
func docMessages(t *testing.T) map[string]bool {
	rec := load(t, seedFile)
	tape := &cassette.Cassette{File: "testdata/TestAgent.yaml", Recording: rec, Transport: noNetwork(t), Rerecord: "run REPRISE_RECORD=1 go test -run '^TestAgent$'"}
	q := rec.Interactions[0].Request
	ask(t, tape, q.Method, q.URL, q.Body)
	q = rec.Interactions[1].Request
	_, miss := try(tape, q.Method, q.URL, strings.Replace(q.Body, `"content":"6"`, `"content":"7"`, 1))
	left := tape.Close()
	if miss == nil || left == nil {
		t.Fatalf("no miss or nothing left: %v, %v", miss, left)
	}
	return map[string]bool{miss.Error() + "\n": true, left.Error() + "\n": true}
}

// The document's Go code: it must compile. It is not run.
var _ = []func(){documentAppend, documentTest, documentRules, documentEffects, documentDecoders}

func documentAppend() {
	tape := &cassette.Cassette{File: "run.yaml", Mode: cassette.Append}
	defer tape.Close()
	client := tape.Client()

	client.Transport = &cassette.Fault{Transport: tape, Status: 429, Times: 2, RetryAfter: time.Second}
}

func documentTest() {
	var t *testing.T // the test's
	client := cassette.Test(t).Client()
	client.CloseIdleConnections()
}

type agentName struct{}

func documentRules() {
	tape := &cassette.Cassette{File: "run.yaml"}
	tape.Match = cassette.Match{
		Ignore:    []string{"metadata.user_id", "messages[*].id"},
		Normalize: []cassette.Normalize{{Path: "**.content", Pattern: regexp.MustCompile(`\d{4}-\d\d-\d\d`), With: "DATE"}},
		Query:     []string{"request_id"},
		Headers:   []string{"Anthropic-Version"},
	}
	tape.Match.Lane = func(ctx context.Context) string { return ctx.Value(agentName{}).(string) }
	tape.Redact.Strings = []string{os.Getenv("COMPANY_NAME")}
	tape.Redact.Patterns = []*regexp.Regexp{regexp.MustCompile(`/home/\w+`)}
}

func documentEffects() {
	var (
		ctx         = context.Background()
		tape        = &cassette.Cassette{File: "run.yaml", Mode: cassette.Append}
		order       []byte
		pay         cassette.Call
		lookOutside cassette.Call
	)
	sky, err := tape.Do(ctx, "weather", []byte(`{"city":"Rome"}`), func(ctx context.Context) ([]byte, error) {
		return lookOutside(ctx)
	})
	_, _ = sky, err
	receipt, err := tape.Once(ctx, "pay", order, pay)
	_, _ = receipt, err
}

func documentDecoders() {
	var (
		rec      *cassette.Recording
		body     string
		check    func(*http.Client)
		runAgent func(*http.Client) error
	)
	for n := range len(body) {
		tape := &cassette.Cassette{Recording: rec, Split: cassette.SplitAt(n)}
		check(tape.Client())
	}
	report, err := cassette.Strength(rec, func(tape *cassette.Cassette) error { return runAgent(tape.Client()) })
	_, _ = report, err
}
