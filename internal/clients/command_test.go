package clients

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// A command is reprise's, which serves or records.
type command struct {
	address string
	cmd     *exec.Cmd
	rest    chan string // of what it says, when it has ended
}

// buildCommand builds the command of the project.
func buildCommand(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "reprise")
	cmd := exec.Command("go", "build", "-o", file, "../../cmd/reprise")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the command does not build: %v\n%s", err, out)
	}
	return file
}

var addressOf = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// startCommand starts the command on a free port, and waits until it says
// where it listens.
func startCommand(t *testing.T, file string, args ...string) *command {
	t.Helper()
	c := &command{cmd: exec.Command(file, slices.Insert(args, 1, "--listen", "127.0.0.1:0")...), rest: make(chan string, 1)}
	out, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // which does nothing to one that was ended
		c.cmd.Process.Kill()
		<-c.rest
		c.cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	said := ""
	for c.address == "" && lines.Scan() {
		said += lines.Text() + "\n"
		c.address = addressOf.FindString(lines.Text())
	}
	if c.address == "" {
		close(c.rest)
		t.Fatalf("reprise %s does not listen:\n%s", args[0], said)
	}
	go func() {
		for lines.Scan() {
			said += lines.Text() + "\n"
		}
		c.rest <- said
		close(c.rest)
	}()
	return c
}

// end ends the command as Ctrl-C does, and returns all that it said.
func (c *command) end(t *testing.T) string {
	t.Helper()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	said := <-c.rest
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("%v:\n%s", err, said)
	}
	return said
}
