package cassette_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/cassette"
)

// fakeTB is a test that can fail without failing ours.
type fakeTB struct {
	testing.TB
	name    string
	skipped bool
	cleanup []func()
	errors  []string
}

func (f *fakeTB) Helper()                   {}
func (f *fakeTB) Name() string              { return f.name }
func (f *fakeTB) Cleanup(fn func())         { f.cleanup = append(f.cleanup, fn) }
func (f *fakeTB) Failed() bool              { return len(f.errors) > 0 }
func (f *fakeTB) Skipped() bool             { return f.skipped }
func (f *fakeTB) Logf(string, ...any)       {}
func (f *fakeTB) Errorf(s string, a ...any) { f.errors = append(f.errors, fmt.Sprintf(s, a...)) }

func TestTest(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("REPRISE_RECORD", "1")
	tb := &fakeTB{name: "TestX/a=b/..c|d"}
	c := cassette.Test(tb)
	if want := filepath.Join("testdata", "TestX", "a=b", "%2E%2Ec%7Cd.yaml"); c.File != want {
		t.Errorf("the file is %s, want %s", c.File, want)
	}
	c.Transport = answering(func(b string) (int, string) { return 200, "pong" })
	ask(t, c, "POST", "http://x/", "ping")
	tb.cleanup[0]()
	if _, err := os.Stat(c.File); err != nil || tb.Failed() {
		t.Fatal(err, tb.errors)
	}

	t.Setenv("REPRISE_RECORD", "")
	t.Setenv("CI", "true")
	c = cassette.Test(tb)
	c.Transport = noNetwork(t)
	if got := ask(t, c, "POST", "http://x/", "ping"); got.Body != "pong" {
		t.Errorf("replayed %v", got)
	}
	tb.cleanup[1]()
	if tb.Failed() {
		t.Error(tb.errors)
	}

	cassette.Test(tb)
	tb.cleanup[2]()
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "1 of 1 recorded exchanges were not asked for") {
		t.Errorf("an exchange that was not asked for gives %q", tb.errors)
	}

	skipped := &fakeTB{name: tb.name, skipped: true}
	cassette.Test(skipped)
	skipped.cleanup[0]()
	if skipped.Failed() {
		t.Errorf("a test that was skipped fails with %q", skipped.errors)
	}

	missing := &fakeTB{name: "TestMissing"}
	c = cassette.Test(missing)
	c.Transport = noNetwork(t)
	_, err := try(c, "POST", "http://x/", "ping")
	if err == nil || !strings.Contains(err.Error(), "run REPRISE_RECORD=1 go test -run '^TestMissing$'") {
		t.Errorf("a missing file gives %v", err)
	}
	missing.cleanup[0]()
	if !missing.Failed() {
		t.Error("a missing file does not fail the test at its end")
	}
}
