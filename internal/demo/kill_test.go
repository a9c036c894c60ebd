package demo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/demo"
)

// TestMain also is the program that TestKilled kills.
func TestMain(m *testing.M) {
	if file := os.Getenv("DEMO_CASSETTE"); file != "" {
		os.Exit(child(file, os.Getenv("DEMO_SERVER")))
	}
	os.Exit(m.Run())
}

func child(file, server string) int {
	tape := &cassette.Cassette{File: file, Mode: cassette.Append}
	result, err := newAgent(tape.Client(), server).Generate(context.Background(), reprise.Ask(demo.Prompt))
	if err == nil {
		err = tape.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(result.Text())
	return 0
}

// TestKilled kills a recording program with SIGKILL in the middle of its
// second answer. The file keeps the first exchange; run again, the program
// asks only for what is missing.
func TestKilled(t *testing.T) {
	rec := recording(t)
	var asked []int // turns that reached the server
	halfway := make(chan struct{})
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		turn := bytes.Count(body, []byte(`"role":"assistant"`))
		asked = append(asked, turn)
		answer := rec.Interactions[turn].Response.Body
		w.Header().Set("Content-Type", "text/event-stream")
		if len(asked) == 2 { // the second turn of the first run
			io.WriteString(w, answer[:len(answer)/2])
			w.(http.Flusher).Flush()
			close(halfway)
			<-release
			return
		}
		io.WriteString(w, answer)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "run.yaml")

	first := program(t, file, server.URL)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-halfway
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Fatal("the program ended well although it was killed")
	}
	close(release)

	kept, err := cassette.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(kept.Interactions) != 1 || kept.Interactions[0].Response.Body != rec.Interactions[0].Response.Body {
		t.Fatalf("the file has %d exchanges, want the first one, whole", len(kept.Interactions))
	}

	out, err := program(t, file, server.URL).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "The sum of 2 and 3 is 5, and the product of 2 and 3 is 6.\n"; string(out) != want {
		t.Errorf("the second run said %q, want %q", out, want)
	}
	if got := fmt.Sprint(asked); got != "[0 1 1]" {
		t.Errorf("the server was asked for turns %s, want [0 1 1]", got)
	}
	whole, err := cassette.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(whole.Interactions); n != 2 || whole.Interrupted {
		t.Errorf("the file has %d exchanges (interrupted: %v), want 2", n, whole.Interrupted)
	}
}

func program(t *testing.T, file, server string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "DEMO_CASSETTE="+file, "DEMO_SERVER="+strings.TrimSuffix(server, "/"))
	cmd.Stderr = os.Stderr
	return cmd
}
