package cassette

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestKilledAnywhere does what TestKill does without chance: it takes what is
// on the disk after every single change that a recording run makes to it, as
// a kill there would leave it, and has another run go on from each; and from
// what a kill of that one leaves, and so on. Whatever the kills, no result
// that was returned is lost or asked for again, and at the end the file is
// the one of a run that nobody killed.
//
// It kills up to two runs before one may end; with REPRISE_KILLS, three.
func TestKilledAnywhere(t *testing.T) {
	kills := 2
	if os.Getenv("REPRISE_KILLS") != "" {
		kills = 3
	}
	memory, err := os.MkdirTemp("/dev/shm", "reprise") // there a sync takes no time
	if err != nil {
		memory = t.TempDir()
	}
	defer os.RemoveAll(memory)
	seen := map[uint64]bool{}
	now := []killed{{}}
	for n := range kills + 1 {
		var next []killed
		for _, k := range now {
			for _, left := range k.resume(t, memory, n) {
				if key := left.key(); !seen[key] {
					seen[key] = true
					next = append(next, left)
				}
			}
			if t.Failed() {
				return
			}
		}
		t.Logf("%d kills: %d ways to resume", n, len(now))
		now = next
	}
}

// A killed is what a killed run leaves.
type killed struct {
	file, part []byte   // nil: there is none
	finished   []string // what the program has seen the end of
	trail      string   // the changes after which the runs were killed
}

var startedTime = regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:.]+Z`)

// key is the same for what differs only in times.
func (k *killed) key() uint64 {
	h := fnv.New64a()
	for _, data := range [][]byte{k.file, k.part} {
		var times []string
		h.Write(startedTime.ReplaceAllFunc(data, func(b []byte) []byte {
			b = bytes.TrimRight(bytes.TrimSuffix(b, []byte("Z")), "0.")
			n := slices.Index(times, string(b))
			if n < 0 {
				n = len(times)
				times = append(times, string(b))
			}
			return fmt.Append(nil, n)
		}))
		fmt.Fprint(h, "\n", data == nil, k.finished)
	}
	return h.Sum64()
}

// resume goes on from there and returns what kills of it would leave.
func (k *killed) resume(t *testing.T, memory string, runs int) (left []killed) {
	dir, err := os.MkdirTemp(memory, "run")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "run.yaml")
	for name, data := range map[string][]byte{file: k.file, file + ".part": k.part} {
		if data != nil {
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	finished := slices.Clone(k.finished)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Duration(runs) * time.Hour) // each run has another time
		var last killed
		run := agentRun{finished: func(what string) { finished = append(finished, what) }, before: k.finished}
		run.c = &Cassette{File: file, Mode: Append, Transport: transport(run.answer)}
		run.c.changed = func() {
			now := killed{finished: slices.Clone(finished), trail: fmt.Sprint(k.trail, " ", len(left))}
			now.file, _ = os.ReadFile(file)
			now.part, _ = os.ReadFile(file + ".part")
			if !bytes.Equal(now.file, last.file) || len(now.finished) != len(last.finished) {
				now.check(t)
			}
			left = append(left, now)
			before := last.part
			last = now
			if torn := len(now.part) - len(before); torn > 1 && bytes.HasPrefix(now.part, before) {
				now.part, now.trail = now.part[:len(now.part)-torn/2], now.trail+" torn"
				left = append(left, now)
			}
		}
		if run.main(t) {
			k.checkEnd(t, file)
		}
		if t.Failed() {
			t.Logf("the runs were killed after%s", k.trail)
		}
	})
	return left
}

// check checks that the file has, once, what finished.
func (k *killed) check(t *testing.T) {
	rec := &Recording{}
	if k.file != nil {
		var err error
		if rec, err = readPlain(bytes.NewReader(k.file)); err != nil {
			t.Fatalf("after%s: the file is not whole: %v", k.trail, err)
		}
	}
	has := map[string]int{}
	for _, i := range inOrder(rec) {
		if i.success() {
			has[nameOf(&i)]++
		}
	}
	for _, what := range k.finished {
		if has[what] != 1 {
			t.Errorf("after%s: %s finished, and the file has it %d times", k.trail, what, has[what])
		}
	}
}

// checkEnd checks the file of a run that came to its end.
func (k *killed) checkEnd(t *testing.T, file string) {
	rec, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for n := range rec.Interactions {
		i := &rec.Interactions[n]
		if i.ID != n || i.Outcome != Complete {
			t.Errorf("item %d has id %d and outcome %q", n, i.ID, i.Outcome)
		}
		got = append(got, nameOf(i))
	}
	want := []string{"plan", "look", "note", "mail", "sum", "sum"} // one was refused
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || rec.Interrupted {
		t.Errorf("at the end the file has %v, want %v", got, want)
	}
	if info, err := os.Stat(file + ".part"); err == nil && info.Size() > 0 { // empty: the last run had only to remove it
		t.Error("at the end something is left in the part")
	}
}

func nameOf(i *Interaction) string {
	if i.Effect != nil {
		return i.Effect.Name
	}
	return strings.TrimPrefix(i.Request.URL, "http://x/")
}

// An agentRun is the program that is killed: an answer, while it comes a
// request for another and a tool, a tool that must not run twice, and a last
// answer, at first refused.
type agentRun struct {
	c        *Cassette
	before   []string // what earlier runs have seen the end of
	finished func(what string)
	refused  bool
}

func (r *agentRun) main(t *testing.T) (ended bool) {
	plan := r.ask(t, "plan")
	first := make([]byte, 8)
	if _, err := io.ReadFull(plan, first); err != nil {
		t.Fatal(err)
	}
	r.read(t, "look", r.ask(t, "look"))
	r.call(t, "note", r.c.Do)
	r.read(t, "plan", plan)
	if errors.As(r.call(t, "mail", r.c.Once), new(*UnfinishedError)) {
		r.c.Close()
		return false // somebody must look whether it happened
	}
	if body := r.ask(t, "sum"); body != nil {
		r.read(t, "sum", body)
	} else {
		r.read(t, "sum", r.ask(t, "sum"))
	}
	if err := r.c.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

// ask returns the answer, or nil if it was refused.
func (r *agentRun) ask(t *testing.T, what string) io.ReadCloser {
	req, err := http.NewRequest("POST", "http://x/"+what, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == 200 {
		return resp.Body
	}
	io.Copy(io.Discard, resp.Body)
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return nil
}

func (r *agentRun) read(t *testing.T, what string, body io.ReadCloser) {
	if _, err := io.ReadAll(body); err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.before, what) {
		r.finished(what)
	}
}

// answer is the network.
func (r *agentRun) answer(req *http.Request) (*http.Response, error) {
	what := strings.TrimPrefix(req.URL.Path, "/")
	if slices.Contains(r.before, what) {
		return nil, fmt.Errorf("%s is asked for again", what)
	}
	resp := &http.Response{StatusCode: 200, Status: "200 OK", Body: io.NopCloser(strings.NewReader("data: 1\n\ndata: 2\n\n"))}
	if what == "sum" && !r.refused {
		r.refused = true
		resp.StatusCode, resp.Status = 503, "503 Service Unavailable"
	}
	return resp, nil
}

func (r *agentRun) call(t *testing.T, what string, do func(context.Context, string, []byte, Call) ([]byte, error)) error {
	_, err := do(t.Context(), what, nil, func(context.Context) ([]byte, error) {
		if slices.Contains(r.before, what) {
			t.Errorf("%s runs again", what)
		}
		return []byte("done"), nil
	})
	switch {
	case errors.As(err, new(*UnfinishedError)):
	case err != nil:
		t.Fatal(err)
	case !slices.Contains(r.before, what):
		r.finished(what)
	}
	return err
}
