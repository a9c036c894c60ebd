package cassette_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/repriselabs/reprise/cassette"
)

type ctx = context.Context

// counted returns a call that says how often it ran.
func counted(ran *int, out string, err error) cassette.Call {
	return func(ctx) ([]byte, error) {
		*ran++
		return []byte(out), err
	}
}

func TestDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	ran := 0
	run := func(c *cassette.Cassette, what string) string {
		t.Helper()
		a, errA := c.Do(t.Context(), "add", []byte(`{"a":1,"b":2}`), counted(&ran, what, nil))
		b, errB := c.Do(t.Context(), "add", []byte(`{"b":2, "a":1}`), counted(&ran, what+"again", nil))
		o, errO := c.Once(t.Context(), "send", nil, counted(&ran, "sent", errors.New("bounced")))
		return fmt.Sprintf("%s %v %s %v %s %v, ran %d", a, errA, b, errB, o, errO, ran)
	}
	c := &cassette.Cassette{File: file, Mode: cassette.Record}
	if got, want := run(c, "x"), "x <nil> xagain <nil> sent bounced, ran 3"; got != want {
		t.Errorf("recording gives %q, want %q", got, want)
	}
	closed(t, c)
	for _, test := range []struct {
		c    *cassette.Cassette
		want string
	}{
		{&cassette.Cassette{File: file, Mode: cassette.Append}, "x <nil> xagain <nil> sent bounced, ran 0"},
		{&cassette.Cassette{File: file, Effects: cassette.Recorded}, "x <nil> xagain <nil> sent bounced, ran 0"},
		{&cassette.Cassette{File: file}, "y <nil> yagain <nil> sent bounced, ran 2"}, // add runs, to be tested; send does not
	} {
		ran = 0
		c := test.c
		if got := run(c, "y"); got != test.want {
			t.Errorf("%v, effects %v: got %q, want %q", c.Mode, c.Effects, got, test.want)
		}
		closed(t, c)
	}

	c = &cassette.Cassette{File: file, Effects: cassette.Recorded}
	_, err := c.Do(t.Context(), "add", []byte(`{"a":9}`), counted(&ran, "", nil))
	var miss *cassette.MissError
	if !errors.As(err, &miss) || miss.Effect.Name != "add" || !strings.Contains(err.Error(), `add {"a":9}`) {
		t.Errorf("a call that was not recorded gives %v", err)
	}
	var left *cassette.LeftoverError
	if err := c.Close(); !errors.As(err, &left) || len(left.Unused) != 3 || !strings.Contains(err.Error(), "call send") {
		t.Errorf("Close gives %v", err)
	}
}

// TestDriftIsNamed: a tool that gives another result in Replay is the likely
// cause of the miss that follows.
func TestDriftIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	n := 0
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: answering(func(b string) (int, string) { return 200, b })}
	c.Do(t.Context(), "weather", []byte(`"Rome"`), counted(&n, `{"sky":"clear"}`, nil))
	ask(t, c, "POST", "http://x/", "clear")
	closed(t, c)
	r := &cassette.Cassette{File: file}
	r.Do(t.Context(), "weather", []byte(`"Rome"`), counted(&n, `{"sky":"grey"}`, nil))
	_, err := try(r, "POST", "http://x/", "grey")
	if err == nil || !strings.Contains(err.Error(), `the call weather (exchange 0) gave another result than was recorded
    sky: recorded "clear", now "grey"`) {
		t.Errorf("the miss says %v", err)
	}
}

func TestOnceLeavesAMark(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	ran := 0
	c := &cassette.Cassette{File: file, Mode: cassette.Record}
	c.Once(t.Context(), "pay", []byte("10"), func(ctx) ([]byte, error) {
		rec := load(t, file)
		if len(rec.Interactions) != 1 || rec.Interactions[0].Outcome != cassette.Begun {
			t.Errorf("while it runs the file has %+v", rec.Interactions)
		}
		// The program is killed here: this is what it leaves.
		data, _ := os.ReadFile(file)
		os.WriteFile(file+".killed", data, 0o600)
		return []byte("paid"), nil
	})
	closed(t, c)
	if rec := load(t, file); len(rec.Interactions) != 1 || rec.Interactions[0].Effect.Output != "paid" || !rec.Interactions[0].Effect.Once {
		t.Errorf("at the end the file has %+v", rec.Interactions)
	}
	killed := &cassette.Cassette{File: file + ".killed", Mode: cassette.Append}
	_, err := killed.Once(t.Context(), "pay", []byte("10"), counted(&ran, "", nil))
	var unfinished *cassette.UnfinishedError
	if !errors.As(err, &unfinished) || ran != 0 || !strings.Contains(err.Error(), "pay 10 was begun and may have happened") {
		t.Errorf("the next run gives %v, ran %d", err, ran)
	}
	if _, err := killed.Once(t.Context(), "pay", []byte("20"), counted(&ran, "", nil)); err != nil || ran != 1 {
		t.Errorf("another call gives %v, ran %d", err, ran)
	}
	closed(t, killed)

	cancelled := &cassette.Cassette{File: file + ".cancelled", Mode: cassette.Append}
	for name, do := range map[string]func(ctx, string, []byte, cassette.Call) ([]byte, error){"pay": cancelled.Once, "look": cancelled.Do} {
		stop, cancel := context.WithCancel(t.Context())
		do(stop, name, nil, func(ctx ctx) ([]byte, error) { cancel(); return nil, ctx.Err() })
	}
	closed(t, cancelled)
	again := &cassette.Cassette{File: file + ".cancelled", Mode: cassette.Append}
	if _, err := again.Once(t.Context(), "pay", nil, counted(&ran, "", nil)); !errors.As(err, &unfinished) {
		t.Errorf("what must not run twice is tried again: %v", err)
	}
	ran = 0
	if _, err := again.Do(t.Context(), "look", nil, counted(&ran, "seen", nil)); err != nil || ran != 1 {
		t.Errorf("a cancelled look is not taken again: %v", err)
	}
	closed(t, again)
	if rec := load(t, again.File); len(rec.Interactions) != 2 {
		t.Errorf("the file has %+v", rec.Interactions)
	}
}

func TestFork(t *testing.T) {
	dir := t.TempDir()
	c := &cassette.Cassette{File: filepath.Join(dir, "a.yaml"), Mode: cassette.Record, Transport: answering(func(b string) (int, string) { return 200, "first" })}
	for _, body := range []string{"1", "2", "3"} {
		ask(t, c, "POST", "http://x/", body)
	}
	closed(t, c)
	r := &cassette.Cassette{File: c.File, Transport: answering(func(b string) (int, string) { return 200, "second" })}
	fork, err := r.Fork(filepath.Join(dir, "b.yaml"), 2)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{"1": "first", "2": "first", "3": "second"} {
		if got := ask(t, fork, "POST", "http://x/", body); got.Body != want {
			t.Errorf("the fork answers %s with %s", body, got.Body)
		}
	}
	closed(t, fork)
	if len(load(t, c.File).Interactions) != 3 || len(load(t, fork.File).Interactions) != 3 {
		t.Error("the files do not have three exchanges each")
	}
	if _, err := r.Fork(fork.File, 1); err == nil {
		t.Error("a fork overwrites a file")
	}
	if _, err := r.Fork(filepath.Join(dir, "c.yaml"), 4); err == nil {
		t.Error("a fork has more exchanges than there are")
	}
}

// TestParallelCalls has calls and requests at once.
func TestParallelCalls(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	var ran atomic.Int32
	all := func(c *cassette.Cassette) {
		done := make(chan error)
		for n := range 32 {
			go func() {
				out, err := c.Do(t.Context(), "n", fmt.Append(nil, n), func(ctx) ([]byte, error) {
					ran.Add(1)
					return fmt.Append(nil, n*n), nil
				})
				if err == nil && string(out) != fmt.Sprint(n*n) {
					err = fmt.Errorf("%d gives %s", n, out)
				}
				done <- err
			}()
		}
		for range 32 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		closed(t, c)
	}
	all(&cassette.Cassette{File: file, Mode: cassette.Record})
	all(&cassette.Cassette{File: file, Mode: cassette.Append})
	if ran.Load() != 32 {
		t.Errorf("the calls ran %d times, want 32", ran.Load())
	}
}

// TestCloseDuringACall closes the cassette while a call runs: the file says
// that it was cancelled, whatever it gives then.
func TestCloseDuringACall(t *testing.T) {
	c := &cassette.Cassette{File: filepath.Join(t.TempDir(), "c.yaml"), Mode: cassette.Record}
	begun, closing, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		_, err := c.Do(t.Context(), "tool", nil, func(context.Context) ([]byte, error) {
			close(begun)
			<-closing
			return []byte("late"), nil
		})
		done <- err
	}()
	<-begun
	go func() { done <- c.Close() }()
	close(closing)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	i := load(t, c.File).Interactions[0]
	if late := i.Effect.Output == "late"; late != (i.Outcome == cassette.Complete) {
		t.Errorf("recorded as %q with %+v", i.Outcome, i.Effect)
	}
}
