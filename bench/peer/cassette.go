package peer

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// CassetteFile makes, once, a cassette of n interactions of about 20 KB each:
// the run's second request, told apart by a number, and its answer.
func CassetteFile(dir string, n int) (string, error) {
	return cassette(dir, fmt.Sprintf("load-%d.yaml", n), func(w *bufio.Writer) {
		for i := range n {
			writeInteraction(w, i, InteractionBody(i), seedAnswer, "    duration: 1.5s\n")
		}
	})
}

// ServedFile makes, once, a cassette of n interactions, the last of which is
// the run's first. For Flushed and Slow it tells the events apart, as a
// recording does that was made here, and when they came; for Once it does not.
func ServedFile(dir, work string, n int) (string, error) {
	answer, wait := seedCalls, time.Duration(0)
	kind, size := Split(work)
	chunks := eventsOf(answer)
	if kind == Slow {
		answer, wait = stream(Text, size), pace
		chunks = eventsOf(answer)
		chunks = append(chunks[:size], bytes.Join(chunks[size:], nil)) // as paced ends
	}
	rest := "    duration: 0s\n"
	if kind != Once {
		rest += "    chunks:"
		for i, c := range chunks {
			rest += fmt.Sprintf(" %d@%d", len(c), min(i, 1)*int(wait.Microseconds()))
		}
		rest += "\n"
	}
	return cassette(dir, fmt.Sprintf("served-%s-%d.yaml", work, n), func(w *bufio.Writer) {
		for i := range n - 1 {
			writeInteraction(w, i, strings.Replace(SeedRequest, "the number 2", fmt.Sprintf("the number %d", i+10), 1), answer, rest)
		}
		writeInteraction(w, n-1, SeedRequest, answer, rest)
	})
}

// cassette makes a file, once.
func cassette(dir, name string, interactions func(*bufio.Writer)) (string, error) {
	file := filepath.Join(dir, name)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	f, err := os.CreateTemp(dir, "making-*")
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	w.WriteString("---\nversion: 2\ninteractions:\n")
	interactions(w)
	if err := w.Flush(); err != nil {
		return "", err
	}
	return file, os.Rename(f.Name(), file)
}

const apiURL = "https://api.x.ai/v1/chat/completions"

// writeInteraction writes one, with what else its response has.
func writeInteraction(w *bufio.Writer, i int, request string, answer []byte, rest string) {
	fmt.Fprintf(w, "- id: %d\n  request:\n    proto: HTTP/1.1\n    proto_major: 1\n    proto_minor: 1\n    content_length: %d\n    host: api.x.ai\n    body: '%s'\n", i, len(request), strings.ReplaceAll(request, "'", "''"))
	fmt.Fprintf(w, "    headers:\n      Content-Type:\n      - application/json\n    url: %s\n    method: POST\n", apiURL)
	fmt.Fprintf(w, "  response:\n    proto: HTTP/2.0\n    proto_major: 2\n    proto_minor: 0\n    content_length: -1\n    body: |+\n")
	for line := range bytes.Lines(answer) {
		if len(line) > 1 {
			w.WriteString("      ")
		}
		w.Write(line)
	}
	w.WriteString("    headers:\n      Content-Type:\n      - text/event-stream\n    status: 200 OK\n    code: 200\n" + rest)
}

// InteractionBody is the body of the i-th request of a cassette.
func InteractionBody(i int) string {
	return fmt.Sprintf(`{"model":"grok-code-fast-1","messages":[{"role":"system","content":"%s"},{"role":"user","content":"%s %d"}],"max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}`,
		System, longPrompt, i)
}

var longPrompt = strings.Repeat("Tell me more of it. ", 450)

// Ask sends the i-th request of a cassette, and returns how long the answer is.
func Ask(rt http.RoundTripper, i int) (int, error) {
	req, err := http.NewRequest(http.MethodPost, apiURL, strings.NewReader(InteractionBody(i)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("request %d: %w", i, err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	return int(n), err
}

// AskAll sends the first n, one after the other.
func AskAll(rt http.RoundTripper, n int) (int, error) {
	sum := 0
	for i := range n {
		got, err := Ask(rt, i)
		if err != nil {
			return sum, err
		}
		sum += got
	}
	return sum, nil
}

// InOrder opens a cassette and sends its requests, which is the work. Before
// that it does both once, untimed: a page of memory that the process touches
// for the first time takes longer than a look-up, and how many there are
// depends on what opening left behind.
func (t Target) InOrder(open func() (http.RoundTripper, error)) (int, error) {
	var rt http.RoundTripper
	err := t.Untimed(func() (err error) {
		if rt, err = open(); err != nil {
			return err
		}
		if _, err := AskAll(rt, t.Size); err != nil {
			return err
		}
		rt, err = open()
		return err
	})
	if err != nil {
		return 0, err
	}
	return AskAll(rt, t.Size)
}
