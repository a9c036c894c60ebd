package cassette_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/cassette"
	vcr "gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
)

const childEnv = "REPRISE_CASSETTE_CHILD" // the folder in which TestKilledChild works

const turns = 4

// TestKilledChild is the program that TestKill kills: a run of some turns,
// each a streamed answer and then two tools at once. It says on stdout what
// it does, step by step.
func TestKilledChild(t *testing.T) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		t.Skip("it is run by TestKill")
	}
	c := &cassette.Cassette{File: filepath.Join(dir, "run.yaml"), Mode: cassette.Append, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		events := make([]string, 20)
		for n := range events {
			events[n] = fmt.Sprintf("data: {\"n\":%d,\"of\":%q}\n\n", n, req.URL.Path)
		}
		return &http.Response{StatusCode: 200, Body: io.NopCloser(&eventReader{events})}, nil
	})}
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	for turn := range turns {
		req, _ := http.NewRequest("POST", fmt.Sprintf("http://x/%d", turn), strings.NewReader(`{}`))
		resp, err := c.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(resp.Body)
		for {
			if _, err := in.ReadString('\n'); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			say("read")
		}
		resp.Body.Close()
		say("finished exchange %d", turn)
		done := make(chan string)
		for _, tool := range []string{"add", "mul"} {
			go func() {
				name := fmt.Sprint(tool, turn)
				_, err := c.Do(context.Background(), name, nil, func(context.Context) ([]byte, error) {
					f, err := os.OpenFile(filepath.Join(dir, "ran."+name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
					if err != nil {
						return nil, err
					}
					defer f.Close()
					_, err = f.WriteString("x")
					return []byte("done"), err
				})
				if err != nil {
					t.Error(err)
				}
				done <- name
			}()
		}
		for range 2 {
			say("finished call %s", <-done)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	say("finished run")
}

// TestKill kills a recording program at random moments, and runs it again
// until it gets to its end. At each moment the file is whole, for us and for
// go-vcr; it has every exchange and call that had finished, and none of these
// runs again.
//
// It kills 25 times, or as often as REPRISE_KILLS says; CI says 200.
func TestKill(t *testing.T) {
	kills := 25
	if s := os.Getenv("REPRISE_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatalf("REPRISE_KILLS is %q; it is a number", s)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for done := 0; done < kills; {
		done += killedRun(t, rnd)
		if t.Failed() {
			return
		}
	}
}

// killedRun does one run to its end and returns how often it was killed.
func killedRun(t *testing.T, rnd *rand.Rand) (kills int) {
	dir := t.TempDir()
	file := filepath.Join(dir, "run.yaml")
	finished := map[string]bool{} // what the program has seen the end of
	for {
		out, killed := untilKilled(t, dir, rnd.IntN(250))
		if killed {
			kills++
		}
		for line := range strings.Lines(out) {
			if what, ok := strings.CutPrefix(line, "finished "); ok && strings.HasSuffix(what, "\n") {
				finished[strings.TrimSpace(what)] = true
			}
		}
		if _, err := os.Stat(file); err == nil {
			checkWhole(t, file, finished)
		} else if len(finished) > 0 {
			t.Errorf("%v finished and there is no file", finished)
		}
		if finished["run"] || t.Failed() {
			break
		}
	}
	for turn := range turns {
		for _, tool := range []string{"add", "mul"} {
			name := fmt.Sprint(tool, turn)
			if ran, _ := os.ReadFile(filepath.Join(dir, "ran."+name)); len(ran) > 1+kills {
				t.Errorf("%s ran %d times in %d runs", name, len(ran), 1+kills)
			}
		}
	}
	if rec := load(t, file); len(rec.Interactions) != 3*turns || rec.Interrupted {
		t.Errorf("at the end the file has %d interactions, want %d", len(rec.Interactions), 3*turns)
	}
	return kills
}

// untilKilled runs the program and kills it after that many lines of output.
func untilKilled(t *testing.T, dir string, after int) (out string, killed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	in := bufio.NewReader(pipe)
	for n := 0; ; n++ {
		if n == after {
			killed = true
			cmd.Process.Kill()
		}
		line, err := in.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil && !killed {
		t.Fatalf("the program failed: %v\n%s", err, b.String())
	}
	return b.String(), killed
}

// checkWhole checks that the file has what finished, and that no call ran
// again after its result was there.
func checkWhole(t *testing.T, file string, finished map[string]bool) {
	t.Helper()
	rec := load(t, file)
	if _, err := vcr.Load(strings.TrimSuffix(file, ".yaml")); err != nil {
		t.Errorf("go-vcr cannot load the file: %v", err)
	}
	has := map[string]int{}
	for _, i := range rec.Interactions {
		switch {
		case i.Effect != nil && i.Effect.Output == "done":
			has["call "+i.Effect.Name]++
		case i.Effect == nil && i.Outcome == cassette.Complete && strings.Count(i.Response.Body, "data: ") == 20:
			has["exchange "+strings.TrimPrefix(i.Request.URL, "http://x/")]++
		}
	}
	for what, n := range has {
		if n > 1 {
			t.Errorf("%s was recorded %d times", what, n)
		}
	}
	for what := range finished {
		if what != "run" && has[what] != 1 {
			t.Errorf("%s had finished and is lost", what)
		}
	}
}
