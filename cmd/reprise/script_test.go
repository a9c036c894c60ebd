package main

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/repriselabs/reprise/internal/demo"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"reprise": main})
}

// TestScripts runs the command as a user does. seed.yaml is the demo's
// recording.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"replace": func(ts *testscript.TestScript, _ bool, args []string) {
				replace(ts, args[0], args[1], args[2], args[3])
			},
			"replace-in": func(ts *testscript.TestScript, _ bool, args []string) {
				replace(ts, args[0], args[0], args[1], args[2])
			},
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("SERVER", startServer(t))
			return os.WriteFile(env.Getenv("WORK")+"/seed.yaml", demo.Cassette, 0o600)
		},
	})
}

// replace writes a file as another, with one text in place of another.
func replace(ts *testscript.TestScript, from, to, old, new string) {
	before := ts.ReadFile(from)
	after := strings.ReplaceAll(before, old, new)
	if before == after {
		ts.Fatalf("%s does not hold %q", from, old)
	}
	ts.Check(os.WriteFile(ts.MkAbs(to), []byte(after), 0o600))
}
