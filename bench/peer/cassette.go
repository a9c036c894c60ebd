package peer

import (
	"bufio"
	"bytes"
	"fmt"
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
		chunks = append(chunks[:size], bytes.Join(chunks[size:], nil)) // as trickle ends
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
		System, longText, i)
}

// longText is made once: what it costs to ask is in each peer's figures.
var longText = strings.Repeat("Tell me more of it. ", 450)

// Interaction is the i-th request of a cassette.
func Interaction(i int) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, apiURL, strings.NewReader(InteractionBody(i)))
	if err == nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, err
}
